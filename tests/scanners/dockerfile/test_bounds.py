"""Dockerfiles made to take long: each is judged, or refused by name, in bounded time."""

import pytest
from scanning import bounded, scan

from pinner.model.errors import ScanError
from pinner.scanners.dockerfile import scan as dockerfile


def many(unit, size=300_000):
    return unit * (size // len(unit))


def numbered(text, count):
    return "".join(text.replace("#", str(n)).replace("<", str(n - 1)) for n in range(1, count + 1))


LONG = "ARG A=" + "a" * 4000 + "\n"
INPUTS = {
    "ARGs and stages": numbered("ARG V#=3.#\n", 4000) + numbered("FROM a#:$V# AS s#\n", 4000),
    "ARGs of ARGs": numbered("ARG V#=3.#\nARG W#=b:$V#\n", 3000) + numbered("FROM $W#\n", 3000),
    "stages of stages": "FROM a AS s0\n" + numbered("FROM s< AS s#\nCOPY --from=s< a b\n", 4000),
    "stages of variables": numbered("FROM a AS s#$X\n", 4000) + numbered("FROM t#\n", 2000),
    "stages of platforms": "FROM a AS linux\n" * 3000 + "FROM $TARGETOS-$TARGETARCH\n" * 3000,
    "a diamond": "ARG A0=a\n" + numbered("ARG A#=${A<}${A<}\n", 60) + "FROM $A60\n",
    "an empty diamond": "ARG A0=\n" + numbered("ARG A#=${A<}${A<}\n", 60) + "FROM a$A60\n",
    "a diamond of defaults": "ARG A0\n" + numbered("ARG A#=${A<:-$A<}\n", 60) + "FROM a$A60\n",
    "a long value often": LONG + "FROM ${A}\n" * 9000,
    "many stars, replaced": LONG + "FROM ${A//*a*a*a*a*a*b/x}\n",
    "many stars, longest": LONG + "FROM ${A##*a*a*a*a*a*b}\n" * 3000,
    "many stars, shortest": LONG + "FROM ${A%*b*a*a*a*a*a}\n" * 3000,
    "many signs": "ARG A=" + "a" * 900 + "\n" + f"FROM a${{A%%?*{'?a' * 10}b}}\n" * 9000,
    "a pattern of values": LONG + "ARG B=" + "?" * 4000 + "\n" + "FROM ${A#$B}\n" * 9000,
    "blanks in a directive": "# syntax=a" + " " * 65_000 + "\nFROM a\n",
    "blanks behind a directive": "# syntax=a" + " " * 65_000 + "b\nFROM a\n",
    "blanks before a directive": "#" + " " * 65_000 + "b\nFROM a\n",
    "FROMs": many("FROM a\n"),
    "very many FROMs": "FROM a:1 AS b\n" * 10_000,
    "ARGs": many("ARG a=b\n"),
    "names in an ARG": many("ARG " + "a " * 30_000 + "\n"),
    "lines": many("a\n"),
    "RUNs": many("RUN\n"),
    "blank lines": many("\n"),
    "comments": many("#\n"),
    "continuations": many("\\\n"),
    "continuations of a word": "FROM " + many("a\\\n"),
    "words of a FROM": "FROM " + many("a \\\n"),
    "flags": "FROM a\nCOPY " + many("--from=a:1 \\\n") + "a b\n",
    "wide flags": "FROM a\nCOPY " + many("--é=à \\\n") + "a b\n",
    "quotes in a flag": 'FROM a\nRUN --mount="' + many('\\"\\\n') + '" x\n',
    "sources of a mount": "FROM a\nRUN --mount=" + many("from=a,\\\n") + "x\n",
    "heredocs": "FROM a\n" + many("RUN <<E\nE\n"),
    "heredocs of a line": "FROM a\nRUN " + many("<<E ", 60_000) + "\n" + "E\n" * 20_000,
    "blanks in a heredoc": "FROM a\nRUN <<" + many(" \\\n") + "<x\n",
    "lines of a heredoc": "FROM a\nRUN <<E\n" + many("x\n") + "E\n",
    "a heredoc without an end": "FROM a\n" + "RUN <<E\n" + many("RUN <<E\n"),
    "quotes before a heredoc": "FROM a\nRUN " + many("''\\\n") + " <<E\nE\n",
    "variables before a heredoc": "FROM a\nRUN " + many("$a\\\n") + " <<E\nE\n",
    "triggers": many("ONBUILD COPY --from=a:1 x y\n"),
    "a trigger of triggers": many("ONBUILD \\\n") + "RUN <<E\nE\n",
    "variables in variables": "FROM " + "${a:-" * 10_000 + "}" * 10_000 + "\n",
    "variables in variables of lines": "FROM " + many("${a:-\\\n"),
    "variables in a RUN": "FROM a\nRUN <<E " + "${a:-" * 10_000 + "\nE\n",
    "variables side by side": "FROM " + many("$a\\\n"),
    "brackets": "[" * 60_000,
    "objects": many('{"a":\n'),
    "members": "{" + many('"a":1,\n') + '"syntax":"a:1"}',
    "brackets of a RUN": "FROM a\nRUN " + "[" * 60_000 + " <<E ]\nE\n",
    "a long name": "FROM a\nCOPY --from=" + "a-" * 30_000 + " x y\n",
    "a long name, often": "FROM a\n" + ("COPY --from=" + "a" * 65_000 + "! x y\n") * 5,
    "braces": "FROM " + "{{ " * 20_000 + "\n",
    "angles": "FROM a b " + "<a " * 20_000 + "\n",
    "ignored mounts": "FROM a\n"
    + many("RUN " + "--mount=from=a:1 " * 3000 + " # pinner: ignore\n"),
    "mounts beside an ignore": "FROM a\n"
    + ("RUN " + "--mount=from=a:1 " * 3300 + "# pinner: ignore\n") * 3,
    "a few ignored mounts": "FROM a\n"
    + ("RUN " + "--mount=from=a:1 " * 20 + "# pinner: ignore " * 2000 + "\n") * 9,
    "a few mounts, quoted ignores": "FROM a\n"
    + ("RUN " + "--mount=from=a:1 " * 20 + "'" + "# pinner: ignore " * 2000 + "\n") * 9,
    "carriage returns": many("\r" * 60_000 + "\n") + "FROM a\n",
}


@pytest.mark.parametrize("text", INPUTS.values(), ids=INPUTS)
def test_in_bounded_time(text):
    found = bounded(lambda: scan(dockerfile, text))
    assert found != [] or "FROM" not in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (INPUTS["a diamond"], "file:62: the value of A60 is beyond reason"),
        (INPUTS["FROMs"], "more than 20000 references"),
        (INPUTS["ARGs"], "more than 30000 ARGs"),
        (INPUTS["words of a FROM"], "1000 words or more"),
        (INPUTS["heredocs"], "more than 10000 heredocs"),
        (INPUTS["variables in variables"], "file:1: variables are nested too deeply"),
        (INPUTS["variables in a RUN"], "file:2: variables are nested too deeply"),
        (INPUTS["variables side by side"], "more than 2000 variables"),
        (INPUTS["a long value often"], "variables are used beyond reason"),
        (INPUTS["a pattern of values"], "a pattern is too long for its value"),
        (INPUTS["mounts beside an ignore"], "too many references stand in long lines"),
        (INPUTS["flags"], "more than 10000 flags"),
        ("FROM " + "a\\\n" * 5000, "a word is too long"),
        ("FROM a\nRUN --mount=" + '\\"\\\n' * 60_000, "quotes and escapes beyond reason"),
        ('{"a":' * 20_000, "a line is longer"),
        ('{"a":\n' * 20_000, "JSON is nested too deeply"),
        ("FROM a\n#" + "é" * 33_000, "file:2: a line is longer than 65535 bytes"),
    ],
)  # fmt: skip
def test_refused_by_name(text, message):
    with pytest.raises(ScanError, match=message):
        scan(dockerfile, text)


def test_a_value_beyond_reason_matters_only_where_it_is_read():
    doubled = "ARG A0=aaaa\n" + numbered("ARG A#=${A<}${A<}\n", 12)
    assert len(scan(dockerfile, doubled + "FROM b\n")) == 1
    assert len(scan(dockerfile, doubled + "ARG A12=b\nFROM $A12\n")) == 1
    with pytest.raises(ScanError, match="A12 is beyond reason"):
        scan(dockerfile, doubled + "FROM b$A12\n")
    with pytest.raises(ScanError, match="B is beyond reason"):
        scan(dockerfile, doubled + "ARG B=${A12:+x}\nFROM b$B\n")


@pytest.mark.parametrize("length", [65_535, 65_536])
def test_the_longest_line(length):
    text = "FROM a\n#" + "x" * (length - 1) + "\nFROM b\n"
    if length > 65_535:
        with pytest.raises(ScanError, match="a line is longer"):
            scan(dockerfile, text)
    else:
        assert len(scan(dockerfile, text)) == 2

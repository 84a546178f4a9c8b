"""Ways to hide an image from a reader of Dockerfiles that an engine would still pull.

Each text is caught, and its twin, the same with a digest, is found pinned.
"""

import pytest
from scanning import scan

from pinner.model.errors import ScanError
from pinner.model.occurrence import Found, Skipped
from pinner.scanners.dockerfile import scan as dockerfile
from pinner.scanners.scanner import ScanOptions
from pinner.spans.source import decode_source

IMAGE = "registry.example.com/x:1"
DIGEST = "@sha256:" + "a" * 64
FIRST = "FROM scratch\n"

HIDDEN = {
    "a keyword in two": f"FR\\\nOM {IMAGE}\n",
    "a keyword in four": f"F\\\n\\\nR\\\n# c\nO\\\nM {IMAGE}\n",
    "a keyword, by another escape": f"# escape=`\nFRO`  \nM {IMAGE}\n",
    "a flag in two": f"{FIRST}COPY --fr\\\nom={IMAGE} /a /b\n",
    "a mount in two": f"{FIRST}RUN --mount=fr\\\nom={IMAGE} true\n",
    "a flag with escapes": f"{FIRST}COPY --fr\\om={IMAGE} /a /b\n",
    "a flag with quotes": f"{FIRST}COPY --\"fr\"o'm'={IMAGE} /a /b\n",
    "a trigger in two": f"{FIRST}ONB\\\nUILD COPY --from={IMAGE} /a /b\n",
    "a trigger, by the escape of the child": f"# escape=`\n{FIRST}ONBUILD COPY --fr\\om={IMAGE} /a /b\n",
    "a file separator is no blank line": f"{FIRST}RUN true \\\n\x1c\nFROM {IMAGE}\n",
    "a unit separator is no blank line": f"{FIRST}RUN true \\\n\x1f\nFROM {IMAGE}\n",
    "a vowel separator is no blank line": f"{FIRST}RUN true \\\n\u180e\nFROM {IMAGE}\n",
    "a file separator before a hash is no comment": f"{FIRST}RUN true \\\n\x1c# c \nFROM {IMAGE}\n",
    "a wide blank in a flag": f"{FIRST}COPY --chown=a\u2003b --from={IMAGE} /a /b\n",
    "half of a letter is a blank": f"{FIRST}COPY --chown=\u00e0--from={IMAGE} /a /b\n",
    "a separator in a flag": f"{FIRST}COPY --chown=a\x1cb --from={IMAGE} /a /b\n",
    "a no-break space before a keyword": f"\u00a0\u3000FROM {IMAGE}\n",
    "an Arabic digit is no descriptor": f"{FIRST}RUN : \u0663<<'RUN true'\nFROM {IMAGE}\nRUN true\n",
    "a superscript is no descriptor": f"{FIRST}RUN : \u00b2<<E\nFROM {IMAGE}\nE\n",
    "brackets are no JSON": f"{FIRST}RUN [ x <<EOF ]\nRUN cat <<'RUN true'\nEOF\nFROM {IMAGE}\nRUN true\n",
    "an open quote": f"{FIRST}RUN echo it's <<'RUN true'\nFROM {IMAGE}\nRUN true\n",
    "a bad substitution": f"{FIRST}RUN echo ${{}} <<E\nFROM {IMAGE}\nE\n",
    "an open substitution": f"{FIRST}RUN echo ${{x:-y <<E\nFROM {IMAGE}\nE\n",
    "a default takes the signs away": f"{FIRST}RUN cat <<${{x:-E}}\nFROM {IMAGE}\n${{x:-E}}\n",
    "signs in quotes": f'{FIRST}RUN cat "<<E"\nFROM {IMAGE}\nE\n',
    "three signs": f"{FIRST}RUN cat <<<E\nFROM {IMAGE}\nE\n",
    "a trigger in a trigger has none": f"{FIRST}ONBUILD ONBUILD RUN <<E\nFROM {IMAGE}\nE\n",
    "an environment has none": f"{FIRST}ENV a=<<E\nFROM {IMAGE}\nE\n",
    "a terminator with a mark": f"{FIRST}RUN <<\ufeffE\nE\nFROM {IMAGE}\n",
    "a terminator with quotes inside": f"{FIRST}RUN <<E'F G'\nEF G\nFROM {IMAGE}\n",
    "signs behind a quoted variable": f'{FIRST}RUN cat "$x\\"" <<E\n\nE\nFROM {IMAGE}\n',
    "an escape in quotes": f'{FIRST}RUN "a\\b" <<"E\\$"\n\nE$\nFROM {IMAGE}\n',
    "an open double quote": f'{FIRST}RUN "a <<"RUN true\nFROM {IMAGE}\n',
    "a pattern before": f"{FIRST}RUN ${{a/b\\\\/c/d}} ${{x}} ${{y#<'z'}} <<E\nE\nFROM {IMAGE}\n",
    "quotes around nothing": f"{FIRST}RUN <<'' x\nFROM {IMAGE}\n",
    "doubled quotes in a mount": f'{FIRST}RUN --mount=\\"target=/a\\"\\"b\\",from={IMAGE} true\n',
    "quotes in a default": f"FROM ${{X:-'{IMAGE}'}}\n",
    "an escape in quotes of a word": f'ARG X=q\\\\{IMAGE}\nFROM ${{X#"q\\\\"}}\n',
    "an escape in quotes of a pattern": f"ARG X=q\\\\{IMAGE}\nFROM ${{X#'q\\'}}\n",
    "a dollar in a replacement": f"ARG X=q{IMAGE}\nFROM ${{X//q/''}}\n",
    "JSON": f'{{"syntax": "{IMAGE}"}}\n',
    "JSON with other keys": f'{{"a": {{"syntax": "q"}},\n "syntax": "{IMAGE}", "z": [1e9, null]}}\n',
    "JSON twice": f'{{"syntax": "q", "syntax": "{IMAGE}"}}\n',
    "JSON with escapes": f'{{"\\u0073yntax": "{IMAGE[:-1]}\\u0031"}}\n',
    "JSON after a first line": f'#!/bin/x\n\n{{"syntax": "{IMAGE}"}}\n',
    "a slash directive first": f"//escape=\\\n//syntax={IMAGE}\n{FIRST}",
    "a slash directive with blanks": f"// Syntax = {IMAGE} x\n{FIRST}",
    "a slash directive after a first line": f"#!/bin/x\n//syntax={IMAGE}\n{FIRST}",
    "a directive after a first line": f"#!/bin/x\n# check=skip=all\n#SYNTAX={IMAGE}\n{FIRST}",
    "a wide blank in a directive": f"#\u2003syntax={IMAGE}\n{FIRST}",
    "an escape behind a blank": f" # escape=`\n{FIRST}RUN x\\\nFROM {IMAGE}\n",
    "no escape after a first line": f"#!/bin/x\n# escape=`\n{FIRST}RUN x`\nFROM {IMAGE}\n",
    "a long s": f"{FIRST}FROM {IMAGE} a\u017f x\nFROM x\n",
    "a name of variables": f"ARG X=a\nFROM {IMAGE} AS ${{X}}\nFROM scratch\n",
    "a name of a template": f"FROM {IMAGE} AS {{{{ name }}}}\n",
    "a mark before the word": f"FROM \ufeff{IMAGE}\n",
    "a pattern": f"ARG X=q{IMAGE}\nFROM ${{X#?}}\n",
    "a mount with quotes": f'{FIRST}RUN --mount=type=bind,\\"from={IMAGE}\\",target=/x true\n',
    "a mount for ssh": f"{FIRST}RUN --mount=type=ssh,from={IMAGE} true\n",
    "the last of two sources": f"{FIRST}RUN --mount=from=scratch,from={IMAGE} true\n",
    "an ARG behind a flag": f"ARG --x='a B=q' B={IMAGE}\nFROM $B\n",
    "a number too large for an index": f"{FIRST}RUN --mount=from={IMAGE} x\nCOPY --from=0 a b\n",
    "an ignore in a heredoc": f"{FIRST}RUN <<E\n# pinner: ignore\nE\nFROM {IMAGE}\n",
    "an ignore behind slashes": f"{FIRST}// pinner: ignore\nFROM {IMAGE}\n",
    "an ignore in quotes": f'{FIRST}RUN --mount=from={IMAGE} echo "# pinner: ignore"\n',
    "an ignore in a word": f"{FIRST}COPY --from={IMAGE} a#pinner:ignore /b\n",
}  # fmt: skip


def scanned(text):
    content = text.encode()
    assert dockerfile.may_hold(content, ScanOptions())
    return scan(dockerfile, text)


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN)
def test_caught(text):
    images = [seen for seen in scanned(text) if isinstance(seen, Found)]
    assert [str(seen.reference) for seen in images] == [IMAGE]


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN)
def test_pinned_twin(text):
    last = IMAGE if IMAGE in text else "\\u0031"
    twin = text.replace(last, last + DIGEST)
    images = [seen for seen in scanned(twin) if isinstance(seen, Found)]
    assert [str(seen.reference) for seen in images] == [IMAGE + DIGEST]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("FROM registry.example.com/x:1$TARGETVARIANT\n", "platform-variable"),
        ("FROM registry.example.com/x:1${TARGETVARIANT#v}\n", "platform-variable"),
        ("FROM registry.example.com/x:1${TARGETVARIANT:+q}\n", "platform-variable"),
        ("FROM registry.example.com/x:1${TARGETOS/?/q}\n", "platform-variable"),
        ("ARG A=$TARGETARCH\nFROM x-$A\n", "platform-variable"),
        ("FROM scratch AS linux-x\nFROM $TARGETOS\n", "platform-variable"),
        ("FROM scratch AS linux\nFROM $TARGETOS$TARGETVARIANT$TARGETSTAGE\n", "platform-variable"),
        ("FROM scratch AS amd64\nFROM $TARGETARCH\n", "platform-variable"),
        ("FROM scratch AS x\nFROM ${TARGETARCH##*}x\n", "platform-variable"),
        ("FROM scratch\nONBUILD COPY --from=evil /a /b\n", "ambiguous-stage"),
        ("FROM scratch\nONBUILD RUN --mount=from=evil true\n", "ambiguous-stage"),
        ("FROM scratch AS evil\nONBUILD COPY --from=evil /a /b\n", "ambiguous-stage"),
        ("ARG X=evil\nFROM scratch AS ${X}\nFROM evil\n", "ambiguous-stage"),
        ("FROM scratch AS a-${X}\nFROM a-evil\n", "ambiguous-stage"),
        ("ARG X=evil\nFROM scratch AS ${X}\nCOPY --from=EVIL a b\n", "invalid-reference"),
        ("ARG X=evil\nFROM scratch AS ${X}\nCOPY --from=evil a b\n", "ambiguous-stage"),
        ("FROM scratch AS {{ x }}\nFROM evil\n", "ambiguous-stage"),
        ("FROM ${X#v}\n", "unset-variable"),
        ("FROM ${X%%v}\n", "unset-variable"),
        ("FROM ${X/a/b}\n", "unset-variable"),
        ("ARG X\nFROM a:1${X//a/b}\n", "unset-variable"),
        ("ARG X\nARG Y=${X#v}\nFROM a:1$Y\n", "unset-variable"),
        ("FROM scratch AS ${X\nFROM evil\n", "ambiguous-stage"),
        ("FROM scratch AS b-${X}-c-${Y}-d\nFROM b-1-c-2-d\n", "ambiguous-stage"),
        ('FROM scratch\nRUN --mount=\\"from=$X true\n', "invalid-reference"),
        ('FROM scratch\nRUN --mount=a\\",from=$X true\n', "invalid-reference"),
        ("FROM scratch\nCOPY --from=7 a b\n", "invalid-reference"),
        ("FROM scratch\nCOPY --from=-1 a b\n", "invalid-reference"),
    ],
)  # fmt: skip
def test_said_why_not(text, reason):
    assert [seen.reason for seen in scanned(text) if isinstance(seen, Skipped)] == [reason]


@pytest.mark.parametrize(
    "text",
    [
        "FROM scratch AS amd64\nFROM scratch AS arm64\nFROM $TARGETARCH\n",
        "FROM scratch AS linux\nFROM ${TARGETOS}${TARGETVARIANT}\n",
        "FROM {{ x }}scratch AS b\nFROM b\nCOPY --from=B a b\n",
        "FROM {{ image }} AS b\nFROM b\nCOPY --from=b a b\n",
        "FROM scratch\nONBUILD COPY --from=0 a b\n",
        "FROM scratch\nRUN --mount=from=scratch true\n",
        "//check=x\n# syntax=a\nFROM scratch\n",
        "// x\n//syntax=a\nFROM scratch\n",
        '[{"syntax": "a"}]\n',
        '{"syntax" "a"}\n',
        "#!{",
        '{"syntax": 1}\n',
        '{"syntax": "a"} x\n',
        "FROM scratch\nCOPY --chown=a\u2003--from=x b c\n",
        "FROM scratch\nRUN true \\\n\x85# c\nFROM a\n",
    ],
)
def test_stages_and_other_text(text):
    assert [seen for seen in scanned(text) if isinstance(seen, Found)] == []


def test_other_encodings_are_unreadable():
    content = f"FROM {IMAGE}\n".encode("utf-16")
    assert dockerfile.may_hold(content, ScanOptions())
    with pytest.raises(ScanError, match="UTF-8"):
        decode_source("Dockerfile", content)


@pytest.mark.parametrize(
    ("text", "ignored"),
    [
        ("# pinner: ignore\nFROM a:1\n", True),
        ("FROM \\\n# pinner: ignore\na:1\n", True),
        ("FROM a:1\nRUN --mount=from=b:1 x # pinner: ignore\n", True),
        ("ARG B=a:1 # pinner: ignore\nFROM $B\n", True),
        ("# syntax=a:1 # pinner: ignore\n", True),
        ("FROM scratch\nRUN <<E\nx\n# pinner: ignore\nE\nFROM a:1\n", False),
        ("FROM scratch\nRUN <<'# pinner: ignore'\n# pinner: ignore\nFROM a:1\n", False),
        ("FROM scratch\nRUN --mount=from=a:1 echo '# pinner: ignore'\n", False),
        ("FROM scratch\nRUN --mount=from=a:1 echo 'x' \"it's # pinner: ignore\"\n", False),
        ('FROM scratch\nRUN --mount=from=a:1 echo "it\'s" # pinner: ignore\n', True),
        ("// pinner: ignore\nFROM a:1\n", False),
        ("FROM scratch\nRUN --mount=from=a:1 x// pinner: ignore\n", False),
    ],
)
def test_where_an_ignore_counts(text, ignored):
    reasons = [seen.reason for seen in scanned(text) if isinstance(seen, Skipped)]
    assert ("ignored" in reasons) == ignored

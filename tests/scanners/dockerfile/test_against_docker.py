"""Docker's own parser, in the package `dockerfile`, and ours see the same instructions."""

import os
import re

import dockerfile
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from odd_dockerfiles import odd_dockerfile

from pinner.scanners.dockerfile.directives import escape_token
from pinner.scanners.dockerfile.flags import split_flags, split_words
from pinner.scanners.dockerfile.syntax import DockerfileError, Lines, read_instructions
from pinner.spans.traced import Traced

pytestmark = pytest.mark.property
COUNT = int(os.environ.get("PINNER_EXAMPLES", "400"))
examples = settings(max_examples=COUNT, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The parser in the package is older: blanks behind the signs of a heredoc are new.
NEWER = re.compile(r"<<-?[\t\r ]")
# And it reads flags once more, without the escape character of the file.
ESCAPED_FLAGS = re.compile(r"--.*[\\`]")
randomness = st.randoms(use_true_random=False)


def theirs(text):
    """Keywords, flags and the words of FROM; None where Docker refuses the text."""
    try:
        commands = dockerfile.parse_string(text)
    except (dockerfile.GoParseError, UnicodeDecodeError):
        # The package cannot show what is no UTF-8, half of a letter behind a flag for one.
        return None
    rows = []
    for command in commands:
        keyword = (command.cmd or "").lower()  # an escape alone makes an instruction of nothing
        if keyword == "from":
            rows.append(("from", command.flags, command.value))
        elif keyword in ("copy", "run") and command.flags:
            rows.append((keyword, command.flags, ()))
    return rows


def ours(text):
    lines = Lines.of(text.removeprefix("\ufeff"))
    escape = escape_token(lines)
    rows = []
    for instruction in read_instructions(Traced.of(lines.text), lines, escape):
        found, rest = split_flags(instruction.body, escape)
        flags = tuple(
            f"--{flag.name}" + ("" if flag.value is None else f"={flag.value.text}")
            for flag in found
        )
        if instruction.keyword == "from":
            words = tuple(word.text for word in split_words(rest))
            rows.append(("from", flags, words))
        elif instruction.keyword in ("copy", "run") and flags:
            rows.append((instruction.keyword, flags, ()))
    return rows


def compare(text):
    assume(not NEWER.search(text))
    expected = theirs(text)
    assume(expected is not None)
    token = escape_token(Lines.of(text.removeprefix("\ufeff")))
    assume(token == "\\" or not ESCAPED_FLAGS.search(text))
    assert ours(text) == expected


@examples
@given(randomness)
def test_odd_dockerfiles(random):
    compare(odd_dockerfile(random))


@examples
@given(st.lists(st.sampled_from(
    ["FROM", "RUN", "COPY", "--from=a", "--mount=b", " ", " ", "\n", "\n", "\\", "`", "'", '"', "<<", "E",
     "$", "${a:-", "}", "#", "[", "]", ",", "\t", "\r", "\v", "\u00a0", "\u0420", "\x1c", "-", "x", "à"]
), max_size=25).map("".join))  # fmt: skip
def test_pieces_in_any_order(text):
    compare("FROM a\n" + text)


@examples
@given(st.binary(max_size=40).map(lambda content: content.decode(errors="ignore")))
def test_any_bytes(text):
    # The line that a text begins with is no instruction to the package if it has no letter.
    compare("FROM a\nRUN --x=" + text.replace("\x00", ""))


def test_what_docker_refuses_is_refused_or_read():
    for text in ("FROM a\nRUN <<E\n", "# escape=x\nFROM a\n", "# syntax=a\n#syntax=b\nFROM a\n"):
        assert theirs(text) is None
        with pytest.raises(DockerfileError):
            ours(text)

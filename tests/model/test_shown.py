"""What others wrote is shown as text, on its line, and is nobody's command."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.model.shown import escaped, line_start

CASES = [
    ("plain text, é and 漢字", "plain text, é and 漢字"),
    ("\x1b[31m", "\\x1b[31m"),
    ("a\nb\r", "a\\x0ab\\x0d"),
    ("\u202etxt", "\\u202etxt"),
    ("\u200b\ufeff", "\\u200b\\ufeff"),
    (os.fsdecode(b"d\xff"), "d\\xff"),
    ("\ud800", "\\ud800"),
    ("\U000e0041", "\\U000e0041"),
]


@pytest.mark.parametrize(("text", "shown"), CASES)
def test_escaped(text, shown):
    assert escaped(text) == shown


@given(st.text(st.characters(codec=None)))
def test_whatever_it_holds_it_is_one_line_that_can_be_written(text):
    shown = escaped(text)
    assert len(shown.splitlines()) <= 1
    shown.encode()
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    "name", ["::error ::x", " ::set-output name=x::y", "##[group]x", "##vso[x]"]
)
def test_no_line_begins_as_a_command(name):
    assert line_start(name).startswith("./")


HOSTILE = (
    "::set-env name=A::b", "\x1b]0;owned\x07", "a\nb", "\u202etxt.exe", "##[error]", "\r::error::x",
)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "gitlab", "junit", "markdown"])
def test_names_of_files_in_every_format(project, name, form):
    project.write(f"{name}/Dockerfile", "FROM alpine:3.19\nFROM $X\nFROM \x1b[2J\n")
    project.write(f"{name}/compose.yaml", 'services: {"s\\e[1m\\n::error::y": {image: x:1}}\n')
    for arguments in (("verify", "--format", form), ("list",), ("lock", "--offline")):
        done = project.pinner(*arguments)
        assert done.code in (1, 0, 2, 3), done
        for line in (done.out + done.err).splitlines():
            assert line.isascii() or line.isprintable() or form == "json"
            assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in line)
            begins = line.lstrip().startswith(("::", "##["))
            assert not begins or (form == "github" and line.startswith("::"))
        if form == "github" and arguments[0] == "verify":
            assert all(
                line.startswith(("::error file=", "::warning file="))
                for line in done.out.splitlines()
            )
        if form in ("json", "sarif", "gitlab") and arguments[0] == "verify":
            json.loads(done.out)


@pytest.mark.parametrize(
    "text", ["@everyone", "Fixes #1", "[x](http://y)", "<b>", "a\rb\n# x", "|"]
)
def test_markdown_calls_nobody(text):
    from pinner.reports.markdown import cell

    shown = cell(text)
    for sign in ("@e", "#1", "://", "\r", "\n", "# x"):
        assert sign not in shown
    assert "<" not in shown.replace("\\<", "")

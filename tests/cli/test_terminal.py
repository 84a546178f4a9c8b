"""What a person sees: colour, progress, quiet runs, narrow terminals, help and completion."""

import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
from fcntl import ioctl
from pathlib import Path

import pytest
from images import Image

DIGEST = f"sha256:{'a' * 64}"
ESCAPE = "\x1b["


def in_terminal(project, *arguments, columns=80, env=None, both=True):
    """Run pinner with a terminal as its standard error, and standard output if `both`."""
    leader, follower = pty.openpty()
    ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "pinner", *arguments],
        cwd=project.root,
        stdin=subprocess.DEVNULL,
        stdout=follower if both else subprocess.PIPE,
        stderr=follower,
        env={**os.environ, "TERM": "xterm", "COLUMNS": str(columns), **(env or {})},
    )
    os.close(follower)
    shown = b""
    while select.select([leader], [], [], 20)[0]:
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(leader)
    out, _ = process.communicate(timeout=20)
    return process.returncode, shown.decode(), (out or b"").decode()


@pytest.fixture
def unpinned(project):
    project.write("Dockerfile", "FROM alpine:3.19\n")
    return project


def test_colour_on_a_terminal_alone(unpinned):
    code, shown, _ = in_terminal(unpinned, "verify")
    assert (code, ESCAPE in shown) == (1, True)
    assert "error" in re.sub(r"\x1b\[[0-9;]*m", "", shown)
    done = unpinned.pinner("verify")
    assert ESCAPE not in done.out + done.err


@pytest.mark.parametrize(("arguments", "env", "expected"), [
    ((), {"NO_COLOR": "1"}, False),
    ((), {"TERM": "dumb"}, False),
    ((), {"FORCE_COLOR": "1", "TERM": "dumb"}, True),
    (("--color", "never"), {}, False),
    (("--color=always",), {"NO_COLOR": "1"}, True),
])  # fmt: skip
def test_colour_is_a_choice(unpinned, arguments, env, expected):
    _, shown, _ = in_terminal(unpinned, "verify", *arguments, env=env)
    assert (ESCAPE in shown) == expected


def test_colour_into_a_pipe_only_when_forced(unpinned):
    assert ESCAPE in unpinned.pinner("verify", "--color", "always").out
    assert ESCAPE in unpinned.pinner("verify", env={"FORCE_COLOR": "1"}).out
    assert ESCAPE not in unpinned.pinner("verify", env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).out
    json = unpinned.pinner("verify", "--color", "always", "--format", "json")
    assert ESCAPE not in json.out


def test_colours_change_no_word(unpinned):
    plain = unpinned.pinner("verify").out
    colored = unpinned.pinner("verify", "--color", "always").out
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain


def test_a_text_of_the_repository_is_no_markup(project):
    project.write("Dockerfile", "FROM alpine:3.19\nFROM '[red]x[/red]'\n")
    plain = project.pinner("list").out
    colored = project.pinner("list", "--color", "always").out
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain


def test_quiet(unpinned):
    done = unpinned.pinner("verify", "-q")
    assert (done.code, done.err) == (1, "")
    assert "alpine:3.19 has no digest" in done.out
    done = unpinned.pinner("lock", "--offline", "--quiet")
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("error: ")
    assert len(done.err.splitlines()) == 2


@pytest.mark.parametrize("arguments", [("-V",), ("--version",)])
def test_version(project, arguments):
    assert re.fullmatch(r"pinner \d+\.\d+\.\d+\n", project.pinner(*arguments).out)


def test_help_as_a_command(project):
    assert project.pinner("help").out == project.pinner("--help").out
    assert project.pinner("help", "image", "digest").out == project.pinner(
        "image", "digest", "-h").out  # fmt: skip
    done = project.pinner("help", "nothing")
    assert (done.code, "'nothing' is no command" in done.err) == (2, True)


def test_every_option_that_a_message_names_is_in_the_help(project):
    """An internal error names --debug."""
    for command in ("lock", "verify", "update", "list", "unpin"):
        shown = project.pinner("help", command).out
        assert all(word in shown for word in ("--debug", "--quiet", "--color"))


@pytest.mark.parametrize("command", ["", "lock", "verify", "update", "list"])
def test_help_on_a_narrow_terminal(project, command):
    done = project.pinner("help", *filter(None, [command]), env={"COLUMNS": "34"})
    assert done.code == 0
    assert max(map(len, done.out.splitlines())) <= 34 + 20  # the longest word is not broken


@pytest.mark.registry
@pytest.mark.parametrize("columns", [34, 100])
def test_progress_names_what_is_asked_and_counts(project, registry, columns):
    for number in range(12):
        registry.push(f"progress/p{number}:1", Image(content=str(number)))
    lines = (f"FROM {registry.host}/progress/p{number}:1\n" for number in range(12))
    project.write("Dockerfile", "".join(lines))
    code, shown, _ = in_terminal(project, "lock", columns=columns, both=False)
    assert code == 0
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert "/12" in plain
    assert re.search(r"/p\d+:1", plain)
    widest = max(len(line) for line in re.split(r"[\r\n]", plain) if "/12" in line)
    assert widest <= columns
    quiet = project.pinner("unpin").code
    code, shown, _ = in_terminal(project, "update", "-q", columns=columns, both=False)
    assert (quiet, code, shown) == (0, 0, "")


@pytest.mark.registry
def test_a_run_that_changes_nothing_is_one_line(project, registry):
    registry.push("once/a:1", Image(content="a"))
    project.write("Dockerfile", f"FROM {registry.host}/once/a:1\nFROM $X\nFROM y:$Z\n")
    first = project.pinner("lock")
    assert "skipped" in first.out
    for command in ("lock", "update"):
        again = project.pinner(command)
        assert again.out == ""
        assert again.err == "1 kept, 2 skipped; nothing to change\n"
    assert "unset-variable" in project.pinner("lock", "-v").out


@pytest.mark.registry
def test_what_is_pinned_from_the_lockfile_is_said(project, registry):
    registry.push("known/a:1", Image(content="a"))
    project.write("Dockerfile", f"FROM {registry.host}/known/a:1\n")
    assert project.pinner("lock").code == 0
    project.write("b/Dockerfile", f"FROM {registry.host}/known/a:1\n")
    done = project.pinner("lock", "--offline")
    assert done.code == 0
    assert "pinned " in done.out
    assert "(the lockfile has its digest)" in done.out


@pytest.mark.registry
def test_standard_input_is_pinned_to_standard_output(project, registry):
    digest = registry.push("stdin/a:1", Image(content="a"))
    name = f"{registry.host}/stdin/a"
    given = f"FROM {name}:1 AS a\r\nFROM scratch\r\n".encode()
    done = project.pinner("lock", "-", "--scanner", "dockerfile", stdin=given)
    assert (done.code, done.out) == (0, f"FROM {name}:1@{digest} AS a\r\nFROM scratch\r\n")
    assert project.snapshot() == {}
    failed = project.pinner("lock", "-", "--scanner", "dockerfile", "--offline", stdin=given)
    assert (failed.code, failed.out) == (3, given.decode())
    unnamed = project.pinner("lock", "-", stdin=given)
    assert (unnamed.code, "--scanner" in unnamed.err) == (2, True)


SHELLS = {
    "bash": 'source "$HOME/.bashrc"; COMP_WORDS=(pinner ver); COMP_CWORD=1; '
            '_pinner_completion pinner; echo "${COMPREPLY[@]}"',
    "zsh": "autoload -Uz compinit; compinit -u; source $HOME/.zshrc; "
           '_TYPER_COMPLETE_ARGS="pinner ver" _PINNER_COMPLETE=complete_zsh pinner',
    "fish": 'complete --do-complete "pinner ver"',
}  # fmt: skip


@pytest.mark.parametrize("shell", SHELLS)
def test_completion(project, tmp_path, shell):
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    folder = Path(sys.executable).parent
    home = tmp_path / "home"
    home.mkdir()
    env = {**os.environ, "HOME": str(home), "SHELL": program,
           "PATH": f"{folder}:{os.environ['PATH']}"}  # fmt: skip
    env.pop("XDG_CONFIG_HOME", None)
    command = [program, "-c", "pinner --install-completion; true"]
    installed = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert installed.returncode == 0, installed
    done = subprocess.run(
        [program, "-c", SHELLS[shell]], env=env, capture_output=True, text=True, check=False
    )
    assert "verify" in done.stdout, done
    assert "unpin" not in done.stdout

"""Windows and macOS, as far as they can be tried on another system.

What decides about names and programs is pure and tried as it is. The command is run by a Python
whose `os` lacks what the other system has not, and that says it is that system.
"""

import ntpath
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from pinner.project import other_systems
from pinner.project.other_systems import as_listed, find_program, replace_file, windows_below

ROOT = Path(__file__).parents[2]
DIGEST = "sha256:" + "d" * 64
# What the standard library and others' packages decide at their import stays as it is here.
OTHER_SYSTEM = r"""
import os, sys
system = sys.argv.pop(1)
import concurrent.futures, ctypes, mmap, multiprocessing, platformdirs, subprocess, tempfile
import filelock, pathspec, requests, rich.console, rich.progress, ruamel.yaml, tomlkit, typer
import click.shell_completion, typer.completion, typer.main, typer.rich_utils
gone = ["fork", "forkpty", "memfd_create", "posix_spawn", "posix_spawnp", "sched_getaffinity",
        "listxattr", "getxattr", "setxattr", "POSIX_SPAWN_DUP2"]
if system == "win32":
    gone += ["geteuid", "getegid", "getuid", "getgid", "fchown", "fchmod", "chown", "killpg",
             "O_NOFOLLOW", "O_DIRECTORY", "O_CLOEXEC", "mkfifo", "sync", "getpgid"]
    for name in ("fcntl", "grp", "pwd", "resource", "termios"):
        sys.modules[name] = None
    os.O_BINARY = 0
    __import__("ssl").SSLContext._windows_cert_stores = ()
for name in gone:
    if hasattr(os, name):
        delattr(os, name)
sys.platform = system
subprocess._USE_POSIX_SPAWN = False  # the library's own way on Linux, from Python 3.13 on
if system == "win32":
    # Nothing is found in the folder that the program runs in, so git has to be named whole.
    import pinner.project.other_systems as other
    other.find_program = lambda name, path, is_file: next(
        file for folder in path.split(":") if is_file(file := f"{folder}/{name}"))
    # Links and paths are those of this system all the same.
    other.windows_below = lambda path, base: (
        "." if path == base else
        path[len(base.rstrip("/")) + 1:] if path.startswith(base.rstrip("/") + "/") else None)
sys.argv[0] = "pinner"
from pinner.__main__ import main
main()
"""
SYSTEMS = ("win32", "darwin")


@pytest.fixture(params=SYSTEMS)
def elsewhere(request, project):
    """Run the command as on another system."""

    def run(*arguments, stdin=b""):
        done = subprocess.run(
            [sys.executable, "-c", OTHER_SYSTEM, request.param, *arguments],
            cwd=project.root, input=stdin, capture_output=True, check=False,
        )  # fmt: skip
        out, err = done.stdout.decode(), done.stderr.decode()
        assert "Traceback" not in err, err
        assert "internal error" not in err, err
        return done.returncode, out, err

    return run


@pytest.fixture
def shop(project, everything_is_dddd):
    project.write(
        "pinner.toml", f'[registries."docker.io"]\nmirrors = ["{everything_is_dddd.host}"]\n'
    )
    project.write("Dockerfile", b"FROM alpine:3.19\r\nRUN x\r\n\x1a")
    project.write("deep/compose.yaml", "services:\n  a:\n    image: redis:7\n")
    for number in range(40):
        project.write(f"many/{number}.Dockerfile", f"FROM nginx:1.{number}\n")
    project.git("add", ".")
    project.git("commit", "--quiet", "-m", "begin")
    return project


@pytest.mark.skipif(sys.platform != "linux", reason="this is the system that plays the others")
def test_every_command_works_the_same(shop, elsewhere):
    before = shop.snapshot()
    for arguments in (
        ("list", "--format", "json"),
        ("verify",),
        ("verify", "--format", "json"),
        ("lock", "--dry-run"),
        ("lock", "--diff"),
        ("config",),
        ("--version",),
        ("--help",),
    ):
        here = shop.pinner(*arguments)
        assert elsewhere(*arguments) == (here.code, here.out, here.err), arguments
    assert shop.snapshot() == before

    assert elsewhere("lock")[0] == 0
    pinned = shop.snapshot()
    assert pinned["Dockerfile"] == f"FROM alpine:3.19@{DIGEST}\r\nRUN x\r\n\x1a".encode()
    assert elsewhere("verify", "--strict")[0] == 0
    assert elsewhere("lock", "--check")[0] == 0
    for path, content in before.items():
        shop.write(path, content)
    (shop.root / "pinner.lock").unlink()
    assert shop.pinner("lock").code == 0
    assert shop.snapshot() == pinned

    shop.git("add", ".")
    assert elsewhere("verify", "--staged")[0] == 0
    assert elsewhere("verify", "--since", "HEAD")[0] in {0, 1}
    assert elsewhere("update", "--dry-run")[0] == 0
    assert elsewhere("image", "digest", "alpine:3.19")[0] in {0, 3}
    assert elsewhere("unpin")[0] == 0
    assert shop.read("Dockerfile") == "FROM alpine:3.19\r\nRUN x\r\n\x1a"
    code, out, _ = elsewhere("lock", "-", "--scanner", "dockerfile", stdin=b"FROM alpine:3.19\r\n")
    assert (code, out) == (0, f"FROM alpine:3.19@{DIGEST}\r\n")


@pytest.mark.skipif(sys.platform != "linux", reason="this is the system that plays the others")
def test_update_and_its_commits(shop, elsewhere):
    assert elsewhere("lock")[0] == 0
    shop.git("add", ".")
    shop.git("commit", "--quiet", "-m", "pinned")
    shop.write("pinner.lock", shop.read("pinner.lock").replace(DIGEST, "sha256:" + "e" * 64))
    for path, content in shop.snapshot().items():
        shop.write(path, content.replace(DIGEST.encode(), b"sha256:" + b"e" * 64))
    shop.git("commit", "--quiet", "-am", "older")
    code, _, err = elsewhere("update", "--commit")
    assert code == 0, err
    assert "committed" in err
    assert shop.git("status", "--porcelain") == ""


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii", "utf-8", "cp932"])
def test_a_console_of_any_encoding_shows_everything(project, encoding):
    name = "größe-語"
    project.write(f"{name}/Dockerfile", "FROM alpine:3.19\nFROM größe\n")
    for arguments in (("verify",), ("list",), ("lock", "--offline"), ("--help",)):
        done = subprocess.run(
            [sys.executable, "-m", "pinner", *arguments],
            cwd=project.root, capture_output=True, check=False,
            env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        )  # fmt: skip
        assert b"Traceback" not in done.stderr
        assert b"internal error" not in done.stderr
        done.stdout.decode(encoding)


@pytest.mark.parametrize(
    "path, base, below",
    [
        (r"C:\work\shop\Dockerfile", r"C:\work\shop", "Dockerfile"),
        (r"c:\Work\SHOP\web\Dockerfile", r"C:\work\shop", "web/Dockerfile"),
        (r"C:\work\shop", r"C:\work\shop", "."),
        (r"C:\work\shop", "C:\\work\\shop\\", "."),
        (r"C:\work\shopping\x", r"C:\work\shop", None),
        (r"D:\work\shop\x", r"C:\work\shop", None),
        (r"\\?\C:\work\shop\x", r"C:\work\shop", "x"),
        (r"C:\work\shop\x", r"\\?\C:\work\shop", "x"),
        (r"\\server\share\shop\a\b", r"\\server\share\shop", "a/b"),
        (r"\\?\UNC\server\share\shop\a", r"\\Server\share\shop", "a"),
        (r"\\server\other\shop\a", r"\\server\share\shop", None),
        (r"C:/work/shop/a/b", r"C:\work\shop", "a/b"),
        ("C:\\x", "C:\\", "x"),
        (r"C:\work", r"C:\work\shop", None),
    ],
)
def test_paths_below_a_folder_of_windows(path, base, below):
    assert windows_below(path, base) == below
    if below is not None and "?" not in path + base:
        assert ntpath.normcase(ntpath.relpath(path, base)) == ntpath.normcase(below)


TREE = {"": ["Dockerfile", "Web", "größe"], "Web": ["compose.YAML", "a", "A"]}


@pytest.mark.parametrize(
    "typed, listed",
    [
        ("dockerfile", "Dockerfile"),
        ("DOCKERFILE", "Dockerfile"),
        ("Dockerfile", "Dockerfile"),
        ("web/COMPOSE.yaml", "Web/compose.YAML"),
        ("web/a", "Web/a"),
        ("web/A", "Web/A"),
        ("new", "new"),
        ("web/new/x", "Web/new/x"),
        (unicodedata.normalize("NFD", "größe"), "größe"),
        ("GRÖSSE", "größe"),
    ],
)
def test_names_are_spelt_as_they_are_listed(typed, listed):
    assert as_listed(typed, lambda folder: TREE.get(folder, [])) == listed


def test_a_name_that_a_folder_keeps_in_parts_is_as_git_has_it():
    parts = unicodedata.normalize("NFD", "größe")
    assert as_listed("größe", lambda _: [parts]) == "größe"


@pytest.mark.parametrize(
    "path, found",
    [
        (r"C:\Program Files\Git\cmd;C:\Windows", r"C:\Program Files\Git\cmd\git.exe"),
        (r'"C:\Program Files\Git\cmd"', r"C:\Program Files\Git\cmd\git.exe"),
        (
            r";.;sub;C:relative;\rooted;C:\Program Files\Git\cmd",
            r"C:\Program Files\Git\cmd\git.exe",
        ),
        (".", None),
        ("", None),
        ("C:", None),
        (r"C:\Windows", None),
        (r"\\server\tools", r"\\server\tools\git.exe"),
    ],
)
def test_programs_are_never_those_of_the_folder_that_is_checked(path, found):
    there = {r"C:\Program Files\Git\cmd\git.exe", r"\\server\tools\git.exe", r".\git.exe",
             "git.exe", r"sub\git.exe", r"C:relative\git.exe", r"\rooted\git.exe",
             "C:git.exe"}  # fmt: skip
    assert find_program("git", path, there.__contains__) == found


class Held:
    """A staged file whose target somebody holds open for a while."""

    def __init__(self, refusals):
        self.refusals, self.tries = refusals, 0

    def replace(self, _):
        self.tries += 1
        if self.tries <= self.refusals:
            raise PermissionError(13, "the process cannot access the file")


@pytest.mark.parametrize("refusals", [0, 1, 12])
def test_a_file_that_is_held_for_a_moment_is_waited_for(refusals):
    pauses = []
    replace_file(Held(refusals), None, pauses.append)
    assert len(pauses) == refusals
    assert sum(pauses) < 5


def test_a_file_that_stays_held_is_named_and_all_is_as_before(tmp_path, monkeypatch):
    """The second of two files is held: the first, which was swapped already, comes back."""
    from pinner.model.errors import WriteError
    from pinner.project import transaction

    monkeypatch.setattr(sys, "platform", "win32")
    held = tmp_path / "held"
    original = Path.replace

    def replace(self, target):
        if target == held and self.suffix == transaction.STAGED_SUFFIX:
            raise PermissionError(13, "the process cannot access the file")
        return original(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(
        other_systems,
        "replace_file",
        lambda staged, target: replace_file(staged, target, lambda _: None),
    )
    for name in ("first", "held"):
        (tmp_path / name).write_bytes(b"old")
    writes = [
        transaction.Write(name, tmp_path / name, b"old", b"new") for name in ("first", "held")
    ]
    with pytest.raises(WriteError, match="held cannot be written: the process cannot access"):
        transaction.write_all(writes)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "held"]
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {b"old"}


_TEXT_MODES = re.compile(
    r"\.read_text\((?!encoding)|\.write_text\((?!.*encoding)|text=True|universal_newlines"
    r"|(?<![.\w])open\((?!.*(?:[\"'][rwax]+b|encoding))"
)


def test_no_file_is_read_in_the_encoding_of_the_machine():
    """Nor its line ends changed: files are bytes, or UTF-8 by name."""
    found = [
        f"{path.name}: {line.strip()}"
        for path in (ROOT / "pinner").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if _TEXT_MODES.search(line) and "os.open(" not in line and "def open(" not in line
    ]
    assert found == []

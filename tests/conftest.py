"""Fixtures: a clean environment, projects, the program, the real registry."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from registry_server import PROGRAM, SKOPEO, Registry
from scripted_server import ScriptedServer, same_digest

if TYPE_CHECKING:
    from pathlib import Path

_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH")
IN_CI = bool(os.environ.get("CI"))
_connect = socket.socket.connect


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch, tmp_path_factory):
    """No test sees the user's files, proxies or variables."""
    for name in list(os.environ):
        if name not in _KEPT and not name.startswith(("PYTEST", "COV", "HYPOTHESIS")):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name, value in (
        ("GIT_AUTHOR_NAME", "Tester"),
        ("GIT_AUTHOR_EMAIL", "tester@example.com"),
        ("GIT_COMMITTER_NAME", "Tester"),
        ("GIT_COMMITTER_EMAIL", "tester@example.com"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_SYSTEM", "/dev/null"),
    ):
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch):
    """A test that reaches out fails by name."""

    def connect(self, address):
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test wants to connect to {address}; serve it on loopback")
        return _connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@dataclass(frozen=True)
class Run:
    code: int
    out: str
    err: str

    def __repr__(self) -> str:
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Project:
    """A folder that the real program is run in."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, content: str | bytes) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def read(self, path: str) -> str:
        return (self.root / path).read_bytes().decode()

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, check=True, capture_output=True, text=True
        )
        return done.stdout

    def pinner(self, *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> Run:
        done = subprocess.run(
            [sys.executable, "-m", "pinner", *arguments],
            cwd=self.root,
            input=stdin,
            capture_output=True,
            env={**os.environ, **(env or {})},
            check=False,
        )
        out, err = done.stdout.decode(), done.stderr.decode()
        assert "Traceback" not in err, err
        return Run(done.returncode, out, err)

    def snapshot(self) -> dict[str, bytes]:
        """Every file outside `.git` and its content."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and ".git" not in path.relative_to(self.root).parts
        }


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    made = Project(root)
    made.git("init", "--quiet", "--initial-branch=main")
    return made


def needs_program(*programs: str) -> None:
    """Skip a test for want of a program; in CI that is a failure."""
    absent = [name for name in programs if shutil.which(name) is None]
    if absent and IN_CI:
        pytest.fail(f"{', '.join(absent)} must be there in CI")
    if absent:
        pytest.skip(f"{', '.join(absent)} is not installed")


@pytest.fixture(scope="session")
def needs_registry():
    if PROGRAM is None or SKOPEO is None:
        needs_program("docker-registry", "skopeo")


@pytest.fixture(scope="session")
def registry(needs_registry, tmp_path_factory):
    running = Registry(tmp_path_factory.mktemp("registry")).start()
    yield running
    running.stop()


@pytest.fixture
def name(registry, request):
    """A repository of the test's own, in the registry that all share."""
    plain = "".join(c if c.isalnum() else "-" for c in request.node.name.lower())
    return f"{registry.host}/{'-'.join(filter(None, plain.split('-')))}"


@pytest.fixture
def make_registry(needs_registry, tmp_path):
    made: list[Registry] = []

    def make(**options) -> Registry:
        running = Registry(tmp_path / f"registry-{len(made)}", **options).start()
        made.append(running)
        return running

    yield make
    for running in made:
        running.stop()


@pytest.fixture
def serve():
    """Start scripted servers, which end with the test."""
    started: list[ScriptedServer] = []

    def start(script, certificate=None) -> ScriptedServer:
        server = ScriptedServer(script, certificate)
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def everything_is_dddd():
    """A server that has every tag, all with the digest of the case tables."""
    server = ScriptedServer(same_digest("sha256:" + "d" * 64))
    yield server
    server.stop()

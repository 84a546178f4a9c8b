"""What a command imports: structure, not time."""

import subprocess
import sys

import pytest

SLOW = (
    "typer", "requests", "ruamel.yaml", "tomlkit", "tomllib", "rich", "pathspec", "platformdirs",
    "hashlib", "tempfile", "multiprocessing", "logging", "json", "hypothesis", "dataclasses",
    "filelock",
)  # fmt: skip
PROBE = """
import os, sys
from pinner.__main__ import main
os._exit = sys.exit
code = 0
try:
    main()
except SystemExit as error:
    code = error.code or 0
print("imported", *(name for name in {slow!r} if name in sys.modules), file=sys.stderr)
raise SystemExit(code)
"""
DIGEST = "sha256:" + "a" * 64
DOCKERFILE = f"FROM alpine:3.19@{DIGEST}\n"
COMPOSE = f"services:\n  a:\n    image: alpine:3.19@{DIGEST}\n"


def imported(project, *arguments, env=()):
    import os

    done = subprocess.run(
        [sys.executable, "-S", "-c", PROBE.format(slow=SLOW), *arguments],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": ":".join(filter(None, sys.path)), **dict(env)},
    )
    assert done.returncode == 0, done
    return set(done.stderr.rpartition("imported")[2].split())


@pytest.fixture
def locked(project):
    def write(**files):
        for path, content in files.items():
            project.write(path.replace("_", "."), content)
        listed = ", ".join(f'"{path.replace("_", ".")}"' for path in sorted(files))
        project.write(
            "pinner.lock",
            "# Written by pinner. Commit this file; change it with `pinner lock` and "
            "`pinner update`.\nversion = 1\n"
            '\n[[image]]\nreference = "docker.io/library/alpine:3.19"\n'
            f'digest = "{DIGEST}"\nmedia-type = "x"\nfiles = [{listed}]\n',
        )
        return project

    return write


def test_version_needs_the_parser_alone(project):
    assert imported(project, "--version") <= {"typer", "dataclasses", "tempfile", "logging", "json"}


def test_a_plain_verify_imports_no_parser_but_those_of_its_files(locked):
    project = locked(Dockerfile=DOCKERFILE)
    light = imported(project, "verify")
    assert light <= {"platformdirs", "hashlib"}  # for the cache of scans
    assert imported(project, "verify", "Dockerfile") == light
    project = locked(Dockerfile=DOCKERFILE, compose_yaml=COMPOSE)
    assert "ruamel.yaml" in imported(project, "verify") - light


def test_what_was_scanned_before_needs_no_parser(locked):
    project = locked(Dockerfile=DOCKERFILE, compose_yaml=COMPOSE)
    imported(project, "verify")
    assert "ruamel.yaml" not in imported(project, "verify")

"""The command line works with the newest typer as it does with the one that is installed."""

import re
import sys
from pathlib import Path

import pytest

# Laid there by `make test`.
NEWEST = Path(sys.prefix) / "newest-typer"


@pytest.fixture
def newest():
    found = re.search(r"typer-(\d+)\.(\d+)", " ".join(path.name for path in NEWEST.glob("typer-*")))
    assert found, "make test installs the newest typer beside the one in use"
    assert (int(found[1]), int(found[2])) >= (0, 29)
    return {"PYTHONPATH": str(NEWEST)}


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("list", "--format", "json"),
        ("verify", "--strict", "--format", "sarif"),
        ("lock", "--offline", "--dry-run", "."),
        ("lock", "--platform", "linux/amd64", "--platform", "nonsense"),
        ("unpin", "--check"),
        ("config", "--format", "json"),
    ],
    ids=" ".join,
)
def test_the_same_answers(project, newest, arguments):
    project.write("Dockerfile", "FROM alpine:3.19@sha256:" + "a" * 64 + "\nFROM $X\n")
    assert project.pinner(*arguments, env=newest) == project.pinner(*arguments)


@pytest.mark.parametrize(
    "arguments", [("lock", "--no-such"), ("verify", "--format", "x"), ("image",), ("update", "-h")]
)
def test_the_same_codes(project, newest, arguments):
    assert project.pinner(*arguments, env=newest).code == project.pinner(*arguments).code

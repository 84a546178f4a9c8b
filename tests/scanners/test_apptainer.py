"""Definition files of Apptainer and Singularity."""

import pytest
from scanning import bounded, check, gists, scan_bytes

from pinner.scanners.all_scanners import BUILT_IN

SCANNER = BUILT_IN["apptainer"]
PATH = "tools.def"


@pytest.mark.parametrize("path", [PATH, "Singularity", "env/Singularity.gpu"])
def test_files(path):
    text = "Bootstrap: docker\nFrom: a:1\n"
    check("apptainer", path, text, text.replace("a:1", "a:1@D"))


@pytest.mark.parametrize("after", [
    "Bootstrap: docker\nFrom: ubuntu:22.04@D\n\n%post\n    apt-get update\n",
    "BOOTSTRAP:docker\nFROM:quay.io/a/b:1@D\n",
    "# why\nbootstrap : Docker\nfrom : a:1@D  # why\n",
    "From: a:1@D\nBootstrap: docker\nStage: build\n",
    "Bootstrap: docker\nFrom: a:1@D\nStage: build\n%post\n  x\nBootstrap: docker\nFrom: b:1@D\n",
    "Bootstrap: library\nFrom: a:1\n%post\nBootstrap: docker\nFrom: b:1@D\n",
    "Bootstrap: docker\r\nFrom: a:1@D\r\n",
    "\ufeffBootstrap: docker\nFrom: a:1@D",
])  # fmt: skip
def test_found(after):
    check("apptainer", PATH, after.replace("@D", ""), after)


@pytest.mark.parametrize("text", [
    "Bootstrap: library\nFrom: docker:1\n",
    "Bootstrap: docker-archive\nFrom: a.tar\n",
    "Bootstrap: docker-daemon\nFrom: a:1\n",
    "Bootstrap: localimage\nFrom: docker.sif\n",
    "Bootstrap: oras\nFrom: docker.io/a/b:1\n",
    "Bootstrap: docker\nInclude: a:1\n",
    "Bootstrap: docker\n%post\n  From: a:1\n",
    "Bootstrap: docker\n# From: a:1\n",
    "# Bootstrap: docker\nFrom: a:1\n",
    "Bootstrap: docker\nFrom:\n",
    "LIBRARY Bootstrap\nEXPORTS\n  docker\n",
])  # fmt: skip
def test_left_alone(text):
    assert not scan_bytes(SCANNER, text.encode(), PATH)


@pytest.mark.parametrize("lines, gist", [
    ("From: a:{{ VERSION }}", (2, None, "templated")),
    ("From: a:1\nRegistry: r.example", (2, None, "unsupported-edit")),
    ("From: A:1", (2, None, "invalid-reference")),
    ("From: a:1 # pinner: ignore", (2, "a:1", "ignored")),
    ("# pinner: ignore\nFrom: a:1", (3, "a:1", "ignored")),
])  # fmt: skip
def test_reasons(lines, gist):
    found = scan_bytes(SCANNER, f"Bootstrap: docker\n{lines}\n".encode(), PATH)
    assert gists(found) == [gist]


BIG = 300_000


@pytest.mark.parametrize("text", [
    "From: a:1\n" * (BIG // 10),
    "Bootstrap: docker\nFrom: a:1\n" * (BIG // 28),
    "From: " + "a" * BIG,
    "From" + " " * BIG + ": a:1",
    "From: a" + " " * BIG + "#",
    "# pinner: ignore\n" * (BIG // 17),
    "%a\n" * (BIG // 3),
    "a" * BIG,
])  # fmt: skip
def test_large_texts_take_bounded_time(text):
    bounded(lambda: scan_bytes(SCANNER, f"Bootstrap: docker\n{text}".encode(), PATH))

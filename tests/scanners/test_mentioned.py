"""Scripts and Makefiles: what looks like a reference is said to be unread, and stays as it is."""

import json

import pytest
from scanning import gists, scan_bytes

from pinner.scanners.all_scanners import BUILT_IN

MENTIONED = BUILT_IN["mentioned"]


@pytest.mark.parametrize(("text", "reference"), [
    ("run:\n\tdocker run --rm -v $(PWD):/w alpine:3.19 sh\n", "alpine:3.19"),
    ("IMG ?= nginx:1.25\n", "nginx:1.25"),
    ("IMAGE := quay.io/a/b:1\n", "quay.io/a/b:1"),
    ("export BASE_IMAGE='x/y:2'\n", "x/y:2"),
    ("podman pull docker.io/a/b:3\n", "a/b:3"),
    ('docker container run -it "node:20" bash\n', "node:20"),
    ("nerdctl create x:1 && true\n", "x:1"),
    ("image: node:20\n", "node:20"),
])  # fmt: skip
def test_found(text, reference):
    assert [row[1:] for row in gists(scan_bytes(MENTIONED, text.encode(), "Makefile"))] == [
        (reference, "unread")
    ]


@pytest.mark.parametrize("text", [
    "# docker run alpine:3.19\n",
    "  // IMAGE=alpine:3.19\n",
    "docker build -t me/x:1 .\n",
    "docker run $(IMAGE)\n",
    "docker run -p 8080:80 alpine\n",
    "IMAGE=$1\n",
    "IMAGE=alpine\n",
    "IMAGE_URL=https://x.example/a:1\n",
    "docker ps; echo x:1\n",
    "imagine: no\n",
])  # fmt: skip
def test_left_alone(text):
    assert not scan_bytes(MENTIONED, text.encode(), "run.sh")


@pytest.mark.parametrize("line", ["docker run ", "IMAGE=", "image ", "docker  ", "a:"])
def test_large_text(line):
    scan_bytes(MENTIONED, (line * 100_000).encode(), "run.sh")
    scan_bytes(MENTIONED, f"{line}x:1\n".encode() * 50_000, "run.sh")


def test_yaml_of_an_unknown_kind_and_go(project):
    project.write(
        ".buildkite/pipeline.yml", "steps:\n- plugins:\n  - docker#v5: {image: 'node:20'}\n"
    )
    project.write("main.go", 'package main\n\nconst baseImage = "alpine:3.19"\n\nvar x = "y:1"\n')
    pod = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: 'x:1'}]}\nother: {image: 'y:1'}\n"
    project.write("pod.yaml", pod)
    rows = json.loads(project.pinner("list", "--unread", "--format", "json").out)["references"]
    assert [(row["file"], row["reference"]) for row in rows] == [
        (".buildkite/pipeline.yml", "docker.io/library/node:20"),
        ("main.go", "docker.io/library/alpine:3.19"),
    ]


def test_counted_and_listed(project):
    project.write("Makefile", "a:\n\tdocker run alpine:3.19\n")
    project.write("deep/run.sh", "docker pull alpine:3.19\ndocker pull node:20\n")
    done = project.pinner("verify")
    assert done.code == 0, done
    assert "2 files with what is not read" in done.err
    assert "pinner list --unread" in done.err
    rows = json.loads(project.pinner("list", "--unread", "--format", "json").out)["references"]
    assert [(row["file"], row["line"], row["reason"]) for row in rows] == [
        ("Makefile", 2, "unread"), ("deep/run.sh", 1, "unread"), ("deep/run.sh", 2, "unread"),
    ]  # fmt: skip
    assert project.pinner("list").out == ""
    assert "nothing to change" in project.pinner("lock").err

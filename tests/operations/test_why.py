"""`pinner why`: each place, the entry, and the commits that made it what it is."""

import json
import re

import pytest

A, B, CHILD, IMAGE_ID = (f"sha256:{sign * 64}" for sign in "abcd")


def entry(reference, digest, *files, more=""):
    listed = ", ".join(f'"{file}"' for file in files)
    return (
        f'\n[[image]]\nreference = "docker.io/library/{reference}"\ndigest = "{digest}"\n'
        f'media-type = "application/vnd.oci.image.index.v1+json"\nfiles = [{listed}]\n{more}'
    )


def lock(project, *entries):
    project.write("pinner.lock", "version = 1\n" + "".join(entries))


@pytest.fixture
def shop(project):
    project.write("Dockerfile", f"FROM nginx:1.25@{A}\nFROM redis:7\nFROM nginx:1.26@{B}\n")
    project.write("deploy/compose.yaml", f"services:\n  a:\n    image: nginx:1.25@{B}\n")
    project.write("x.Dockerfile", "# pinner: ignore[frozen]\nFROM nginx:1.25\n")
    platforms = f'[image.platforms."linux/amd64"]\ndigest = "{CHILD}"\nimage-id = "{IMAGE_ID}"\n'
    lock(
        project,
        entry("nginx:1.25", A, "Dockerfile", "deploy/compose.yaml", more=platforms),
        entry("old:1", B, "Gone.Dockerfile"),
    )
    return project


def why(project, *arguments):
    run = project.pinner("why", *arguments, "--format", "json")
    return json.loads(run.out)["images"], run


def names(rows):
    return [row["reference"].removeprefix("docker.io/library/") for row in rows]


@pytest.mark.parametrize(
    "text, found",
    [
        ("nginx", ["nginx:1.25", "nginx:1.26"]),
        ("nginx:1.25", ["nginx:1.25"]),
        ("docker.io/library/nginx:1.2*", ["nginx:1.25", "nginx:1.26"]),
        ("*:1", ["old:1"]),
        (A, ["nginx:1.25"]),
        ("aaaaaaa", ["nginx:1.25"]),
        (B[:20], ["nginx:1.25", "nginx:1.26", "old:1"]),
        (CHILD, ["nginx:1.25"]),
        (IMAGE_ID[:16], ["nginx:1.25"]),
        ("redis", ["redis:7"]),
        ("redis:8", []),
        ("sha256:eeeeeeeeee", []),
        ("aaa", []),
    ],
)
def test_what_is_meant(shop, text, found):
    rows, run = why(shop, text)
    assert names(rows) == found
    assert run.code == (0 if found else 1)


def test_the_words(shop):
    run = shop.pinner("why", "nginx:1.25")
    assert run.out.splitlines() == [
        f"nginx:1.25 {A}",
        "  locked   pinner.lock:4",
        "  used     Dockerfile:1:6 (FROM) pinned",
        "  used     deploy/compose.yaml:3:12 (services.a.image) pinned to sha256:bbbbbbbbbbbb",
        "  used     x.Dockerfile:2:6 (FROM) skipped: ignored",
    ]
    assert shop.read("pinner.lock").splitlines()[3] == (
        'reference = "docker.io/library/nginx:1.25"'
    )
    assert "old:1 sha256:bb" in shop.pinner("why", "old").out
    assert "nowhere any more" in shop.pinner("why", "old").out
    assert "redis:7 is not locked" in shop.pinner("why", "redis").out
    nothing = shop.pinner("why", "never")
    assert (nothing.code, nothing.out) == (1, "")
    assert "nothing here is, or is pinned to, never" in nothing.err


def test_history(shop):
    shop.git("add", ".")
    shop.git("commit", "--quiet", "-m", "pin nginx")
    lock(shop, entry("nginx:1.25", B, "Dockerfile"))
    shop.git("commit", "--quiet", "-am", "move nginx\n\nwith a body")
    shop.write("pinner.lock", "<<<<<<< nonsense\n")
    shop.git("commit", "--quiet", "-am", "a merge gone wrong")
    lock(shop, entry("redis:7", A, "Dockerfile"))
    shop.git("commit", "--quiet", "-am", "take nginx out")
    lock(shop, entry("redis:7", A, "Dockerfile"), entry("nginx:1.25", A, "Dockerfile"))
    shop.git("commit", "--quiet", "-am", "back, \x1b[31mwith colour")
    rows, _ = why(shop, "nginx:1.25")
    assert [(one["subject"], one["digest"]) for one in rows[0]["history"]] == [
        ("back, \x1b[31mwith colour", A),
        ("take nginx out", None),
        ("move nginx", B),
        ("pin nginx", A),
    ]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", one["date"]) for one in rows[0]["history"])
    assert {one["author"] for one in rows[0]["history"]} == {"Tester"}
    shown = shop.pinner("why", "nginx:1.25").out
    assert "\x1b" not in shown
    assert "taken out  take nginx out (Tester)" in shown
    rows, _ = why(shop, "nginx:1.25", "--no-history")
    assert rows[0]["history"] == []


def test_from_below_and_in_a_monorepo(shop):
    """Paths are those from where somebody stands, and the history is that of this lockfile."""
    shop.write("app/pinner.lock", "version = 1\n" + entry("busybox:1", A, "Dockerfile"))
    shop.write("app/Dockerfile", f"FROM busybox:1@{A}\n")
    shop.git("add", ".")
    shop.git("commit", "--quiet", "-m", "both")
    import os
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "pinner", "why", "busybox"],
        cwd=shop.root / "app", capture_output=True, text=True, check=True, env={**os.environ},
    )  # fmt: skip
    assert "used     Dockerfile:1:6" in done.stdout
    assert "both (Tester)" in done.stdout


@pytest.mark.parametrize("text", ["", " "])
def test_nothing_is_no_question(shop, text):
    run = shop.pinner("why", text)
    assert run.code == 2
    assert "name an image" in run.err


def test_outside_git_there_is_no_history(shop):
    rows, run = why(shop, "nginx", "--no-git")
    assert run.code == 0
    assert [row["history"] for row in rows] == [[], []]

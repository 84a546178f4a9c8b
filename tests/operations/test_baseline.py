"""Levels of findings, and the baseline: what a project lets be, and nothing else."""

import json
from pathlib import Path

import jsonschema
import pytest

D, E = "sha256:" + "d" * 64, "sha256:" + "e" * 64
FILE = "pinner-baseline.json"
SCHEMA = Path(__file__).parents[2] / "schemas/baseline.schema.json"
TEXT = f"FROM a:1\nFROM b:1\nFROM a:1\nFROM $X\nFROM c:1@{D}\n"


def names(project, *arguments):
    done = project.pinner("verify", "--format", "json", *arguments)
    return done.code, [row["name"] for row in json.loads(done.out)["findings"]]


@pytest.fixture
def started(project):
    project.write("Dockerfile", TEXT)
    done = project.pinner("verify", "--write-baseline")
    assert (done.code, done.out) == (0, "")
    assert f"{FILE} holds 5 findings" in done.err
    return project


def test_what_is_there_is_let_be(started):
    jsonschema.validate(json.loads(started.read(FILE)), json.loads(SCHEMA.read_text()))
    rows = json.loads(started.read(FILE))["findings"]
    assert [row["count"] for row in rows] == [1, 2, 1, 1]
    assert rows == sorted(rows, key=lambda row: (row["finding"], row["file"], row["subject"]))
    done = started.pinner("verify")
    assert (done.code, done.out) == (0, "")
    assert "5 in the baseline" in done.err
    before = started.read(FILE)
    started.pinner("verify", "--write-baseline")
    assert started.read(FILE) == before
    started.write("Dockerfile", f"# x\n\n{TEXT}")
    assert names(started) == (0, [])
    started.pinner("verify", "--write-baseline")
    assert started.read(FILE) == before


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{TEXT}FROM a:1\n", ["unpinned"]),
        (f"{TEXT}FROM d:1\n", ["unpinned"]),
        (TEXT.replace(D, E), ["not-locked"]),
        (TEXT.replace("FROM b:1\n", "# pinner: ignroe\nFROM b:1\n"), ["unknown-directive"]),
    ],
)
def test_what_is_new_is_not(started, text, expected):
    started.write("Dockerfile", text)
    assert names(started) == (1, expected)


def test_in_another_file_it_is_new(started):
    started.write("b/Dockerfile", "FROM a:1\n")
    assert names(started) == (1, ["unpinned"])


def test_what_is_gone_is_said(started):
    started.write("Dockerfile", TEXT.replace("FROM a:1\n", "").replace("FROM b:1\n", "FROM b:1\n"))
    done = started.pinner("verify")
    assert done.code == 0
    said = "baseline: unpinned of docker.io/library/a:1 in Dockerfile is gone 2 times"
    assert said in done.err
    started.write("b/Dockerfile", "FROM scratch\n")
    assert "gone" not in started.pinner("verify", "b").err
    started.pinner("verify", "--write-baseline")
    assert "a:1" not in started.read(FILE)
    assert "gone" not in started.pinner("verify").err


def test_what_hides_others_is_not_let_be(project):
    project.write("compose.yaml", "services: {a: {image: x:1}\n")
    done = project.pinner("verify", "--write-baseline")
    assert done.code == 1
    assert "[unreadable]" in done.out
    assert json.loads(project.read(FILE)) == {"version": 1, "findings": []}
    assert names(project) == (1, ["unreadable"])


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "\xff", '{"version": 2, "findings": []}', '{"version": 1, "findings": [1]}',
        '{"version": 1, "findings": [], "x": 1}',
        '{"version": 1, "findings": [{"finding": "x", "file": "", "subject": "", "count": 1}]}',
        '{"version": 1, "findings": [{"finding": "unpinned", "file": "", "subject": "", "count": 0}]}',
        '{"version": 1, "findings": [{"finding": "weakened", "file": "", "subject": "", "count": 1}]}',
    ],
)  # fmt: skip
def test_a_damaged_baseline(project, text):
    project.write("Dockerfile", TEXT)
    project.write(FILE, text.encode("latin-1"))
    done = project.pinner("verify")
    assert (done.code, done.out) == (2, "")
    assert FILE in done.err


def test_a_baseline_that_is_a_link(project, tmp_path):
    project.write("Dockerfile", TEXT)
    other = tmp_path / "other"
    other.write_text("mine")
    (project.root / FILE).symlink_to(other)
    assert project.pinner("verify", "--write-baseline").code == 2
    assert other.read_text() == "mine"
    assert project.pinner("verify").code == 2


@pytest.mark.parametrize("arguments", [("--since", "HEAD"), ("--staged",), (".",)])
def test_the_baseline_is_of_the_whole_project(project, arguments):
    done = project.pinner("verify", "--write-baseline", *arguments)
    assert done.code == 2
    assert not (project.root / FILE).exists()


def commit(project):
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "x")


def test_since_takes_the_revisions_baseline(started):
    commit(started)
    since = ("--since", "HEAD", "--offline")
    assert names(started, *since) == (0, [])
    started.write("Dockerfile", f"{TEXT}FROM d:1\n")
    started.pinner("verify", "--write-baseline")
    assert names(started) == (0, [])
    assert names(started, *since) == (1, ["unpinned", "weakened"])
    started.write("Dockerfile", TEXT.replace("FROM b:1\n", ""))
    started.pinner("verify", "--write-baseline")
    assert names(started, *since) == (0, [])


@pytest.mark.parametrize(
    ("levels", "arguments", "expected"),
    [
        ('unpinned = "warning"', (), (0, {"unpinned": "warning", "unset-variable": "warning"})),
        ('unpinned = "note"', (), (0, {"unpinned": "note", "unset-variable": "warning"})),
        ('unset-variable = "error"', (), (1, {"unpinned": "error", "unset-variable": "error"})),
        ('unset-variable = "off"', (), (1, {"unpinned": "error"})),
        ('unset-variable = "off"', ("--strict",), (1, {"unpinned": "error", "unset-variable": "error"})),
        ('unpinned = "note"', ("--strict",), (1, {"unpinned": "error", "unset-variable": "error"})),
        ('unpinned = "note"', ("--fail-on", "unpinned"), (1, {"unpinned": "error", "unset-variable": "warning"})),
    ],
)  # fmt: skip
def test_levels(project, levels, arguments, expected):
    project.write("Dockerfile", "FROM a:1\nFROM $X\n")
    project.write("pinner.toml", f"[findings]\n{levels}\n")
    done = project.pinner("verify", "--format", "json", *arguments)
    rows = json.loads(done.out)["findings"]
    assert (done.code, {row["name"]: row["level"] for row in rows}) == expected
    if '"off"' in levels and not arguments:
        assert "1 finding switched off" in done.err
    assert f"findings.{levels}  # pinner.toml:2" in project.pinner("config").out


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        ('unpined = "note"', "the nearest known key is `unpinned`"),
        ('unpinned = "off"', "must be one of error, warning, note\n"),
        ('moved = "loud"', "must be one of error, warning, note, off"),
        ('unreadable = "note"', "keeps its level"),
        ('weakened = "note"', "keeps its level"),
    ],
)
def test_levels_that_cannot_be(project, levels, words):
    project.write("pinner.toml", f"[findings]\n{levels}\n")
    done = project.pinner("verify")
    assert done.code == 2
    assert "pinner.toml:2: `findings." in done.err
    assert words in done.err


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        ("", 'unpinned = "warning"', ["weakened"]),
        ("", 'moved = "off"', ["weakened"]),
        ("", 'moved = "error"', []),
        ('moved = "error"', "", ["weakened"]),
        ('unpinned = "warning"', 'unpinned = "note"', ["weakened"]),
        ('unpinned = "warning"', "", []),
    ],
)
def test_a_lower_level_is_weaker(project, then, now, expected):
    project.write("pinner.toml", f"[findings]\n{then}\n")
    commit(project)
    project.write("pinner.toml", f"[findings]\n{now}\n")
    assert names(project, "--since", "HEAD", "--offline") == (bool(expected), expected)

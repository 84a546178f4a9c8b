"""How a fleet's repositories are written down, and what is refused."""

import os
import subprocess
from pathlib import Path

import pytest

from pinner.model.errors import GitError, UsageError
from pinner.operations.fleet.repositories import (
    Repository,
    distinct,
    listed_repositories,
    named_repositories,
)
from pinner.project.clones import fetch, shown


@pytest.fixture
def here(tmp_path, monkeypatch):
    for name in ("shop", "team/web", "team/api"):
        (tmp_path / name / ".git").mkdir(parents=True)
    (tmp_path / "team/notes").mkdir()
    for part in ("objects", "refs"):
        (tmp_path / "mirror.git" / part).mkdir(parents=True)
    (tmp_path / "mirror.git/HEAD").write_text("ref: refs/heads/main\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "words, found",
    [
        (["shop"], ["shop"]),
        (["team/*"], ["team/api", "team/web"]),
        (["**/w*", "mirror.git"], ["team/web", "mirror.git"]),
        (["*.git"], ["mirror.git"]),
    ],
)
def test_folders_and_patterns(here, words, found):
    assert [one.location for one in named_repositories(words)] == [
        str(here / name) for name in found
    ]


@pytest.mark.parametrize(
    "word",
    ["https://example.com/shop.git", "ssh://git@example.com/shop", "file:///srv/shop.git",
     "git@example.com:team/shop.git", "example.com:shop"],
)  # fmt: skip
def test_addresses(here, word):
    (found,) = named_repositories([word])
    assert (found.location, found.is_address) == (word, True)


@pytest.mark.parametrize(
    "word",
    ["nowhere", "ext::sh -c touch% x", "http://example.com/x", "git://example.com/x", "--help",
     "-oProxyCommand=x", "ftp://example.com/x", "nothing/*", "fd::17", "", "https://a b/c"],
)  # fmt: skip
def test_what_is_no_repository(here, word):
    with pytest.raises(UsageError):
        list(named_repositories([word]))


def test_a_list(here):
    text = (
        "# ours\n\nshop\nteam/web  v1.2\n"
        '{"repository": "team/api", "ref": "main", "labels": {"team": "api"}}\n'
        "https://example.com/x.git main\n"
    )
    assert list(listed_repositories(text, "fleet.txt")) == [
        Repository(location=str(here / "shop")),
        Repository(location=str(here / "team/web"), ref="v1.2"),
        Repository(location=str(here / "team/api"), ref="main", labels={"team": "api"}),
        Repository(location="https://example.com/x.git", ref="main"),
    ]


@pytest.mark.parametrize(
    "line, words",
    [
        ("nowhere", "is no repository"),
        ("shop main more", "write a location"),
        ('{"repository": "shop"', "is no JSON"),
        ('{"repo": "shop"}', "unknown key 'repo'"),
        ('{"ref": "x"}', "has no `repository`"),
        ('{"repository": 1}', "has no `repository`"),
        ('{"repository": "shop", "ref": 1}', "no text"),
        ('{"repository": "shop", "labels": ["a"]}', "not texts by name"),
        ('{"repository": "shop", "labels": {"a": 1}}', "not texts by name"),
        ("shop --upload-pack=x", "is no ref"),
        ('{"repository": "shop", "ref": "a b"}', "is no ref"),
        ("ext::x", "is no repository"),
    ],
)
def test_a_line_that_makes_no_sense_is_named(here, line, words):
    with pytest.raises(UsageError, match=r"^fleet\.txt:2: ") as raised:
        list(listed_repositories(f"shop\n{line}\n", "fleet.txt"))
    assert words in str(raised.value)


def test_what_is_named_twice_counts_once(here):
    found = [*named_repositories(["shop", "s*"]), Repository(location=str(here / "shop"), ref="x")]
    assert [one.ref for one in distinct(found)] == [None, "x"]


@pytest.mark.parametrize(
    "address, seen",
    [
        ("https://user:secret@example.com/x.git", "https://example.com/x.git"),
        ("https://token@example.com/x", "https://example.com/x"),
        ("ssh://git@example.com/x", "ssh://example.com/x"),
        ("git@example.com:x", "git@example.com:x"),
        ("https://example.com", "https://example.com"),
        ("https://a@b:c@example.com/x@y", "https://example.com/x@y"),
    ],
)
def test_credentials_of_an_address_are_not_shown(address, seen):
    assert shown(address) == seen


def test_a_failure_shows_no_credential(tmp_path):
    with pytest.raises(GitError) as raised:
        fetch("https://user:s3cret@127.0.0.1:1/x.git", None, str(tmp_path))
    assert "s3cret" not in str(raised.value)
    assert "127.0.0.1" in str(raised.value)


def test_a_clone_takes_nothing_but_objects(project, tmp_path):
    """No hook of a template, no configuration, no program of the repository is there to run."""
    trace = tmp_path / "trace"
    project.write("Dockerfile", "FROM alpine:3.19\n")
    project.write(".gitattributes", "* filter=evil\n")
    project.git("config", "filter.evil.smudge", f"touch {trace}")
    project.git("config", "uploadpack.packObjectsHook", f"touch {trace}")
    project.git("add", ".")
    project.git("commit", "--quiet", "-m", "begin")
    for name in ("post-checkout", "reference-transaction", "post-upload-pack"):
        hook = project.root / ".git/hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {trace}\n")
        hook.chmod(0o755)
    clone, name = fetch(f"file://{project.root}", None, str(tmp_path))
    again, _ = fetch(f"file://{project.root}", "main", str(tmp_path))
    assert clone == again
    assert not list(Path(clone, "hooks").glob("*"))
    assert not trace.exists()
    listed = subprocess.run(
        ["git", "--git-dir", clone, "ls-tree", "--name-only", name],
        capture_output=True, text=True, check=True, env={**os.environ},
    )  # fmt: skip
    assert listed.stdout.split() == [".gitattributes", "Dockerfile"]


@pytest.mark.parametrize("ref", ["gone", "refs/heads/gone", "0" * 40])
def test_a_ref_that_is_not_there(project, tmp_path, ref):
    project.write("x", "x")
    project.git("add", ".")
    project.git("commit", "--quiet", "-m", "begin")
    with pytest.raises(GitError, match=ref[:10]):
        fetch(f"file://{project.root}", ref, str(tmp_path))

"""Nothing of a repository makes git run a program or reach out, and no answer is no green light."""

import os
import shutil
import subprocess

import pytest

D = "sha256:" + "a" * 64
FROM = "FROM alpine:3.19\n"


@pytest.fixture
def trap(tmp_path):
    """A program that leaves a trace; gives its path, and what tells whether it ran."""
    trace = tmp_path / "trace"
    program = tmp_path / "trap.sh"
    program.write_text(f"#!/bin/sh\necho ran >>{trace}\nexit 1\n")
    program.chmod(0o755)
    return program, trace


def commit(project, message="all"):
    project.git("add", "--all")
    project.git("commit", "--quiet", "--allow-empty", "--message", message)


def plant_bare_repository(project, folder, program):
    """Write plain files that git takes for a partial clone whose objects are missing."""
    bare = project.root / folder
    subprocess.run(["git", "init", "--quiet", "--bare", bare], check=True)
    subprocess.run(["git", "-C", bare, "config", "core.bare", "false"], check=True)
    subprocess.run(["git", "-C", bare, "config", "core.worktree", "."], check=True)
    for key, value in (
        ("core.repositoryformatversion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.url", str(project.root)),
        ("remote.origin.promisor", "true"),
        ("remote.origin.uploadpack", str(program)),
        ("core.fsmonitor", str(program)),
    ):
        subprocess.run(["git", "-C", bare, "config", key, value], check=True)
    blob = "1" * 40
    index = f"100644 {blob}\t.gitignore\n"
    environment = {**os.environ, "GIT_DIR": str(bare)}
    subprocess.run(
        ["git", "update-index", "--add", "--index-info"],
        input=index.encode(), env=environment, check=True, cwd=bare,
    )  # fmt: skip
    subprocess.run(
        ["git", "update-index", "--skip-worktree", ".gitignore"],
        env=environment, cwd=bare, check=False, capture_output=True,
    )  # fmt: skip
    project.write(f"{folder}/pinner.toml", "")
    project.write(f"{folder}/Dockerfile", FROM)


@pytest.mark.parametrize("command", ["verify", "list", "lock"])
@pytest.mark.parametrize("place", [".", "sub", "sub/Dockerfile"])
def test_a_bare_repository_among_the_files(project, trap, command, place):
    program, trace = trap
    plant_bare_repository(project, "sub", program)
    subprocess.run(  # the trap works: git alone walks into it
        ["git", "ls-files", "--others", "--exclude-standard"],
        cwd=project.root / "sub", check=False, capture_output=True,
    )  # fmt: skip
    assert trace.exists()
    trace.unlink()
    commit(project)
    project.pinner(command, place)
    standing = type(project)(project.root / "sub")
    standing.pinner(command)
    assert not trace.exists()


SETTINGS = {
    "fsmonitor": [("core.fsmonitor", "{program}")],
    "hooks": [("core.hooksPath", "{folder}")],
    "filters": [("filter.evil.clean", "{program}"), ("filter.evil.process", "{program}"),
                ("filter.evil.smudge", "{program}")],
    "pager and editor": [("core.pager", "{program}"), ("core.editor", "{program}")],
    "diff": [("diff.external", "{program}"), ("diff.evil.textconv", "{program}"),
             ("diff.evil.command", "{program}")],
    "signing": [("commit.gpgSign", "true"), ("gpg.program", "{program}")],
    "a promisor": [("remote.origin.url", "ext::{program}"), ("remote.origin.promisor", "true"),
                   ("extensions.partialClone", "origin"), ("protocol.ext.allow", "always")],
}  # fmt: skip


@pytest.mark.parametrize("name", SETTINGS)
def test_what_the_repository_configures(project, trap, name, everything_is_dddd):
    program, trace = trap
    project.write("Dockerfile", FROM)
    project.write(".gitattributes", "* filter=evil diff=evil\n")
    project.write(
        "pinner.toml", f'[registries."docker.io"]\nmirrors = ["{everything_is_dddd.host}"]\n'
    )
    commit(project)
    hooks = project.root.parent / "hooks"
    hooks.mkdir()
    for hook in ("pre-commit", "post-commit", "post-index-change", "prepare-commit-msg"):
        shutil.copy(program, hooks / hook)
    for key, value in SETTINGS[name]:
        project.git("config", key, value.format(program=program, folder=hooks))
    assert project.pinner("lock").code == 0
    for arguments in (
        ("verify",), ("verify", "--since", "HEAD", "--offline"), ("verify", "--staged"), ("list",),
    ):  # fmt: skip
        assert project.pinner(*arguments).code in (0, 1)
    project.write("Dockerfile", FROM)
    shutil.rmtree(project.root / "pinner.lock", ignore_errors=True)
    project.pinner("update", "--commit")
    assert not trace.exists()


def test_an_object_that_is_missing_is_not_fetched(project, trap):
    program, trace = trap
    project.write("Dockerfile", FROM)
    commit(project)
    blob = project.git("rev-parse", "HEAD:Dockerfile").strip()
    (project.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    for key, value in (
        ("extensions.partialClone", "origin"),
        ("remote.origin.url", str(project.root)),
        ("remote.origin.promisor", "true"),
        ("remote.origin.uploadpack", str(program)),
    ):
        project.git("config", key, value)
    done = project.pinner("verify", "--since", "HEAD", "--offline")
    assert done.code == 2
    assert not trace.exists()


NO_ANSWER = {
    "another owner": {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"},
    "no git": {"PATH": "/nowhere"},
}


@pytest.mark.parametrize("name", NO_ANSWER)
@pytest.mark.parametrize("command", ["verify", "lock", "list"])
def test_no_answer_is_an_error(project, name, command):
    project.write("Dockerfile", FROM)
    project.write(".gitignore", "Dockerfile\n")
    done = project.pinner(command, env=NO_ANSWER[name])
    assert done.code == 2, done
    assert "git" in done.err
    assert done.out == ""
    assert project.snapshot().keys() == {"Dockerfile", ".gitignore"}


def test_a_broken_index_is_an_error(project):
    project.write("Dockerfile", FROM)
    commit(project)
    (project.root / ".git/index").write_bytes(b"nothing of the kind")
    done = project.pinner("verify")
    assert done.code == 2
    assert "--no-git" in done.err


def test_the_walk_is_there_for_those_who_ask(project):
    project.write("Dockerfile", FROM)
    done = project.pinner("verify", "--no-git", env=NO_ANSWER["another owner"])
    assert (done.code, done.out.count("[unpinned]")) == (1, 1)
    done = project.pinner("list", "--no-git", env=NO_ANSWER["no git"])
    assert "alpine" in done.out


@pytest.fixture
def with_submodule(project, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    inner = type(project)(other)
    inner.git("init", "--quiet")
    inner.write("Dockerfile", "FROM inner:1\n")
    commit(inner)
    project.write("Dockerfile", "FROM outer:1\n")
    project.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "lib"
    )
    commit(project)
    return project


def test_submodules_that_are_checked_out_are_read(with_submodule):
    out = with_submodule.pinner("list").out
    assert "Dockerfile:1:6: outer:1" in out
    assert "lib/Dockerfile:1:6: inner:1" in out


def test_submodules_that_are_not_are_named(with_submodule):
    with_submodule.git("submodule", "--quiet", "deinit", "--force", "lib")
    done = with_submodule.pinner("verify")
    assert "not checked out: lib" in done.err
    assert "inner:1" not in done.out


def test_a_file_that_is_not_checked_out_is_unknown_not_gone(project, everything_is_dddd):
    project.write(
        "pinner.toml", f'[registries."docker.io"]\nmirrors = ["{everything_is_dddd.host}"]\n'
    )
    project.write("a/Dockerfile", FROM)
    project.write("b/Dockerfile", "FROM busybox:1\n")
    assert project.pinner("lock").code == 0
    commit(project)
    before = project.read("pinner.lock")
    project.git("update-index", "--skip-worktree", "b/Dockerfile")
    (project.root / "b/Dockerfile").unlink()
    assert project.pinner("verify").code == 0
    assert project.pinner("lock").code == 0
    assert project.read("pinner.lock") == before
    project.git("update-index", "--no-skip-worktree", "b/Dockerfile")
    assert "stale-entry" in project.pinner("verify").out  # this one is really gone


def test_a_pointer_of_lfs_is_unknown(project, everything_is_dddd):
    project.write(
        "pinner.toml", f'[registries."docker.io"]\nmirrors = ["{everything_is_dddd.host}"]\n'
    )
    project.write("Dockerfile", FROM)
    assert project.pinner("lock").code == 0
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'b' * 64}\nsize 17\n"
    project.write("Dockerfile", pointer)
    assert project.pinner("verify").code == 0
    before = project.read("pinner.lock")
    assert project.pinner("lock").code == 0
    assert project.read("pinner.lock") == before

"""What a commit holds is read from git's objects: of a work tree, and of a bare repository."""

import json
import subprocess
from pathlib import Path

import pytest

from pinner.model.errors import GitError
from pinner.project.git import GitDirectory
from pinner.project.opening import open_commit, open_project
from pinner.project.project import matches_folder


@pytest.fixture
def monorepo(project):
    project.write("pinner.toml", 'projects = ["services/*", "libs/**/app"]\n')
    project.write("Dockerfile", "FROM alpine:3.19\n")
    project.write("services/a/pinner.toml", 'ignore = ["redis"]\n')
    project.write("services/a/Dockerfile", "FROM redis:7\n")
    project.write("services/b/pyproject.toml", "[tool.pinner]\n")
    project.write("services/b/Dockerfile", "FROM nginx:1\n")
    project.write("services/c/Dockerfile", "FROM busybox:1\n")  # bears no mark
    project.write("libs/x/y/app/pinner.lock", "version = 1\n")
    project.write("libs/x/y/app/compose.yaml", "services: {a: {image: 'node:22'}}\n")
    project.git("add", ".")
    project.git("commit", "--quiet", "-m", "begin")
    return project


def listed(projects):
    return {
        Path(one.workspace.root).name: [
            str(seen.reference) for seen in one.surveyor.survey().occurrences
        ]
        for one in projects
    }


def test_a_bare_repository_is_like_its_work_tree(monorepo, tmp_path):
    bare = tmp_path / "bare.git"
    monorepo.git("clone", "--quiet", "--bare", ".", str(bare))
    own, *inner = open_commit(str(monorepo.root), "HEAD")
    assert [Path(one.workspace.root).relative_to(monorepo.root).as_posix() for one in inner] == [
        "libs/x/y/app", "services/a", "services/b",
    ]  # fmt: skip
    from_bare = open_commit(GitDirectory(bare), "HEAD")
    assert list(listed(from_bare).values()) == list(listed([own, *inner]).values())
    on_disk = open_project([str(monorepo.root)], use_cache=False)
    assert set(on_disk.inner_projects) == set(own.inner_projects)


def test_what_is_not_committed_is_not_seen(monorepo):
    monorepo.write("Dockerfile", "FROM changed:1\n")
    monorepo.write("new.Dockerfile", "FROM new:1\n")
    own = open_commit(str(monorepo.root), "HEAD")[0]
    references = {str(seen.reference) for seen in own.surveyor.survey().occurrences}
    assert "docker.io/library/alpine:3.19" in references
    assert not any("changed" in text or "new" in text for text in references)


def test_a_bare_repository_is_believed_only_when_it_is_named(monorepo, tmp_path):
    """Files that form one, with a program in their configuration, start nothing."""
    trace = tmp_path / "trace"
    bare = tmp_path / "bare.git"
    monorepo.git("clone", "--quiet", "--bare", ".", str(bare))
    config = (bare / "config").read_text()
    (bare / "config").write_text(f"{config}[core]\n\tfsmonitor = touch {trace}\n"
                                 f'[filter "x"]\n\tclean = touch {trace}\n')  # fmt: skip
    listed(open_commit(GitDirectory(bare), "HEAD"))
    assert not trace.exists()
    with pytest.raises(GitError):
        open_commit(str(bare), "HEAD")


@pytest.mark.parametrize("name", ["nothing", "", "--all", "HEAD^{tree}"])
def test_a_name_that_is_no_commit(monorepo, name):
    with pytest.raises(GitError):
        open_commit(str(monorepo.root), name)


FOLDERS = ("a", "a/b", "a/b/c", "x/a", "a-b", "A", "services/a/pinner")


@pytest.mark.parametrize(
    "pattern", ["a", "*", "a/*", "**", "**/a", "a/**", "*/*", "**/*", "[ax]", "?", "a/**/c",
                "./a", "a/", "**/**/**/**/b", "services/*/pinner"]
)  # fmt: skip
def test_patterns_of_folders_are_those_of_the_disk(tmp_path, pattern):
    for folder in FOLDERS:
        (tmp_path / folder).mkdir(parents=True)
    everywhere = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    on_disk = {path.relative_to(tmp_path).as_posix() for path in tmp_path.glob(pattern)} - {"."}
    assert {path for path in everywhere if matches_folder(path, pattern)} == on_disk


def test_a_hostile_pattern_takes_little_time():
    assert not matches_folder("/".join("a" * 200), "/".join(["**", "a"] * 200) + "/b")


def test_staged_projects_inside_are_those_of_the_index(monorepo):
    monorepo.git("rm", "--quiet", "--cached", "services/a/pinner.toml")
    run = monorepo.pinner("verify", "--staged", "--format", "json")
    files = {row["file"] for row in json.loads(run.out)["findings"]}
    assert "services/b/Dockerfile" in files
    assert subprocess.run(["git", "status"], cwd=monorepo.root, check=False).returncode == 0

"""`update --tags` as a command, over a real registry that has every list of tests/data/tag_lists."""

import shutil

import pytest
from conftest import Project
from tag_lists import LEVELS, Pushing, load_lists, repository

pytestmark = pytest.mark.registry

CASES = [
    (repository(number, row), case)
    for number, row in enumerate(load_lists())
    for case in row["cases"]
    if "rule" not in case
]


@pytest.fixture
def locked(registry, project):
    """A project that uses every tag of the table, locked."""
    with Pushing(registry.host) as pushing:
        for number, row in enumerate(load_lists()):
            pushing.push(repository(number, row), row["tags"])
    lines = [f"FROM {registry.host}/{name}:{case['current']}\n" for name, case in CASES]
    project.write("Dockerfile", "".join(lines))
    done = project.pinner("lock")
    assert done.code == 0, done
    return project


def test_what_the_files_have_afterwards(locked, tmp_path, registry):
    for level in LEVELS:
        project = Project(tmp_path / level)
        shutil.copytree(locked.root, project.root)
        done = project.pinner("update", "--tags", level)
        assert done.code == 0, done
        lines = project.read("Dockerfile").splitlines()
        found = [line.removeprefix(f"FROM {registry.host}/").partition("@")[0] for line in lines]
        wanted = [f"{name}:{case[level] or case['current']}" for name, case in CASES]
        assert found == wanted, level
        assert project.pinner("verify").code == 0
    before = project.snapshot()
    assert project.pinner("update", "--tags", "major").code == 0
    assert project.snapshot() == before

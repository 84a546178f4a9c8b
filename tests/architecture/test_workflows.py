"""Our own workflows: pinned, bounded, without rights they do not need, on every version we name."""

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
_PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40}  # v\d+(\.\d+)+$")


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.name)
def workflow(request):
    return YAML(typ="safe", pure=True).load(request.param.read_text())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit(path):
    lines = [line.strip().removeprefix("- ") for line in path.read_text().splitlines()]
    used = [line for line in lines if line.startswith("uses:")]
    assert used
    assert [line for line in used if not _PINNED.fullmatch(line)] == []


def test_rights_are_named_and_time_is_bounded(workflow):
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"]
        assert job["timeout-minutes"] <= 60
        is_checked_out = [step for step in job["steps"] if "checkout" in step.get("uses", "")]
        assert all(step["with"]["persist-credentials"] is False for step in is_checked_out)


def test_every_version_that_we_name_is_tested():
    named = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if ":: 3." in line]
    jobs = YAML(typ="safe", pure=True).load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    for job in jobs.values():
        assert job["strategy"]["matrix"]["python"] == named
    systems = jobs["other-systems"]["strategy"]["matrix"]["system"]
    assert {name.partition("-")[0] for name in systems} == {"windows", "macos"}
    assert f">={named[0]}" == PROJECT["requires-python"]


def test_nothing_is_published_unless_a_person_approves():
    jobs = YAML(typ="safe", pure=True).load(
        (ROOT / ".github/workflows/release.yml").read_text()
    )["jobs"]  # fmt: skip
    for name, job in jobs.items():
        may_publish = "id-token" in job["permissions"] or "write" in job["permissions"].values()
        assert may_publish == (name in {"publish", "announce"})
    assert jobs["publish"]["environment"] == "release"
    assert jobs["announce"]["needs"] == "publish"


def _notes():
    spec = importlib.util.spec_from_file_location("notes", ROOT / ".ci/release_notes.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.notes


@pytest.fixture
def release(tmp_path):
    (tmp_path / "pinner").mkdir()
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    (tmp_path / "pinner/__init__.py").write_text('__version__ = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text(
        "# Changelog\n\n## Unreleased\n\n- later\n\n"
        "## 1.2.3 - 2027-01-01\n\n- new\n\n## 1.2.2\n\n- old\n"
    )
    return tmp_path


def test_the_notes_of_a_release(release):
    assert _notes()("v1.2.3", release) == "- new\n"


@pytest.mark.parametrize(
    "tag, file, text, words",
    [
        ("v1.2.4", "CHANGELOG.md", None, "is not v1.2.3"),
        ("1.2.3", "CHANGELOG.md", None, "is not v1.2.3"),
        ("v1.2.3", "pinner/__init__.py", '__version__ = "1.2.2"\n', "another version"),
        ("v1.2.3", "CHANGELOG.md", "## 1.2.30\n\n- x\n", "no section"),
        ("v1.2.3", "CHANGELOG.md", "## 1.2.3\n\n## 1.2.2\n- x\n", "no section"),
    ],
)
def test_a_release_that_does_not_agree_with_itself(release, tag, file, text, words):
    if text is not None:
        (release / file).write_text(text)
    with pytest.raises(ValueError, match=words):
        _notes()(tag, release)

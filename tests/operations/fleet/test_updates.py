"""`pinner fleet update`: the branches and words of the single command, for many repositories."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fleets import commit, fleet, git, make_repository, rows_of
from images import Image
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[3]
BRANCH = "pinner/updates"


def said(folder, *arguments):
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True,
                          check=True)  # fmt: skip
    return done.stdout


@pytest.fixture
def old(tmp_path, registry):
    """Three repositories whose images have moved since they were locked; one has two projects."""
    folder = tmp_path / "fleet"
    folder.mkdir()
    config = f'[registries."{registry.host}"]\nplain-http = true\n'
    for name in ("a:1.0", "a:1.1", "b:2"):
        registry.push(f"moved/{name}", Image(content=f"old {name} {tmp_path}"))
    for number in range(3):
        files = {
            "pinner.toml": config,
            "Dockerfile": f"FROM {registry.host}/moved/a:1.0\n",
            "compose.yaml": f"services:\n  b:\n    image: {registry.host}/moved/b:2\n",
        }
        if number == 2:
            files["pinner.toml"] = f'projects = ["inner"]\n{config}'
            files |= {
                "inner/pinner.toml": config,
                "inner/Dockerfile": f"FROM {registry.host}/moved/b:2\n",
            }
        make_repository(folder / f"r{number}", files)
        for place in (".", "inner")[: 2 if number == 2 else 1]:
            subprocess.run([sys.executable, "-m", "pinner", "lock"], check=True,
                           cwd=folder / f"r{number}" / place, capture_output=True)  # fmt: skip
        commit(folder / f"r{number}", "pinned")
    for name in ("a:1.0", "b:2"):
        registry.push(f"moved/{name}", Image(content=f"new {name} {tmp_path}"))
    return folder


def run(folder, *arguments, env=None):
    own = {"PINNER_CACHE_DIR": str(folder.parent / "cache")}
    return fleet("update", *arguments, cwd=folder, env=own | (env or {}))


def by_name(done):
    return {Path(row["repository"]).name: row for row in rows_of(done.stdout, "update")}


@pytest.mark.registry
def test_it_does_what_the_single_command_does(old):
    single = {}
    for number in range(3):
        done = subprocess.run(
            [sys.executable, "-m", "pinner", "update", "--dry-run", "--format", "json"],
            cwd=old / f"r{number}", capture_output=True, check=False,
        )  # fmt: skip
        single[f"r{number}"] = json.loads(done.stdout)
    dry = by_name(run(old, "--dry-run", "r*"))
    for name, row in dry.items():
        wanted = [
            {key: value for key, value in one.items() if key != "group"}
            for one in single[name]["outcomes"]
        ]
        outcomes = [
            {**one, "places": [place for place in one["places"] if "inner/" not in place]}
            for one in row["outcomes"]
        ]
        assert outcomes == wanted
        assert [file for file in row["files"] if "inner/" not in file] == single[name]["files"]
        assert row["branch"] is None
        assert (row["update"], single[name]["status"]) == ("moved", "moved")
        assert "# Container image updates" in row["report"]
    assert said(old / "r0", "branch", "--list", BRANCH) == ""

    done = run(old, "r*")
    assert done.returncode == 0, done.stderr
    rows = by_name(done)
    schema = Draft202012Validator(json.loads((ROOT / "schemas/fleet.schema.json").read_text()))
    for line in done.stdout.splitlines():
        schema.validate(json.loads(line))
    assert done.stderr.splitlines()[-5:] == [
        f"made {BRANCH}; to open:",
        f"  {old}/r0  Update 2 container images",
        f"  {old}/r1  Update 2 container images",
        f"  {old}/r2  Update 2 container images",
        "3 branches in 3 repositories",
    ]
    for name, row in rows.items():
        folder = old / name
        assert said(folder, "status", "--porcelain") == ""
        assert said(folder, "rev-parse", BRANCH).strip() == row["branch"]["commit"]
        changed = said(folder, "diff", "--name-only", "main", BRANCH).split()
        assert sorted(changed) == sorted(row["files"])
        assert "Updated-by: pinner" in said(folder, "log", "-1", "--format=%B", BRANCH)
        git(folder, "checkout", "--quiet", BRANCH)
        verified = subprocess.run([sys.executable, "-m", "pinner", "verify", "--strict"],
                                  cwd=folder, capture_output=True, check=False)  # fmt: skip
        assert verified.returncode == 0, verified.stdout
        git(folder, "checkout", "--quiet", "main")
    assert "inner/Dockerfile" in rows["r2"]["files"]

    # The next night finds its own branches, and nothing new to put there.
    again = by_name(run(old, "r*"))
    assert [row["branch"]["is_new"] for row in again.values()] == [False] * 3


@pytest.mark.registry
def test_rules_tags_and_images_that_are_left_out(old):
    git(old / "r1", "checkout", "--quiet", "-b", "rules")
    with (old / "r1/pinner.toml").open("a") as config:
        config.write('[[update]]\nimages = ["*/moved/a*"]\nlevel = "digest"\n')
    commit(old / "r1", "rules")
    rows = by_name(run(old, "r0", "r1", "--tags", "minor", "--only", "*/moved/a*", "--dry-run"))
    moved = {
        name: [one["reference"].rpartition(":")[2] for one in row["outcomes"]
               if one["action"] == "moved"]
        for name, row in rows.items()
    }  # fmt: skip
    assert moved == {"r0": ["1.1"], "r1": ["1.0"]}


@pytest.mark.registry
def test_somebody_else_s_branch_stays(old):
    git(old / "r0", "branch", BRANCH)
    tip = said(old / "r0", "rev-parse", BRANCH)
    done = run(old, "r0", "r1")
    rows = by_name(done)
    assert done.returncode == 3
    assert "not pinner's" in rows["r0"]["error"]
    assert (rows["r0"]["update"], rows["r0"]["branch"]) == ("failed", None)
    assert said(old / "r0", "rev-parse", BRANCH) == tip
    assert rows["r1"]["branch"]["is_new"]


@pytest.mark.registry
def test_branches_are_pushed_to_where_a_repository_came_from(old):
    for name in ("r0", "r1"):
        git(old, "clone", "--quiet", "--bare", name, f"{name}.git")
    addresses = [f"file://{old}/{name}.git" for name in ("r0", "r1")]
    done = run(old, *addresses, "--push")
    assert done.returncode == 0, done.stderr
    assert f"pushed {BRANCH}; to open:" in done.stderr
    first = {name: said(old / f"{name}.git", "rev-parse", BRANCH) for name in ("r0", "r1")}
    assert by_name(run(old, *addresses, "--push"))["r0.git"]["branch"]["is_new"] is False

    # Somebody adds to one, and the other is merged and deleted.
    work = old.parent / "work"
    git(old, "clone", "--quiet", "--branch", BRANCH, "r0.git", str(work))
    (work / "note").write_text("mine\n")
    commit(work, "mine")
    git(work, "push", "--quiet", "origin", BRANCH)
    git(old / "r1.git", "update-ref", "-d", f"refs/heads/{BRANCH}")
    done = run(old, *addresses, "--push")
    assert done.returncode == 3
    assert said(old / "r0.git", "log", "-1", "--format=%s", BRANCH).strip() == "mine"
    assert said(old / "r1.git", "rev-parse", BRANCH) != ""
    assert first["r1"] != ""


@pytest.mark.registry
def test_a_work_tree_with_changes_of_somebody_s_is_left_alone(old):
    (old / "r0/Dockerfile").write_text("FROM scratch\n")
    done = run(old, "r0")
    assert done.returncode == 0, done.stderr
    assert (old / "r0/Dockerfile").read_text() == "FROM scratch\n"
    assert "moved/a:1.0@sha256" in said(old / "r0", "show", f"{BRANCH}:Dockerfile")


@pytest.mark.registry
def test_each_question_is_asked_once(old, registry):
    before = len(registry.requests())
    run(old, "r0", "--dry-run")
    one = len(registry.requests()) - before
    before = len(registry.requests())
    run(old, "r0", "r1", "r2", "--dry-run", env={"PINNER_CACHE_DIR": str(old / "another")})
    assert len(registry.requests()) - before <= one + 2


def test_what_makes_no_sense(tmp_path):
    make_repository(tmp_path / "r0", {"Dockerfile": "FROM a\n"})
    done = fleet("update", "--push", "--dry-run", "r0", cwd=tmp_path, env={**os.environ})
    assert done.returncode == 2
    assert "--dry-run makes no branch" in done.stderr

"""Which folder a project is, and what lies in folders that are projects of their own."""

import json

import pytest

A = "sha256:" + "a" * 64
FROM = f"FROM alpine:3.19@{A}\n"


def lockfile(*files):
    listed = ", ".join(f'"{file}"' for file in files)
    return (
        'version = 1\n\n[[image]]\nreference = "docker.io/library/alpine:3.19"\n'
        f'digest = "{A}"\nmedia-type = "x"\nfiles = [{listed}]\n'
    )


@pytest.fixture
def monorepo(project):
    """Two services, each a project of its own, and files of the top."""
    for name in ("a", "b"):
        project.write(f"services/{name}/Dockerfile", FROM)
        project.write(f"services/{name}/pinner.toml", "")
        project.write(f"services/{name}/pinner.lock", lockfile("Dockerfile"))
    project.write("Dockerfile", FROM)
    project.write("pinner.toml", 'projects = ["services/*"]\n')
    project.write("pinner.lock", lockfile("Dockerfile"))
    return project


def test_each_is_judged_by_its_own(monorepo):
    done = monorepo.pinner("verify", "services/a", "services/b")
    assert (done.code, done.out) == (0, "")
    assert done.err == "all 2 references are pinned, and files and lockfile agree\n"
    monorepo.write("services/b/Dockerfile", "FROM alpine:3.19\n")
    monorepo.write("services/a/pinner.toml", 'exclude = ["Dockerfile"]\n')
    done = monorepo.pinner("verify", "services/a", "services/b")
    assert done.code == 1
    assert "services/b/Dockerfile:1:6: error: alpine:3.19 has no digest" in done.out
    assert "services/a/pinner.lock" in done.out  # what nothing uses there any more


def test_the_top_judges_those_that_it_names(monorepo):
    assert monorepo.pinner("verify").err.startswith("all 3 references are pinned")
    monorepo.write("services/b/Dockerfile", "FROM alpine:3.19\n")
    done = monorepo.pinner("verify")
    assert (done.code, done.out.count("\n")) == (1, 1)


def test_no_configuration_below_takes_files_out_of_sight(project):
    project.write("pinner.toml", "")
    project.write("sub/Dockerfile", "FROM evil:1\n")
    project.write("sub/pinner.toml", 'exclude = ["Dockerfile"]\n')
    done = project.pinner("verify")
    assert done.code == 1
    assert "sub/Dockerfile:1:6" in done.out


def test_lock_at_the_top_leaves_projects_inside_alone(monorepo, everything_is_dddd):
    mirror = f'[registries."docker.io"]\nmirrors = ["{everything_is_dddd.host}"]\n'
    for text in ('projects = ["services/*"]\n', ""):
        monorepo.write("pinner.toml", text + mirror)
        monorepo.write("services/a/Dockerfile", "FROM busybox:1\n")
        monorepo.write("Dockerfile", "FROM busybox:2\n")
        assert monorepo.pinner("lock").code == 0
        assert monorepo.read("services/a/Dockerfile") == "FROM busybox:1\n"
        assert "@" in monorepo.read("Dockerfile")


def test_several_projects_are_locked_one_by_one(monorepo):
    done = monorepo.pinner("lock", "services/a", "services/b")
    assert done.code == 2
    assert "several projects" in done.err


def test_paths_are_relative_to_where_one_stands(monorepo):
    monorepo.write("services/a/Dockerfile", "FROM alpine:3.19\n")
    here = type(monorepo)(monorepo.root / "services" / "a")
    assert here.pinner("verify").out.startswith("Dockerfile:1:6: ")
    beside = type(monorepo)(monorepo.root / "services" / "b")
    out = beside.pinner("verify", "../a").out
    assert out.startswith("../a/Dockerfile:1:6: ")
    assert beside.pinner("list", "../a").out.startswith("../a/Dockerfile:1:6: ")
    assert "wrote" not in beside.pinner("lock", "--dry-run", "--offline", "../a").err
    changes = beside.pinner("lock", "--dry-run", "--diff", "../a").out
    assert "--- a/../a/Dockerfile\n" in changes


@pytest.mark.parametrize("form", ["sarif", "github"])
def test_annotations_are_relative_to_the_top(monorepo, form):
    monorepo.write("services/a/Dockerfile", "FROM alpine:3.19\n")
    here = type(monorepo)(monorepo.root / "services" / "a")
    out = here.pinner("verify", "--format", form).out
    assert "services/a/Dockerfile" in out
    if form == "sarif":
        (row,) = json.loads(out)["runs"][0]["results"]
        place = row["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "services/a/Dockerfile"


def test_outside_git_paths_share_their_parent(tmp_path):
    from conftest import Project

    plain = Project(tmp_path / "plain")
    plain.write("a/Dockerfile", "FROM alpine:3.19\n")
    plain.write("b/Dockerfile", "FROM alpine:3.19\n")
    done = plain.pinner("verify", "a", "b")
    assert done.code == 1
    assert [line.partition(":")[0] for line in done.out.splitlines()] == [
        "a/Dockerfile", "b/Dockerfile",
    ]  # fmt: skip


def test_copied_folders_are_left_out_and_counted(project):
    project.write("vendor/x/Dockerfile", "FROM evil:1\n")
    project.write("web/node_modules/y/compose.yaml", "services: {a: {image: evil:1}}\n")
    done = project.pinner("verify")
    assert done.code == 0
    assert "2 files of vendor folders not read" in done.err
    assert project.pinner("verify", "vendor").code == 1
    project.write("pinner.toml", 'include = ["vendor/**", "Dockerfile"]\n')
    assert project.pinner("verify").code == 1

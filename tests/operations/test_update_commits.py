"""Updates as commits: one for each group, on this branch or on branches of their own."""

import json

import pytest
from images import Image

pytestmark = pytest.mark.registry
RULES = """
[[update]]
images = ["*/db*"]
group = "databases"

[[update]]
images = ["*/web"]
group = "front"
"""
NAMES = ("db1", "db2", "web", "other")


def push(registry, name, content):
    return registry.push(f"{name.partition('/')[2]}:1", Image(content=content))


@pytest.fixture
def moved(project, registry, name):
    """A committed project whose images have all moved since."""
    for one in NAMES:
        push(registry, f"{name}/{one}", f"{one} old")
    project.write("pinner.toml", RULES)
    project.write("Dockerfile", "".join(f"FROM {name}/{one}:1\n" for one in NAMES))
    assert project.pinner("lock").code == 0
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message=first")
    return {one: push(registry, f"{name}/{one}", f"{one} new") for one in NAMES}


def subjects(project, branch="HEAD"):
    return project.git("log", "--format=%s", f"main..{branch}" if branch != "HEAD" else branch)


def test_a_commit_for_each_group(project, name, moved):
    report = "../report.md"
    done = project.pinner("update", "--commit", "--signoff", "--report", report)
    assert done.code == 0, done
    assert subjects(project).splitlines() == [
        f"Update {name}/other:1",
        f"Update {name}/web:1",
        "Update 2 container images (databases)",
        "first",
    ]
    for commit in ("HEAD", "HEAD~1", "HEAD~2", "HEAD~3"):
        project.git("checkout", "--quiet", commit if commit == "HEAD" else "HEAD~1")
        assert project.pinner("verify").code == 0
    body = project.git("show", "--no-patch", "--format=%B", "main~2")
    assert moved["db1"] in body
    assert moved["web"] not in body
    assert "Signed-off-by: " in body
    text = (project.root / report).read_text()
    sections = [line for line in text.splitlines() if line.startswith("## ")]
    assert sections == ["## databases", "## front", "## Others"]


def branches(project):
    return project.git("for-each-ref", "--format=%(refname:short)", "refs/heads/pinner").split()


def test_a_branch_for_each_group(project, name, moved, tmp_path):
    before, head = project.snapshot(), project.git("rev-parse", "HEAD")
    report = str(tmp_path / "report.md")
    done = project.pinner("update", "--branch-per", "group", "--report", report, "--format", "json")
    assert done.code == 0, done
    assert project.snapshot() == before
    assert project.git("rev-parse", "HEAD") == head
    assert project.git("status", "--porcelain") == ""
    rows = {row["branch"]: row for row in json.loads(done.out)["branches"]}
    assert branches(project) == sorted(rows) == [
        "pinner/databases", "pinner/front", "pinner/updates",
    ]  # fmt: skip
    assert rows["pinner/databases"]["title"] == "Update 2 container images (databases)"
    assert rows["pinner/databases"]["report"] == str(tmp_path / "report.databases.md")
    assert "db1" in (tmp_path / "report.databases.md").read_text()
    for branch, own in (
        ("databases", ("db1", "db2")),
        ("front", ("web",)),
        ("updates", ("other",)),
    ):
        assert project.git("rev-list", "--count", f"main..pinner/{branch}").strip() == "1"
        project.git("checkout", "--quiet", f"pinner/{branch}")
        text = project.read("Dockerfile")
        assert {one for one in NAMES if moved[one] in text} == set(own)
        assert project.pinner("verify").code == 0


def test_the_same_again_makes_no_new_commit(project, moved):
    assert project.pinner("update", "--branch-per", "group").code == 0
    tips = [project.git("rev-parse", branch) for branch in branches(project)]
    done = project.pinner("update", "--branch-per", "group")
    assert (done.code, "(as it was)" in done.err) == (0, True)
    assert [project.git("rev-parse", branch) for branch in branches(project)] == tips


def test_a_branch_moves_with_its_base(project, moved):
    assert project.pinner("update", "--branch-per", "group").code == 0
    project.write("README.md", "x")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message=second")
    assert project.pinner("update", "--branch-per", "group").code == 0
    assert subjects(project, "pinner/front").splitlines() == [
        subjects(project, "pinner/front").strip()
    ]
    assert project.git("rev-parse", "pinner/front~1") == project.git("rev-parse", "main")


def test_somebody_elses_commit_is_not_lost(project, moved):
    assert project.pinner("update", "--branch-per", "group").code == 0
    project.git("checkout", "--quiet", "pinner/front")
    project.write("fix.txt", "by hand")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message=by hand")
    tip = project.git("rev-parse", "pinner/front")
    project.git("checkout", "--quiet", "main")
    project.git("branch", "-D", "--quiet", "pinner/databases")
    done = project.pinner("update", "--branch-per", "group")
    assert done.code == 2
    assert "the branch pinner/front has a commit that is not pinner's" in done.err
    assert project.git("rev-parse", "pinner/front") == tip
    assert "pinner/databases" in branches(project)


def test_a_branch_for_each_image(project, moved, name):
    done = project.pinner("update", "--branch-per", "image")
    assert done.code == 0, done
    assert len(branches(project)) == len(NAMES)
    assert any(branch.endswith("-db1") for branch in branches(project))


def test_unfinished_work_is_not_swept_in(project, moved):
    project.write("Dockerfile", project.read("Dockerfile") + "RUN true\n")
    before = project.snapshot()
    done = project.pinner("update", "--branch-per", "group")
    assert (done.code, branches(project)) == (2, [])
    assert project.snapshot() == before


def test_line_ends_are_kept_as_git_keeps_them(project, registry, name):
    push(registry, name, "old")
    project.write(".gitattributes", "Dockerfile text eol=crlf\n")
    project.write("Dockerfile", f"FROM {name}:1\r\nRUN true\r\n")
    assert project.pinner("lock").code == 0
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message=first")
    push(registry, name, "new")
    assert project.pinner("update", "--branch-per", "group").code == 0
    shown = project.git("diff", "--numstat", "main", "pinner/updates", "--", "Dockerfile")
    assert shown.split() == ["1", "1", "Dockerfile"]


def test_a_project_below_the_top(project, registry, name):
    push(registry, name, "old")
    project.write("sub/pinner.toml", "")
    project.write("sub/Dockerfile", f"FROM {name}:1\n")
    assert project.pinner("lock", "sub").code == 0
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message=first")
    new = push(registry, name, "new")
    assert project.pinner("update", "sub", "--branch-per", "group").code == 0
    assert new in project.git("show", "pinner/updates:sub/Dockerfile")
    assert new in project.git("show", "pinner/updates:sub/pinner.lock")


def test_images_that_are_not_pinned_wait_for_their_own_branch(project, registry, name, moved):
    push(registry, f"{name}/late", "late")
    project.write("late/Dockerfile", f"FROM {name}/late:1\n")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message=late")
    assert project.pinner("update", "--branch-per", "group").code == 0
    assert "@" not in project.git("show", "pinner/databases:late/Dockerfile")
    assert "@" in project.git("show", "pinner/updates:late/Dockerfile")

"""The nightly jobs of examples/, night after night, against a bare remote as a forge has it."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml_reader
from images import Image

from pinner.project.cache_folder import cache_folder

pytestmark = pytest.mark.registry

JOBS = Path(__file__).parents[2] / "examples" / "jobs"
NAMES = ("db1", "db2", "web", "other")
GROUPS = ("databases", "front", "updates")
RULES = """
[[update]]
images = ["*/db*"]
group = "databases"

[[update]]
images = ["*/web"]
group = "front"
"""

# Stands in for GitHub's own program: one open request a branch, and a record of what was asked.
GH = """#!/bin/sh
cd "$(dirname "$0")"
[ -n "$GH_TOKEN" ] || exit 4
echo "$@" >>requests
case "$2" in
  view) grep -qx "$3" open ;;
  create) branch=$4; body=$8
    grep -qx "$branch" open && exit 1
    [ -z "$GH_REFUSES" ] || exit 1
    echo "$branch" >>open; cp "$body" "body.$(basename "$branch")" ;;
  edit) grep -qx "$3" open && cp "$7" "body.$(basename "$3")" ;;
esac
"""
# Writes down every branch that is pushed, and the options that came with it.
HOOK = """#!/bin/sh
while read -r old new ref; do echo "push $ref" >>"$GIT_DIR/requests"; done
at=0
while [ "$at" -lt "${GIT_PUSH_OPTION_COUNT:-0}" ]; do
  eval "option=\\$GIT_PUSH_OPTION_$at"
  printf '%s\\n' "$option" >>"$GIT_DIR/requests"
  at=$((at + 1))
done
"""


def git(folder, *arguments):
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0, done
    return done.stdout


def script_of(job, folder):
    if job == "github":
        (steps,) = (
            one["steps"] for one in yaml_reader.load(JOBS / "github-update.yml")["jobs"].values()
        )
        (step,) = [step for step in steps if step.get("name") == "Update and open pull requests"]
        return step["run"]
    if job == "gitlab":
        return "\n".join(yaml_reader.load(JOBS / "gitlab-ci.yml")["pinner-update"]["script"])
    line = (JOBS / "crontab").read_text().splitlines()[-1]
    return line.split(maxsplit=5)[5].replace("/srv/project", str(folder))


_NUMBERS = itertools.count()


class Forge:
    """A remote, the person who works on it, and the runner that begins anew each night."""

    def __init__(self, job, project, folder):
        self.job, self.project, self.folder = job, project, folder
        self.remote, self.programs = folder / "remote.git", folder / "bin"
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(self.remote))
        git(self.remote, "config", "receive.advertisePushOptions", "true")
        self.programs.mkdir()
        for path, text in (
            (self.remote / "hooks" / "pre-receive", HOOK),
            (self.programs / "gh", GH),
        ):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            path.chmod(0o755)
        (self.programs / "open").touch()
        project.git("remote", "add", "origin", str(self.remote))
        self.publish("first")
        self.cache = folder / "cache"

    def publish(self, message):
        self.project.git("add", "--all")
        self.project.git("commit", "--quiet", f"--message={message}")
        self.project.git("push", "--quiet", "origin", "HEAD:main")

    def night(self, **env):
        """Run the job in a shallow clone of its own, with the cache of the nights before.

        cron has one clone for all nights.
        """
        checkout = self.folder / "checkout"
        if self.job != "cron" or not checkout.exists():
            shutil.rmtree(checkout, ignore_errors=True)
            depth = () if self.job == "cron" else ("--depth=1",)
            git(self.folder, "clone", "--quiet", *depth, f"file://{self.remote}", str(checkout))
        if self.cache.exists():
            shutil.copytree(self.cache, checkout / "pinner-state", dirs_exist_ok=True)
        for requests in (self.remote / "requests", self.programs / "requests"):
            requests.write_text("")
        path = f"{self.programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script_of(self.job, checkout)],
            cwd=checkout,
            env={
                **os.environ, "PATH": path, "RUNNER_TEMP": str(self.programs), "GH_TOKEN": "t",
                "PINNER_REMOTE": str(self.remote), "CI_DEFAULT_BRANCH": "main", **env,
            },
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if (checkout / "pinner-state").exists():
            shutil.copytree(checkout / "pinner-state", self.cache, dirs_exist_ok=True)
        return done

    def forget(self):
        """Lose the state, so that images' own dates count as on the first night."""
        seen = Path(cache_folder()) / "seen"
        for folder in (self.cache, self.folder / "checkout" / "pinner-state", seen):
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def tips(self):
        rows = git(self.remote, "for-each-ref", "--format=%(refname:lstrip=3) %(objectname)",
                   "refs/heads/pinner")  # fmt: skip
        return dict(row.split() for row in rows.splitlines())

    @property
    def pushed(self):
        rows = (self.remote / "requests").read_text().splitlines()
        return sorted(row.rpartition("/")[2] for row in rows if row.startswith("push "))

    @property
    def asked(self):
        """What the forge was asked for."""
        return "\n".join((one / "requests").read_text() for one in (self.remote, self.programs))

    def text(self, branch, file="Dockerfile"):
        return git(self.remote, "show", f"pinner/{branch}:{file}")

    def check(self, branch):
        """Take a branch as a person would who merges it."""
        assert git(self.remote, "rev-list", "--count", f"main..pinner/{branch}").strip() == "1"
        assert git(self.remote, "rev-parse", f"pinner/{branch}~1") == git(
            self.remote, "rev-parse", "main"
        )
        self.project.git("fetch", "--quiet", "origin", f"pinner/{branch}")
        self.project.git("checkout", "--quiet", "FETCH_HEAD")
        done = self.project.pinner("verify")
        self.project.git("checkout", "--quiet", "main")
        assert done.code == 0, done


def push(registry, name, content):
    """Push an image that was built years ago, after those that were pushed before."""
    number = next(_NUMBERS)
    created = f"2024-{1 + number // 28 % 12:02}-{1 + number % 28:02}T00:00:00Z"
    image = Image(content=content, created=created)
    return registry.push(f"{name.partition('/')[2]}:1", image)


@pytest.fixture(params=["github", "gitlab", "cron"])
def job(request):
    return request.param


@pytest.fixture
def forge(job, project, registry, name, tmp_path):
    for one in NAMES:
        push(registry, f"{name}/{one}", f"{one} old")
    project.write("pinner.toml", RULES)
    project.write("Dockerfile", "".join(f"FROM {name}/{one}:1\n" for one in NAMES))
    assert project.pinner("lock").code == 0
    made = Forge(job, project, tmp_path)
    made.new = {one: push(registry, f"{name}/{one}", f"{one} new") for one in NAMES}
    return made


def test_a_request_for_each_group(forge, job, name):
    done = forge.night()
    assert done.returncode == 0, done
    assert sorted(forge.tips) == forge.pushed == list(GROUPS)
    for branch, own in zip(GROUPS, (("db1", "db2"), ("web",), ("other",)), strict=True):
        text = forge.text(branch)
        assert {one for one in NAMES if forge.new[one] in text} == set(own)
        forge.check(branch)
    assert git(forge.remote, "ls-tree", "--name-only", "pinner/front").split() == [
        "Dockerfile", "pinner.lock", "pinner.toml",
    ]  # fmt: skip
    if job == "github":
        title = "--title Update 2 container images (databases) --body-file"
        assert f"pr create --head pinner/databases {title}" in forge.asked
        assert forge.asked.count("pr create") == 3
        body = (forge.programs / "body.databases").read_text()
        assert f"{name}/db1" in body
        assert f"{name}/web" not in body
    if job == "gitlab":
        assert forge.asked.count("merge_request.create") == 3
        assert forge.asked.count("merge_request.target=main") == 3
        assert "merge_request.title=Update 2 container images (databases)" in forge.asked
        (words,) = [
            row for row in forge.asked.splitlines() if "merge_request.desc" in row and "db1" in row
        ]
        assert words.startswith("merge_request.description=# Container image updates\\n\\n| image")


def test_a_night_without_news(forge):
    forge.night()
    before = forge.tips
    done = forge.night()
    assert (done.returncode, forge.pushed, forge.tips) == (0, [], before), done
    assert "create" not in forge.asked
    shutil.rmtree(forge.cache, ignore_errors=True)
    done = forge.night()
    assert (done.returncode, forge.pushed, forge.tips) == (0, [], before), done


def test_a_newer_digest_renews_its_request_alone(forge, job, registry, name):
    forge.night()
    before = forge.tips
    newer = push(registry, f"{name}/web", "newer")
    assert forge.night().returncode == 0
    assert (forge.tips, forge.pushed) == (before, [])  # it was not there yesterday
    forge.forget()
    done = forge.night()
    assert (done.returncode, forge.pushed) == (0, ["front"]), done
    assert newer in forge.text("front")
    forge.check("front")
    assert {**forge.tips, "front": ""} == {**before, "front": ""}
    if job == "github":
        assert "pr edit pinner/front" in forge.asked


def test_main_has_moved_into_a_conflict(forge, registry, name):
    """The same lines and the lockfile change on main: the branch is made anew from there."""
    forge.night()
    text = forge.project.read("Dockerfile")
    line = next(row for row in text.splitlines() if "/web:1@" in row)
    push(registry, f"{name}/added", "added")
    lines = f"FROM {name}/added:1\n{line} AS web"
    forge.project.write("Dockerfile", text.replace(line, lines))
    assert forge.project.pinner("lock").code == 0
    forge.publish("second")
    done = forge.night()
    assert done.returncode == 0, done
    assert forge.new["web"] in forge.text("front")
    assert " AS web" in forge.text("front")
    for branch in GROUPS:
        forge.check(branch)


def test_what_is_merged_is_done(forge):
    forge.night()
    forge.project.git("fetch", "--quiet", "origin", "pinner/front")
    forge.project.git("merge", "--quiet", "--ff-only", "FETCH_HEAD")
    forge.project.git("push", "--quiet", "origin", "main", ":pinner/front")
    done = forge.night()
    assert done.returncode == 0, done
    assert sorted(forge.tips) == ["databases", "updates"]
    forge.check("databases")


def test_a_persons_commit_is_kept(forge, registry, name):
    forge.night()
    forge.project.git("fetch", "--quiet", "origin", "pinner/front")
    forge.project.git("checkout", "--quiet", "-B", "mine", "FETCH_HEAD")
    forge.project.write("fix.txt", "by hand")
    forge.project.git("add", "--all")
    forge.project.git("commit", "--quiet", "--message=by hand")
    forge.project.git("push", "--quiet", "origin", "mine:pinner/front")
    forge.project.git("checkout", "--quiet", "main")
    tip = forge.tips["front"]
    for one in ("db1", "web", "other"):
        push(registry, f"{name}/{one}", f"{one} newer")
    forge.forget()
    done = forge.night()
    said = done.stderr + done.stdout
    assert "the branch pinner/front has a commit that is not pinner's" in said
    assert done.returncode == 2 or "pinner update failed with 2" in said
    assert (forge.tips["front"], forge.pushed) == (tip, ["databases", "updates"])


def test_one_registry_fails(forge, make_registry):
    other = make_registry()
    push(other, f"{other.host}/far/db3", "far")
    forge.project.write("far/Dockerfile", f"FROM {other.host}/far/db3:1\n")
    assert forge.project.pinner("lock").code == 0
    forge.publish("far")
    other.stop()
    done = forge.night()
    said = done.stderr + done.stdout
    assert done.returncode == 3 or "pinner update failed with 3" in said
    assert "far/db3: cannot be reached" in said
    assert forge.pushed == list(GROUPS)
    assert forge.new["db1"] in forge.text("databases")


def test_a_request_that_was_refused_is_opened_the_next_night(forge, job):
    if job != "github":
        pytest.skip("the others push and ask in one step")
    assert forge.night(GH_REFUSES="1").returncode == 1
    assert sorted(forge.tips) == list(GROUPS)
    done = forge.night()
    assert (done.returncode, forge.pushed) == (0, []), done
    assert forge.asked.count("pr create") == 3


def test_a_push_that_somebody_was_before_is_not_forced(forge, registry, name):
    """The branch changes on the remote while pinner works."""
    forge.night()
    push(registry, f"{name}/web", "newer")
    forge.forget()
    elsewhere = git(forge.remote, "rev-parse", "main").strip()
    wrapper = forge.programs / "pinner"
    real = Path(sys.executable).parent / "pinner"
    wrapper.write_text(
        f'#!/bin/sh\n"{real}" "$@" || exit $?\n'
        f'git --git-dir="{forge.remote}" update-ref refs/heads/pinner/front {elsewhere}\n'
    )
    wrapper.chmod(0o755)
    done = forge.night()
    assert done.returncode != 0 or "pinner update failed" in done.stdout
    assert forge.tips["front"] == elsewhere

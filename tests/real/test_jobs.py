"""The jobs of examples/: their syntax is right, and their commands do what they say."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml_reader
from images import Image

ROOT = Path(__file__).parents[2]
JOBS = ROOT / "examples" / "jobs"
GITHUB = ("github-verify.yml", "github-update.yml")


def check(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *arguments], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", GITHUB)
def test_github_workflows_are_valid(name):
    check("--builtin-schema", "vendor.github-workflows", str(JOBS / name))


def test_gitlab_pipeline_is_valid():
    check("--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci",
          str(JOBS / "gitlab-ci.yml"))  # fmt: skip


def test_composite_action_is_valid():
    check("--builtin-schema", "vendor.github-actions", str(ROOT / "action.yml"))


@pytest.mark.parametrize("path", [*(JOBS / name for name in GITHUB), ROOT / "action.yml"])
def test_actions_have_a_version(path):
    for action in re.findall(r"uses: (\S+)", path.read_text()):
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@v\d+(\.\d+)*|[\w./-]+@[0-9a-f]{40}", action)


def test_the_examples_verify(project):
    """pinner's own verify over its examples: what cannot be pinned there is ignored on purpose."""
    for path in JOBS.iterdir():
        project.write(f"jobs/{path.name}", path.read_text())
    done = project.pinner("verify", "--strict")
    assert done.code == 0, done


@pytest.fixture
def outdated(project, registry, request):
    """A repository whose one image is pinned."""
    name = f"jobs/{request.node.name.replace('[', '-').strip(']')}".lower()
    registry.push(f"{name}:1", Image(content="old", created="2024-01-01T00:00:00Z"))
    project.write("Dockerfile", f"FROM {registry.host}/{name}:1\n")
    assert project.pinner("lock").code == 0
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message=first")
    return project


def run(project, script, **env):
    """Run a job's commands as a runner does."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=project.root,
        env={**os.environ, "PATH": path, **env},
        capture_output=True,
        text=True,
        check=False,
    )


def github_step(name, title):
    (job,) = yaml_reader.load(JOBS / name)["jobs"].values()
    (step,) = [step for step in job["steps"] if step.get("name") == title]
    return step["run"]


@pytest.mark.registry
def test_github_verify_writes_the_report_and_fails(outdated):
    script = github_step("github-verify.yml", "Verify")
    assert run(outdated, script).returncode == 0
    outdated.write("Dockerfile", "FROM alpine:3.19\n")
    assert run(outdated, script).returncode == 1
    assert '"ruleId": "unpinned"' in outdated.read("pinner.sarif")


@pytest.mark.registry
def test_gitlab_verify(outdated):
    verify = "\n".join(yaml_reader.load(JOBS / "gitlab-ci.yml")["pinner-verify"]["script"])
    assert run(outdated, verify).returncode == 0
    outdated.write("Dockerfile", "FROM alpine:3.19\n")
    assert run(outdated, verify).returncode == 1


@pytest.mark.registry
def test_composite_action_installs_and_runs(outdated):
    """The action's own steps, from this checkout."""
    steps = yaml_reader.load(ROOT / "action.yml")["runs"]["steps"]
    outer = {key: value for key, value in OUTER.items() if key.startswith(("PIP_", "SSL_"))}
    path_file = outdated.root.parent / "path"
    env = {**outer, "SOURCE": str(ROOT), "GITHUB_PATH": str(path_file)}
    done = run(outdated, steps[0]["run"], **env)
    assert done.returncode == 0, done
    assert path_file.read_text().strip().endswith("/pinner/bin")
    done = run(outdated, steps[1]["run"], COMMAND="verify --format github", **env)
    assert done.returncode == 0, done
    outdated.write("Dockerfile", "FROM alpine:3.19\n")
    done = run(outdated, steps[1]["run"], COMMAND="verify --format github", **env)
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=Dockerfile,line=1,col=6")


OUTER = dict(os.environ)

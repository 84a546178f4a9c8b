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
GITHUB = ("github-verify.yml", "github-action.yml", "github-update.yml")


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
def test_actions_are_pinned_and_say_their_version(path):
    for action in re.findall(r"uses: (.*)", path.read_text()):
        named = r"[\w.-]+/[\w./-]+@[0-9a-f]{40}  # (v\d+(\.\d+){2}|where you keep pinner.*)"
        assert re.fullmatch(named, action), action


def action_script(name):
    steps = yaml_reader.load(ROOT / "action.yml")["runs"]["steps"]
    (step,) = [step for step in steps if step["name"] == name]
    return step["run"]


@pytest.fixture
def runner(project, tmp_path):
    """Run the action's step as a runner does; gives its exit code, outputs and log."""
    bin_folder = tmp_path / "runner" / "pinner" / "bin"
    bin_folder.mkdir(parents=True)
    (bin_folder / "pinner").symlink_to(Path(sys.executable).with_name("pinner"))
    outputs, page = tmp_path / "outputs", tmp_path / "page"

    def run(since="", form="github", arguments=""):
        outputs.write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", action_script("Verify")],
            cwd=project.root,
            env={
                **os.environ, "RUNNER_TEMP": str(tmp_path / "runner"),
                "GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(page),
                "SINCE": since, "FORMAT": form, "ARGUMENTS": arguments,
            },
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        said = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
        assert said["exit-code"] == str(done.returncode)
        return done, Path(said["report"]), page

    return run


def test_the_action_annotates_and_fills_the_page(project, runner):
    project.write("Dockerfile", "FROM alpine:3.19\n")
    done, report, page = runner()
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=Dockerfile,line=1,")
    assert report.read_text() == done.stdout
    assert "`Dockerfile:1:6`" in page.read_text()
    project.write("Dockerfile", "FROM scratch\n")
    done, report, _ = runner(form="sarif")
    assert (done.returncode, done.stdout) == (0, "")
    assert '"version": "2.1.0"' in report.read_text()


def test_the_actions_arguments_are_one_a_line(project, runner):
    project.write("a b/Dockerfile", "FROM alpine:3.19\n")
    project.write("c/Dockerfile", "FROM $X\n")
    done, _, _ = runner(arguments="\n--strict\r\nc\n")
    assert done.stdout.count("::error") == 1
    done, _, _ = runner(arguments="a b")
    assert "file=a b/Dockerfile" in done.stdout
    for text in ("$(touch x)", "`touch x`", "; touch x", "* x", "--since=$(touch x)"):
        done, _, _ = runner(arguments=text)
        assert done.returncode == 2, text
        done, _, _ = runner(since=text)
        assert done.returncode == 2, text
    assert not (project.root / "x").exists()


@pytest.mark.parametrize("version", ["1.0 --x", "-e .", "1;touch x", "$(touch x)", "a"])
def test_the_action_refuses_what_is_no_version(tmp_path, version):
    done = subprocess.run(
        ["bash", "-c", action_script("Install pinner")],
        cwd=tmp_path,
        env={**os.environ, "VERSION": version, "SOURCE": ".", "RUNNER_TEMP": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []


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
    env = {**outer, "SOURCE": str(ROOT), "VERSION": "", "ARGUMENTS": "", "SINCE": "",
           "FORMAT": "github", "GITHUB_OUTPUT": os.devnull}  # fmt: skip
    done = run(outdated, steps[0]["run"], **env)
    assert done.returncode == 0, done
    done = run(outdated, steps[1]["run"], **env)
    assert done.returncode == 0, done
    outdated.write("Dockerfile", "FROM alpine:3.19\n")
    done = run(outdated, steps[1]["run"], **env)
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=Dockerfile,line=1,col=6")


OUTER = dict(os.environ)

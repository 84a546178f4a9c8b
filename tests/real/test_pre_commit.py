"""The hooks, run by the real pre-commit in a real repository, installed from this project."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml_reader
from images import Image

ROOT = Path(__file__).parents[2]
# pre-commit installs the hook with pip, which needs what the machine says about registries.
OUTER = {key: value for key, value in os.environ.items() if key.startswith(("PIP_", "SSL_", "UV_"))}
_LEFT_OUT = {".venv", ".git", "dist", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """This project as a git repository of its own; gives its path and revision."""
    copy = tmp_path_factory.mktemp("published") / "pinner"
    shutil.copytree(
        ROOT, copy, symlinks=True, ignore=lambda _, names: _LEFT_OUT.intersection(names)
    )
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    for arguments in (
        ["init", "--quiet", "--initial-branch=main"],
        ["add", "--all"],
        ["commit", "--quiet", "--message=published"],
    ):
        subprocess.run(["git", *identity, *arguments], cwd=copy, check=True)
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=copy, check=True, capture_output=True, text=True
    )
    return copy, done.stdout.strip()


def configuration(published, hook):
    copy, revision = published
    return f"repos:\n- repo: {copy}\n  rev: {revision}\n  hooks:\n  - id: {hook}\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """pre-commit's own cache, kept for the module: installing takes a while."""
    return {**OUTER, "PRE_COMMIT_HOME": str(tmp_path_factory.mktemp("pre-commit"))}


def commit(project, store, message="change"):
    project.git("add", "--all")
    return subprocess.run(
        ["git", "commit", "--quiet", f"--message={message}"],
        cwd=project.root,
        env={**os.environ, **store},
        capture_output=True,
        text=True,
        check=False,
    )


def install(project, published, hook, store):
    project.write(".pre-commit-config.yaml", configuration(published, hook))
    subprocess.run(
        [sys.executable, "-m", "pre_commit", "install"],
        cwd=project.root,
        env={**os.environ, **store},
        check=True,
        capture_output=True,
    )


@pytest.mark.registry
def test_verify_hook(project, published, store, registry):
    registry.push("hook/x:1", Image(content="hook"))
    install(project, published, "pinner-verify", store)
    project.write("Dockerfile", f"FROM {registry.host}/hook/x:1\n")
    asked = len(registry.requests())
    refused = commit(project, store)
    assert refused.returncode == 1, refused
    assert "Dockerfile:1:6: error:" in refused.stdout + refused.stderr
    assert len(registry.requests()) == asked
    assert project.pinner("lock").code == 0
    done = commit(project, store)
    assert done.returncode == 0, done
    project.write("notes.png", b"\x89PNG")  # no file that could refer to an image
    done = commit(project, store)
    assert done.returncode == 0, done


@pytest.mark.registry
def test_lock_hook(project, published, store, registry):
    registry.push("hook/y:1", Image(content="hook"))
    install(project, published, "pinner-lock", store)
    project.write("compose.yaml", f"services:\n  a:\n    image: {registry.host}/hook/y:1\n")
    refused = commit(project, store)
    assert refused.returncode == 1, refused
    assert "files were modified by this hook" in refused.stdout + refused.stderr
    assert "@sha256:" in project.read("compose.yaml")
    done = commit(project, store)
    assert done.returncode == 0, done


def test_both_names_of_the_hooks_file_are_one():
    assert (ROOT / ".pre-commit-hooks.yaml").is_symlink()
    hooks = yaml_reader.load(ROOT / "pre-commit-hooks.yaml")
    assert [hook["id"] for hook in hooks] == ["pinner-verify", "pinner-lock"]

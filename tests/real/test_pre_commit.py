"""The hooks, run by the real pre-commit in a real repository, installed from this project."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml_reader
from images import Image

from pinner.scanners.all_scanners import BUILT_IN

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


def commit_staged(project, store):
    return subprocess.run(
        ["git", "commit", "--quiet", "--message=staged"],
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


@pytest.mark.registry
def test_verify_hook_looks_at_what_is_staged(project, published, store, registry):
    registry.push("hook/z:1", Image(content="hook"))
    install(project, published, "pinner-verify", store)
    project.write("Dockerfile", f"FROM {registry.host}/hook/z:1\n")
    assert project.pinner("lock").code == 0
    project.git("add", "--all")
    project.write("Dockerfile", "FROM scratch\n")
    project.write("other/Dockerfile", f"FROM {registry.host}/hook/z:1\n")
    done = commit_staged(project, store)
    assert done.returncode == 0, done
    assert "@sha256:" in project.git("show", "HEAD:Dockerfile")


@pytest.mark.registry
def test_update_hook_runs_by_hand_alone(project, published, store, registry):
    old = registry.push("hook/u:1", Image(content="old"))
    install(project, published, "pinner-update", store)
    project.write("Dockerfile", f"FROM {registry.host}/hook/u:1\n")
    assert project.pinner("lock").code == 0
    new = registry.push("hook/u:1", Image(content="new"))
    done = commit(project, store)
    assert done.returncode == 0, done
    assert old in project.read("Dockerfile")
    arguments = ["run", "--hook-stage", "manual", "pinner-update"]
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments],
        cwd=project.root,
        env={**os.environ, **store},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done
    assert "files were modified by this hook" in done.stdout
    assert new in project.read("Dockerfile")


NAMES = (".pre-commit-hooks.yaml", "pre-commit-hooks.yaml")


def test_both_names_of_the_hooks_file_are_equal():
    """Two files: where git makes no links (`core.symlinks=false`), one would hold a path."""
    first, second = (ROOT / name for name in NAMES)
    assert not first.is_symlink()
    assert not second.is_symlink()
    assert first.read_bytes() == second.read_bytes()
    hooks = yaml_reader.load(first)
    assert [hook["id"] for hook in hooks] == ["pinner-verify", "pinner-lock", "pinner-update"]


def test_a_clone_without_links_has_the_hooks(published, tmp_path):
    copy, _ = published
    subprocess.run(
        ["git", "clone", "--quiet", "--config=core.symlinks=false", str(copy), "clone"],
        cwd=tmp_path,
        check=True,
    )
    for name in NAMES:
        assert len(yaml_reader.load(tmp_path / "clone" / name)) == 3


def sample(pattern):
    """Give a path that a pattern names."""
    path = pattern.replace("**/", "a/").replace("[0-9]*", "1").replace("[._-]*", ".a")
    return path.replace("*", "a")


@pytest.mark.parametrize("scanner", BUILT_IN.values(), ids=list(BUILT_IN))
def test_the_hooks_run_for_every_file_that_is_read(scanner):
    for hook in yaml_reader.load(ROOT / NAMES[0])[:2]:
        for pattern in (*scanner.patterns, *scanner.companions):
            if not pattern.startswith("!"):
                for path in (sample(pattern), f"b/{sample(pattern)}"):
                    assert re.search(hook["files"], path), path
        for path in ("pinner.toml", "pinner.lock", "pyproject.toml"):
            assert re.search(hook["files"], path)
        for path in ("a.png", "README.md", "src/a.py", "uv.lock"):
            assert not re.search(hook["files"], path)

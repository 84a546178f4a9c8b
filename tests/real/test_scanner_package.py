"""A package of somebody else's brings formats: installed, found and used by the real command."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from images import Image

PACKAGE = Path(__file__).parents[2] / "examples/scanner-package"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The package, in a folder that programs may have on their path."""
    folder = tmp_path_factory.mktemp("package")
    shutil.copytree(PACKAGE, folder / "source")
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps",
         "--disable-pip-version-check", "--target", folder / "site", folder / "source"],
        check=True, env=_with_settings(environment),
    )  # fmt: skip
    return str(folder / "site")


def _with_settings(environment):
    """Where packages come from is said by variables on some machines."""
    return environment | {n: v for n, v in os.environ.items() if n.startswith(("PIP_", "UV_"))}


@pytest.mark.registry
def test_its_formats_are_like_our_own(project, registry, installed):
    digest = registry.push("tools/web:1.27", Image(content="web"))
    image = f"{registry.host}/tools/web:1.27"
    project.write("pinner.toml", f'[registries."{registry.host}"]\nplain-http = true\n')
    project.write("score.yaml", f"containers:\n  web:\n    image: {image}  # public\n")
    project.write("images.txt", f"# mirrored\n{image}\n")
    environment = {"PYTHONPATH": installed}
    rows = json.loads(project.pinner("list", "--format", "json", env=environment).out)
    assert [(row["file"], row["scanner"], row["status"]) for row in rows["references"]] == [
        ("images.txt", "imagelist", "unpinned"),
        ("score.yaml", "score", "unpinned"),
    ]
    assert project.pinner("verify", env=environment).code == 1
    assert project.pinner("lock", env=environment).code == 0
    assert project.read("score.yaml").endswith(f"    image: {image}@{digest}  # public\n")
    assert project.read("images.txt") == f"# mirrored\n{image}@{digest}\n"
    assert project.pinner("verify", "--strict", env=environment).code == 0
    assert project.pinner("unpin", env=environment).code == 0
    assert project.read("images.txt") == f"# mirrored\n{image}\n"


def test_without_it_nothing_is_read(project):
    project.write("images.txt", "alpine:3.19\n")
    assert "no image" in project.pinner("list").out + project.pinner("verify").err


def test_its_own_tests(installed, tmp_path):
    shutil.copytree(PACKAGE / "tests", tmp_path / "tests")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "tests"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": installed}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


FORMAT = """
from pinner.api.scanners import TextFormat

def fail(text):
    raise KeyError("no such thing")
def past_the_end(text):
    return [(0, 10_000, "line")]
def backwards(text):
    return [(9, 3, "line")]
def twice(text):
    return [(0, 5, "line"), (0, 5, "line"), (2, 5, "line")]

def made(find):
    return TextFormat(
        name="bad", title="Bad", files="", places="", patterns=("images.txt",), words=(b"",),
        find=find,
    )

FAIL, PAST_THE_END, BACKWARDS, TWICE = map(made, (fail, past_the_end, backwards, twice))
NOTHING = 1
"""


@pytest.mark.parametrize(
    "target, code, words",
    [
        ("nowhere:SCANNER", 2, "No module named 'nowhere'"),
        ("brought:MISSING", 2, "MISSING"),
        ("brought:NOTHING", 2, "has no attribute 'name'"),
        (
            "brought:FAIL",
            1,
            "images.txt: error: the scanner bad of the package broken failed: KeyError",
        ),
        ("brought:PAST_THE_END", 0, "images.txt"),
        ("brought:BACKWARDS", 0, ""),
        ("brought:TWICE", 1, "images.txt"),
    ],
)
def test_what_is_wrong_with_one_is_said_of_it(project, tmp_path, target, code, words):
    info = tmp_path / "site/broken-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[pinner.scanners]\nbad = {target}\n")
    (tmp_path / "site/brought.py").write_text(FORMAT)
    project.write("images.txt", "alpine\n")
    environment = {"PYTHONPATH": str(tmp_path / "site")}
    run = project.pinner("verify", env=environment)
    assert run.code == code, run
    assert words in run.out + run.err
    assert project.pinner("lock", "--offline", env=environment).code in {0, 2, 3}
    assert project.read("images.txt") == "alpine\n"

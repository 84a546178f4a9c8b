"""Scanners that other packages bring."""

import json
import time

import pytest

MODULE = """
import re
from pinner.spans.sightings import judge_literal, report_sightings
from pinner.spans.traced import Traced

name = "bootc"
patterns = ("*.bootc",)
companions = ()


def may_hold(content, options):
    return b"boot " in content


def scan(source, options):
    found = []
    for match in re.finditer(r"^boot (\\S+)$", source.text, re.MULTILINE):
        text = Traced.of(match[1], match.start(1))
        found.append(judge_literal(text, "boot", source.path))
    yield from report_sightings(found, source, name)
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install a package with a scanner; gives a function that does it."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(folder))

    def install():
        (folder / "bootc_scanner.py").write_text(MODULE)
        info = folder / "bootc_scanner-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bootc-scanner\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[pinner.scanners]\nbootc = bootc_scanner\n")

    return install


def test_a_scanner_of_another_package(project, installed, everything_is_dddd):
    installed()
    project.write("os.bootc", "# x\nboot quay.io/x/y:1\n")
    project.write(
        "pinner.toml",
        f'[registries."quay.io"]\nmirrors = ["{everything_is_dddd.host}"]\n'
        '[files]\nbootc = ["*.other"]\n',
    )
    project.write("b.other", "boot quay.io/x/z:2\n")
    rows = json.loads(project.pinner("list", "--format", "json").out)["references"]
    assert [(row["file"], row["scanner"], row["line"]) for row in rows] == [
        ("b.other", "bootc", 1),
        ("os.bootc", "bootc", 2),
    ]
    assert project.pinner("lock").code == 0
    assert project.read("os.bootc") == f"# x\nboot quay.io/x/y:1@sha256:{'d' * 64}\n"
    assert project.pinner("verify").code == 0


def test_an_old_answer_does_not_outlive_a_new_scanner(project, installed):
    project.write("os.bootc", "boot quay.io/x/y:1\n")
    time.sleep(2.2)
    assert project.pinner("verify").code == 0
    assert project.pinner("verify").code == 0
    installed()
    assert project.pinner("verify").code == 1

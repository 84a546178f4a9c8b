"""What strangers send: an image that an engine would pull without a digest turns the gate red."""

import base64
import json
from pathlib import Path

import pytest
from cases import DATA

D = "sha256:" + "d" * 64
IMAGE = "registry.example.com/x:1"
CASES = json.loads((DATA / "gate.json").read_text())["cases"]


def lay(project, case, content=lambda text: text):
    for path, text in case["files"].items():
        project.write(path, content(text))
    for path, text in case["base64"].items():
        project.write(path, base64.b64decode(text))
    for path, target in case["links"].items():
        Path(project.root / path).symlink_to(target)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_red(project, case):
    lay(project, case)
    done = project.pinner("verify", *(["--strict"] if case["strict"] else []))
    assert done.code == 1, done
    named = [*case["files"], *case["base64"], *case["links"]]
    assert any(name in done.out for name in named), done

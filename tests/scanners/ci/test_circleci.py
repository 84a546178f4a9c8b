"""CircleCI: images of jobs and executors."""

import pytest
from scanning import check, gists, scan_bytes

from pinner.scanners.all_scanners import BUILT_IN

PATH = ".circleci/config.yml"


@pytest.mark.parametrize("before", [
    "jobs:\n  a:\n    docker:\n    - image: cimg/go:1.22@D\n    - image: postgres:16@D\n",
    "executors:\n  e: {docker: [{image: 'x:1@D'}]}\n",
    "orbs:\n  o:\n    jobs:\n      j: {docker: [{image: x:1@D}]}\n",
    "orbs:\n  o:\n    executors:\n      e: {docker: [{image: x:1@D}]}\n",
    "jobs:\n  a:\n    docker: &d\n    - image: x:1@D\n  b: {docker: *d}\n",
])  # fmt: skip
def test_found(before):
    check("circleci", PATH, before.replace("@D", ""), before)


@pytest.mark.parametrize("text", [
    "jobs:\n  a:\n    machine: {image: ubuntu-2204:current}\n    docker: []\n",
    "jobs:\n  a: {parameters: {docker: {default: x:1}}}\n",
    "parameters: {docker: {type: string, default: x:1}}\n",
    "commands:\n  c: {steps: [{run: docker run x:1}]}\n",
    "orbs:\n  docker: circleci/docker@2.2.0\n",
    "workflows:\n  w: {jobs: [{docker: {image: x:1}}]}\n",
])  # fmt: skip
def test_left_alone(text):
    assert not scan_bytes(BUILT_IN["circleci"], text.encode(), PATH)


@pytest.mark.parametrize(
    "image", ["<< parameters.image >>", "x:<<parameters.v>>", "$IMAGE", "x:${V}"]
)
def test_templated(image):
    text = f"jobs:\n  a:\n    docker:\n    - image: {image}\n"
    found = scan_bytes(BUILT_IN["circleci"], text.encode(), PATH)
    assert gists(found) == [(4, None, "templated")]

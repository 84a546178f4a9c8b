"""Bitbucket Pipelines: images of steps and services, and pipes of `docker://…`."""

import pytest
from pipeline_schemas import complaints
from scanning import check, gists, scan_bytes

from pinner.scanners.all_scanners import BUILT_IN
from pinner.scanners.file_names import name_matcher

PATH = "bitbucket-pipelines.yml"
DEFAULT = "pipelines: {default: [{step: {script: [x]}}]}\n"


def found(text):
    return gists(scan_bytes(BUILT_IN["bitbucket"], text.encode(), PATH))


@pytest.mark.parametrize("path, matches", [
    ("bitbucket-pipelines.yaml", True),
    ("ci/shared-pipelines.yml", True),
    ("azure-pipelines.yml", False),
    ("ci/azure-pipelines.yaml", False),
    ("pipelines.yml", False),
])  # fmt: skip
def test_files(path, matches):
    assert name_matcher(BUILT_IN["bitbucket"].patterns)(path) == matches


@pytest.mark.parametrize("after", [
    "image: node:20@D  # the newest\n" + DEFAULT,
    'image:\n  name: "node:20@D"\n  username: $U\n  password: $P\n' + DEFAULT,
    "pipelines:\n  default:\n  - step: {image: 'node:20@D', script: [x]}\n",
    "pipelines:\r\n  branches:\r\n    main:\r\n    - step:\r\n        image: {name: node:20@D}\r\n        script: [x]\r\n",
    "pipelines:\n  default:\n  - parallel:\n    - step: {image: a:1@D, script: [x]}\n    - step: {image: b:1@D, script: [x]}\n",
    "pipelines:\n  custom:\n    x:\n    - variables: [{name: V}]\n    - parallel: {steps: [{step: {image: a:1@D, script: [x]}}]}\n",
    "pipelines:\n  default:\n  - stage: {steps: [{step: {image: a:1@D, script: [x]}}]}\n",
    "definitions:\n  services:\n    db: {image: postgres:16@D}\n    q:\n      image: {name: r.example.com/q@D}\n".replace("q@D", "q:latest@D") + DEFAULT,
    "definitions:\n  steps:\n  - step: &b {image: a:1@D, script: [x]}\npipelines:\n  default:\n  - step: *b\n  - step: {<<: *b, name: n}\n",
    "definitions:\n  steps:\n  - &b {image: a:1@D, script: [x]}\npipelines: {default: [{step: *b}]}\n",
    "pipelines:\n  default:\n  - step:\n      script:\n      - pipe: docker://alpine:3@D\n      - pipe: 'docker://a/b:1@D'\n      after-script: [{pipe: docker://c:1@D}]\n",
])  # fmt: skip
def test_found(after):
    before = after.replace(":latest@D", "").replace("@D", "")
    assert not complaints("bitbucket-pipelines", before)
    check("bitbucket", PATH, before, after)


@pytest.mark.parametrize("text", [
    "pipelines:\n  default:\n  - step:\n      script:\n      - docker build -t image:1 .\n      - pipe: atlassian/aws-s3-deploy:1.1.0\n",
    "pipelines:\n  default:\n  - step:\n      script:\n      - pipe: a/b:1\n        variables: {image: x:1, pipe: 'docker://x:1'}\n",
    "pipelines:\n  default:\n  - step: {script: [x], services: [image, docker]}\n",
    "pipelines:\n  default:\n  - step: {script: [x], artifacts: [image], caches: [image]}\n",
    "pipelines:\n  custom:\n    image:\n    - variables: [{name: image, default: x:1}]\n    - step: {script: [x]}\n",
    "definitions:\n  caches: {image: x:1}\n  services: {docker: {memory: 2048}}\n" + DEFAULT,
    "definitions:\n  caches: {a: {path: p, image: x:1}}\n" + DEFAULT,
    "options: {image: x:1}\nclone: {image: x:1}\n" + DEFAULT,
    "image: ''\n" + DEFAULT,
    "# image: x:1\n" + DEFAULT,
    "image: x:1\nname: no pipeline\n",
    "trigger: {step: {image: x:1}}\n" + DEFAULT,
])  # fmt: skip
def test_left_alone(text):
    assert not found(text)


@pytest.mark.parametrize("image", ["$IMAGE", "x:${V}", "{name: $AWS.dkr.ecr.x.amazonaws.com/y:1}"])
def test_templated(image):
    assert found(f"image: {image}\n{DEFAULT}") == [(1, None, "templated")]

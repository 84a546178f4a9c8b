"""Google Cloud Build: the builders that steps name."""

import pytest
from pipeline_schemas import complaints
from scanning import check, gists, scan_bytes

from pinner.scanners.all_scanners import BUILT_IN
from pinner.scanners.file_names import name_matcher

PATH = "cloudbuild.yaml"


def found(text):
    return gists(scan_bytes(BUILT_IN["cloud-build"], text.encode(), PATH))


@pytest.mark.parametrize("path, matches", [
    ("cloudbuild.yml", True), ("ci/cloudbuild-release.yaml", True), ("cloudbuild.json", True),
    ("cloudbuild.md", False), ("cloud-build.yaml", False),
])  # fmt: skip
def test_files(path, matches):
    assert name_matcher(BUILT_IN["cloud-build"].patterns)(path) == matches


@pytest.mark.parametrize("after", [
    "steps:\n- name: gcr.io/cloud-builders/docker:latest@D\n  args: [build, .]\n",
    "steps:\n- {name: 'golang:1.22@D', id: a}\n- {name: \"x:1@D\", entrypoint: bash}\nimages: [gcr.io/p/x:1]\n",
    "steps:\r\n- id: a\r\n  name: golang:1.22@D  # the newest\r\n",
    "steps:\n- &s\n  name: x:1@D\n- {<<: *s, id: b}\n",
    "steps:\n- name: >-\n    x:1@D\n",
])  # fmt: skip
def test_found(after):
    before = after.replace(":latest@D", "").replace("@D", "")
    assert not complaints("cloudbuild", before)
    check("cloud-build", PATH, before, after)


def test_found_in_json():
    check(
        "cloud-build",
        "cloudbuild.json",
        '{"steps": [{"name": "a\\/b:1"}]}\n',
        '{"steps": [{"name": "a\\/b:1@D"}]}\n',
    )


@pytest.mark.parametrize("text", [
    "steps: []\nimages: [gcr.io/p/x:1]\n",
    "name: x:1\n",
    "steps: {a: {name: x:1}}\n",
    "steps:\n- id: x:1\n  args: [run, x:1]\n",
    "steps:\n- script: docker run x:1\n  env: ['name=x:1']\n",
    "steps:\n- volumes: [{name: v, path: /x:1}]\n",
    "steps:\n- name: ''\n",
    "# steps: [{name: x:1}]\nartifacts: {images: [x:1]}\n",
    "substitutions: {_NAME: x:1}\nsteps: [{id: a}]\n",
    "options: {pool: {name: x:1}}\nsteps: [{id: a}]\n",
    "availableSecrets: {secretManager: [{versionName: x:1, env: steps}]}\n",
])  # fmt: skip
def test_left_alone(text):
    assert not found(text)


@pytest.mark.parametrize(
    "name", ["gcr.io/$PROJECT_ID/x:$SHORT_SHA", "${_IMAGE}", "x:$_V", "'x:${_V}'"]
)
def test_templated(name):
    assert found(f"substitutions: {{_V: '1'}}\nsteps:\n- name: {name}\n") == [
        (3, None, "templated")
    ]


@pytest.mark.parametrize("built", [
    "images: [x/y:1]\n",
    "images: ['x/y:1', z]\n",
])  # fmt: skip
def test_a_step_may_use_what_is_built(built):
    assert found(f"steps:\n- name: x/y:1\n{built}") == [(2, None, "built-locally")]
    text = "steps:\n- name: d:1\n  args: [build, -t, x/y:1, .]\n- name: x/y:1\n- name: x/y:2\n"
    assert found(text) == [(2, "d:1", None), (4, None, "built-locally"), (5, "x/y:2", None)]

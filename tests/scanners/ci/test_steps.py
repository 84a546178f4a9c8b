"""Woodpecker, Crow, Drone and Vela: images of steps, services, clones and secrets' origins."""

import pytest
from pipeline_schemas import complaints
from scanning import check, gists, scan_bytes

from pinner.scanners.all_scanners import BUILT_IN
from pinner.scanners.file_names import name_matcher

FILES = {
    "woodpecker": (
        ".woodpecker.yml", ".woodpecker.yaml", ".woodpecker/test.yaml", ".woodpecker/a/b.yml",
        ".crow.yaml", ".crow/test.yml", ".crow/a/b.yaml", "sub/.woodpecker.yml",
    ),
    "drone": (".drone.yml", ".drone.yaml", ".vela.yml", ".vela.yaml", "sub/.drone.yml"),
}  # fmt: skip
PATHS = {"woodpecker": ".woodpecker.yaml", "drone": ".drone.yml"}
both = pytest.mark.parametrize("name", PATHS)


def found(name, text):
    return gists(scan_bytes(BUILT_IN[name], text.encode(), PATHS[name]))


@pytest.mark.parametrize("name, path", [(n, path) for n, paths in FILES.items() for path in paths])
def test_files(name, path):
    check(name, path, "steps: [{name: a, image: x:1}]\n", "steps: [{name: a, image: x:1@D}]\n")


@pytest.mark.parametrize("name, path", [
    ("woodpecker", "woodpecker.yml"), ("woodpecker", ".woodpecker/notes.md"),
    ("drone", ".drone.jsonnet"), ("drone", ".drone.star"), ("drone", ".drone/a.yml"),
])  # fmt: skip
def test_other_files(name, path):
    assert not name_matcher(BUILT_IN[name].patterns)(path)


WOODPECKER = [
    "steps:\n- name: a\n  image: golang:1.22@D  # the newest\n  commands: [go test]\n",
    "steps:\n  a:\n    image: 'golang:1.22@D'\n    commands: [go test]\n",
    'steps: {a: {image: "x:1@D", commands: [y]}}\nservices: {db: {image: postgres:16@D}}\n',
    "services:\n- name: db\n  image: postgres:16@D\nsteps:\n- name: a\n  image: x:1@D\n  commands: [y]\n",
    "clone:\n  git:\n    image: woodpeckerci/plugin-git:2@D\nsteps: {a: {image: x:1@D, commands: [y]}}\n",
    "variables:\n- &go golang:1.22@D\nsteps:\n  a: {image: *go, commands: [y]}\n  b: {image: *go, commands: [y]}\n",
    "variables:\n  p: &p {image: x:1@D, commands: [y]}\nsteps:\n  a: {<<: *p}\n",
    "steps:\r\n- name: a\r\n  image: x:1@D\r\n  commands: [y]\r\n",
    "labels: {backend: docker}\nsteps: {a: {image: x:1@D, commands: [y]}}\n",
]  # fmt: skip


@pytest.mark.parametrize("after", WOODPECKER)
def test_found_in_woodpecker(after):
    before = after.replace("@D", "")
    assert not complaints("woodpecker-ci", before)
    check("woodpecker", PATHS["woodpecker"], before, after)


@both
@pytest.mark.parametrize("after", [
    "pipeline:\n  build:\n    image: golang:1.22@D\n  publish: {image: 'plugins/docker:20@D'}\n",
    "kind: pipeline\ntype: docker\nsteps:\n- name: a\n  image: golang:1.22@D\n---\nkind: secret\nname: image\n---\n"
    'kind: pipeline\nservices:\n- name: db\n  image: "postgres:\\\n    16@D"\n',
    "kind: pipeline\nclone: {disable: true}\nsteps:\n- {name: a, image: 'x:1@D', pull: always}\n",
    "version: '1'\nstages:\n  test:\n    steps:\n    - name: a\n      image: golang:1.22@D\n      pull: not_present\n",
    "version: '1'\nsecrets:\n- name: v\n- origin:\n    name: vault\n    image: target/secret-vault:v0.1@D\n",
    "version: '1'\nservices:\n- name: db\n  image: postgres:16@D\nsteps:\n- name: a\n  template: {name: image}\n",
])  # fmt: skip
def test_found(name, after):
    check(name, PATHS[name], after.replace("@D", ""), after)


LEFT_ALONE = [
    "steps:\n- name: image\n  commands: [docker run x:1]\n",
    "steps:\n- name: a\n  settings: {image: x:1, repo: me/x, tags: ['1']}\n",
    "steps:\n- name: a\n  environment: {image: x:1}\n",
    "steps:\n- name: a\n  parameters: {image: x:1}\n",
    "steps:\n- name: a\n  # image: x:1\n",
    "steps:\n- name: a\n  image: ''\n",
    "matrix:\n  image: [x:1]\n",
    "variables: {image: x:1}\n",
    "labels: {backend: local}\nsteps:\n- name: a\n  image: bash\n",
    "image: x:1\n",
    "kind: secret\nname: a\ndata: image\n",
    "image_pull_secrets: [dockerconfig]\n",
    "stages: {a: {image: x:1}}\n",
    "secrets: [{name: a, image: x:1}]\n",
    "templates:\n- {name: image, source: github.com/o/r/image.yml, type: github}\n",
    "workspace: {base: /go, image: x:1}\nvolumes: [{name: image, host: {path: x}}]\n",
]  # fmt: skip


@both
@pytest.mark.parametrize("text", LEFT_ALONE)
def test_left_alone(name, text):
    assert not found(name, text)


@both
@pytest.mark.parametrize("image", ["golang:${GO}", "${IMAGE}", "'x:${DRONE_TAG##v}'", "x:$TAG"])
def test_templated(name, image):
    assert found(name, f"steps:\n- name: a\n  image: {image}\n") == [(3, None, "templated")]


def test_a_template_of_a_pipeline_is_read_line_by_line():
    text = "steps:\n{{ range .a }}\n- image: {{ .image }}\n- image: x:1\n{{ end }}\n"
    assert found("drone", text) == [(3, None, "templated"), (4, "x:1", None)]


def test_a_document_that_is_broken_is_said():
    (problem,) = scan_bytes(BUILT_IN["drone"], b"steps: [\n---\nimage: x\n", ".drone.yml")
    assert problem.message.startswith("not YAML")

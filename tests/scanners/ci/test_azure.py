"""Azure Pipelines: container resources, and the containers and services of jobs."""

import pytest
from pipeline_schemas import complaints
from scanning import check, gists, scan_bytes

from pinner.scanners.all_scanners import BUILT_IN
from pinner.scanners.file_names import name_matcher
from pinner.spans.source import decode_source

PATH = "azure-pipelines.yml"
STEPS = "steps: [{script: x}]"


def found(text):
    return gists(scan_bytes(BUILT_IN["azure-pipelines"], text.encode(), PATH))


@pytest.mark.parametrize("path, matches", [
    ("azure-pipelines.yaml", True),
    ("azure-pipelines-nightly.yml", True),
    ("ci/azure-pipelines.yml", True),
    (".azuredevops/build.yml", True),
    (".azuredevops/templates/a/job.yaml", True),
    (".azure-pipelines/job.yml", True),
    ("azure-pipelines.md", False),
    ("azure/pipelines.yml", False),
])  # fmt: skip
def test_files(path, matches):
    assert name_matcher(BUILT_IN["azure-pipelines"].patterns)(path) == matches


@pytest.mark.parametrize("after", [
    f"resources:\n  containers:\n  - container: c1\n    image: ubuntu:22.04@D\njobs:\n- job: a\n  container: c1\n  {STEPS}\n",
    f"container: node:20@D\n{STEPS}\n",
    f"container: {{image: 'node:20@D', options: -v}}\nservices: {{db: postgres:16@D}}\n{STEPS}\n",
    f"jobs:\n- job: a\n  container: ghcr.io/o/x@D  # the newest\n  {STEPS}\n".replace("x@D", "x:latest@D"),
    f'jobs:\r\n- job: a\r\n  container:\r\n    image: "node:20@D"\r\n  {STEPS}\r\n',
    f"stages:\n- stage: s\n  jobs:\n  - job: a\n    container: node:20@D\n    {STEPS}\n",
    "jobs:\n- deployment: a\n  environment: e\n  container: node:20@D\n  strategy: {runOnce: {deploy: {steps: [{script: x}]}}}\n",
    f"jobs:\n- job: a\n  container: c1\n  services:\n    db: postgres:16@D\n    c: c2\n  {STEPS}\n"
    "resources: {containers: [{container: c1, image: 'x:1@D'}, {container: c2, image: y/z:2@D}]}\n",
])  # fmt: skip
def test_found(after):
    before = after.replace(":latest@D", "").replace("@D", "")
    assert not complaints("azure-pipelines", before)
    check("azure-pipelines", PATH, before, after)


@pytest.mark.parametrize("after", [
    "jobs:\n- ${{ if eq(a, b) }}:\n  - job: a\n    container: node:20@D\n",
    "jobs:\n- job: a\n  ${{ if eq(a, b) }}:\n    container: {image: node:20@D}\n",
    "extends:\n  template: t.yml\n  parameters:\n    jobs:\n    - job: a\n      container: node:20@D\n",
    "parameters:\n- name: work\n  type: jobList\n  default:\n  - job: a\n    services: {db: {image: node:20@D}}\n",
    "extends:\n  parameters:\n    builds:\n    - deployment: a\n      container: node:20@D\n",
    "resources:\n  containers:\n  - ${{ if a }}:\n    - container: c\n      image: node:20@D\n",
    "resources:\n  containers:\n  - container: c\n    ${{ if a }}:\n      image: node:20@D\n",
])  # fmt: skip
def test_found_in_templates(after):
    check("azure-pipelines", ".azuredevops/t.yml", after.replace("@D", ""), after)


@pytest.mark.parametrize("text", [
    f"pool: {{vmImage: ubuntu-22.04}}\n# container\n{STEPS}\n",
    "pool: {name: p, image: x:1}\nsteps: [{script: docker run x:1, displayName: container}]\n",
    "resources: {containers: [{container: c1, type: ACR, registry: r, repository: x/y}]}\njobs: [{job: a, container: c1}]\n",
    "resources: {repositories: [{repository: r, name: x/container, image: x:1}]}\n",
    "steps:\n- task: Docker@2\n  inputs: {container: x/y:1, image: x:1, services: {a: x:1}}\n",
    "jobs:\n- job: a\n  steps:\n  - script: x\n    target: {container: x/y:1}\n",
    "jobs:\n- job: a\n  variables: {container: x/y:1}\n",
    "jobs:\n- template: t.yml\n  parameters: {container: x/y:1, services: {a: x/y:1}}\n",
    "variables:\n  container: x/y:1\n  services: x:1\n",
    "parameters:\n- {name: container, type: string, default: x:1}\n",
    "jobs:\n- job: a\n  container: ''\n",
    "jobs:\n- job: a\n  strategy: {matrix: {a: {container: x:1}}}\n",
])  # fmt: skip
def test_left_alone(text):
    assert not found(text)


@pytest.mark.parametrize("container", [
    "$(image)", "$(registry)/x:1", "${{ parameters.image }}", "x:${{ variables.v }}",
    "\"$[ variables['image'] ]\"", "{image: $(image)}",
])  # fmt: skip
def test_templated(container):
    assert found(f"jobs:\n- job: a\n  container: {container}\n") == [(3, None, "templated")]


def test_a_bare_word_may_be_a_resource_of_another_file():
    assert found("jobs:\n- job: a\n  container: ubuntu\n") == [
        (3, "ubuntu:latest", "unsupported-edit")
    ]
    assert found("jobs:\n- job: a\n  container: {image: ubuntu}\n") == [(3, "ubuntu:latest", None)]


@pytest.mark.parametrize("value, reason", [("true", "built-locally"), ("false", None)])
def test_a_local_image_is_not_pulled(value, reason):
    text = f"resources: {{containers: [{{container: c, image: 'x:1', localImage: {value}}}]}}\n"
    assert [row[2] for row in found(text)] == [reason]


@pytest.mark.parametrize("text, paths", [
    ("jobs:\n- template: templates/job.yml\n", ["ci/templates/job.yml"]),
    ("stages:\n- ${{ if a }}:\n  - template: /all/s.yaml@self\n", ["all/s.yaml"]),
    ("extends: {template: ../base.yml}\n", ["base.yml"]),
    ("jobs: [{job: a, steps: [{template: s.yml}]}]\nvariables: [{template: v.yml}]\n", ["ci/s.yml", "ci/v.yml"]),
    ("jobs:\n- template: job.yml@other\n", []),
    ("jobs:\n- template: ${{ parameters.t }}.yml\n", []),
    ("steps:\n- task: x\n  inputs: {template: arm.yml}\n", []),
    ("steps:\n- template: [a.yml]\n- template: a.json\n", []),
    ("jobs: [\n", []),
])  # fmt: skip
def test_templates(text, paths):
    said = BUILT_IN["azure-pipelines"].mentions(
        decode_source("ci/azure-pipelines.yml", text.encode())
    )
    assert [mention.path for mention in said] == paths


def test_templates_are_read_whatever_their_names(project):
    import json

    project.write(PATH, "jobs:\n- template: ci/job.yml\n")
    project.write("ci/job.yml", "jobs:\n- job: a\n  container: x/y:1\n- template: more.yml\n")
    project.write("ci/more.yml", "jobs:\n- job: b\n  container: x/y:2\n")
    rows = json.loads(project.pinner("list", "--format", "json").out)["references"]
    assert [(row["file"], row["text"]) for row in rows] == [
        ("ci/job.yml", "x/y:1"),
        ("ci/more.yml", "x/y:2"),
    ]

"""GitHub Actions: containers, services, Docker actions, and the matrix values that they name."""

import pytest
from pipeline_schemas import complaints
from scanning import check, gists, scan_bytes

from pinner.scanners.all_scanners import BUILT_IN

PATH = ".github/workflows/ci.yml"
MATRIX = "strategy: {matrix: {image: [a:1, b:2@D]}}"


def job(*lines):
    first = [] if any("runs-on" in line for line in lines) else ["runs-on: x"]
    return "on: push\njobs:\n  a:\n" + "".join(f"    {line}\n" for line in [*first, *lines])


def found(text, path=PATH):
    return gists(scan_bytes(BUILT_IN["github-actions"], text.encode(), path))


FOUND = [
    job("container: node:20@D"),
    job("container: {image: 'node:20@D', options: -v}"),
    job("container: &c", '  image: "node:20@D"', "services: {x: *c, y: {image: redis@D}}").replace("redis@D", "redis:latest@D"),
    job("services:", "  db:", "    image: postgres:16@D  # the newest"),
    job("container: node:20@D").replace("\n", "\r\n"),
    job("container:", "  image: >-", "    node:20@D"),
    job("steps:", "- uses: docker://alpine:3.19@D", "- uses: 'docker://ghcr.io/o/act:v1@D'"),
    job("strategy: {matrix: {image: [a:1@D, 'b:2@D']}}", "container: ${{ matrix.image }}"),
    job("strategy: {matrix: {image: [a:1@D]}}", "name: on ${{ matrix.os }}",
        "steps: [{if: \"matrix.os == 'x'\", run: echo matrix.image}]",
        "container: {image: '${{ Matrix.image }}'}"),
    job("strategy:", "  matrix:", "    include:", "    - db: {image: a:1@D, name: a}", "    - db: {name: b}",
        "container:", "  image: ${{matrix.db.image}}", "name: ${{ matrix.db.name }}"),
    "on: {workflow_call: {inputs: {x: {type: string, default: a:1}}}}\njobs:\n  a: {runs-on: x, container: {image: b:1@D}}\n",
]  # fmt: skip


@pytest.mark.parametrize("after", FOUND)
def test_found(after):
    before = after.replace(":latest@D", "").replace("@D", "")
    assert not complaints("github-workflows", before)
    check("github-actions", PATH, before, after)


@pytest.mark.parametrize("path", [
    "action.yml", "action.yaml", ".github/actions/lint/action.yml", "tools/action.yaml",
])  # fmt: skip
@pytest.mark.parametrize("after", [
    "runs:\n  using: docker\n  image: docker://debian:12-slim@D\n",
    "runs:\n  using: composite\n  steps:\n  - uses: docker://alpine:3@D\n",
])  # fmt: skip
def test_found_in_actions(path, after):
    before = after.replace("@D", "")
    assert not complaints("github-actions", f"name: x\ndescription: x\n{before}")
    check("github-actions", path, before, after)


@pytest.mark.parametrize("folder", [".github/workflows", ".gitea/workflows", ".forgejo/workflows",
                                    "a/.github/workflows", "workflow-templates"])  # fmt: skip
def test_folders_of_workflows(folder):
    check("github-actions", f"{folder}/x.yaml", job("container: a:1"), job("container: a:1@D"))


LEFT_ALONE = [
    job("steps:", "- uses: actions/checkout@v4", "- run: docker run alpine:3"),
    job("steps:", "- uses: ./local", "- uses: o/docker@v1", "- {uses: o/r@v1, with: {image: 'docker://x:1'}}"),
    job("steps:", "- with: {container: node:20, uses: docker://x:1}", "  uses: a/b@v1"),
    job("env: {container: node:20, image: node:20}"),
    job("runs-on: ubuntu-22.04", "name: container"),
    job("outputs: {services: x:1}", "defaults: {run: {shell: container}}"),
    job("strategy: {matrix: {container: [a:1], services: [b:1]}}"),
    job("runs-on: {group: services, labels: [x:1]}"),
    job("container: ''", "services: {}"),
    job("# container: node:20", "steps: [{run: 'services: {a: {image: x:1}}'}]"),
    "on: push\njobs:\n  a: {uses: o/r/.github/workflows/x.yml@v1, with: {container: node:20}}\n",
    "on: {workflow_call: {inputs: {container: {type: string, default: x:1}}}}\njobs: {a: {runs-on: x}}\n",
]  # fmt: skip


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_left_alone(text):
    assert not complaints("github-workflows", text)
    assert not found(text)


@pytest.mark.parametrize("text", [
    "runs:\n  using: docker\n  image: Dockerfile\n",
    "runs:\n  using: docker\n  image: x:1  # docker:\n",
    "inputs: {image: {default: 'docker://x:1'}}\nruns: {using: node20, main: docker.js}\n",
    "env:\n  services: x:1\ncontainer: x:1\njobs: {}\n",
    "container: x:1\n",
    "",
])  # fmt: skip
def test_left_alone_in_actions(text):
    assert not found(text, "action.yml")


@pytest.mark.parametrize("text", [
    job("container: ${{ inputs.image || 'node:20' }}"),
    job("services: {r: {image: 'redis:${{ matrix.redis }}'}}"),
    job("strategy: {matrix: {image: '${{ fromJSON(x) }}'}}", "container: ${{ matrix.image }}"),
    job("strategy: {matrix: '${{ fromJSON(x) }}'}", "container: ${{ matrix.image }}"),
    job("container: ${{ matrix.image }}"),
    job("strategy: {matrix: {image: [a:1]}}", "container: ${{ matrix['image'] }}"),
    job("strategy: {matrix: {image: [a:1]}}", "container: ${{ matrix }}"),
])  # fmt: skip
def test_templated(text):
    assert [reason for _, _, reason in found(text)] == ["templated"]


@pytest.mark.parametrize("other", [
    "name: test ${{ matrix.image }}",
    "name: test ${{ matrix['image'] }}",
    "env: {ALL: '${{ toJSON(matrix) }}'}",
    "env: {ALL: \"${{ join(matrix.*, ',') }}\"}",
    "runs-on: ${{ matrix.IMAGE }}",
    "if: matrix.image != 'a:1'",
    "steps: [{run: 'echo ${{ matrix.image }}'}]",
    "steps: [{if: \"startsWith(matrix . image, 'a')\", run: x}]",
    "services: {r: {image: '${{ matrix.image }}-slim'}}",
])  # fmt: skip
def test_what_others_read_is_not_edited(other):
    text = job(MATRIX.replace("@D", ""), "container: ${{ matrix.image }}", other)
    reasons = [reason for _, reference, reason in found(text) if reference]
    assert reasons == ["unsupported-edit", "unsupported-edit"]


def test_what_a_matrix_excludes_by_is_not_edited():
    text = job("strategy:", "  matrix:", "    image: [a:1]", "    exclude: [{image: a:1, os: x}]",
               "container: ${{ matrix.image }}")  # fmt: skip
    assert [row[1:] for row in found(text)] == [("a:1", "unsupported-edit")]


def test_what_another_job_reads_too_is_not_edited():
    text = (
        "jobs:\n"
        "  a: {strategy: {matrix: &m {image: [a:1]}}, container: '${{ matrix.image }}'}\n"
        "  b: {strategy: {matrix: *m}, container: '${{ matrix.image }}', name: '${{ matrix.image }}'}\n"
    )
    assert found(text) == [(2, "a:1", "unsupported-edit")]


def test_a_digest_that_others_read_too_counts():
    text = job(f"strategy: {{matrix: {{image: ['a:1@sha256:{'a' * 64}']}}}}",
               "container: ${{ matrix.image }}", "name: ${{ matrix.image }}")  # fmt: skip
    assert [row[1:] for row in found(text)] == [("a:1", None)]

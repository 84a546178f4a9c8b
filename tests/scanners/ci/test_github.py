"""GitHub Actions: containers, services, Docker actions, and the matrix values that they name."""

import pytest
from scanning import check, gists, scan_bytes

from pinner.scanners.all_scanners import BUILT_IN

PATH = ".github/workflows/ci.yml"


def job(*lines):
    return "on: push\njobs:\n  a:\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize("after", [
    job("container: node:20@D"),
    job("container: {image: 'node:20@D', options: -v}"),
    job("services:", "  db:", "    image: postgres:16@D  # the newest"),
    job("steps:", "- uses: docker://alpine:3.19@D", "- uses: 'docker://ghcr.io/o/act:v1@D'"),
    job("strategy: {matrix: {image: [a:1@D, 'b:2@D']}}", "container: ${{ matrix.image }}"),
    job("strategy:", "  matrix:", "    include:", "    - db: {image: a:1@D}",
        "container:", "  image: ${{matrix.db.image}}"),
])  # fmt: skip
def test_found(after):
    check("github-actions", PATH, after.replace("@D", ""), after)


@pytest.mark.parametrize("after", [
    "runs:\n  using: docker\n  image: docker://debian:12-slim@D\n",
    "runs:\n  using: composite\n  steps:\n  - uses: docker://alpine:3@D\n",
])  # fmt: skip
def test_found_in_actions(after):
    check("github-actions", "action.yml", after.replace("@D", ""), after)


@pytest.mark.parametrize("text", [
    job("steps:", "- uses: actions/checkout@v4", "- run: docker run alpine:3"),
    job("steps:", "- with: {container: node:20, uses: docker://x:1}"),
    job("env: {container: node:20}"),
    job("runs-on: ubuntu-22.04", "name: container"),
    "env:\n  services: x:1\ncontainer: x:1\njobs: {}\n",
    "runs:\n  using: docker\n  image: Dockerfile\n",
    "on: {workflow_call: {inputs: {container: {default: x:1}}}}\n",
])  # fmt: skip
def test_left_alone(text):
    assert not scan_bytes(BUILT_IN["github-actions"], text.encode(), PATH)


@pytest.mark.parametrize("text", [
    job("container: ${{ inputs.image || 'node:20' }}"),
    job("services: {r: {image: 'redis:${{ matrix.redis }}'}}"),
    job("strategy: {matrix: {image: '${{ fromJSON(x) }}'}}", "container: ${{ matrix.image }}"),
    job("container: ${{ matrix.image }}"),
])  # fmt: skip
def test_templated(text):
    found = scan_bytes(BUILT_IN["github-actions"], text.encode(), PATH)
    assert [reason for _, _, reason in gists(found)] == ["templated"]

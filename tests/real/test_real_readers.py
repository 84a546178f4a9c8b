"""What pinner wrote, read back and built by the programs it was written for."""

import io
import json
import shutil
import subprocess

import pytest
from conftest import needs_program
from dockerfile_parse import DockerfileParser
from images import Image

pytestmark = pytest.mark.registry

DOCKERFILE = """\
# syntax={host}/real/frontend:1
ARG BASE={host}/real/base:1.0
ARG VERSION=2
ARG FLAVOUR=slim
FROM {host}/real/tool:${{VERSION}} AS tool
FROM ${{BASE}} AS build
RUN --mount=type=bind,from={host}/real/tool:2,target=/tool \\
    # with a comment between
    --mount=type=cache,target=/cache \\
    /tool/run
FROM {host}/real/base:1.0-${{FLAVOUR}}
COPY --from=tool /content.txt /tool.txt
COPY --from={host}/real/tool:3 /content.txt /three.txt
"""
NAMES = ("frontend:1", "base:1.0", "base:1.0-slim", "tool:2", "tool:3")


@pytest.fixture
def built(project, registry):
    digests = {
        name: registry.push(f"real/{name}", Image(content=name, platforms=("linux/amd64",)))
        for name in NAMES
    }
    project.write("Dockerfile", DOCKERFILE.format(host=registry.host))
    done = project.pinner("lock")
    assert done.code == 0, done
    return project, registry, digests


def test_an_independent_parser_reads_the_pinned_dockerfile(built):
    project, registry, digests = built
    parser = DockerfileParser(fileobj=io.BytesIO(project.read("Dockerfile").encode()))
    host = f"{registry.host}/real"
    assert parser.parent_images == [
        f"{host}/tool:2@{digests['tool:2']}",
        f"{host}/base:1.0@{digests['base:1.0']}",
        f"{host}/base:1.0-slim@{digests['base:1.0-slim']}",
    ]
    run = next(line for line in parser.structure if line["instruction"] == "RUN")
    assert f"from={host}/tool:2@{digests['tool:2']},target=/tool" in run["value"]
    kept = [line["instruction"] for line in parser.structure]
    original = DockerfileParser(fileobj=io.BytesIO(DOCKERFILE.format(host=registry.host).encode()))
    assert kept == [line["instruction"] for line in original.structure]


def test_buildah_builds_the_pinned_dockerfile(built, tmp_path):
    needs_program("buildah")
    project, _registry, _ = built
    text = project.read("Dockerfile")
    # The test images hold no shell to run anything with.
    project.write("Built", text.partition("RUN --mount")[0] + "FROM" + text.rpartition("FROM")[2])
    storage = ["--storage-driver", "vfs", "--root", tmp_path / "root", "--runroot", tmp_path / "r"]
    command = ["buildah", *storage, "bud", "--isolation", "chroot", "--tls-verify=false"]
    done = subprocess.run(
        [*command, "--file", "Built", "--tag", "built", "."],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = subprocess.run(
        ["buildah", *storage, "inspect", "--type", "image", "built"],
        capture_output=True,
        check=True,
    )
    assert json.loads(shown.stdout)["FromImageDigest"]


def test_kustomize_reads_the_pinned_manifests(project, registry):
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed")
    digest = registry.push("real/app:1", Image(content="app"))
    project.write(
        "deploy/app.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\nspec:\n  template:\n"
        "    spec:\n      containers:\n      - name: a\n"
        f"        image: {registry.host}/real/app:1\n",
    )
    project.write(
        "deploy/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [app.yaml]\n",
    )
    assert project.pinner("lock").code == 0
    done = subprocess.run(
        ["kubectl", "kustomize", "deploy"], cwd=project.root, capture_output=True, check=True
    )
    assert f"image: {registry.host}/real/app:1@{digest}" in done.stdout.decode()

"""Skaffold: builders and base images; artifacts are built here."""

import json

import pytest
from scanning import check, gists, scan_bytes

from pinner.scanners.all_scanners import BUILT_IN
from pinner.spans.source import decode_source

PATH = "skaffold.yaml"
HEAD = "apiVersion: skaffold/v4beta11\nkind: Config\n"


def found(text):
    return gists(scan_bytes(BUILT_IN["skaffold"], text.encode(), PATH))


def built(text):
    said = BUILT_IN["skaffold"].mentions(decode_source(PATH, text.encode()))
    return [image.reference.familiar for image in said]


@pytest.mark.parametrize("after", [
    HEAD + "build:\n  artifacts:\n  - image: web\n    buildpacks:\n      builder: paketobuildpacks/builder:base@D\n      runImage: 'a:1@D'\n",
    HEAD + 'build: {artifacts: [{image: web, jib: {fromImage: "a:1@D"}}, {image: b, ko: {fromImage: b:1@D}}]}\n',
    HEAD + "build:\r\n  artifacts:\r\n  - kaniko: {image: a:1@D, initImage: b:1@D}\r\n",
    HEAD + "verify:\n- name: t\n  container: {name: c, image: a:1@D}\ncustomActions:\n- containers: [{name: c, image: b:1@D}]\n",
    HEAD + "profiles:\n- name: p\n  build: {artifacts: [{buildpacks: {builder: a:1@D}}]}\n",
    HEAD + "build: {}\n---\n" + HEAD + "build: {artifacts: [&a {buildpacks: {builder: a:1@D}}, *a]}  # twice\n",
])  # fmt: skip
def test_found(after):
    check("skaffold", PATH, after.replace("@D", ""), after)


@pytest.mark.parametrize("text", [
    HEAD + "build: {artifacts: [{image: web:1, docker: {cacheFrom: [web:1], buildArgs: {BASE: a:1}}}]}\n",
    HEAD + "test: [{image: web, structureTests: [a]}]\n",
    HEAD + "deploy: {docker: {images: [web]}}\n",
    HEAD + "deploy: {helm: {releases: [{setValues: {image: a:1}}]}}\n",
    HEAD + "build: {tagPolicy: {sha256: {}}, local: {builder: a:1}}\n",
    HEAD + "metadata: {name: image}\nbuild: {artifacts: [{image: web, context: builder}]}\n",
    HEAD + "build: {artifacts: [{image: web, custom: {buildCommand: docker build -t image}}]}\n",
    "build: {artifacts: [{buildpacks: {builder: a:1}}]}  # skaffold\n",
    "apiVersion: v1\nkind: skaffold\nbuild: {artifacts: [{buildpacks: {builder: a:1}}]}\n",
])  # fmt: skip
def test_left_alone(text):
    assert not found(text)


def test_templated():
    text = HEAD + "build: {artifacts: [{buildpacks: {builder: '{{.BUILDER}}'}}]}\n"
    assert found(text) == [(3, None, "templated")]


def test_artifacts_are_built_here():
    text = (
        HEAD
        + "build: {artifacts: [{image: web}, {image: r.io/x/y}]}\nprofiles: [{build: {artifacts: [{image: p:1}]}}]\n"
    )
    assert built(text) == ["web:latest", "r.io/x/y:latest", "p:1"]
    assert not built("build: {artifacts: [{image: web}]}\n")
    assert not built(HEAD + "build: {artifacts: [{image: 'UPPER'}, {image: [a]}]}\n")
    assert not built("build: [\n")


def test_what_skaffold_builds_is_not_pulled(project):
    project.write(PATH, HEAD + "build: {artifacts: [{image: web}]}\n")
    project.write(
        "k8s.yaml", "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: web}, {image: db:1}]}\n"
    )
    rows = json.loads(project.pinner("list", "--format", "json").out)["references"]
    assert [(row["text"], row["reason"]) for row in rows] == [
        ("web", "built-locally"),
        ("db:1", None),
    ]

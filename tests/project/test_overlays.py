"""Images that kustomizations replace: on every way up, or not at all."""

import json

import pytest

DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\n"
    "spec: {template: {spec: {containers: [{image: 'controller:latest'}, {image: 'other:1'}]}}}\n"
)
REPLACING = "images: [{name: controller, newName: ghcr.io/x/y, newTag: v1}]\n"


def reasons(project):
    rows = json.loads(project.pinner("list", "--format", "json").out)["references"]
    return {
        row["reference"].rpartition("/")[2]: row["reason"]
        for row in rows
        if row["scanner"] == "kubernetes"
    }


M, Q, P = "m/kustomization.yaml", "o/kustomization.yml", "p/Kustomization"


def over(*paths, replacing=""):
    return f"resources: [{', '.join(paths)}]\n{replacing}"


@pytest.mark.parametrize("files", [
    {M: over("d.yaml", replacing=REPLACING)},
    {M: over("./d.yaml"), Q: over("../m", replacing=REPLACING)},
    {M: over("d.yaml"), Q: f"bases: [../m/]\n{REPLACING}"},
    {Q: over("../m/d.yaml", replacing=REPLACING)},
    {M: over("d.yaml"), Q: over("../m", replacing=REPLACING), P: over("../m", replacing=REPLACING)},
    {M: over("d.yaml"), Q: over("../m"), P: over("../o", replacing=REPLACING)},
])  # fmt: skip
def test_replaced(project, files):
    project.write("m/d.yaml", DEPLOYMENT)
    for path, text in files.items():
        project.write(path, text)
    assert reasons(project) == {"controller:latest": "replaced", "other:1": None}


@pytest.mark.parametrize("files", [
    {},
    {"kustomization.yaml": REPLACING},
    {M: over("d.yaml")},
    {M: over("e.yaml", replacing=REPLACING)},
    {M: over("d.yaml", replacing="images: [{name: controller}]\n")},
    {M: over("d.yaml", replacing=REPLACING.replace("controller", "library/controller"))},
    {M: over("d.yaml"), Q: over("../m", replacing=REPLACING), P: over("../m")},
    {M: over("d.yaml", replacing=REPLACING), Q: over("../m/d.yaml")},
    {M: over("d.yaml", "../o"), Q: over("../m")},
])  # fmt: skip
def test_not_replaced_everywhere(project, files):
    project.write("m/d.yaml", DEPLOYMENT)
    for path, text in files.items():
        project.write(path, text)
    assert reasons(project) == {"controller:latest": None, "other:1": None}


def test_what_podman_built_is_not_pulled(project):
    project.write("p.yaml", DEPLOYMENT.replace("controller:latest", "localhost/controller:latest"))
    project.write("q.yaml", DEPLOYMENT.replace("controller:latest", "localhost:5000/x:1"))
    assert reasons(project) == {
        "controller:latest": "built-locally", "other:1": None, "x:1": None,
    }  # fmt: skip

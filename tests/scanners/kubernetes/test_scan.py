"""Kubernetes manifests: what is found, what is left alone, and where the digest goes."""

import json

import pytest
from scanning import gists, locked, scan

from pinner.model.occurrence import Problem
from pinner.scanners.kubernetes import scan as kubernetes
from pinner.scanners.kubernetes.custom_resources import CUSTOM_RESOURCES


def manifest(kind, *lines, group="v1"):
    return f"apiVersion: {group}\nkind: {kind}\n" + "".join(f"{line}\n" for line in lines)


def pod(*lines):
    return manifest("Pod", "spec:", "  containers:", *(f"  {line}" for line in lines))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (pod("- image: nginx:1.25"), pod("- image: nginx:1.25@D")),
        (pod("- {name: a, image: nginx:1.25}"), pod("- {name: a, image: nginx:1.25@D}")),
        (pod("- image: >-", "    nginx:1.25"), pod("- image: >-", "    nginx:1.25@D")),
        (pod("- image: nginx:1.25").replace("\n", "\r\n"), pod("- image: nginx:1.25@D").replace("\n", "\r\n")),
        ("\ufeff" + pod("- image: 'é'", "- image: x:1"), "\ufeff" + pod("- image: 'é'", "- image: x:1@D")),
        (manifest("Pod", "spec:", "  volumes:", "  - image: {reference: x/y:1}"),
         manifest("Pod", "spec:", "  volumes:", "  - image: {reference: x/y:1@D}")),
        (manifest("Pod", "spec:", "  ephemeralContainers: [{image: x:1}]"),
         manifest("Pod", "spec:", "  ephemeralContainers: [{image: x:1@D}]")),
        (manifest("Thing", "spec:", "  deep:", "    er: {containers: [{image: x:1}]}", group="a.b/v1"),
         manifest("Thing", "spec:", "  deep:", "    er: {containers: [{image: x:1@D}]}", group="a.b/v1")),
        (manifest("Thing", "spec: {agent: {image: quay.io/x/y}}", group="a.b/v1"),
         manifest("Thing", "spec: {agent: {image: quay.io/x/y:latest@D}}", group="a.b/v1")),
        (manifest("Prometheus", "spec: {image: x:1, thanos: {image: y:1}}", group="monitoring.coreos.com/v1"),
         manifest("Prometheus", "spec: {image: x:1@D, thanos: {image: y:1@D}}", group="monitoring.coreos.com/v1")),
        (manifest("Cluster", "spec: {imageName: x/y:1}", group="postgresql.cnpg.io/v1"),
         manifest("Cluster", "spec: {imageName: x/y:1@D}", group="postgresql.cnpg.io/v1")),
        (manifest("Provider", "spec: {package: x.io/y:1}", group="pkg.crossplane.io/v1"),
         manifest("Provider", "spec: {package: x.io/y:1@D}", group="pkg.crossplane.io/v1")),
        (manifest("Task", "spec: {steps: [{image: bare}], sidecars: [{image: x:1}]}", group="tekton.dev/v1"),
         manifest("Task", "spec: {steps: [{image: bare:latest@D}], sidecars: [{image: x:1@D}]}", group="tekton.dev/v1")),
        (manifest("Workflow", "spec: {templates: [{script: {image: bare}}]}", group="argoproj.io/v1alpha1"),
         manifest("Workflow", "spec: {templates: [{script: {image: bare:latest@D}}]}", group="argoproj.io/v1alpha1")),
        (manifest("List", "items:", "- apiVersion: v1", "  kind: Pod", "  spec: {containers: [{image: x:1}]}"),
         manifest("List", "items:", "- apiVersion: v1", "  kind: Pod", "  spec: {containers: [{image: x:1@D}]}")),
        (pod("- image: x:1") + "---\nnot: [closed\n---\n" + pod("- image: y:1"),
         pod("- image: x:1@D") + "---\nnot: [closed\n---\n" + pod("- image: y:1@D")),
        ('{"apiVersion":"cdi.kubevirt.io/v1","kind":"X","spec":{"source":{"registry":{"url":"docker:\\/\\/x:1"}}}}\n',
         '{"apiVersion":"cdi.kubevirt.io/v1","kind":"X","spec":{"source":{"registry":{"url":"docker:\\/\\/x:1@D"}}}}\n'),
        ('{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"image":"x\\/y:1"}]}}\n',
         '{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"image":"x\\/y:1@D"}]}}\n'),
        ('{"apiVersion":"v1","kind":"Pod",\n\t"spec":{"containers":[{"image":"x:1"}]}}{"apiVersion":"v1",'
         '"kind":"Pod","spec":{"containers":[{"image":"y:1"}]}}',
         '{"apiVersion":"v1","kind":"Pod",\n\t"spec":{"containers":[{"image":"x:1@D"}]}}{"apiVersion":"v1",'
         '"kind":"Pod","spec":{"containers":[{"image":"y:1@D"}]}}'),
    ],
)  # fmt: skip
def test_locked(before, after):
    assert locked(scan(kubernetes, before), before) == after


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (pod("- image: ko://example.com/x"), [(5, None, "built-locally")]),
        (pod("- image: nginx:${TAG}"), [(5, None, "templated")]),
        (pod("- image: $(IMAGE)"), [(5, None, "templated")]),
        (pod("- image: '<image>'"), [(5, None, "templated")]),
        (pod("- image: __IMAGE__"), [(5, None, "templated")]),
        (pod("- image: Nginx"), [(5, None, "invalid-reference")]),
        (pod("- image:", "- image: ''", "- image: 3", "- image: null"), []),
        (pod("- image: x:1", "  env: [{name: image, value: y:1}]", "  args: ['--image=z:1']"), [(5, "x:1", None)]),
        (pod("- image: x:1 # pinner: ignore"), [(5, "x:1", "ignored")]),
        (manifest("Pod", "status: {containerStatuses: [{image: x:1}]}"), []),
        (manifest("Pod", "metadata: {annotations: {image: x:1}}"), []),
        (manifest("ConfigMap", "data: {image: x:1}"), []),
        (manifest("Secret", "stringData: {image: x:1}"), []),
        (manifest("Pod", "spec: {volumes: [{rbd: {image: x:1}}]}"), []),
        (manifest("PersistentVolume", "spec: {rbd: {image: x/y:1}}"), []),
        (manifest("CustomResourceDefinition", "spec: {image: x:1}", group="apiextensions.k8s.io/v1"), []),
        (manifest("ImageRepository", "spec: {image: ghcr.io/x/y}", group="image.toolkit.fluxcd.io/v1"), []),
        (manifest("ClusterPolicy", "spec: {image: ghcr.io/x/y}", group="kyverno.io/v1"), []),
        (manifest("AWSMachineTemplate", "spec: {image: ubuntu-22.04}", group="infrastructure.cluster.x-k8s.io/v1"), []),
        (manifest("Kafka", "spec: {build: {output: {image: x/y:1}}}", group="kafka.strimzi.io/v1"), []),
        (manifest("Machine", "spec: {image: ubuntu-22.04}", group="a.b/v1"), []),
        (manifest("Kustomization", "images: [{name: x, newTag: '1'}]", group="kustomize.config.k8s.io/v1"), []),
        ("kind: Pod\nspec: {containers: [{image: x:1}]}\n", []),
        ("apiVersion: v1\nspec: {containers: [{image: x:1}]}\n", []),
    ],
)  # fmt: skip
def test_found(text, expected):
    assert gists(scan(kubernetes, text)) == expected


def test_image_paths_of_the_configuration():
    text = manifest(
        "Thing",
        "metadata: {annotations: {agent: 'x:1'}}",
        "spec: {a: [{img: y}], b: z}",
        group="a.b/v1",
    )
    paths = ("metadata.annotations.agent", "spec.a.*.img")
    assert gists(scan(kubernetes, text, image_paths=paths)) == [
        (3, "x:1", None),
        (4, "y:latest", None),
    ]


def test_a_broken_document_is_named_and_the_others_go_on():
    text = pod("- image: x:1") + "---\n" + pod("- image: [") + "---\n" + pod("- image: y:1")
    found = scan(kubernetes, text)
    (problem,) = [seen for seen in found if isinstance(seen, Problem)]
    assert problem.line in range(6, 13)
    assert gists(seen for seen in found if not isinstance(seen, Problem)) == [
        (5, "x:1", None),
        (17, "y:1", None),
    ]


def test_templates_are_read_line_by_line():
    text = pod(
        "{{- range .x }}", "- image: {{ . }}:1", "  # image: c:1", "{{- end }}",
        '- image: "a:1" # x', "{{/* image: d:1 */}}", "- image: b:1",
    )  # fmt: skip
    assert gists(scan(kubernetes, text)) == [
        (6, None, "templated"),
        (9, "a:1", None),
        (11, "b:1", None),
    ]


def test_every_row_of_custom_resources_names_its_source():
    assert all(row.source and row.paths and row.kinds for row in CUSTOM_RESOURCES)


def test_json_and_yaml_find_the_same():
    document = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "x:1"}]}}
    (from_json,) = scan(kubernetes, json.dumps(document))
    (from_yaml,) = scan(kubernetes, pod("- image: x:1"))
    assert from_json.reference == from_yaml.reference
    assert from_json.place.where == from_yaml.place.where == "spec.containers[0].image"


def test_lists_that_hold_themselves():
    text = "# apiVersion: kind: image\n- &a\n  - *a\n"
    assert scan(kubernetes, text) == []
    text = manifest(
        "List", "items: &i", "- *i", "- {apiVersion: v1, kind: List, items: *i}", "image: x"
    )
    assert scan(kubernetes, text) == []

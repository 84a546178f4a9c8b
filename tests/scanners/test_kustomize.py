"""Kustomizations: tags and digests of `images`, the field for a digest written where none is."""

import pytest
from scanning import check, gists, locked, scan_bytes

from pinner.scanners.all_scanners import BUILT_IN

PATH = "overlays/prod/kustomization.yaml"
P = "sha256:" + "a" * 64


@pytest.mark.parametrize(("before", "after"), [
    ("images:\n- name: nginx\n  newTag: '1.25'\n",
     "images:\n- name: nginx\n  newTag: '1.25'\n  digest: D\n"),
    ("images:\n- name: nginx\n  newTag: 1.25.3",
     "images:\n- name: nginx\n  newTag: 1.25.3\n  digest: D"),
    ("images:\n  - newTag: v1  # newest\n    name: app\n    newName: ghcr.io/x/app\nresources: [a]\n",
     "images:\n  - newTag: v1  # newest\n    digest: D\n    name: app\n    newName: ghcr.io/x/app\nresources: [a]\n"),
    ("images:\r\n- name: x\r\n  newTag: v1\r\nresources: []\r\n",
     "images:\r\n- name: x\r\n  newTag: v1\r\n  digest: D\r\nresources: []\r\n"),
    ("images: [{name: x, newTag: v1}, {name: y, newTag: 'v2' }]\n",
     "images: [{name: x, newTag: v1, digest: D}, {name: y, newTag: 'v2', digest: D }]\n"),
    ("images: [{name: x,\n  newTag: v1}]\n", "images: [{name: x,\n  newTag: v1, digest: D}]\n"),
    ('{"images": [{"name": "x", "newTag": "v1"}]}', '{"images": [{"name": "x", "newTag": "v1", "digest": "D"}]}'),
    ("images:\n- name: x\n  newTag: v1\n  # why\n- name: y\n  newTag: v2\n",
     "images:\n- name: x\n  newTag: v1\n  digest: D\n  # why\n- name: y\n  newTag: v2\n  digest: D\n"),
    ("kind: Component\nimages:\n- {name: x, newTag: v1}\n", "kind: Component\nimages:\n- {name: x, newTag: v1, digest: D}\n"),
])  # fmt: skip
def test_found(before, after):
    check("kustomize", PATH, before, after)


@pytest.mark.parametrize(("text", "after"), [
    (f"images:\n- name: x\n  newTag: v1@{P}\n", "images:\n- name: x\n  newTag: v1@D\n"),
    (f"images:\n- name: x\n  digest: {P}\n", "images:\n- name: x\n  digest: D\n"),
    (f"images:\n- digest: '{P}'\n  name: x\n  newTag: v1\n", "images:\n- digest: 'D'\n  name: x\n  newTag: v1\n"),
    ("images:\n- name: x\n  newTag: v1\n  digest: ''\n", "images:\n- name: x\n  newTag: v1\n  digest: 'D'\n"),
])  # fmt: skip
def test_a_digest_that_is_there(text, after):
    assert locked(scan_bytes(BUILT_IN["kustomize"], text.encode(), PATH), text, PATH) == after


@pytest.mark.parametrize(("text", "reason"), [
    ("images: [{name: x, newTag: 1.5}]\n", "unsupported-edit"),
    ("images: [{name: x, newTag: v1, digest: abc}]\n", "invalid-reference"),
    ("images: [{name: x, newTag: '${TAG}'}]\n", "templated"),
    ("images: [{name: X, newTag: v1}]\n", "invalid-reference"),
    ("images:\n- name: x\n  newTag: |\n    v1\n", "invalid-reference"),
])  # fmt: skip
def test_not_pinned(text, reason):
    found = scan_bytes(BUILT_IN["kustomize"], text.encode(), PATH)
    assert [row[2] for row in gists(found)] == [reason]


@pytest.mark.parametrize("text", [
    "images: [{name: x, newName: y}]\n",
    "images: [{newTag: v1}]\n",
    "images: [{name: x, newTag: ''}]\n",
    "images: []\n",
    "images: x:1\n",
    "images: {name: x, newTag: v1}\n",
    "resources: [{images: [{name: x, newTag: v1}]}]\n",
    "helmCharts: [{name: images, valuesInline: {image: x}}]\n",
    "# images: [{name: x, newTag: v1}]\n",
    "patches:\n- patch: |\n    images: [{name: x, newTag: v1}]\n",
])  # fmt: skip
def test_left_alone(text):
    assert not scan_bytes(BUILT_IN["kustomize"], text.encode(), PATH)

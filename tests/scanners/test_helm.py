"""Helm values: split images, their digest fields, and what a chart decides."""

import pytest
from scanning import check, gists, locked, scan_bytes

from pinner.scanners.all_scanners import BUILT_IN

PATH = "charts/web/values.yaml"
HELM = BUILT_IN["helm"]
P = "sha256:" + "a" * 64


@pytest.mark.parametrize(("before", "after"), [
    ('image:\n  registry: quay.io\n  repository: a/b\n  tag: v1.2\n  digest: ""\n',
     'image:\n  registry: quay.io\n  repository: a/b\n  tag: v1.2\n  digest: "D"\n'),
    ("image:\n  repository: a/b\n  tag: v1\n  digest: ''   # none yet\n",
     "image:\n  repository: a/b\n  tag: v1\n  digest: 'D'   # none yet\n"),
    ("image:\n  repository: a/b\n  tag: v1\n  digest:   # none yet\n",
     "image:\n  repository: a/b\n  tag: v1\n  digest: D   # none yet\n"),
    ("image:\r\n  repository: a/b\r\n  digest:\r\n  tag: v1\r\n",
     "image:\r\n  repository: a/b\r\n  digest: D\r\n  tag: v1\r\n"),
    ('image: {repository: a/b, tag: v1, sha: ""}\n', 'image: {repository: a/b, tag: v1, sha: "H"}\n'),
    ("image: {repository: a/b, tag: v1, sha: }\n", "image: {repository: a/b, tag: v1, sha: H}\n"),
    ("web:\n  image:\n    name: x/y\n    tag: '3'\n    digest: ''\n",
     "web:\n  image:\n    name: x/y\n    tag: '3'\n    digest: 'D'\n"),
    ("sidecar: {repository: x/y, tag: v1, digest: ''}\n", "sidecar: {repository: x/y, tag: v1, digest: 'D'}\n"),
    ("images: {main: {repository: x/y, tag: v1, digest: ''}}\n",
     "images: {main: {repository: x/y, tag: v1, digest: 'D'}}\n"),
    ("kubectlImage: docker.io/x/kubectl:1.30\n", "kubectlImage: docker.io/x/kubectl:1.30@D\n"),
    ("extra:\n- image: busybox:1.36\n", "extra:\n- image: busybox:1.36@D\n"),
    ("baseimage: 'x:1'\n", "baseimage: 'x:1@D'\n"),
    ("image: &i\n  repository: x/y\n  tag: v1\n  digest: ''\nother:\n  image: *i\n",
     "image: &i\n  repository: x/y\n  tag: v1\n  digest: 'D'\nother:\n  image: *i\n"),
    ("image: {repository: x/y, tag: 7, digest: ''}\n", "image: {repository: x/y, tag: 7, digest: 'D'}\n"),
    ("image: {repository: x/y, tag: 1.5, digest: ''}\n", "image: {repository: x/y, tag: 1.5, digest: 'D'}\n"),
])  # fmt: skip
def test_found(before, after):
    check("helm", PATH, before, after)


def test_a_digest_behind_the_tag_is_moved_there():
    text = f"image:\n  repository: x/y\n  tag: v1@{P}\n"
    found = scan_bytes(HELM, text.encode(), PATH)
    assert gists(found) == [(3, "x/y:v1", None)]
    assert locked(found, text, PATH) == "image:\n  repository: x/y\n  tag: v1@D\n"


@pytest.mark.parametrize("text", [
    "image:\n  repository: x/y\n  tag: v1\n",
    "image: {image: docker.io/x/y, tag: v1}\n",
    "proxy: {repository: x/y, tag: 'v1', pullPolicy: Always}\n",
])  # fmt: skip
def test_a_tag_without_a_field_is_locked_only(text):
    found = scan_bytes(HELM, text.encode(), PATH)
    assert [row[1:] for row in gists(found)] == [("x/y:v1", None)]
    assert locked(found, text, PATH) == text
    check("helm", PATH, text, text.replace("v1", "v1@D"), pins_helm_tags=True)


@pytest.mark.parametrize(("registry", "reference"), [
    ("", "quay.io/a/b:1"),
    ("mirror.example", "mirror.example/a/b:1"),
])  # fmt: skip
def test_the_registry_for_all(registry, reference):
    text = (
        f"global: {{imageRegistry: '{registry}'}}\n"
        "image: {registry: quay.io, repository: a/b, tag: '1', digest: ''}\n"
    )
    assert gists(scan_bytes(HELM, text.encode(), PATH)) == [(2, reference, None)]


@pytest.mark.parametrize(("text", "reason"), [
    ("image: {repository: x/y, tag: ''}\n", "chart-decides"),
    ("image: {repository: x/y}\n", "chart-decides"),
    ("image: {repository: x/y, tag: null, digest: ''}\n", "chart-decides"),
    ("image: {repository: x/y, tag: 1.10}\n", "unsupported-edit"),
    ("image: {repository: x/y, tag: 8.0, digest: ''}\n", "unsupported-edit"),
    ("image: {repository: x/y, tag: 20230617, digest: ''}\n", "unsupported-edit"),
    ("image: {repository: x/y, tag: 010, digest: ''}\n", "unsupported-edit"),
    ("image: {repository: x/y, tag: 1e3}\n", "unsupported-edit"),
    ("image: {repository: x/y, tag: '{{ .Values.v }}'}\n", "templated"),
    ("image: {repository: '{{ .Values.r }}', tag: v1}\n", "templated"),
    ("image: {repository: x/y, tag: 'a b'}\n", "invalid-reference"),
    ("image: {repository: x/y, tag: v1, digest: 'sha256:abc'}\n", "invalid-reference"),
    (f"image: {{repository: x/y, tag: v1, sha: '{P}'}}\n", "invalid-reference"),
    ("image: '{{ .Values.image }}'\n", "templated"),
])  # fmt: skip
def test_not_pinned(text, reason):
    assert [row[2] for row in gists(scan_bytes(HELM, text.encode(), PATH))] == [reason]


@pytest.mark.parametrize("text", [
    "repository: x/y\n",
    "chart: {repository: https://charts.example, tag: v1}\n",
    "image: nginx\n",
    "image: true\n",
    "image:\n",
    "imagePullPolicy: Always\n",
    "imageTag: v1\n",
    "name: x/y\ntag: v1\n",
    "logo: {image: logo.png}\n",
    "image: {pullPolicy: Always}\n",
    "image: [x:1]\n",
    "source: {repository: org/repo, branch: main, image: no image}\n",
    "# image: x:1\n",
    "text: |\n  image: x:1\n",
    "image: {repository: x/y:1, tag: v2}\n",
])  # fmt: skip
def test_left_alone(text):
    assert not scan_bytes(HELM, text.encode(), PATH)


def test_a_pinned_image_without_a_tag():
    text = f"image: {{repository: x/y, digest: '{P}'}}\n"
    found = scan_bytes(HELM, text.encode(), PATH)
    assert gists(found) == [(1, "x/y", None)]
    assert locked(found, text, PATH) == "image: {repository: x/y, digest: 'D'}\n"


@pytest.mark.parametrize(("path", "beside", "expected"), [
    ("values.yml", {}, 1),
    ("values-like.yml", {}, 0),
    ("chart/values-prod.yaml", {"Chart.yaml": "name: x\n"}, 1),
    ("prod-values.yaml", {}, 0),
])  # fmt: skip
def test_whose_values_they_are(path, beside, expected):
    text = "containers:\n- image: nginx:1.25\n"
    assert len(scan_bytes(HELM, text.encode(), path, beside)) == expected


def test_a_split_image_tells():
    text = "extraImage: x:1\nimage: {repository: x/y, tag: v1}\n"
    assert len(scan_bytes(HELM, text.encode(), "prod-values.yaml")) == 2

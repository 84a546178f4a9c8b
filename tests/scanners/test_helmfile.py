"""Helmfiles: values of releases."""

import pytest
from scanning import check, scan_bytes

from pinner.scanners.all_scanners import BUILT_IN


@pytest.mark.parametrize(("path", "before", "after"), [
    ("helmfile.yaml",
     "releases:\n- name: a\n  values:\n  - image: {repository: x/y, tag: v1, digest: ''}\n",
     "releases:\n- name: a\n  values:\n  - image: {repository: x/y, tag: v1, digest: 'D'}\n"),
    ("deploy/helmfile.d/10-web.yaml",
     "releases: [{name: a, values: [a.yaml, {webImage: 'q.io/x:1'}]}]\n",
     "releases: [{name: a, values: [a.yaml, {webImage: 'q.io/x:1@D'}]}]\n"),
    ("helmfile.yml", "environments:\n  prod:\n    values:\n    - image: x:1\n",
     "environments:\n  prod:\n    values:\n    - image: x:1@D\n"),
])  # fmt: skip
def test_found(path, before, after):
    check("helmfile", path, before, after)


@pytest.mark.parametrize("text", [
    "releases: [{name: image, chart: x/y, version: 1, values: [image.yaml]}]\n",
    "repositories: [{name: image, url: 'https://x'}]\nvalues: [x]\n",
    "releases: [{name: a, set: [{name: image.tag, value: v1}], values: []}]\n",
    "image: x:1\nvalues: x\n",
])  # fmt: skip
def test_left_alone(text):
    assert not scan_bytes(BUILT_IN["helmfile"], text.encode(), "helmfile.yaml")

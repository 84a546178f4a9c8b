"""Talos machine configurations, whole ones and patches."""

import pytest
from scanning import check, gists, scan_bytes

from pinner.scanners.all_scanners import BUILT_IN

PATH = "talos/controlplane.yaml"


def found(text):
    return gists(scan_bytes(BUILT_IN["talos"], text.encode(), PATH))


@pytest.mark.parametrize("after", [
    "version: v1alpha1\npersist: true\nmachine:\n  install:\n    image: ghcr.io/siderolabs/installer:v1.8.0@D  # new\ncluster: {}\n",
    "machine:\r\n  kubelet:\r\n    image: 'ghcr.io/siderolabs/kubelet:v1.31.1@D'\r\n",
    'machine: {type: worker}\ncluster: {apiServer: {image: a:1@D}, etcd: {image: "b:1@D"}, proxy: {image: c:1@D}}\n',
    "machine: {}\ncluster:\n  controllerManager: &c\n    image: a:1@D\n  scheduler: *c\n  coreDNS: {image: b:1@D}\n",
    "machine:\n  pods:\n  - apiVersion: v1\n    kind: pod\n    spec: {containers: [{image: a:1@D}]}\n",
    "machine: {install: {extensions: [{image: a:1@D}]}}\n---\nmachine: {kubelet: {image: b:1@D}}\n",
])  # fmt: skip
def test_found(after):
    check("talos", PATH, after.replace("@D", ""), after)


@pytest.mark.parametrize("text", [
    "apiVersion: v1\nkind: X\nmachine: {install: {image: a:1}}\n",
    "apiVersion: v1alpha1\nkind: RegistryMirrorConfig\nmachine: {kubelet: {image: a:1}}\ncluster: {}\n",
    "machine: {image: a:1}\ncluster: {image: a:1}\n",
    "machine: {install: {image: a:1}}\nname: other\n",
    "machine: {install: {disk: /dev/sda, wipe: image}}\n",
    "machine: {registries: {mirrors: {docker.io: {endpoints: [image]}}}}\ncluster: {}\n",
    "machine: {files: [{content: 'image: a:1', path: /kubelet}]}\n",
    "machine: {env: {image: a:1}}\ncluster: {network: {cni: {name: image}}}\n",
    "- machine: {install: {image: a:1}}\n",
    "cluster: {etcd: {image: ''}}\nmachine: {}\n",
])  # fmt: skip
def test_left_alone(text):
    assert not found(text)


def test_templated():
    assert found("machine: {install: {image: 'x:${VERSION}'}}\n") == [(1, None, "templated")]

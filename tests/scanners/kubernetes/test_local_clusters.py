"""Clusters of kind and k3d, which are written as custom resources."""

import pytest
from scanning import check, gists, scan_bytes

from pinner.scanners.all_scanners import BUILT_IN

KIND = "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n"
K3D = "apiVersion: k3d.io/v1alpha5\nkind: Simple\n"


@pytest.mark.parametrize("after", [
    KIND + "nodes:\n- role: control-plane\n  image: kindest/node:v1.31.0@D  # new\n- {role: worker, image: 'kindest/node:v1.31.0@D'}\n",
    K3D + "image: rancher/k3s:v1.31.1-k3s1@D\n",
    K3D + 'registries:\r\n  create: {name: r, image: "registry:2@D"}\r\n',
])  # fmt: skip
def test_found(after):
    check("kubernetes", "cluster.yaml", after.replace("@D", ""), after)


@pytest.mark.parametrize("text", [
    KIND + "nodes: [{role: image, extraMounts: [{hostPath: /image, containerPath: '/x:1'}]}]\n",
    KIND + "kubeadmConfigPatches: ['image: x:1']\nname: image\n",
    K3D + "volumes: [{volume: '/image:/x:1'}]\nenv: [{envVar: image=x:1}]\n",
    K3D + "registries: {use: [k3d-image:1], create: {proxy: {remoteURL: 'https://image'}}}\n",
])  # fmt: skip
def test_left_alone(text):
    assert not gists(scan_bytes(BUILT_IN["kubernetes"], text.encode(), "cluster.yaml"))

"""What Flux, Argo CD and K3s deploy, and how operators are told images."""

import pytest
from scanning import check, gists, scan_bytes

from pinner.scanners.all_scanners import BUILT_IN

PATH = "apps/web.yaml"


def manifest(group, kind, *lines):
    return f"apiVersion: {group}\nkind: {kind}\n" + "".join(f"{line}\n" for line in lines)


def flux(*lines):
    return manifest("helm.toolkit.fluxcd.io/v2", "HelmRelease", *lines)


def argo(*lines):
    return manifest("argoproj.io/v1alpha1", "Application", *lines)


def pod(*lines):
    return manifest(
        "v1", "Pod", "spec:", "  containers:", "  - name: a", *(f"    {x}" for x in lines)
    )


@pytest.mark.parametrize(("before", "after"), [
    (flux("spec:", "  values:", "    image: {repository: a/b, tag: v1, digest: ''}"),
     flux("spec:", "  values:", "    image: {repository: a/b, tag: v1, digest: 'D'}")),
    (flux("spec: {values: {nodeImage: 'x.io/y:2'}}"), flux("spec: {values: {nodeImage: 'x.io/y:2@D'}}")),
    (flux("spec:", "  postRenderers:", "  - kustomize:", "      images:", "      - {name: x, newTag: v1}"),
     flux("spec:", "  postRenderers:", "  - kustomize:", "      images:", "      - {name: x, newTag: v1, digest: D}")),
    (argo("spec:", "  source:", "    helm:", "      values: |", "        image:", "          repository: a/b",
          "          tag: v1", "          sha: ''"),
     argo("spec:", "  source:", "    helm:", "      values: |", "        image:", "          repository: a/b",
          "          tag: v1", "          sha: 'H'")),
    (argo("spec: {sources: [{helm: {valuesObject: {image: 'x:1'}}}]}"),
     argo("spec: {sources: [{helm: {valuesObject: {image: 'x:1@D'}}}]}")),
    (argo("spec: {source: {kustomize: {images: [a=x/y:1, 'b:2']}}}"),
     argo("spec: {source: {kustomize: {images: [a=x/y:1@D, 'b:2@D']}}}")),
    (manifest("argoproj.io/v1alpha1", "ApplicationSet", "spec: {template: {spec: {source: {kustomize: {images: ['b:2']}}}}}"),
     manifest("argoproj.io/v1alpha1", "ApplicationSet", "spec: {template: {spec: {source: {kustomize: {images: ['b:2@D']}}}}}")),
    (manifest("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "spec:", "  images:", "  - name: x", "    newTag: v1"),
     manifest("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "spec:", "  images:", "  - name: x", "    newTag: v1",
              "    digest: D")),
    (manifest("helm.cattle.io/v1", "HelmChart", "spec:", "  valuesContent: |-", "    image: x:1", ""),
     manifest("helm.cattle.io/v1", "HelmChart", "spec:", "  valuesContent: |-", "    image: x:1@D", "")),
    (pod("env: [{name: RELATED_IMAGE_X, value: 'x:1'}]"), pod("env: [{name: RELATED_IMAGE_X, value: 'x:1@D'}]")),
    (pod("args: ['--acme-http01-solver-image=x.io/y:1', --thanos-default-base-image=q.io/t:1]"),
     pod("args: ['--acme-http01-solver-image=x.io/y:1@D', --thanos-default-base-image=q.io/t:1@D]")),
    (pod("command: [op, --prometheus-config-reloader=x/y:1]"), pod("command: [op, --prometheus-config-reloader=x/y:1@D]")),
    (manifest("operators.coreos.com/v1alpha1", "ClusterServiceVersion", "metadata: {annotations: {containerImage: 'x:1'}}",
              "spec: {relatedImages: [{name: a, image: y}]}"),
     manifest("operators.coreos.com/v1alpha1", "ClusterServiceVersion", "metadata: {annotations: {containerImage: 'x:1@D'}}",
              "spec: {relatedImages: [{name: a, image: y:latest@D}]}")),
    (manifest("build.openshift.io/v1", "BuildConfig", "spec: {strategy: {dockerStrategy: {from: {kind: DockerImage, name: 'x:1'}}}}"),
     manifest("build.openshift.io/v1", "BuildConfig", "spec: {strategy: {dockerStrategy: {from: {kind: DockerImage, name: 'x:1@D'}}}}")),
    (manifest("image.openshift.io/v1", "ImageStream", "spec: {tags: [{name: a, from: {kind: DockerImage, name: 'x:1'}}]}"),
     manifest("image.openshift.io/v1", "ImageStream", "spec: {tags: [{name: a, from: {kind: DockerImage, name: 'x:1@D'}}]}")),
    (manifest("extensions.istio.io/v1alpha1", "WasmPlugin", "spec: {url: 'oci://x.io/y:1'}"),
     manifest("extensions.istio.io/v1alpha1", "WasmPlugin", "spec: {url: 'oci://x.io/y:1@D'}")),
    (manifest("sparkoperator.k8s.io/v1beta2", "SparkApplication", "spec: {image: x, driver: {image: 'y:1'}}"),
     manifest("sparkoperator.k8s.io/v1beta2", "SparkApplication", "spec: {image: x:latest@D, driver: {image: 'y:1@D'}}")),
    (manifest("upgrade.cattle.io/v1", "Plan", "spec: {upgrade: {image: rancher/k3s-upgrade:v1}}"),
     manifest("upgrade.cattle.io/v1", "Plan", "spec: {upgrade: {image: rancher/k3s-upgrade:v1@D}}")),
])  # fmt: skip
def test_found(before, after):
    check("kubernetes", PATH, before, after)


@pytest.mark.parametrize("text", [
    flux("spec: {chart: {spec: {sourceRef: {kind: HelmRepository}, chart: image}}}"),
    flux("spec: {values: {image: nginx, chart: {repository: 'https://x', version: v1}}}"),
    flux("spec: {valuesFrom: [{kind: ConfigMap, name: image}]}"),
    argo("spec: {source: {helm: {parameters: [{name: image.tag, value: v1}]}}}"),
    argo("spec: {source: {kustomize: {images: [a=b]}}}"),
    argo("spec:", "  source:", "    helm:", "      values: |", "        {{ image: x:1 }"),
    argo("spec:", "  source:", "    helm:", "      values: \"image: 'x:1'\""),
    manifest("v1", "ConfigMap", "data:", "  values.yaml: |", "    image: x:1"),
    manifest("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "spec: {images: [{name: x, newName: y}]}"),
    pod("env: [{name: IMAGE, value: 'x:1'}, {name: RELATED_IMAGE_Y, valueFrom: {fieldRef: {fieldPath: a}}}]"),
    pod("args: [--image=x:1, --the-image=plain, --x-image, 'y:1', image=x:1]"),
    manifest("build.openshift.io/v1", "BuildConfig", "spec: {from: {kind: ImageStreamTag, name: 'x:1'}, output: {to: {kind: DockerImage, name: 'y:1'}}}"),
    manifest("extensions.istio.io/v1alpha1", "WasmPlugin", "spec: {url: 'https://x.io/y:1', image: no}"),
    manifest("tekton.dev/v1", "TaskRun", "status: {taskSpec: {steps: [{image: 'x:1'}]}}"),
    manifest("a.b/v1", "Thing", "spec: {url: 'oci://x.io/y:1', image: no}"),
    manifest("helm.cattle.io/v1", "HelmChart", "spec: {chart: image, valuesContent: 'image: x:1'}"),
    manifest("argoproj.io/v1alpha1", "AppProject", "spec: {source: {kustomize: {images: ['x:1']}}}"),
    manifest("operators.coreos.com/v1", "OperatorGroup", "spec: {relatedImages: [{image: no}]}"),
    manifest("image.openshift.io/v1", "ImageStream", "spec: {tags: [{from: {kind: ImageStreamTag, name: 'x:1'}}]}"),
])  # fmt: skip
def test_left_alone(text):
    assert not scan_bytes(BUILT_IN["kubernetes"], text.encode(), PATH)


def test_an_operand_by_a_template():
    text = pod("args: ['--x-image=${X}']", "env: [{name: RELATED_IMAGE_X, value: '{{ x }}'}]")
    reasons = {row[2] for row in gists(scan_bytes(BUILT_IN["kubernetes"], text.encode(), PATH))}
    assert reasons == {"templated"}

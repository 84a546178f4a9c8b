"""Where well-known custom resources of Kubernetes hold images, beside their pod templates.

Paths are those of `pinner.spans.key_paths`.
"""

from __future__ import annotations

import re
from functools import cache

from msgspec import Struct


class ResourceKind(Struct, frozen=True):
    """The image fields of some kinds of an API group, and who documents them."""

    group: str
    kinds: str
    paths: tuple[str, ...]
    source: str


CUSTOM_RESOURCES = (
    ResourceKind(
        "monitoring.coreos.com",
        "Prometheus|PrometheusAgent|Alertmanager|ThanosRuler",
        ("spec.image", "spec.thanos.image"),
        "Prometheus Operator, API reference: PrometheusSpec, AlertmanagerSpec, ThanosRulerSpec",
    ),
    ResourceKind(
        "kafka.strimzi.io",
        ".*",
        (
            "spec.image",
            "spec.clientRackInitImage",
            "spec.kafka.image",
            "spec.kafka.brokerRackInitImage",
            "spec.zookeeper.image",
            "spec.entityOperator.*.image",
            "spec.cruiseControl.image",
            "spec.kafkaExporter.image",
        ),
        "Strimzi, Custom Resource API Reference: the `image` properties",
    ),
    ResourceKind(
        "postgresql.cnpg.io",
        "Cluster|ImageCatalog|ClusterImageCatalog",
        ("spec.imageName", "spec.images.*.image"),
        "CloudNativePG, API reference: ClusterSpec.imageName, ImageCatalogSpec.images",
    ),
    ResourceKind(
        "pkg.crossplane.io",
        "Provider|Configuration|Function",
        ("spec.package",),
        "Crossplane, API documentation: pkg.crossplane.io, spec.package",
    ),
    ResourceKind(
        "tekton.dev",
        "Task|ClusterTask|TaskRun|Pipeline|PipelineRun|StepAction",
        ("**.steps.*.image", "**.sidecars.*.image", "**.stepTemplate.image", "spec.image"),
        "Tekton Pipelines, API specification: Step, Sidecar, StepTemplate, StepAction",
    ),
    ResourceKind(
        "triggers.tekton.dev",
        "TriggerTemplate",
        ("**.steps.*.image", "**.sidecars.*.image", "**.stepTemplate.image"),
        "Tekton Triggers, TriggerTemplates: resourcetemplates hold Tekton resources",
    ),
    ResourceKind(
        "argoproj.io",
        "Workflow|WorkflowTemplate|ClusterWorkflowTemplate|CronWorkflow|WorkflowEventBinding",
        ("**.container.image", "**.script.image", "**.sidecars.*.image"),
        "Argo Workflows, field reference: Template.container, script, sidecars",
    ),
    ResourceKind(
        "apps.kruise.io",
        "SidecarSet|ImagePullJob|ImageListPullJob",
        ("spec.image", "spec.images.*"),
        "OpenKruise, user manual: SidecarSet, ImagePullJob (its other kinds embed pod templates)",
    ),
    ResourceKind(
        "kubevirt.io",
        ".*",
        ("**.containerDisk.image", "**.kernelBoot.container.image"),
        "KubeVirt, user guide: containerDisk, kernel boot",
    ),
    ResourceKind(
        "*kubevirt.io",
        ".*",
        ("**.source.registry.url",),
        "Containerized Data Importer, image from registry: a docker:// URL",
    ),
    ResourceKind(
        "serving.knative.dev",
        "Service|Configuration|Revision",
        ("spec.template.spec.containers.*.image",),
        "Knative Serving, API reference: RevisionSpec embeds a PodSpec",
    ),
    ResourceKind(
        "kind.x-k8s.io",
        "Cluster",
        ("nodes.*.image",),
        "kind, configuration: per-node options",
    ),
    ResourceKind(
        "k3d.io",
        "Simple",
        ("image", "registries.create.image"),
        "k3d, using config files: all options",
    ),
    ResourceKind(
        "keda.sh",
        "ScaledJob",
        ("spec.jobTargetRef.template.spec.containers.*.image",),
        "KEDA, ScaledJob specification: jobTargetRef is a JobSpec",
    ),
    ResourceKind(
        "sparkoperator.k8s.io",
        "SparkApplication|ScheduledSparkApplication",
        (
            "spec.image",
            "spec.[driver|executor].image",
            "spec.template.image",
            "spec.template.[driver|executor].image",
        ),
        "Spark operator, API documentation: SparkApplicationSpec",
    ),
    ResourceKind(
        "upgrade.cattle.io",
        "Plan",
        ("spec.[upgrade|prepare].image",),
        "system-upgrade-controller, Plan: ContainerSpec",
    ),
    ResourceKind(
        "postgresql.k8s.enterprisedb.io",
        "Cluster|ImageCatalog|ClusterImageCatalog",
        ("spec.imageName", "spec.images.*.image"),
        "EDB Postgres for Kubernetes, API reference: ClusterSpec.imageName",
    ),
    ResourceKind(
        "postgresql.cnpg.io",
        "Cluster",
        ("spec.postgresql.extensions.*.image.reference",),
        "CloudNativePG, API reference: ExtensionConfiguration.image",
    ),
    ResourceKind(
        "acid.zalan.do",
        "postgresql",
        ("spec.dockerImage", "spec.sidecars.*.image"),
        "Postgres operator, cluster manifest reference: dockerImage",
    ),
    ResourceKind(
        "k8ssandra.io",
        "K8ssandraCluster",
        ("**.serverImage",),
        "K8ssandra operator, CRD reference: serverImage",
    ),
    ResourceKind(
        "cassandra.datastax.com",
        "CassandraDatacenter",
        ("spec.[serverImage|configBuilderImage]",),
        "cass-operator, CRD reference: serverImage",
    ),
    ResourceKind(
        "extensions.istio.io",
        "WasmPlugin",
        ("spec.url",),
        "Istio, WasmPlugin: an oci:// URL",
    ),
    ResourceKind(
        "hive.openshift.io",
        "ClusterImageSet|ClusterDeployment",
        ("spec.releaseImage", "spec.provisioning.releaseImage"),
        "Hive, API: ClusterImageSetSpec.releaseImage",
    ),
    ResourceKind(
        "kmm.sigs.x-k8s.io",
        "Module|NodeModulesConfig",
        ("**.containerImage",),
        "Kernel Module Management, Module: containerImage",
    ),
    ResourceKind(
        "*.percona.com",
        ".*",
        ("**.initImage",),
        "Percona operators, custom resource options: initImage",
    ),
    ResourceKind(
        "operators.coreos.com",
        "ClusterServiceVersion",
        ("spec.relatedImages.*.image", "metadata.annotations.containerImage"),
        "Operator Lifecycle Manager, ClusterServiceVersion: relatedImages",
    ),
)

# Their `image` fields name repositories to watch, patterns to match, outputs or VM images.
GROUPS_WITHOUT_IMAGES = (
    "image.toolkit.fluxcd.io",
    "kyverno.io",
    "*.kyverno.io",
    "constraints.gatekeeper.sh",
    "templates.gatekeeper.sh",
    "policy.sigstore.dev",
    "argocd-image-updater.argoproj.io",
    "cluster.x-k8s.io",
    "*.cluster.x-k8s.io",
    "kustomize.config.k8s.io",
    "skaffold",
    "kbld.k14s.io",
    "imgpkg.carvel.dev",
    "backstage.io",
)

_BUILT_IN_GROUPS = frozenset({
    "", "apps", "batch", "extensions", "policy", "autoscaling",
    *(f"{name}.k8s.io" for name in (
        "admission", "admissionregistration", "apiextensions", "apiregistration", "audit",
        "authentication", "authorization", "certificates", "client.authentication",
        "coordination", "discovery", "events", "flowcontrol.apiserver", "internal.apiserver",
        "metrics", "networking", "node", "rbac.authorization", "resource", "scheduling",
        "storage", "storagemigration",
    )),
})  # fmt: skip


@cache
def matches_any(group: str, patterns: tuple[str, ...]) -> bool:
    """Match a group against names, of which `*` stands for any beginning."""
    return any(
        group.endswith(pattern[1:]) if pattern.startswith("*") else group == pattern
        for pattern in patterns
    )


def is_built_in(group: str) -> bool:
    """Say whether Kubernetes itself defines a group's kinds: all their images are in PodSpecs."""
    return group in _BUILT_IN_GROUPS


@cache
def image_paths(group: str, kind: str) -> tuple[str, ...]:
    """Give the paths at which a kind holds images."""
    return tuple(
        path
        for row in CUSTOM_RESOURCES
        if matches_any(group, (row.group,)) and re.fullmatch(row.kinds, kind)
        for path in row.paths
    )

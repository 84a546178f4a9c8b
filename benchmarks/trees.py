"""Make the trees that the benchmarks run on; the same every time."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from pinner.pins.lockfile import LockedImage, Lockfile
from pinner.pins.lockfile_text import dump_lockfile

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = "sha256:" + "a" * 64
ENVOY = "docker.io/envoyproxy/envoy"
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{n}
  labels: {{app: app-{n}, tier: backend}}
spec:
  replicas: 3
  selector:
    matchLabels: {{app: app-{n}}}
  template:
    metadata:
      labels: {{app: app-{n}}}
    spec:
      containers:
      - name: app
        image: registry.example.com/team/app-{m}:1.{m}{pin}
        ports:
        - containerPort: 8080
        env:
        - name: LOG_LEVEL
          value: "info"
        resources:
          requests: {{cpu: 100m, memory: 128Mi}}
          limits: {{cpu: 500m, memory: 256Mi}}
      - name: proxy
        image: "envoyproxy/envoy:v1.{m}{pin}"
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: app-{n}
spec:
  selector: {{app: app-{n}}}
  ports:
  - {{port: 80, targetPort: 8080}}
"""
PLAIN = "settings:\n" + "".join(f"  key_{n}: value {n}\n" for n in range(20))
DOCKERFILE = """\
# syntax=docker/dockerfile:1
ARG VERSION=3.{m}
FROM golang:1.{m}-alpine AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.cache \\
    go build -o /out/app ./cmd/app
FROM alpine:${{VERSION}}
RUN <<EOF
apk add --no-cache ca-certificates
adduser -D app
EOF
COPY --from=build /out/app /usr/bin/app
COPY --from=busybox:1.{m} /bin/busybox /bin/busybox
USER app
ENTRYPOINT ["/usr/bin/app"]
"""


def git_tree(root: Path) -> Path:
    """Make an empty git work tree."""
    root.mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    return root


def yaml_tree(root: Path, files: int, images: int, *, pin: str = "") -> Path:
    """Make YAML files, some of which hold two images, a third of the rest other manifests."""
    git_tree(root)
    for n in range(files):
        folder = root / f"part-{n % 100}"
        folder.mkdir(exist_ok=True)
        text = PLAIN if n % 3 else SERVICE.format(n=n)
        if n < images:
            text = MANIFEST.format(n=n, m=n % 40, pin=pin)
        (folder / f"file-{n}.yaml").write_text(text)
    return root


TEMPLATE = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "web.fullname" . }}
  labels: {{- include "web.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      {{- with .Values.imagePullSecrets }}
      imagePullSecrets: {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
      - name: web
        image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
        resources: {{- toYaml .Values.resources | nindent 10 }}
"""
VALUES = """\
replicas: 1
image:
  registry: quay.io
  repository: team/web
  tag: v1.2.3
  digest: ""
resources: {}
"""


def chart_tree(root: Path, templates: int) -> Path:
    """Make charts of ten templates each, with their values."""
    git_tree(root)
    for n in range(templates):
        chart = root / f"charts/chart-{n // 10}"
        (chart / "templates").mkdir(parents=True, exist_ok=True)
        (chart / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
        (chart / "values.yaml").write_text(VALUES)
        (chart / f"templates/t-{n}.yaml").write_text(TEMPLATE)
    return root


def mixed_tree(root: Path, files: int, images: int) -> Path:
    """Make a repository like many: sources, some YAML, a few files with pinned images, locked."""
    git_tree(root)
    locked: dict[str, set[str]] = {}
    for n in range(files):
        folder = root / f"part-{n % 40}"
        folder.mkdir(exist_ok=True)
        if n < images:
            text = MANIFEST.format(n=n, m=n, pin=f"@{DIGEST}")
            path = folder / f"deploy-{n}.yaml"
            path.write_text(text)
            for name in (f"registry.example.com/team/app-{n}:1.{n}", f"{ENVOY}:v1.{n}"):
                locked.setdefault(name, set()).add(path.relative_to(root).as_posix())
        elif n < files // 5:
            (folder / f"values-{n}.yml").write_text(PLAIN)
        else:
            (folder / f"source_{n}.py").write_text("x = 1\n" * 40)
    (root / "pinner.lock").write_text(dump_lockfile(Lockfile.of(map(_entry, locked.items()))))
    subprocess.run(["git", "-C", str(root), "add", "--all"], check=True)
    return root


def _entry(item: tuple[str, set[str]]) -> LockedImage:
    return LockedImage(
        reference=item[0],
        digest=DIGEST,
        media_type="application/vnd.oci.image.index.v1+json",
        files=tuple(sorted(item[1])),
    )


def locked_tree(root: Path, files: int) -> Path:
    """Make Dockerfiles whose images are locked but not pinned, committed."""
    dockerfile_tree(root, files)
    names = ["docker.io/docker/dockerfile:1"]
    for m in range(40):
        names += [
            f"docker.io/library/{name}" for name in (f"golang:1.{m}-alpine", f"busybox:1.{m}")
        ]
        names.append(f"docker.io/library/alpine:3.{m}")
    entries = [_entry((name, {"service-0/Dockerfile"})) for name in names]
    (root / "pinner.lock").write_text(dump_lockfile(Lockfile.of(entries)))
    author = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"]
    git = ["git", "-C", str(root)]
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, *author, "commit", "--quiet", "--message", "A tree"], check=True)
    return root


def dockerfile_tree(root: Path, files: int) -> Path:
    """Make Dockerfiles of several stages."""
    git_tree(root)
    for n in range(files):
        folder = root / f"service-{n}"
        folder.mkdir()
        (folder / "Dockerfile").write_text(DOCKERFILE.format(m=n % 40))
    return root


def crd_bundle(root: Path, size: int) -> Path:
    """Make one file of custom resource definitions, with a Deployment at its end."""
    git_tree(root)
    field = "".join(
        f"                  field{n}:\n"
        f"                    description: The image of part {n}, as in containers of a Pod.\n"
        f"                    type: string\n"
        for n in range(400)
    )
    definition = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        "metadata:\n  name: things.example.com\nspec:\n  versions:\n  - name: v1\n"
        "    schema:\n      openAPIV3Schema:\n        properties:\n          spec:\n"
        f"            properties:\n              image:\n                properties:\n{field}"
    )
    count = size // len(definition) + 1
    text = "---\n".join([definition] * count + [MANIFEST.format(n=1, m=1, pin="")])
    (root / "bundle.yaml").write_text(text)
    return root


def compose_file(root: Path, services: int) -> Path:
    """Make one compose file of many services."""
    git_tree(root)
    text = "services:\n" + "".join(
        f"  service-{n}:\n"
        f"    image: ${{REGISTRY:-docker.io}}/team/service-{n}:${{TAG_{n}:-1.{n}}}\n"
        f"    restart: always\n    environment:\n      A: b\n      C: ${{D:-e}}\n"
        f"    volumes: ['data-{n}:/data']\n"
        for n in range(services)
    )
    (root / "compose.yaml").write_text(text)
    return root

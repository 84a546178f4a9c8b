"""Kustomizations and charts, for the real kustomize and Helm and for the scanners."""

BASE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: a, image: "nginx:1.20"}
      - {name: b, image: "quay.io/x/app@sha256:%s"}
      - {name: c, image: "other:1"}
""" % ("b" * 64)  # fmt: skip
ROWS = (
    "- name: nginx\n  newTag: '1.25'\n",
    "- name: nginx\n  newTag: 1.25.3",
    "- name: nginx\n  newName: ghcr.io/x/nginx\n  newTag: v1 # newest\n",
    "  - newTag: v1\n    name: nginx\n",
    "- {name: nginx, newTag: v1}\n",
    "- {name: nginx, newTag: 'v1' }\n- {name: other, newName: x.io/o, newTag: '2'}\n",
    "- name: quay.io/x/app\n  newTag: v3\n",
    '- name: quay.io/x/app\n  newName: y/app\n  newTag: "v3"\n- name: nginx\n  newTag: v1\n',
    "- name: nginx\n  newTag: v1\n  digest: ''\n",
    "- name: nginx\n  newTag: v1\n  # a word\n\n- name: other\n  newTag: v2\n",
    f"- name: nginx\n  newTag: v1@sha256:{'a' * 64}\n",
    f"- name: nginx\n  newTag: v1\n  digest: sha256:{'a' * 64}\n",
    f"- name: nginx\n  digest: sha256:{'a' * 64}\n",
    "- name: nginx\n  newName: z\n",
    "- name: docker.io/library/nginx\n  newTag: v1\n",
)
TEMPLATE = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels:
    app.kubernetes.io/version: {{ .Values.image.tag | quote }}
spec:
  template:
    spec:
      containers:
      - name: a
        image: "{{ with .Values.image.registry }}{{ . }}/{{ end }}{{ .Values.image.repository }}:{{ .Values.image.tag }}\
{{ with .Values.image.digest }}@{{ . }}{{ end }}{{ with .Values.image.sha }}@sha256:{{ . }}{{ end }}"
      - name: b
        image: {{ .Values.sidecarImage | default "none" }}
"""  # noqa: E501
VALUES = (
    'image:\n  repository: a/b\n  tag: v1\n  digest: ""\n',
    "image: {registry: quay.io, repository: a/b, tag: v1, digest: ''}\nsidecarImage: x/y:2\n",
    "image:\n  repository: a/b\n  tag: v1\n  digest:\n",
    "image: {repository: a/b, tag: 'v1', sha: ''}\n",
    "image: {repository: a/b, tag: v1, sha: }\nsidecarImage: 'quay.io/x/y:2'\n",
    "image:\r\n  repository: a/b\r\n  digest:\r\n  tag: v1\r\n",
    "image: {repository: a/b, tag: 7, digest: ''}\n",
    "image: {repository: a/b, tag: 1.5, digest: ''}\n",
    "image: {repository: a/b, tag: 1.10, digest: ''}\n",
    "image: {repository: a/b, tag: 8.0, digest: ''}\n",
    "image: {repository: a/b, tag: 20230617, digest: ''}\n",
    "image: {repository: a/b, tag: 1e3, digest: ''}\n",
    "image: {repository: a/b, tag: 010, digest: ''}\n",
    "image: {repository: a/b, tag: '010', digest: ''}\n",
    "image: {repository: a/b, tag: 12:30, digest: ''}\n",
    "image: {repository: a/b, tag: 999999, digest: ''}\n",
    "image: {repository: a/b, tag: v1}\n",
    "image: {repository: a/b, tag: v1}\nsidecarImage: x/y\n",
)


def cases():
    """Give each case: its kind, its files, and the path of the one that is pinned."""
    for rows in ROWS:
        files = {
            "base/d.yaml": BASE,
            "base/kustomization.yaml": "resources: [d.yaml]\n",
            "overlay/kustomization.yaml": f"resources: [../base]\nimages:\n{rows}",
        }
        yield "kustomize", files, "overlay/kustomization.yaml"
    for values in VALUES:
        files = {
            "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            "templates/d.yaml": TEMPLATE,
            "values.yaml": values,
        }
        yield "helm", files, "values.yaml"

"""What the formats find, and what they leave alone, by the library that programs import."""

from pinner import Project

WORKLOAD = """\
apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  web:
    image: nginx:1.27.2
    files:
      /etc/image:
        content: "image: not-an-image:1"
  cache:
    image: redis:7.4  # pinner: ignore[frozen for the audit]
"""
IMAGES = """\
# what the mirror holds
alpine:3.19
quay.io/prometheus/prometheus:v2.53.0   # metrics
"""


def found(folder):
    return [
        (one.file, one.line, one.reference, one.status)
        for one in Project.open(folder, use_cache=False, use_git=False).list()
    ]


def test_workloads(tmp_path):
    (tmp_path / "score.yaml").write_text(WORKLOAD)
    assert found(tmp_path) == [
        ("score.yaml", 5, "docker.io/library/nginx:1.27.2", "unpinned"),
        ("score.yaml", 10, "docker.io/library/redis:7.4", "skipped"),
    ]


def test_lists(tmp_path):
    (tmp_path / "images.txt").write_text(IMAGES)
    assert found(tmp_path) == [
        ("images.txt", 2, "docker.io/library/alpine:3.19", "unpinned"),
        ("images.txt", 3, "quay.io/prometheus/prometheus:v2.53.0", "unpinned"),
    ]

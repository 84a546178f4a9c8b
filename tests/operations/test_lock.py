"""The main job against a real registry: lock, lock again, verify."""

import json

import pytest
from images import Image

pytestmark = pytest.mark.registry

DOCKERFILE = """\
# syntax=docker/dockerfile:1  # pinner: ignore
FROM {host}/main/builder:1.2 AS build
RUN --mount=type=bind,from={host}/main/tools:7,target=/t /t/make \\
    && true
FROM scratch
COPY --from=build /out /out
COPY --from={host}/main/multi:3.1 /etc/x /x
"""
COMPOSE = """\
services:
  web:
    image: "{host}/main/multi:3.1"   # front
  app:
    build: .
    image: me/app:dev
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  template:
    spec:
      initContainers:
      - {{name: i, image: '{host}/main/tools:7'}}
      containers:
      - name: web
        image: {host}/main/multi:3.1
"""


@pytest.fixture
def shop(project, registry):
    digests = {
        "builder:1.2": registry.push("main/builder:1.2", Image(content="builder")),
        "tools:7": registry.push("main/tools:7", Image(content="tools"), "v2s2"),
        "multi:3.1": registry.push(
            "main/multi:3.1",
            Image(content="multi", platforms=("linux/amd64", "linux/arm64", "linux/arm/v7")),
        ),
    }
    project.write("Dockerfile", DOCKERFILE.format(host=registry.host))
    project.write("compose.yaml", COMPOSE.format(host=registry.host))
    project.write("deploy/web.yaml", DEPLOYMENT.format(host=registry.host))
    project.digests = digests
    return project


def test_lock_pins_to_what_skopeo_says(shop, registry):
    before = shop.snapshot()
    done = shop.pinner("lock")
    assert done.code == 0, done
    expected = dict(before)
    for name, digest in shop.digests.items():
        for path in before:
            old, new = f"main/{name}".encode(), f"main/{name}@{digest}".encode()
            expected[path] = expected[path].replace(old, new)
    after = shop.snapshot()
    lockfile = after.pop("pinner.lock").decode()
    assert after == expected
    for name, digest in shop.digests.items():
        assert f'reference = "{registry.host}/main/{name}"\ndigest = "{digest}"' in lockfile


def test_second_lock_changes_nothing_and_asks_nobody(shop, registry):
    assert shop.pinner("lock").code == 0
    before, asked = shop.snapshot(), len(registry.requests())
    again = shop.pinner("lock")
    assert again.code == 0, again
    assert "nothing to change" in again.err
    assert shop.snapshot() == before
    assert len(registry.requests()) == asked


def test_head_is_enough(shop, registry):
    asked = len(registry.requests())
    assert shop.pinner("lock").code == 0
    assert [request.method for request in registry.requests()[asked:]] == ["HEAD"] * 3


def test_verify_tells_file_and_line_of_a_changed_tag(shop):
    assert shop.pinner("lock").code == 0
    fine = shop.pinner("verify")
    assert fine.code == 0, fine
    text = shop.read("deploy/web.yaml")
    shop.write("deploy/web.yaml", text.replace("multi:3.1@", "multi:3.2@"))
    done = shop.pinner("verify")
    assert done.code == 1, done
    assert "deploy/web.yaml:11:16: error:" in done.out


def test_digest_changed_by_hand(shop):
    assert shop.pinner("lock").code == 0
    digest = shop.digests["builder:1.2"]
    text = shop.read("Dockerfile").replace(digest, "sha256:" + "0" * 64)
    shop.write("Dockerfile", text)
    done = shop.pinner("verify", "--format", "json")
    assert done.code == 1
    (finding,) = json.loads(done.out)["findings"]
    assert (finding["name"], finding["file"], finding["line"]) == (
        "digest-mismatch",
        "Dockerfile",
        2,
    )


def test_list_says_what_is_there(shop, registry):
    done = shop.pinner("list", "--format", "json")
    assert done.code == 0
    rows = json.loads(done.out)["references"]
    found = [(row["file"], row["line"], row["status"], row["reason"]) for row in rows]
    assert found == [
        ("Dockerfile", 1, "skipped", "ignored"),
        ("Dockerfile", 2, "unpinned", None),
        ("Dockerfile", 3, "unpinned", None),
        ("Dockerfile", 7, "unpinned", None),
        ("compose.yaml", 3, "unpinned", None),
        ("compose.yaml", 6, "skipped", "built-locally"),
        ("deploy/web.yaml", 8, "unpinned", None),
        ("deploy/web.yaml", 11, "unpinned", None),
    ]
    assert rows[1] == {
        "file": "Dockerfile",
        "line": 2,
        "column": 6,
        "scanner": "dockerfile",
        "where": "FROM",
        "text": f"{registry.host}/main/builder:1.2",
        "reference": f"{registry.host}/main/builder:1.2",
        "digest": None,
        "status": "unpinned",
        "reason": None,
        "ignore": None,
    }

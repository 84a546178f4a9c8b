"""The tag lists of tests/data/tag_lists, and a registry that has them."""

from __future__ import annotations

import hashlib
import json
import re
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self

from images import CONFIG, MANIFEST

FOLDER = Path(__file__).parent / "data" / "tag_lists"
LEVELS = ("patch", "minor", "major")
_VALID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_SETTINGS = json.dumps(
    {
        "architecture": "amd64",
        "os": "linux",
        "created": "2024-05-01T00:00:00Z",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": []},
    }
).encode()


def load_lists() -> list[dict[str, Any]]:
    """Every list: `image`, `tags`, and `cases` with the tag that each level has to choose."""
    lists = [
        row
        for file in sorted(FOLDER.glob("*.json"))
        for row in json.loads(file.read_text(encoding="utf-8"))
    ]
    for row in lists:
        row["tags"] = " ".join(row["tags"]).split()
    return lists


def repository(number: int, row: dict[str, Any]) -> str:
    """Name a list's repository in the registry of the tests; some lists share an image."""
    return f"list-{number}/{row['image'].rpartition('/')[2]}"


class Pushing:
    """Puts manifests under many tags, over one connection."""

    def __init__(self, host: str) -> None:
        self.connection = HTTPConnection(host)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def push(self, name: str, tags: list[str]) -> None:
        digest = self._blob(name)
        for tag in tags:
            if _VALID.fullmatch(tag):
                self._request("PUT", f"/v2/{name}/manifests/{tag}", _manifest(digest, tag), 201)

    def _blob(self, name: str) -> str:
        digest = f"sha256:{hashlib.sha256(_SETTINGS).hexdigest()}"
        place = self._request("POST", f"/v2/{name}/blobs/uploads/", b"", 202)
        self._request("PUT", f"{place}&digest={digest}", _SETTINGS, 201)
        return digest

    def _request(self, method: str, path: str, body: bytes, status: int) -> str:
        kind = MANIFEST if "/manifests/" in path else "application/octet-stream"
        self.connection.request(method, path, body, {"Content-Type": kind})
        response = self.connection.getresponse()
        words = response.read()
        assert response.status == status, (path, response.status, words)
        return response.headers["Location"]


def _manifest(digest: str, tag: str) -> bytes:
    config = {"mediaType": CONFIG, "digest": digest, "size": len(_SETTINGS)}
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config,
        "layers": [],
        "annotations": {"org.opencontainers.image.ref.name": tag},
    }
    return json.dumps(manifest).encode()

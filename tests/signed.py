"""Images with their signatures as real tools left them: recorded, and pushed as they are.

`tests/data/signed` is one OCI layout. An entry of its index is named `FORM:TAG`, or `FORM@DIGEST`
for what has no tag; `tests/oracles/record_signed.py` makes it anew.
"""

from __future__ import annotations

import hashlib
import http.client
import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data/signed"
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_NAME = "org.opencontainers.image.ref.name"


class Api:
    """A registry on loopback, spoken to byte by byte: skopeo would write manifests anew."""

    def __init__(self, host: str, repository: str) -> None:
        self.host, self.repository = host, repository
        self.sent: set[str] = set()

    def send(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[int, Any, bytes]:
        connection = http.client.HTTPConnection(self.host, timeout=20)
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.headers, content

    def get(self, path: str) -> bytes | None:
        accept = f"{INDEX}, {MANIFEST}"
        status, _, body = self.send("GET", f"/v2/{self.repository}/{path}", Accept=accept)
        return body if status == 200 else None

    def put_blob(self, content: bytes) -> str:
        digest = sha256(content)
        if digest in self.sent:
            return digest
        self.sent.add(digest)
        _, headers, _ = self.send("POST", f"/v2/{self.repository}/blobs/uploads/")
        place = headers["Location"].partition(self.host)[2] or headers["Location"]
        sign = "&" if "?" in place else "?"
        headers = {"Content-Type": "application/octet-stream"}
        status, _, body = self.send("PUT", f"{place}{sign}digest={digest}", content, **headers)
        assert status == 201, (status, body)
        return digest

    def put_manifest(self, name: str, content: bytes) -> str:
        media_type = json.loads(content).get("mediaType", MANIFEST)
        path = f"/v2/{self.repository}/manifests/{name}"
        status, _, body = self.send("PUT", path, content, **{"Content-Type": media_type})
        assert status == 201, (status, body)
        return sha256(content)

    def put_artifact(
        self, name: str, layers: list[tuple[bytes, str, dict[str, str]]], **more: Any
    ) -> str:
        """Push a manifest with layers: content, media type and annotations."""
        config = b"{}"
        self.put_blob(config)
        entries = [
            {
                "mediaType": media_type,
                "digest": self.put_blob(content),
                "size": len(content),
                "annotations": annotations,
            }
            for content, media_type, annotations in layers
        ]
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": sha256(config),
                "size": len(config),
            },
            "layers": entries,
            **more,
        }
        content = json.dumps(manifest).encode()
        return self.put_manifest(name or sha256(content), content)


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def names_of(form: str) -> dict[str, str]:
    """The tags of a form and the digests that have none, with their digests."""
    entries = json.loads((DATA / "index.json").read_text())["manifests"]
    found = {}
    for entry in entries:
        name, sign, rest = entry["annotations"][_NAME].partition(form)
        if not name and sign and rest[:1] in (":", "@"):
            found[rest[1:]] = entry["digest"]
    return found


def blob(digest: str) -> bytes:
    return (DATA / "blobs/sha256" / digest.partition(":")[2]).read_bytes()


def push(form: str, host: str, repository: str, tag: str = "1", change=None) -> str:
    """Push a form's image as a tag, with all that is attached; gives its digest.

    `change` may turn the bytes of what is attached into others: manifests' layers and blobs.
    """
    api = Api(host, repository)
    names = names_of(form)
    for name, digest in sorted(names.items(), key=lambda item: not item[0].startswith("sha256:")):
        content = blob(digest)
        if name == "image":
            _push_parts(api, content)
            api.put_manifest(tag, content)
        elif change is not None and not json.loads(content).get("manifests"):
            _push_changed(api, name, content, change)
        else:
            _push_parts(api, content)
            api.put_manifest(name, content)
    return names["image"]


def _push_parts(api: Api, content: bytes) -> None:
    manifest = json.loads(content)
    for child in manifest.get("manifests", []):
        inner = blob(child["digest"])
        _push_parts(api, inner)
        api.put_manifest(child["digest"], inner)
    for part in [manifest["config"], *manifest["layers"]] if "layers" in manifest else []:
        api.put_blob(blob(part["digest"]))


def _push_changed(api: Api, name: str, content: bytes, change) -> None:
    """Push an artifact whose layer and annotations went through `change`."""
    manifest = json.loads(content)
    api.put_blob(blob(manifest["config"]["digest"]))
    for layer in manifest["layers"]:
        body, annotations = change(blob(layer["digest"]), dict(layer.get("annotations", {})))
        layer |= {"digest": api.put_blob(body), "size": len(body), "annotations": annotations}
    after = json.dumps(manifest).encode()
    api.put_manifest(sha256(after) if name.startswith("sha256:") else name, after)


class Recorder:
    """Writes the layout."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries: list[dict[str, Any]] = []
        (folder / "blobs/sha256").mkdir(parents=True)
        (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}\n')

    def keep(self, api: Api, form: str, name: str, as_name: str = "") -> bytes | None:
        """Keep a manifest by tag or digest and all that it names; None where there is none."""
        content = api.get(f"manifests/{name}")
        if content is None:
            return None
        self._keep(content)
        self._keep_parts(api, json.loads(content))
        sign = "@" if name.startswith("sha256:") else ":"
        self.entries.append(
            {
                "mediaType": json.loads(content).get("mediaType", MANIFEST),
                "digest": sha256(content),
                "size": len(content),
                "annotations": {_NAME: f"{form}{sign}{as_name or name}"},
            }
        )
        return content

    def _keep_parts(self, api: Api, manifest: dict[str, Any]) -> None:
        for child in manifest.get("manifests", []):
            inner = api.get(f"manifests/{child['digest']}")
            assert inner is not None
            self._keep(inner)
            self._keep_parts(api, json.loads(inner))
        for part in [manifest["config"], *manifest["layers"]] if "layers" in manifest else []:
            self._keep(api.get(f"blobs/{part['digest']}") or b"")

    def _keep(self, content: bytes) -> None:
        path = self.folder / "blobs/sha256" / sha256(content).partition(":")[2]
        path.write_bytes(content)

    def close(self) -> None:
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": self.entries}
        (self.folder / "index.json").write_text(json.dumps(index, indent=1) + "\n")

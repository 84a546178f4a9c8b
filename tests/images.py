"""Write OCI image layouts, small but real, for skopeo to push and for mirrors to be."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


@dataclass(frozen=True, kw_only=True)
class Image:
    """What an image is made of; `platforms` are `os/arch[/variant]`."""

    content: str
    platforms: tuple[str, ...] = ("linux/amd64",)
    created: str = "2024-05-01T00:00:00Z"
    layers: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    attested: bool = False


class Layout:
    """A layout's folder under construction."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries: list[dict[str, Any]] = []
        (folder / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)
        (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')

    def add(self, name: str, image: Image) -> str:
        """Add an image under a name; several platforms make an index. Gives the digest."""
        manifests = [self._manifest(image, platform) for platform in image.platforms]
        if image.attested:
            manifests += [self._attestation(entry) for entry in list(manifests)]
        if len(manifests) == 1:
            entry = {k: v for k, v in manifests[0].items() if k != "platform"}
        else:
            index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}
            if image.annotations:
                index["annotations"] = image.annotations
            entry = self.blob(json.dumps(index).encode(), INDEX)
        entry["annotations"] = {"org.opencontainers.image.ref.name": name}
        kept = [e for e in self.entries if e["annotations"] != entry["annotations"]]
        self.entries = [*kept, entry]
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": self.entries}
        (self.folder / "index.json").write_text(json.dumps(index))
        return str(entry["digest"])

    def blob(self, content: bytes, media_type: str) -> dict[str, Any]:
        encoded = hashlib.sha256(content).hexdigest()
        (self.folder / "blobs" / "sha256" / encoded).write_bytes(content)
        return {"mediaType": media_type, "digest": f"sha256:{encoded}", "size": len(content)}

    def _manifest(self, image: Image, platform: str) -> dict[str, Any]:
        system, architecture, *variant = platform.split("/")
        named = {"os": system, "architecture": architecture}
        if variant:
            named["variant"] = variant[0]
        contents = [*image.layers, f"{image.content} for {platform}"]
        archives = [_archive(content) for content in contents]
        layers = [self.blob(gzip.compress(archive, mtime=0), LAYER) for archive in archives]
        diff_ids = [f"sha256:{hashlib.sha256(archive).hexdigest()}" for archive in archives]
        config = {
            **named,
            "created": image.created,
            "config": {"Labels": image.labels, **image.config},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
            "history": [{"created": image.created, "created_by": "test"} for _ in archives],
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.blob(json.dumps(config).encode(), CONFIG),
            "layers": layers,
        }
        if image.annotations:
            manifest["annotations"] = image.annotations
        return {**self.blob(json.dumps(manifest).encode(), MANIFEST), "platform": named}

    def _attestation(self, subject: dict[str, Any]) -> dict[str, Any]:
        config = self.blob(json.dumps({"subject": subject["digest"]}).encode(), CONFIG)
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": []}
        return {
            **self.blob(json.dumps(manifest).encode(), MANIFEST),
            "platform": {"os": "unknown", "architecture": "unknown"},
            "annotations": {
                "vnd.docker.reference.type": "attestation-manifest",
                "vnd.docker.reference.digest": subject["digest"],
            },
        }


def _archive(content: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("content.txt")
        data = content.encode()
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()

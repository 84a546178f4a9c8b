"""A client with little patience, for tests."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from pinner.model.reference import ImageReference
from pinner.registry.cache import ContentCache
from pinner.registry.client import RegistryClient
from pinner.registry.credentials import Credentials
from pinner.registry.hosts import Hosts
from pinner.registry.pacing import Patience
from pinner.registry.session import HttpSession

if TYPE_CHECKING:
    from pinner.project.settings import RegistrySettings

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
PATIENCE = Patience(
    connect=1, read=0.5, whole=1, retries=2, backoff=0.01, longest_pause=3
)  # fmt: skip


def digest_of(body: bytes) -> str:
    return f"sha256:{sha256(body).hexdigest()}"


def make_client(
    auths: dict[str, str] | None = None,
    settings: dict[str, RegistrySettings] | None = None,
    cache: Path | None = None,
    patience: Patience = PATIENCE,
) -> RegistryClient:
    """`auths` are the base64 pairs of docker's configuration, by host."""
    tables = {host: {"auth": auth} for host, auth in (auths or {}).items()}
    return make_client_from({"auths": tables}, settings, cache, patience)


def make_client_from(docker_config, settings=None, cache=None, patience=PATIENCE):
    environment = {"DOCKER_AUTH_CONFIG": json.dumps(docker_config), "HOME": "/nonexistent"}
    hosts = Hosts(settings or {}, Path("/nonexistent"), Path("/"))
    http = HttpSession(patience, concurrency=hosts.concurrency, ca_file=hosts.ca_file)
    return RegistryClient(http, hosts, Credentials(environment), ContentCache(cache))


def reference(host: str, tag: str = "1", repository: str = "a/b") -> ImageReference:
    return ImageReference.parse(f"{host}/{repository}:{tag}")

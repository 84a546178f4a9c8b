"""How a registry is reached: its host, scheme and prefix, its mirrors, and who may be trusted."""

from __future__ import annotations

import ipaddress
import logging
import socket
import ssl
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.model.errors import ConfigError
from pinner.model.reference import DOCKER_HUB
from pinner.registry.host_rules import HostRules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from urllib.parse import SplitResult

    from pinner.model.reference import ImageReference
    from pinner.project.settings import RegistrySettings
    from pinner.registry.host_rules import Location

    _Address = ipaddress.IPv4Address | ipaddress.IPv6Address

log = logging.getLogger(__name__)

LAYOUT_SCHEME = "oci-layout:"
_HUB_ENDPOINT = "registry-1.docker.io"
_PROBE_SECONDS = 2.0
_DEFAULT_CONCURRENCY = 8
_LONGEST_HOST = 255 + len(":65535")
_PRIVATE_NAMES = (".localhost", ".local", ".internal", ".home.arpa", ".test", ".invalid")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")


class Endpoint(Struct, frozen=True):
    """Where a repository's manifests are asked for: `cut` is what its name there lacks."""

    host: str
    prefix: str = ""
    cut: str = ""

    def repository(self, name: str) -> str:
        """Give a repository's name at this endpoint."""
        rest = name.removeprefix(self.cut).lstrip("/")
        return "/".join(filter(None, (self.prefix, rest)))


class LayoutFolder(Struct, frozen=True):
    """An OCI image layout on disk that stands in for a registry."""

    path: Path


class Hosts(Struct):
    """The settings of all hosts; what is found out about loopback hosts is kept for the run.

    Their paths are below `root`, the project's, and lead nowhere out of `top`, the repository's.
    """

    settings: Mapping[str, RegistrySettings]
    root: Path
    top: Path | None = None
    schemes: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    speaks_tls: Callable[[str], bool] = field(default_factory=lambda: probe_tls)
    rules: HostRules = field(default_factory=HostRules)

    def sources(
        self, reference: ImageReference, *, by_digest: bool
    ) -> list[Endpoint | LayoutFolder]:
        """Give the mirrors of an image's registry in order, and the registry itself at the end.

        Those of the project come first, then those of the machine.
        Raises AccessError where the machine's user has blocked the image, or a project's mirror.
        """
        self.rules.check(str(reference))
        registry = reference.registry
        found: list[Endpoint | LayoutFolder] = []
        settings = self.settings.get(registry)
        for mirror in settings.mirrors if settings else ():
            if mirror.startswith(LAYOUT_SCHEME):
                folder = mirror.removeprefix(LAYOUT_SCHEME)
                found.append(LayoutFolder(self._inside(folder, "mirrors", registry)))
            else:
                host, _, prefix = mirror.partition("/")
                endpoint = Endpoint(_endpoint_host(host), prefix)
                self.rules.check(f"{host}/{endpoint.repository(reference.repository)}")
                found.append(endpoint)
        found += [
            _endpoint(location, reference.repository)
            for location in self.rules.locations(reference, by_digest=by_digest)
        ]
        return list(dict.fromkeys(found))

    def scheme(self, host: str) -> str:
        """Choose https; http where it is configured, or where TLS is not spoken and need not be.

        It need not be on loopback, and where the machine's user says so.
        """
        settings = self.settings.get(host)
        if settings is not None and settings.plain_http:
            return "http"
        if host in self.rules.plain_hosts:
            return "http"
        if not is_loopback(host) and not self.rules.is_insecure(host):
            return "https"
        with self.lock:
            if host not in self.schemes:
                self.schemes[host] = "https" if self.speaks_tls(host) else "http"
                log.debug("%s need not speak TLS and answers by %s", host, self.schemes[host])
            return self.schemes[host]

    def concurrency(self, host: str) -> int:
        """Give the number of requests at once."""
        settings = self.settings.get(self._registry(host))
        return settings.max_concurrency if settings else _DEFAULT_CONCURRENCY

    def ca_file(self, host: str) -> str | None:
        """Give the file of the certificate authorities that vouch for a host, if it is named.

        The user's own, in the folders of docker and podman, goes before the project's.
        """
        own = user_ca_file(host)
        if own:
            return own
        settings = self.settings.get(self._registry(host))
        if settings is None or settings.ca_file is None:
            return None
        return str(self._inside(settings.ca_file, "ca-file", host))

    def may_have_credentials(self, host: str) -> bool:
        """Say whether a credential may be sent: not over plain http but to loopback.

        Nor over TLS that only a file of the project vouches for: whoever wrote that file could
        pose as the host.
        """
        if self.scheme(host) == "http":
            return is_loopback(host)
        named = self.ca_file(host)
        return named is None or named == user_ca_file(host) or is_loopback(host)

    def _inside(self, path: str, key: str, host: str) -> Path:
        """Give a path of the configuration; raises ConfigError where it leaves the repository."""
        found, top = (self.root / path).resolve(), (self.top or self.root).resolve()
        if not found.is_relative_to(top) or found.is_relative_to(top / ".git"):
            raise ConfigError(f"`registries.{host}.{key}`: {path} leads out of the repository")
        return self.root / path

    def _registry(self, host: str) -> str:
        return DOCKER_HUB if host == _HUB_ENDPOINT and host not in self.settings else host


def _endpoint_host(registry: str) -> str:
    return _HUB_ENDPOINT if registry == DOCKER_HUB else registry


def _endpoint(location: Location, repository: str) -> Endpoint:
    """Find what two names of a repository share at their ends, so that endpoints are few."""
    ours, theirs = repository.split("/"), location.repository.split("/")
    while ours and theirs and ours[-1] == theirs[-1]:
        ours.pop()
        theirs.pop()
    return Endpoint(_endpoint_host(location.host), "/".join(theirs), "/".join(ours))


def user_ca_file(host: str) -> str | None:
    """Find a host's CA file where docker and podman look for it."""
    home = Path("~").expanduser()
    folders = [home / ".config/containers/certs.d", home / ".docker/certs.d"]
    if sys.platform != "win32":  # where anybody may make a folder of that name
        folders[1:1] = [Path("/etc/containers/certs.d")]
        folders.append(Path("/etc/docker/certs.d"))
    for folder in folders:
        for file in sorted((folder / host).glob("*.crt")):
            return str(file)
    return None


def split_host(host: str) -> tuple[str, int | None]:
    """Split `host[:port]`, with brackets around IPv6 addresses."""
    name, colon, port = host.rpartition(":")
    if not colon or not port.isdigit():
        name, port = host, ""
    return name.strip("[]"), int(port) if port else None


def is_web_address(parts: SplitResult) -> bool:
    """Say whether a URL has a scheme and a host that could be asked."""
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and len(parts.netloc) <= _LONGEST_HOST
    )


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine, by its name or address alone."""
    name = _bare_name(host)
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_private(host: str) -> bool:
    """Say whether a host is no public one: by its address, however spelled, or special-use name."""
    name = _bare_name(host)
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        try:  # as 2130706433, 0x7f.1 and 017700000001, which resolvers take too
            address = ipaddress.ip_address(socket.inet_aton(name))
        except (OSError, ValueError):
            return "." not in name or name.endswith(_PRIVATE_NAMES)
    inner = _inner_address(address)
    return inner.is_multicast or not inner.is_global


def _bare_name(host: str) -> str:
    """Give the name without its port and the dot that may end it."""
    return split_host(host)[0].lower().removesuffix(".")


def _inner_address(address: _Address) -> _Address:
    """Give the IPv4 address that an IPv6 one stands for, by RFC 4291, 3056 and 6052."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def probe_tls(host: str) -> bool:
    """Try a TLS handshake, certificates unchecked: only whether TLS is spoken is asked."""
    name, port = split_host(host)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((name, port or 443), _PROBE_SECONDS) as connection,
            context.wrap_socket(connection, server_hostname=name),
        ):
            return True
    except (OSError, ValueError):
        return False

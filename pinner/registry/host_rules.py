"""What the user's machine says of registries: mirrors, other locations, what is blocked.

After containers-registries.conf(5), version 2, and the daemon.json of docker.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.model.errors import AccessError
from pinner.model.reference import DOCKER_HUB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.reference import ImageReference


class HostMirror(Struct, frozen=True, kw_only=True):
    """A mirror of a rule: `host[:port][/path]`, and which references it is asked for."""

    location: str
    is_insecure: bool = False
    for_tags: bool = True
    for_digests: bool = True


class HostRule(Struct, frozen=True, kw_only=True):
    """What holds for the references below a prefix; `origin` is the file that says it.

    A prefix is `host[:port][/path]` or `*.host`; without a location it stands for itself.
    """

    prefix: str
    origin: str
    location: str = ""
    mirrors: tuple[HostMirror, ...] = ()
    is_blocked: bool = False
    is_insecure: bool = False

    def matched(self, name: str) -> int | None:
        """Give how many characters of `host/repository[:tag][@digest]` the prefix stands for."""
        if self.prefix.startswith("*."):
            host = name.partition("/")[0]
            at = (
                host.find(self.prefix[1:]) if "/" not in self.prefix else name.find(self.prefix[1:])
            )
            if at < 0 or "/" in name[:at]:
                return None
            end = at + len(self.prefix) - 1
        else:
            if not name.startswith(self.prefix):
                return None
            end = len(self.prefix)
        following = name[end : end + 1]
        # What follows a host after a colon is a port, and that is another registry; engines take
        # it for the same one, so that it stays blocked.
        is_port = following == ":" and "/" in name[end:] and "/" not in name[:end]
        if following not in ("", "/", ":", "@") or (is_port and not self.is_blocked):
            return None
        return end


class Location(Struct, frozen=True):
    """Where a reference is asked for: `host[:port]`, and the repository's name there."""

    host: str
    repository: str


class HostRules(Struct, frozen=True, kw_only=True):
    """All rules of a machine, `files` being where they come from.

    `plain_hosts` are asked by plain http; `insecure_hosts` are hosts and networks that need not
    speak TLS.
    """

    rules: tuple[HostRule, ...] = ()
    hub_mirrors: tuple[str, ...] = ()
    plain_hosts: frozenset[str] = frozenset()
    insecure_hosts: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    uses_mirrors: bool = True

    def rule_for(self, name: str) -> HostRule | None:
        """Find the rule with the longest prefix for `host/repository[:tag][@digest]`."""
        found = [rule for rule in self.rules if rule.matched(name) is not None]
        return max(found, key=lambda rule: len(rule.prefix), default=None)

    def check(self, name: str) -> None:
        """Raise AccessError where the machine's user has blocked a name."""
        rule = self.rule_for(name)
        if rule is not None and rule.is_blocked:
            raise AccessError(f"{name}: {rule.origin} blocks {rule.prefix}")

    def locations(self, reference: ImageReference, *, by_digest: bool) -> Iterator[Location]:
        """Give the mirrors in order, and where the registry itself is asked; checks nothing."""
        name = f"{reference.registry}/{reference.repository}"
        rule = self.rule_for(str(reference))
        if self.uses_mirrors:
            for mirror in rule.mirrors if rule else ():
                if mirror.for_digests if by_digest else mirror.for_tags:
                    yield _split(self._moved(rule, name, mirror.location))
            if reference.registry == DOCKER_HUB:
                for host in self.hub_mirrors:
                    yield Location(host, reference.repository)
            if rule is not None and rule.location:
                yield _split(self._moved(rule, name, rule.location))
                return
        yield Location(reference.registry, reference.repository)

    @staticmethod
    def _moved(rule: HostRule | None, name: str, location: str) -> str:
        end = rule.matched(name) if rule else None
        return location + name[len(name) if end is None else end :]

    def is_insecure(self, host: str) -> bool:
        """Say whether a host need not speak TLS: where every table that names it says so."""
        said = [
            insecure
            for rule in self.rules
            for location, insecure in (
                (rule.location or rule.prefix, rule.is_insecure),
                *((mirror.location, mirror.is_insecure) for mirror in rule.mirrors),
            )
            if _is_at(location, host)
        ]
        return (bool(said) and all(said)) or any(
            _is_named(entry, host) for entry in self.insecure_hosts
        )


def _split(name: str) -> Location:
    host, _, repository = name.partition("/")
    return Location(host, repository)


def _is_at(location: str, host: str) -> bool:
    named = location.partition("/")[0]
    if named.startswith("*."):
        return host.rpartition(":")[0].endswith(named[1:]) or host.endswith(named[1:])
    return named == host


def _is_named(entry: str, host: str) -> bool:
    """Say whether an entry of `insecure-registries` is a host, or a network that it is in."""
    if "/" not in entry:
        return entry == host
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    try:
        return ipaddress.ip_address(name.strip("[]")) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False

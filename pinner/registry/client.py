"""Ask registries about images: mirrors first, then the registry itself.

    client = RegistryClient(http, Hosts(settings, root), Credentials(), ContentCache(folder))
    client.head(ImageReference.parse("alpine:3.19")).digest

A tag is asked for anew each time; what is asked for by digest comes from the cache if it is there.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol, TypeVar

from msgspec.structs import replace

from pinner.model.errors import AccessError, AnswerError, NotFoundError, RegistryError
from pinner.registry.hosts import Endpoint, LayoutFolder
from pinner.registry.layout import LayoutSource
from pinner.registry.manifests import (
    Configuration,
    Index,
    Legacy,
    Manifest,
    parse_configuration,
    parse_manifest,
)
from pinner.registry.remote import Content, Head, RemoteSource
from pinner.registry.tokens import HostAuthorization

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pinner.model.reference import ImageReference
    from pinner.registry.cache import ContentCache
    from pinner.registry.credentials import Credentials
    from pinner.registry.hosts import Hosts
    from pinner.registry.session import HttpSession

T = TypeVar("T")
_DEEPEST_INDEX = 3
_MOST_NESTED = 20


class Source(Protocol):
    """Where manifests come from: an endpoint or a folder."""

    @property
    def shown(self) -> str:
        """The name in messages."""

    def head(self, repository: str, reference: str) -> Head:
        """Give a tag's digest, or see that a digest is there."""

    def manifest(self, repository: str, reference: str) -> Content:
        """Give a manifest by tag or digest, checked."""

    def blob(self, repository: str, digest: str) -> bytes:
        """Give a small blob, checked."""

    def tags(self, repository: str) -> list[str]:
        """List tags."""


class RegistryClient:
    """Asks every source of a registry in turn; safe to share between threads."""

    def __init__(
        self, http: HttpSession, hosts: Hosts, credentials: Credentials, cache: ContentCache
    ) -> None:
        """Keep the parts; nothing is asked yet."""
        self._http = http
        self._hosts = hosts
        self._credentials = credentials
        self._cache = cache
        self._lock = threading.Lock()
        self._sources: dict[tuple[Endpoint | LayoutFolder, str], Source] = {}
        self._authorizations: dict[str, HostAuthorization] = {}

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._http.close()

    def expect(self, references: Iterable[ImageReference]) -> None:
        """Say what will be asked for, so that repositories of a registry can share tokens."""
        for reference in references:
            try:
                sources = self._sources_of(reference, by_digest=reference.digest is not None)
            except AccessError:
                continue  # which is said where it is asked for
            for source in sources:
                if isinstance(source, RemoteSource):
                    name = source.endpoint.repository(reference.repository)
                    source.authorization.expect([name])

    def head(self, reference: ImageReference) -> Head:
        """Give the digest of a reference, or see that its digest exists; raises RegistryError."""
        target = reference.digest or reference.tag or "latest"
        return self._first(
            reference,
            lambda source: replace(source.head(reference.repository, target), source=source.shown),
        )

    def manifest(self, reference: ImageReference) -> Content:
        """Give the manifest of a reference, by its digest if it has one."""
        if reference.digest is None:
            tag = reference.tag or "latest"
            return self._first(reference, lambda source: source.manifest(reference.repository, tag))
        digest = reference.digest
        if (body := self._cache.load(digest)) is not None:
            return Content(digest, parse_manifest(body, "").media_type, body)
        content = self._first(
            reference, lambda source: source.manifest(reference.repository, digest)
        )
        self._cache.store(digest, content.body)
        return content

    def blob(self, reference: ImageReference, digest: str) -> bytes:
        """Give a small blob of a repository."""
        if (body := self._cache.load(digest)) is not None:
            return body
        body = self._first(
            reference, lambda source: source.blob(reference.repository, digest), by_digest=True
        )
        self._cache.store(digest, body)
        return body

    def configuration(self, reference: ImageReference, manifest: Manifest) -> Configuration:
        """Give an image's configuration."""
        try:
            return parse_configuration(self.blob(reference, manifest.config.digest))
        except AnswerError as error:
            raise AnswerError(f"{reference}: {error}") from error

    def parsed(self, reference: ImageReference) -> tuple[Content, Index | Manifest | Legacy]:
        """Give a manifest and what it says."""
        content = self.manifest(reference)
        try:
            return content, parse_manifest(content.body, content.media_type)
        except AnswerError as error:
            raise AnswerError(f"{reference}: {error}") from error

    def flattened(self, reference: ImageReference, index: Index) -> Index:
        """Bring the entries of nested indexes to the top."""
        entries = list(index.manifests)
        flat, fetched = [], 0
        for _ in range(_DEEPEST_INDEX):
            nested = [entry for entry in entries if entry.media_type == index.media_type]
            flat += [entry for entry in entries if entry.media_type != index.media_type]
            entries = []
            for entry in nested:
                fetched += 1
                if fetched > _MOST_NESTED:
                    raise AnswerError(f"{reference}: its index holds too many indexes")
                _, inner = self.parsed(reference.with_digest(entry.digest))
                entries += inner.manifests if isinstance(inner, Index) else ()
            if not entries:
                break
        return Index(index.media_type, tuple(flat), index.annotations)

    def tags(self, reference: ImageReference) -> list[str]:
        """List the tags of a repository."""
        tagged = reference.without_digest()
        return self._first(tagged, lambda source: source.tags(reference.repository))

    def referrers(self, reference: ImageReference, artifact_type: str) -> list[str] | None:
        """Give the digests of what refers to a digest; None where no list of them is kept.

        A mirror that has none says nothing about the registry, which is asked next.
        """
        digest = str(reference.digest)

        def ask(source: Source) -> list[str]:
            if not isinstance(source, RemoteSource):
                raise NotFoundError(f"{source.shown}: a folder has no list of referrers")
            found = source.referrers(reference.repository, digest, artifact_type)
            is_own = source is self._sources_of(reference, by_digest=True)[-1]
            if not found and not is_own:
                raise NotFoundError(f"{source.shown}: nothing refers to {digest} there")
            return [entry.digest for entry in found]

        try:
            return self._first(reference, ask)
        except NotFoundError:
            return None

    def _sources_of(self, reference: ImageReference, *, by_digest: bool) -> list[Source]:
        registry = reference.registry
        places = self._hosts.sources(reference, by_digest=by_digest)
        with self._lock:
            for place in places:
                if (place, registry) not in self._sources:
                    self._sources[place, registry] = self._open(place, registry)
            return [self._sources[place, registry] for place in places]

    def _open(self, found: Endpoint | LayoutFolder, registry: str) -> Source:
        if isinstance(found, LayoutFolder):
            return LayoutSource(found.path, registry)
        authorization = self._authorizations.setdefault(
            found.host, HostAuthorization(found.host, self._hosts, self._http, self._credentials)
        )
        return RemoteSource(found, self._hosts, self._http, authorization)

    def _first(
        self, reference: ImageReference, ask: Callable[[Source], T], *, by_digest: bool = False
    ) -> T:
        """Ask sources in turn; the registry's own failure is the one that counts."""
        by_digest = by_digest or reference.digest is not None
        failures: list[RegistryError] = []
        for source in self._sources_of(reference, by_digest=by_digest):
            try:
                return ask(source)
            except RegistryError as error:
                failures.append(error)
        own = failures[-1]
        if len(failures) == 1:
            raise own
        mirrors = "; ".join(map(str, failures[:-1]))
        raise type(own)(f"{own} (mirrors: {mirrors})") from own

"""A registry behind HTTP: the pull half of the OCI distribution specification."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct, field

from pinner.model.errors import (
    AccessError,
    AnswerError,
    NotFoundError,
    RegistryError,
    UnreachableError,
)
from pinner.model.reference import is_digest
from pinner.model.shown import escaped
from pinner.registry.failures import SchemeError, scheme_advice
from pinner.registry.manifests import (
    ACCEPT,
    LARGEST_MANIFEST,
    MANIFEST_TYPES,
    SCHEMA_1_TYPES,
    digest_matches,
    parse_manifest,
    schema_1_payload,
    sha256_digest,
)
from pinner.registry.referrers import next_query, referrers_of
from pinner.registry.session import Request
from pinner.registry.wire import WireTags, read_json
from pinner.registry.words import server_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pinner.registry.hosts import Endpoint, Hosts
    from pinner.registry.manifests import Descriptor
    from pinner.registry.session import HttpAnswer, HttpSession
    from pinner.registry.tokens import HostAuthorization

_LARGEST_TAG_PAGE = 4 * 1024 * 1024
_MOST_TAG_PAGES = 200
_LONGEST_PAUSE_WORDS = 40
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_MOST_TAGS = 200_000
_SCHEMA_1_WARNING = (
    "its manifest is of the retired schema 1, which current engines refuse to pull; "
    "have the image pushed again with a current tool"
)
# What servers of TLS say to plain http: Go's, nginx, Apache.
_TLS_WANTED = re.compile(rb"plain HTTP|HTTP request to an HTTPS server", re.IGNORECASE)
# Answers to HEAD that say nothing about GET: refused, or not understood.
_HEAD_REFUSED = frozenset({400, 404, 405, 501})


class Head(Struct, frozen=True):
    """What a registry says about a manifest without sending it; `source` names who answered."""

    digest: str
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    source: str = ""


class Content(Struct, frozen=True):
    """A manifest's exact bytes."""

    digest: str
    media_type: str
    body: bytes


class RemoteSource(Struct):
    """One endpoint; its first request goes alone, to learn how the host wants to be asked."""

    endpoint: Endpoint
    hosts: Hosts
    http: HttpSession
    authorization: HostAuthorization
    _opening: threading.Lock = field(default_factory=threading.Lock)
    _is_open: bool = False
    _unreachable: str = ""

    @property
    def shown(self) -> str:
        """The name in messages."""
        return self.endpoint.host

    def head(self, repository: str, reference: str) -> Head:
        """Ask for the digest of a tag or digest by HEAD, or by GET where that gives none."""
        name = self.endpoint.repository(repository)
        answer = self._send("HEAD", name, f"manifests/{reference}", ACCEPT, 0)
        if answer.status not in _HEAD_REFUSED:
            self._check(answer, name, reference)
            digest = answer.headers.get("Docker-Content-Digest", "")
            media_type = _media_type(answer)
            if is_digest(digest) and media_type in (*MANIFEST_TYPES, *SCHEMA_1_TYPES):
                if is_digest(reference) and digest != reference:
                    raise AnswerError(f"{self.shown} answers with another digest than asked for")
                return Head(digest, media_type, answer.headers, _age_warning(media_type))
        content, headers = self._get(name, reference)
        warnings = _age_warning(content.media_type)
        return Head(content.digest, content.media_type, headers, warnings)

    def manifest(self, repository: str, reference: str) -> Content:
        """Get a manifest, checked against its digest."""
        return self._get(self.endpoint.repository(repository), reference)[0]

    def blob(self, repository: str, digest: str) -> bytes:
        """Get a small blob, as an image's configuration, checked against its digest."""
        name = self.endpoint.repository(repository)
        answer = self._send("GET", name, f"blobs/{digest}", "*/*", LARGEST_MANIFEST)
        self._check(answer, name, digest)
        if not digest_matches(answer.body, digest):
            raise AnswerError(f"{self.shown} answers with other bytes than {digest} is of")
        return answer.body

    def tags(self, repository: str) -> list[str]:
        """List all tags, page by page."""
        name = self.endpoint.repository(repository)
        return list(self._tag_pages(name))

    def referrers(self, repository: str, digest: str, artifact_type: str) -> list[Descriptor]:
        """List what refers to a digest; raises NotFoundError where there is no such API."""
        return referrers_of(self, self.endpoint.repository(repository), digest, artifact_type)

    def listed(self, name: str, path: str, accept: str) -> HttpAnswer:
        """Ask for a list, whatever the status of the answer."""
        return self._send("GET", name, path, accept, LARGEST_MANIFEST)

    def check(self, answer: HttpAnswer, name: str, reference: str) -> None:
        """Raise what an answer is other than 200."""
        self._check(answer, name, reference)

    def _tag_pages(self, name: str) -> Iterator[str]:
        path, found = "tags/list?n=1000", 0
        for _ in range(_MOST_TAG_PAGES):
            answer = self._send("GET", name, path, "application/json", _LARGEST_TAG_PAGE)
            self._check(answer, name, "tags")
            tags = read_json(answer.body, WireTags).tags or ()
            # What is no tag by the grammar is nothing that anybody could ask for.
            yield from (tag for tag in tags if isinstance(tag, str) and _TAG.fullmatch(tag))
            found += len(tags)
            query = next_query(answer, self.shown, "tags")
            if query is None:
                return
            if found > _MOST_TAGS:
                break
            path = f"tags/list?{query}"
        raise AnswerError(f"{self.shown} has no end of tags")

    def _get(self, name: str, reference: str) -> tuple[Content, Mapping[str, str]]:
        answer = self._send("GET", name, f"manifests/{reference}", ACCEPT, LARGEST_MANIFEST)
        self._check(answer, name, reference)
        media_type = _media_type(answer)
        payload = answer.body
        if media_type in SCHEMA_1_TYPES and b'"signatures"' in answer.body:
            payload = schema_1_payload(answer.body)
        elif media_type not in SCHEMA_1_TYPES:
            try:
                media_type = parse_manifest(answer.body, media_type).media_type
            except AnswerError as error:
                raise AnswerError(f"{self.shown}/{name}: {error}") from error
        stated = answer.headers.get("Docker-Content-Digest", "")
        digest = reference if is_digest(reference) else stated
        if not is_digest(digest):
            digest = sha256_digest(payload)
        if not digest_matches(payload, digest):
            raise AnswerError(
                f"{self.shown}/{name}: the bytes of {reference} are not those of {digest}"
            )
        return Content(digest, media_type, answer.body), answer.headers

    def _send(self, method: str, name: str, path: str, accept: str, limit: int) -> HttpAnswer:
        if not self._is_open:
            with self._opening:
                if self._unreachable:  # one has waited for it; the others need not
                    raise UnreachableError(f"{self.shown}/{name}: {self._unreachable}")
                if not self._is_open:
                    answer = self._open(method, name, path, accept, limit)
                    self._is_open = True
                    return answer
        return self._send_authorized(method, name, path, accept, limit)

    def _open(self, method: str, name: str, path: str, accept: str, limit: int) -> HttpAnswer:
        try:
            return self._send_authorized(method, name, path, accept, limit)
        except UnreachableError as error:
            self._unreachable = str(error).removeprefix(f"{self.shown}/{name}: ")
            raise

    def _send_authorized(
        self, method: str, name: str, path: str, accept: str, limit: int
    ) -> HttpAnswer:
        host = self.endpoint.host
        url = f"{self.hosts.scheme(host)}://{host}/v2/{name}/{path}"
        request = Request(
            method=method,
            url=url,
            limit=limit,
            headers={"Accept": accept},
            authorize=lambda: self.authorization.header(name),
        )
        try:
            answer = self.http.send(request)
            if self._is_refused(answer) and answer.status == 401:
                if self.authorization.is_spent(answer.authorization):
                    return answer
                challenge = answer.headers.get("WWW-Authenticate", "")
                self.authorization.challenged(challenge, name, answer.authorization)
                answer = self.http.send(request)
            if self._is_refused(answer) and self.authorization.narrowed(name, answer.authorization):
                answer = self.http.send(request)
            return answer
        except RegistryError as error:
            what = escaped(str(error).removeprefix(self.shown).lstrip(": "))
            # A token server's scheme is no matter of the configuration.
            if str(error).startswith(f"{self.shown} "):
                what += self._scheme_advice(error)
            raise type(error)(f"{self.shown}/{name}: {what}") from error

    def _scheme_advice(self, error: RegistryError) -> str:
        host = self.endpoint.host
        settings = self.hosts.settings.get(host)
        return scheme_advice(
            error,
            host,
            is_plain_http=self.hosts.scheme(host) == "http",
            in_settings=settings is not None and settings.plain_http,
        )

    def _is_refused(self, answer: HttpAnswer) -> bool:
        """Say whether the host itself, and not a redirect's target, refuses access."""
        return answer.status in (401, 403) and urlsplit(answer.url).netloc == self.endpoint.host

    def _check(self, answer: HttpAnswer, name: str, reference: str) -> None:
        status = answer.status
        if status == 200:
            return
        separator = "@" if is_digest(reference) else ":"
        what = f"{self.shown}/{name}{separator}{reference}"
        _, _, secret = (answer.authorization or "").partition(" ")
        words = server_words(answer.body, "the registry", [secret])
        if status == 404:
            raise NotFoundError(f"{what}: there is no such image{words}")
        if status in (401, 403):
            advice = self.authorization.advice()
            raise AccessError(
                f"{what}: access refused ({status}), or there is no such image{words}{advice}"
            )
        if status == 429:
            raise UnreachableError(f"{what}: too many requests{_when(answer)}{words}")
        if status >= 500 or status == 408:
            raise UnreachableError(f"{what}: the registry fails (status {status}){words}")
        if urlsplit(answer.url).scheme == "http" and _TLS_WANTED.search(answer.body):
            error = SchemeError(f"{what}: speaks TLS, and no plain http")
            raise SchemeError(f"{error}{self._scheme_advice(error)}")
        raise AnswerError(f"{what}: the registry answers with status {status}{words}")


def _media_type(answer: HttpAnswer) -> str:
    return answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _age_warning(media_type: str) -> tuple[str, ...]:
    if media_type not in SCHEMA_1_TYPES:
        return ()
    return (_SCHEMA_1_WARNING,)


def _when(answer: HttpAnswer) -> str:
    """Repeat what `Retry-After` says."""
    after = answer.headers.get("Retry-After", "")[:_LONGEST_PAUSE_WORDS]
    if after.isdigit():
        return f"; try again in {after} s"
    return f"; try again after {after}" if after and after.isprintable() else ""

"""What refers to a manifest, OCI distribution specification 1.1; and lists that go on elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, urljoin, urlsplit

from pinner.model.errors import AnswerError, NotFoundError
from pinner.registry.manifests import OCI_INDEX, Index, parse_manifest

if TYPE_CHECKING:
    from pinner.registry.manifests import Descriptor
    from pinner.registry.session import HttpAnswer

_MOST_PAGES = 20
_MOST_REFERRERS = 1000
_LONGEST_LINK = 8192
# What registries without the API answer: no such page, or no such way to ask.
_NO_API = frozenset({400, 404, 405, 501})


class Lister(Protocol):
    """An endpoint that answers with lists."""

    @property
    def shown(self) -> str:
        """The name in messages."""

    def listed(self, name: str, path: str, accept: str) -> HttpAnswer:
        """Ask for a list, whatever the status of the answer."""

    def check(self, answer: HttpAnswer, name: str, reference: str) -> None:
        """Raise what an answer is other than 200."""


def referrers_of(source: Lister, name: str, digest: str, artifact_type: str) -> list[Descriptor]:
    """List the manifests of a type that refer to a digest, page by page.

    A registry may leave the filter out; then others are among them.
    Raises NotFoundError where there is no such API, and RegistryError.
    """
    path = f"referrers/{digest}?artifactType={quote(artifact_type, safe='')}"
    found: list[Descriptor] = []
    for _ in range(_MOST_PAGES):
        answer = source.listed(name, path, OCI_INDEX)
        if answer.status in _NO_API:
            raise NotFoundError(f"{source.shown}/{name}: there is no list of referrers")
        source.check(answer, name, digest)
        try:
            page = parse_manifest(answer.body, OCI_INDEX)
        except AnswerError as error:
            raise AnswerError(
                f"{source.shown}/{name}: the referrers of {digest}: {error}"
            ) from error
        if not isinstance(page, Index):
            raise AnswerError(f"{source.shown}/{name}: the referrers of {digest} are no list")
        found += page.manifests
        query = next_query(answer, source.shown, "referrers")
        if query is None:
            return found
        if len(found) > _MOST_REFERRERS:
            break
        path = f"referrers/{digest}?{query}"
    raise AnswerError(f"{source.shown}/{name}: there is no end of what refers to {digest}")


def next_query(answer: HttpAnswer, shown: str, what: str) -> str | None:
    """Give the query that a list goes on with, on the same host; None at its end.

    Raises AnswerError where it leads elsewhere.
    """
    link = _next_link(answer.headers.get("Link", ""))
    if link is None:
        return None
    here = urlsplit(answer.url)
    try:
        target = urlsplit(urljoin(answer.url, link))
    except ValueError as error:
        raise AnswerError(f"{shown} continues its {what} at what is no URL") from error
    if (target.scheme, target.netloc) != (here.scheme, here.netloc):
        raise AnswerError(f"{shown} continues its {what} on another host")
    return target.query


def _next_link(header: str) -> str | None:
    """Give the target of the link whose relation is `next`, RFC 8288; in linear time."""
    for part in header[:_LONGEST_LINK].split("<")[1:]:
        target, closed, parameters = part.partition(">")
        words = parameters.replace('"', "").replace(" ", "").lower().split(";")
        if closed and any(word.rstrip(",").startswith("rel=next") for word in words):
            return target
    return None

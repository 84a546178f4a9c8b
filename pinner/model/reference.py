"""Image references: the grammar of the distribution/reference project, and Docker Hub's names.

A reference is written `[registry/]repository[:tag][@digest]`.
"""

from __future__ import annotations

import re

from msgspec import Struct
from msgspec.structs import replace

DOCKER_HUB = "docker.io"
DEFAULT_TAG = "latest"
LONGEST_REPOSITORY = 255

_DOMAIN_PART = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = rf"(?:{_DOMAIN_PART}(?:\.{_DOMAIN_PART})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_PATH_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
_REFERENCE = re.compile(
    rf"(?:(?P<domain>{_DOMAIN})/)?(?P<path>{_PATH_PART}(?:/{_PATH_PART})*)"
    rf"(?::(?P<tag>{_TAG}))?(?:@(?P<digest>{_DIGEST}))?"
)
_HEX = "0123456789abcdef"
_HEX_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}


class ReferenceSyntaxError(ValueError):
    """Text is not an image reference."""


class WrittenReference(Struct, frozen=True, kw_only=True):
    """A reference's parts as written, before Docker Hub's defaults are filled in."""

    domain: str | None
    path: str
    tag: str | None
    digest: str | None

    @property
    def repository(self) -> str:
        """The path with the domain before it, where one is written."""
        return f"{self.domain}/{self.path}" if self.domain else self.path


def is_digest(text: str) -> bool:
    """Say whether text is a digest of a registered algorithm, in lower-case hex."""
    algorithm, _, encoded = text.partition(":")
    return _HEX_LENGTHS.get(algorithm) == len(encoded) and not encoded.strip(_HEX)


def split_reference(text: str) -> WrittenReference:
    """Split text by the grammar alone; raises ReferenceSyntaxError."""
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise ReferenceSyntaxError(f"{text!r} is not an image reference")
    if len(match["path"]) > LONGEST_REPOSITORY:
        raise ReferenceSyntaxError(f"a repository name is longer than {LONGEST_REPOSITORY}")
    digest = match["digest"]
    if digest is not None and not is_digest(digest):
        raise ReferenceSyntaxError(f"{digest!r} is not a digest")
    return WrittenReference(
        domain=match["domain"], path=match["path"], tag=match["tag"], digest=digest
    )


class ImageReference(Struct, frozen=True, order=True):
    """A reference in its normal form: `nginx` is `docker.io/library/nginx`."""

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> ImageReference:
        """Parse and normalise; raises ReferenceSyntaxError."""
        if is_digest(f"sha256:{text}"):
            raise ReferenceSyntaxError(f"{text!r} is an image ID, not a reference")
        registry, remainder = _split_registry(text)
        written = split_reference(f"{registry}/{remainder}")
        if written.domain != registry:
            raise ReferenceSyntaxError(f"{text!r} is not an image reference")
        return cls(registry, written.path, written.tag, written.digest)

    @property
    def name(self) -> str:
        """Registry and repository, without tag and digest."""
        return f"{self.registry}/{self.repository}"

    @property
    def familiar(self) -> str:
        """The short form that people write for images of Docker Hub."""
        return familiar_name(str(self))

    def tagged(self) -> ImageReference:
        """Fill in `latest` where there is neither tag nor digest."""
        if self.tag is None and self.digest is None:
            return replace(self, tag=DEFAULT_TAG)
        return self

    def without_digest(self) -> ImageReference:
        """Drop the digest."""
        return replace(self, digest=None)

    def without_tag(self) -> ImageReference:
        """Drop the tag."""
        return replace(self, tag=None)

    def with_digest(self, digest: str) -> ImageReference:
        """Replace the digest."""
        return replace(self, digest=digest)

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag is not None else ""
        digest = f"@{self.digest}" if self.digest is not None else ""
        return f"{self.name}{tag}{digest}"


def familiar_name(canonical: str) -> str:
    """Take off a canonical reference what Docker Hub implies."""
    return canonical.removeprefix(f"{DOCKER_HUB}/").removeprefix("library/")


def _split_registry(text: str) -> tuple[str, str]:
    first, slash, rest = text.partition("/")
    is_host = "." in first or ":" in first or first == "localhost" or first.lower() != first
    registry, remainder = (first, rest) if slash and is_host else (DOCKER_HUB, text)
    if registry == "index.docker.io":
        registry = DOCKER_HUB
    if registry == DOCKER_HUB and "/" not in remainder:
        remainder = f"library/{remainder}"
    return registry, remainder

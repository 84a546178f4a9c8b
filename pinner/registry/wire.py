"""JSON as registries, token servers, credential helpers and engines write it.

Only the shapes: what they mean is said where they are turned into values.
A field is `Raw` where an odd value is harmless and stands for none: `read_or` decodes it.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, field

from pinner.model.errors import AnswerError

T = TypeVar("T")
_BOM = b"\xef\xbb\xbf"
_NONE = Raw(b"null")
_ESCAPE = re.compile(
    rb"\\(?:(?P<pair>u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


class WirePlatform(Struct, frozen=True):
    """The platform of an index entry, or of an image's configuration."""

    os: Raw = _NONE
    architecture: Raw = _NONE
    variant: Raw = _NONE
    version: Raw = field(default=_NONE, name="os.version")


class WireDescriptor(Struct, frozen=True):
    """What a manifest, an index or a layout's index.json points to."""

    digest: str = ""
    media_type: Raw = field(default=_NONE, name="mediaType")
    size: Raw = _NONE
    platform: Raw = _NONE
    annotations: Raw = _NONE


class WireSignature(Struct, frozen=True):
    """A signature of schema 1: `protected` is JSON in base64."""

    protected: str


class WireManifest(Struct, frozen=True):
    """A manifest or index of any type; which one it is may show by what it holds."""

    schema_version: Raw = field(default=_NONE, name="schemaVersion")
    media_type: Raw = field(default=_NONE, name="mediaType")
    manifests: list[WireDescriptor] | UnsetType | None = UNSET
    config: WireDescriptor | UnsetType | None = UNSET
    layers: list[WireDescriptor] | None = None
    annotations: Raw = _NONE
    signatures: Raw | UnsetType = UNSET


class WireSigned(Struct, frozen=True):
    """The signatures of a schema 1 manifest."""

    signatures: list[WireSignature]


class WireProtected(Struct, frozen=True, rename="camel"):
    """How long the payload of a schema 1 manifest is, and how it ended."""

    format_length: int
    format_tail: str


class WireSettings(Struct, frozen=True, rename="pascal"):
    """How a container of an image runs."""

    labels: Raw = _NONE
    env: Raw = _NONE
    entrypoint: Raw = _NONE
    cmd: Raw = _NONE
    user: Raw = _NONE
    exposed_ports: Raw = _NONE


class WireConfiguration(Struct, frozen=True):
    """An image's configuration, or that of an artifact, which may hold anything."""

    created: Raw = _NONE
    config: Raw = _NONE


class WireLayout(Struct, frozen=True):
    """The index.json of an OCI image layout."""

    manifests: Raw = _NONE


class WireTags(Struct, frozen=True):
    """A page of tags."""

    tags: list[Any] | None = None


class WireError(Struct, frozen=True):
    """What a registry says about a failure."""

    code: Raw = _NONE
    message: Raw = _NONE


class WireErrors(Struct, frozen=True):
    """The body of a failure: of a registry, an OAuth2 server, or Docker Hub's token server."""

    errors: Raw = _NONE
    error: Raw = _NONE
    error_description: Raw = _NONE
    message: Raw = _NONE
    details: Raw = _NONE


class WireToken(Struct, frozen=True):
    """The answer of a token server."""

    token: str | None = None
    access_token: str | None = None
    expires_in: Raw = _NONE


class WireAccess(Struct, frozen=True):
    """What a JSON web token grants."""

    type: str
    name: str
    actions: list[str]


class WireClaims(Struct, frozen=True):
    """The claims of a JSON web token."""

    access: list[WireAccess]


class WireAuth(Struct, frozen=True):
    """One entry of `auths`; `auth` is user name and password in base64."""

    auth: Raw = _NONE
    username: Raw = _NONE
    password: Raw = _NONE
    identitytoken: Raw = _NONE
    registrytoken: Raw = _NONE


class WireDockerConfig(Struct, frozen=True):
    """Docker's config.json and podman's auth.json."""

    auths: Raw = _NONE
    cred_helpers: Raw = field(default=_NONE, name="credHelpers")
    creds_store: Raw = field(default=_NONE, name="credsStore")


class WireSecret(Struct, frozen=True, rename="pascal"):
    """What a credential helper answers."""

    username: str
    secret: str


def read_json(content: bytes, shape: type[T]) -> T:
    """Decode what a server answered; raises AnswerError with the parser's words."""
    content = content.removeprefix(_BOM)
    try:
        return _decode(content, shape)
    except msgspec.ValidationError as error:
        is_object = content.lstrip()[:1] == b"{"
        what = "not of the expected form" if is_object else "no JSON object"
        raise AnswerError(f"what was answered is {what}: {error}") from error
    except ValueError as error:
        raise AnswerError(f"what was answered is not JSON: {error}") from error
    except RecursionError as error:
        raise AnswerError("what was answered is not JSON: it is nested too deep") from error


def read_or(raw: Raw | bytes, shape: type[T], default: T) -> T:
    """Decode a field, or what is as loose as one; anything else than its shape is the default."""
    try:
        return _decode(bytes(raw), shape)
    except (ValueError, RecursionError):
        return default


def read_text(raw: Raw) -> str:
    """Decode a text; anything else is empty."""
    return read_or(raw, str, "")


def read_texts(raw: Raw) -> dict[str, str]:
    """Decode an object's texts; members of other types are left out."""
    members = read_or(raw, dict[str, Any], {})
    return {key: value for key, value in members.items() if isinstance(value, str)}


def _decode(content: bytes, shape: type[T]) -> T:
    """Decode; half a surrogate pair becomes U+FFFD, as the engines' parser has it."""
    try:
        return msgspec.json.decode(content, type=shape)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        mended = _ESCAPE.sub(_mend_escape, content)
        if mended == content:
            raise
        return msgspec.json.decode(mended, type=shape)


def _mend_escape(match: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if match["lone"] else match[0]

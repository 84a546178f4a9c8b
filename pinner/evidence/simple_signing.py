"""cosign's simple signing: a small JSON document that names a digest, and a signature over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.evidence.refusal import Refused
from pinner.evidence.wire import WirePayload, read_wire
from pinner.model.reference import ImageReference, ReferenceSyntaxError
from pinner.pins.trust import matches_text

if TYPE_CHECKING:
    from pinner.evidence.attached import Attached
    from pinner.pins.trust import TrustRule

SIGNATURE = "dev.cosignproject.cosign/signature"
CERTIFICATE = "dev.sigstore.cosign/certificate"
LOG_ENTRY = "dev.sigstore.cosign/bundle"
# What cosign 2, cosign 3 and podman call it.
_TYPES = (
    "cosign container image signature",
    "https://sigstore.dev/cosign/sign/v1",
    "atomic container signature",
)


def check_payload(attached: Attached, exact: ImageReference, rule: TrustRule) -> None:
    """Check that a payload is about this very digest under this name; raises Refused."""
    critical = read_wire(attached.content, WirePayload, "the payload").critical
    if critical.type not in _TYPES:
        raise Refused(f"the payload is of the type {critical.type!r}, which is no signature's")
    signed = critical.image.docker_manifest_digest
    if signed != exact.digest:
        raise Refused(f"it is over {signed or 'no digest'}, not over {exact.digest}")
    _check_name(critical.identity.docker_reference, exact, rule)


def _check_name(text: str, exact: ImageReference, rule: TrustRule) -> None:
    """Check the name that an image was signed by: its own, or one that the rule allows."""
    try:
        named = ImageReference.parse(text)
    except ReferenceSyntaxError as error:
        raise Refused(f"the name it was signed by, {text!r}, is none: {error}") from error
    is_same_tag = named.tag is None or exact.tag is None or named.tag == exact.tag
    if named.name == exact.name and is_same_tag:
        return
    if any(matches_text(named.name, pattern) for pattern in rule.signed_as):
        return
    if named.name == exact.name:
        raise Refused(f"it was signed as {text}, not as {exact.tag}")
    raise Refused(
        f"it was signed as {named.name}, not as {exact.name} (`signed-as` can allow that name)"
    )

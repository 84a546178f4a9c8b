"""What a transparency log holds of a signature: that it is of this signature and no other."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate

from pinner.evidence.refusal import Refused
from pinner.evidence.wire import WireLogBody, read_base64, read_wire

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_OTHER = "the log entry is of another signature"


def check_hashed_entry(
    body: bytes, certificate: Certificate, signature: bytes, message: bytes
) -> None:
    """Check that an entry is of a signature over a message: `hashedrekord`; raises Refused."""
    entry = read_wire(body, WireLogBody, "the log entry")
    if (entry.kind, entry.api_version) != ("hashedrekord", "0.0.1"):
        raise Refused(f"the log entry is a {entry.kind} {entry.api_version}, not a signature's")
    if _at(entry.spec, "data", "hash", "algorithm") != "sha256":
        raise Refused("the log entry is not by SHA-256")
    if _at(entry.spec, "data", "hash", "value") != hashlib.sha256(message).hexdigest():
        raise Refused(f"{_OTHER}: it is over other content")
    if _decoded(_at(entry.spec, "signature", "content")) != signature:
        raise Refused(_OTHER)
    _check_certificate(_at(entry.spec, "signature", "publicKey", "content"), certificate)


def check_envelope_entry(
    body: bytes, certificate: Certificate, signature: bytes, payload: bytes, envelope: bytes
) -> None:
    """Check that an entry is of an envelope: `dsse`, or the older `intoto`; raises Refused."""
    entry = read_wire(body, WireLogBody, "the log entry")
    if (entry.kind, entry.api_version) == ("intoto", "0.0.1"):
        _check_whole_envelope(entry, certificate, payload, envelope)
        return
    kind = (entry.kind, entry.api_version)
    if kind == ("dsse", "0.0.1"):
        hashed, signatures = _at(entry.spec, "payloadHash"), _at(entry.spec, "signatures")
        pairs = [(_decoded(_at(s, "signature")), _at(s, "verifier")) for s in _list(signatures)]
    elif kind == ("intoto", "0.0.2"):
        hashed = _at(entry.spec, "content", "payloadHash")
        signatures = _at(entry.spec, "content", "envelope", "signatures")
        # Twice in base64: the envelope's text is kept so.
        pairs = [
            (_decoded(_decoded(_at(s, "sig")).decode("ascii", "replace")), _at(s, "publicKey"))
            for s in _list(signatures)
        ]
    else:
        raise Refused(f"the log entry is a {entry.kind} {entry.api_version}, not an envelope's")
    if _at(hashed, "algorithm") != "sha256":
        raise Refused("the log entry is not by SHA-256")
    if _at(hashed, "value") != hashlib.sha256(payload).hexdigest():
        raise Refused(f"{_OTHER}: it is over other content")
    for found, verifier in pairs:
        if found == signature:
            _check_certificate(verifier, certificate)
            return
    raise Refused(_OTHER)


def _check_whole_envelope(
    entry: WireLogBody, certificate: Certificate, payload: bytes, envelope: bytes
) -> None:
    """Check an entry that has hashes of the envelope, signatures and all, and of the payload."""
    for content, name in ((envelope, "hash"), (payload, "payloadHash")):
        if _at(entry.spec, "content", name, "algorithm") != "sha256":
            raise Refused("the log entry is not by SHA-256")
        if _at(entry.spec, "content", name, "value") != hashlib.sha256(content).hexdigest():
            raise Refused(f"{_OTHER}: it is over other content")
    _check_certificate(_at(entry.spec, "publicKey"), certificate)


def _check_certificate(text: object, certificate: Certificate) -> None:
    try:
        logged = load_pem_x509_certificate(_decoded(text))
    except ValueError as error:
        raise Refused("the log entry has no certificate") from error
    if logged.public_bytes(Encoding.DER) != certificate.public_bytes(Encoding.DER):
        raise Refused("the log entry is of another certificate")


def _decoded(text: object) -> bytes:
    return read_base64(text, "a field of the log entry")


def _list(value: object) -> list[Any]:
    return value[:16] if isinstance(value, list) else []


def _at(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value

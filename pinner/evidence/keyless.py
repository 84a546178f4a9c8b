"""Signatures by identities: short-lived certificates, and a log that says when they signed.

The parts are those of the `sigstore` library, and so is the root of trust, unless the rule has a
file of its own. Nothing is fetched: `refresh_root` alone does.
"""

from __future__ import annotations

import logging
import struct
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.x509 import (
    DuplicateExtension,
    ExtensionNotFound,
    ObjectIdentifier,
    OtherName,
    RFC822Name,
    SubjectAlternativeName,
    UniformResourceIdentifier,
    UnsupportedGeneralNameType,
    load_pem_x509_certificate,
)
from pydantic import ValidationError
from sigstore.errors import Error
from sigstore.hashes import Hashed
from sigstore.models import Bundle, ClientTrustConfig, TransparencyLogEntry, TrustedRoot
from sigstore.verify import Verifier
from sigstore_models.common.v1 import HashAlgorithm

from pinner.evidence.keys import check_signature
from pinner.evidence.refusal import Refused
from pinner.evidence.wire import WireLogEntry, read_base64, read_wire
from pinner.model.errors import ConfigError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.x509 import Certificate

    from pinner.pins.trust import TrustRule

_ODD_EXTENSIONS = (DuplicateExtension, ExtensionNotFound, UnsupportedGeneralNameType, ValueError)
_DAMAGED = (
    *_ODD_EXTENSIONS, ArithmeticError, AttributeError, LookupError, OSError, TypeError,
    UnsupportedAlgorithm, struct.error,
)  # fmt: skip
_ISSUER_OLD = ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_ISSUER = ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
_OTHER_NAME = ObjectIdentifier("1.3.6.1.4.1.57264.1.7")
_LONGEST_IDENTITY = 2048


class Signer:
    """The policy of a rule, as `sigstore` asks for one; remembers whom it let pass."""

    def __init__(self, rule: TrustRule) -> None:
        """Take the rule whose identity and issuer are asked for."""
        self._rule = rule
        self.identity = ""
        self.issuer = ""

    def verify(self, cert: Certificate) -> None:
        """Compare a certificate's identity and issuer with the rule's; raises Refused."""
        identities, issuer = identities_of(cert), issuer_of(cert)
        for identity in identities:
            if self._rule.accepts_identity(identity, issuer):
                self.identity, self.issuer = identity, issuer
                return
        shown = ", ".join(identities) or "nobody"
        wanted = self._rule.identity or self._rule.identity_pattern
        raise Refused(
            f"it is signed by {shown} (issuer {issuer or 'not said'}), "
            f"not by {wanted} (issuer {self._rule.issuer})"
        )


def check_detached(
    rule: TrustRule,
    annotations: tuple[str, str],
    signature: bytes,
    message: bytes,
    check_entry: Callable[[bytes, Certificate], None],
) -> Signer:
    """Check a signature whose certificate and log entry stand beside it; raises Refused.

    `annotations` are the certificate, PEM, and cosign's log entry, JSON; empty where there is none.
    """
    pem, entry = annotations
    certificate = read_certificate(pem)
    if not entry:
        valid = f"{certificate.not_valid_before_utc:%Y-%m-%d %H:%M} to "
        valid += f"{certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
        raise Refused(f"its certificate is good from {valid}, and no log entry says when it signed")
    logged = read_wire(entry, WireLogEntry, "the log entry")
    body = read_base64(logged.payload.body, "the log entry")
    signer = Signer(rule)
    with_parts: Any = SimpleNamespace(
        signing_certificate=certificate,
        verification_material=SimpleNamespace(timestamp_verification_data=None),
        log_entry=_PromisedEntry(logged, body),
    )
    _run(lambda: verifier(rule)._verify_common_signing_cert(with_parts, signer))  # noqa: SLF001
    check_signature(_run(certificate.public_key), signature, message)
    check_entry(body, certificate)
    return signer


def check_bundle(rule: TrustRule, content: bytes) -> tuple[Signer, bytes]:
    """Check a bundle with an envelope; gives the payload, too. Raises Refused."""
    signer = Signer(rule)
    found = _run(lambda: verifier(rule).verify_dsse(Bundle.from_json(content), signer))
    return signer, found[1]


def check_message_bundle(rule: TrustRule, content: bytes, digest: str) -> Signer:
    """Check a bundle with a signature over the very bytes of a digest; raises Refused."""
    algorithm, _, encoded = digest.partition(":")
    if algorithm != "sha256":
        raise Refused(f"signatures over a digest by {algorithm} are not supported")
    signer = Signer(rule)
    hashed = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=bytes.fromhex(encoded))
    _run(lambda: verifier(rule).verify_artifact(hashed, Bundle.from_json(content), signer))
    return signer


class _PromisedEntry:
    """A log entry with the log's signed promise and no proof of inclusion, as cosign keeps it."""

    def __init__(self, logged: WireLogEntry, body: bytes) -> None:
        payload = logged.payload
        promise = read_base64(logged.signed_entry_timestamp, "the log's signature")
        try:
            log = bytes.fromhex(payload.log_id)
        except ValueError as error:
            raise Refused("the log's name is not hexadecimal") from error
        self._inner = SimpleNamespace(
            canonicalized_body=body,
            integrated_time=payload.integrated_time,
            log_index=payload.log_index,
            log_id=SimpleNamespace(key_id=log),
            inclusion_promise=SimpleNamespace(signed_entry_timestamp=promise),
            # What the body is, `check_entry` looks at.
            kind_version=SimpleNamespace(kind="hashedrekord", version="0.0.1"),
        )

    def _encode_canonical(self) -> bytes:
        return TransparencyLogEntry._encode_canonical(self)  # type: ignore[arg-type]  # noqa: SLF001

    def _verify(self, keyring: Any) -> None:
        TransparencyLogEntry._verify_set(self, keyring)  # type: ignore[arg-type]  # noqa: SLF001


def read_certificate(pem: str) -> Certificate:
    """Read a certificate; raises Refused."""
    try:
        return load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise Refused("its certificate cannot be read") from error


def identities_of(certificate: Certificate) -> list[str]:
    """Give the identities that a certificate is for: addresses and URIs."""
    try:
        names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
        found = [
            *names.get_values_for_type(RFC822Name),
            *names.get_values_for_type(UniformResourceIdentifier),
        ]
        found += [
            asn1.decode_der(str, name.value)
            for name in names.get_values_for_type(OtherName)
            if name.type_id == _OTHER_NAME
        ]
    except _ODD_EXTENSIONS:
        return []
    return [identity for identity in found if len(identity) <= _LONGEST_IDENTITY]


def issuer_of(certificate: Certificate) -> str:
    """Give who vouched for the identity; empty where nobody is named."""
    try:
        content = certificate.extensions.get_extension_for_oid(_ISSUER).value
        return str(asn1.decode_der(str, content.value))  # type: ignore[attr-defined]
    except _ODD_EXTENSIONS:
        pass
    try:
        content = certificate.extensions.get_extension_for_oid(_ISSUER_OLD).value
        return str(content.value.decode())  # type: ignore[attr-defined]
    except _ODD_EXTENSIONS:
        return ""


def verifier(rule: TrustRule) -> Verifier:
    """Give the verifier of a rule's root of trust; raises ConfigError where that is damaged."""
    return _verifier(rule.trust_root, rule.root)


@cache
def _verifier(name: str, root: str) -> Verifier:
    logging.getLogger("sigstore").setLevel(logging.ERROR)
    if not name:
        return Verifier(trusted_root=ClientTrustConfig.production(offline=True).trusted_root)
    from sigstore_models.trustroot.v1 import TrustedRoot as RootModel  # noqa: PLC0415

    try:
        return Verifier(trusted_root=TrustedRoot(RootModel.from_json(root)))
    except (Error, ValidationError, ValueError) as error:
        words = " ".join(str(error).split())[:300]
        raise ConfigError(f"{name}: is no trust root (trusted_root.json): {words}") from error


def refresh_root() -> None:
    """Fetch the public root of trust anew, by TUF; raises UnreachableError."""
    logging.getLogger("sigstore").setLevel(logging.ERROR)
    try:
        ClientTrustConfig.production(offline=False)
    except Error as error:
        cause = error.__cause__ or error
        words = " ".join(str(cause).split())[:300]
        raise UnreachableError(f"the root of trust was not refreshed: {words}") from error


def _run(check: Callable[[], Any]) -> Any:
    """Run a check of the library's; whatever it finds wrong is the signature's fault."""
    try:
        return check()
    except (Refused, ConfigError):
        raise
    except Error as error:
        raise Refused(" ".join(str(error).split())[:500]) from error
    except _DAMAGED as error:
        # Fields that the library takes for granted.
        words = " ".join(str(error).split())[:300]
        raise Refused(f"the signature is damaged: {words}") from error

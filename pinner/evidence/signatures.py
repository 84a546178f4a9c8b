"""One signature or attestation and one rule: evidence, or the reason why it does not count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner.evidence.attached import Attached, Kind
from pinner.evidence.keys import check_hash_signature, check_signature, load_key
from pinner.evidence.refusal import Refused
from pinner.evidence.simple_signing import CERTIFICATE, LOG_ENTRY, SIGNATURE, check_payload
from pinner.evidence.statements import (
    SIGN_PREDICATE,
    check_envelope,
    check_provenance,
    encoded,
    envelope_payload,
    read_statement,
)
from pinner.evidence.wire import WireBundle, WireEnvelope, WireStatement, read_base64, read_wire
from pinner.model.evidence import Evidence
from pinner.pins.trust import fingerprint

if TYPE_CHECKING:
    from pinner.model.reference import ImageReference
    from pinner.pins.trust import TrustRule

# A key's fingerprint, or an identity and its issuer.
Signer = tuple[str, str, str]

_PROVENANCE = "https://slsa.dev/provenance/"


def proven_signature(attached: Attached, exact: ImageReference, rule: TrustRule) -> Evidence | None:
    """Check a signature over an image; None for what is no signature. Raises Refused."""
    if attached.refusal:
        raise Refused(attached.refusal)
    match attached.kind:
        case Kind.SIMPLE:
            check_payload(attached, exact, rule)
            return _evidence(exact, _simple_signer(attached, rule))
        case Kind.ENVELOPE:
            return None
        case Kind.BUNDLE:
            bundle = read_wire(attached.content, WireBundle, "the bundle")
            if bundle.message_signature is not None:
                return _evidence(exact, _message_signer(attached, bundle, exact, rule))
            statement = _peek(bundle.dsse_envelope)
            if statement.predicate_type != SIGN_PREDICATE:
                return None
            signer, payload = _bundle_signer(attached, bundle, rule)
            read_statement(payload, str(exact.digest))
            return _evidence(exact, signer)


def proven_attestation(
    attached: Attached, exact: ImageReference, rule: TrustRule
) -> Evidence | None:
    """Check an attestation; None where the rule does not ask for its type. Raises Refused."""
    if attached.refusal:
        raise Refused(attached.refusal)
    if attached.kind is Kind.ENVELOPE:
        envelope = read_wire(attached.content, WireEnvelope, "the envelope")
        if _peek(envelope).predicate_type not in rule.attestations:
            return None
        signer, payload = _envelope_signer(attached, envelope, rule)
    else:
        bundle = read_wire(attached.content, WireBundle, "the bundle")
        if bundle.dsse_envelope is None:
            return None
        if _peek(bundle.dsse_envelope).predicate_type not in rule.attestations:
            return None
        signer, payload = _bundle_signer(attached, bundle, rule)
    statement = read_statement(payload, str(exact.digest))
    builder, source = "", ""
    if statement.predicate_type.startswith(_PROVENANCE):
        builder, source = check_provenance(statement, rule)
    return replace(
        _evidence(exact, signer),
        attestations=(statement.predicate_type,),
        builder=builder,
        source=source,
    )


def _peek(envelope: WireEnvelope | None) -> WireStatement:
    """Read a statement that nobody vouches for yet."""
    if envelope is None:
        raise Refused("the bundle holds neither a signature nor an attestation")
    return read_wire(envelope_payload(envelope), WireStatement, "the statement")


def _evidence(exact: ImageReference, signer: Signer) -> Evidence:
    key, identity, issuer = signer
    return Evidence(digest=str(exact.digest), key=key, identity=identity, issuer=issuer)


def _simple_signer(attached: Attached, rule: TrustRule) -> Signer:
    signature = read_base64(attached.annotations.get(SIGNATURE), "the signature")
    if rule.key:
        return _key_signer(rule, signature, attached.content)
    from pinner.evidence.keyless import check_detached  # noqa: PLC0415 - keys do without
    from pinner.evidence.log_entries import check_hashed_entry  # noqa: PLC0415

    message = attached.content
    found = check_detached(
        rule,
        _certified(attached),
        signature,
        message,
        lambda body, certificate: check_hashed_entry(body, certificate, signature, message),
    )
    return ("", found.identity, found.issuer)


def _envelope_signer(
    attached: Attached, envelope: WireEnvelope, rule: TrustRule
) -> tuple[Signer, bytes]:
    payload = envelope_payload(envelope)
    if rule.key:
        check_envelope(envelope, load_key(rule.pem, rule.key))
        return (fingerprint(rule.pem), "", ""), payload
    from pinner.evidence.keyless import check_detached  # noqa: PLC0415 - keys do without
    from pinner.evidence.log_entries import check_envelope_entry  # noqa: PLC0415

    if len(envelope.signatures) != 1:
        raise Refused(f"the envelope has {len(envelope.signatures)} signatures, not one")
    signature = read_base64(envelope.signatures[0].sig, "the signature")
    found = check_detached(
        rule,
        _certified(attached),
        signature,
        encoded(envelope.payload_type, payload),
        lambda body, certificate: check_envelope_entry(
            body, certificate, signature, payload, attached.content
        ),
    )
    return ("", found.identity, found.issuer), payload


def _certified(attached: Attached) -> tuple[str, str]:
    """Give the certificate and the log entry that stand beside a signature."""
    certificate = attached.annotations.get(CERTIFICATE, "")
    if not certificate:
        raise Refused("it is signed by a key, and has no certificate")
    return certificate, attached.annotations.get(LOG_ENTRY, "")


def _bundle_signer(attached: Attached, bundle: WireBundle, rule: TrustRule) -> tuple[Signer, bytes]:
    if rule.key:
        if bundle.dsse_envelope is None:
            raise Refused("the bundle has no envelope")
        check_envelope(bundle.dsse_envelope, load_key(rule.pem, rule.key))
        return (fingerprint(rule.pem), "", ""), envelope_payload(bundle.dsse_envelope)
    from pinner.evidence.keyless import check_bundle  # noqa: PLC0415 - keys do without

    _check_certified(bundle)
    found, payload = check_bundle(rule, attached.content)
    return ("", found.identity, found.issuer), payload


def _message_signer(
    attached: Attached, bundle: WireBundle, exact: ImageReference, rule: TrustRule
) -> Signer:
    """Check a signature over the very bytes of the manifest."""
    digest = str(exact.digest)
    if not rule.key:
        from pinner.evidence.keyless import check_message_bundle  # noqa: PLC0415 - as above

        _check_certified(bundle)
        found = check_message_bundle(rule, attached.content, digest)
        return ("", found.identity, found.issuer)
    algorithm, _, encoded_digest = digest.partition(":")
    if algorithm != "sha256" or bundle.message_signature is None:
        raise Refused(f"signatures over a digest by {algorithm} are not supported")
    signature = read_base64(bundle.message_signature.signature, "the signature")
    key = load_key(rule.pem, rule.key)
    check_hash_signature(key, signature, bytes.fromhex(encoded_digest))
    return (fingerprint(rule.pem), "", "")


def _check_certified(bundle: WireBundle) -> None:
    material = bundle.verification_material
    if material.certificate is None and material.x509_certificate_chain is None:
        raise Refused("it is signed by a key, and has no certificate")


def _key_signer(rule: TrustRule, signature: bytes, message: bytes) -> Signer:
    check_signature(load_key(rule.pem, rule.key), signature, message)
    return (fingerprint(rule.pem), "", "")

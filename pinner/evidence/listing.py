"""What is attached to an image, for a person: where it is, what it claims, what it satisfies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.evidence.attached import Attached, Attachments, Kind, Store
from pinner.evidence.proving import Verdict, judge_rule
from pinner.evidence.refusal import Refused
from pinner.evidence.signatures import proven_attestation, proven_signature
from pinner.evidence.simple_signing import CERTIFICATE
from pinner.evidence.statements import envelope_payload
from pinner.evidence.wire import (
    WireBundle,
    WireEnvelope,
    WirePayload,
    WireStatement,
    read_base64,
    read_wire,
)
from pinner.pins.trust import rules_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinner.model.reference import ImageReference
    from pinner.pins.trust import TrustRule


class Listed(Struct, frozen=True, kw_only=True):
    """One signature or attestation; what it `claims` is not checked, what it `answers` is.

    `about` is the predicate type, or the name that was signed; `signer` who claims to have signed.
    `answers` says for each rule that matches the image whether it counts, or why not.
    """

    kind: str
    place: str
    about: str
    signer: str
    answers: tuple[tuple[str, str], ...] = ()


class Signatures(Struct, frozen=True):
    """All that is attached to a digest, and the verdict of each rule."""

    reference: str
    digest: str
    listed: tuple[Listed, ...]
    verdicts: tuple[Verdict, ...]


def list_signatures(store: Store, exact: ImageReference, rules: Sequence[TrustRule]) -> Signatures:
    """List what is attached to a reference with its digest; raises RegistryError, ConfigError."""
    attachments = Attachments(store, exact)
    wanted = rules_for(exact, rules)
    listed = tuple(_listed(one, exact, wanted) for one in attachments.everything())
    verdicts = tuple(judge_rule(attachments, exact, rule) for rule in wanted)
    return Signatures(str(exact.without_digest()), str(exact.digest), listed, verdicts)


def _listed(one: Attached, exact: ImageReference, rules: Sequence[TrustRule]) -> Listed:
    about, signer = "", ""
    try:
        about, signer = _claims(one)
    except Refused as error:
        about = f"damaged: {error}"
    answers = tuple((rule.wanted_signer, _answer(one, exact, rule)) for rule in rules)
    return Listed(kind=one.kind.value, place=one.place, about=about, signer=signer, answers=answers)


def _answer(one: Attached, exact: ImageReference, rule: TrustRule) -> str:
    check = proven_attestation if rule.attestations else proven_signature
    if rule.attestations and one.kind is Kind.SIMPLE:
        return "it is no attestation"
    try:
        evidence = check(one, exact, rule)
    except Refused as error:
        return f"no: {error}"
    if evidence is not None:
        return "counts"
    return "of no type that is asked for" if rule.attestations else "it is no signature"


def _claims(one: Attached) -> tuple[str, str]:
    """Give what something says it is about, and who says to have signed; nothing is checked."""
    if one.refusal:
        raise Refused(one.refusal)
    if one.kind is Kind.SIMPLE:
        critical = read_wire(one.content, WirePayload, "the payload").critical
        return critical.identity.docker_reference, _named(one.annotations.get(CERTIFICATE, ""))
    if one.kind is Kind.ENVELOPE:
        envelope = read_wire(one.content, WireEnvelope, "the envelope")
        return _type_of(envelope), _named(one.annotations.get(CERTIFICATE, ""))
    bundle = read_wire(one.content, WireBundle, "the bundle")
    about = _type_of(bundle.dsse_envelope) if bundle.dsse_envelope else "the manifest's bytes"
    return about, _named("\n".join(_certificates(bundle)))


def _type_of(envelope: WireEnvelope) -> str:
    return read_wire(envelope_payload(envelope), WireStatement, "the statement").predicate_type


def _certificates(bundle: WireBundle) -> Iterator[str]:
    material = bundle.verification_material
    found = material.certificate
    if found is None and isinstance(material.x509_certificate_chain, dict):
        chain = material.x509_certificate_chain.get("certificates")
        found = chain[0] if isinstance(chain, list) and chain else None
    if isinstance(found, dict):
        content = found.get("rawBytes")
        read_base64(content, "the certificate")
        yield f"-----BEGIN CERTIFICATE-----\n{content}\n-----END CERTIFICATE-----"


def _named(pem: str) -> str:
    """Give the identity in a certificate and its issuer; without one a key signed."""
    if not pem:
        return "a key"
    from pinner.evidence.keyless import (  # noqa: PLC0415 - keys do without
        identities_of,
        issuer_of,
        read_certificate,
    )

    certificate = read_certificate(pem)
    return f"{', '.join(identities_of(certificate))} ({issuer_of(certificate)})"

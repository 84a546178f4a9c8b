"""Attestations: in-toto statements in DSSE envelopes, and what SLSA provenance says of a build."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pinner.evidence.keys import check_signature
from pinner.evidence.refusal import Refused
from pinner.evidence.wire import WireStatement, read_base64, read_wire
from pinner.pins.trust import matches_text

if TYPE_CHECKING:
    from pinner.evidence.wire import WireEnvelope
    from pinner.pins.trust import TrustRule

PAYLOAD_TYPE = "application/vnd.in-toto+json"
SIGN_PREDICATE = "https://sigstore.dev/cosign/sign/v1"
_STATEMENTS = ("https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1")
_MOST_SUBJECTS = 1000
_MOST_SIGNATURES = 16
_LONGEST_TEXT = 2048


def envelope_payload(envelope: WireEnvelope) -> bytes:
    """Give what an envelope holds; raises Refused where that is no statement."""
    if envelope.payload_type != PAYLOAD_TYPE:
        raise Refused(f"the envelope holds {envelope.payload_type!r}, not an in-toto statement")
    return read_base64(envelope.payload, "the envelope's payload")


def check_envelope(envelope: WireEnvelope, key: object) -> None:
    """Check that one of an envelope's signatures is by a key; raises Refused."""
    message = encoded(envelope.payload_type, envelope_payload(envelope))
    if not 0 < len(envelope.signatures) <= _MOST_SIGNATURES:
        raise Refused(f"the envelope has {len(envelope.signatures)} signatures")
    refusal = Refused("")
    for one in envelope.signatures:
        try:
            check_signature(key, read_base64(one.sig, "a signature"), message)
        except Refused as error:
            refusal = error
        else:
            return
    raise refusal


def encoded(payload_type: str, payload: bytes) -> bytes:
    """Encode what a signature is over: DSSE's pre-authentication encoding."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def read_statement(payload: bytes, digest: str) -> WireStatement:
    """Read a statement, which has to be about a digest; raises Refused."""
    statement = read_wire(payload, WireStatement, "the statement")
    if statement.type not in _STATEMENTS:
        raise Refused(f"the statement is of the type {statement.type!r}, which is not known")
    if len(statement.subject) > _MOST_SUBJECTS:
        raise Refused(f"the statement is about {len(statement.subject)} things, which is too many")
    algorithm, _, encoded_digest = digest.partition(":")
    if any(subject.digest.get(algorithm) == encoded_digest for subject in statement.subject):
        return statement
    named = next((f"{a}:{d}" for s in statement.subject for a, d in s.digest.items()), "nothing")
    raise Refused(f"it is about {named}, not about {digest}")


def check_provenance(statement: WireStatement, rule: TrustRule) -> tuple[str, str]:
    """Give builder and source where the rule asks for them; raises Refused if they differ."""
    builder, source = "", ""
    if rule.builder:
        builder = builder_of(statement)
        if not matches_text(builder, rule.builder):
            raise Refused(f"its builder is {builder or 'not said'}, not {rule.builder}")
    if rule.source:
        source = source_of(statement)
        if not matches_text(source, plain_source(rule.source)):
            raise Refused(f"its source is {source or 'not said'}, not {rule.source}")
    return builder, source


def builder_of(statement: WireStatement) -> str:
    """Give the builder's id that provenance names, SLSA 0.2 and 1; empty if none."""
    for path in (("runDetails", "builder", "id"), ("builder", "id")):
        if found := _text_at(statement.predicate, path):
            return found
    return ""


def source_of(statement: WireStatement) -> str:
    """Give the repository that provenance says was built, without commit or branch.

    What was merely used, as a base image, is no source.
    """
    for path in (
        ("buildDefinition", "externalParameters", "workflow", "repository"),
        ("buildDefinition", "externalParameters", "source", "uri"),
        ("buildDefinition", "externalParameters", "source"),
        ("buildDefinition", "externalParameters", "configSource", "uri"),
        ("invocation", "configSource", "uri"),
    ):
        if found := _text_at(statement.predicate, path):
            return plain_source(found)
    return ""


def plain_source(text: str) -> str:
    """Write a repository's address alone: `git+https://x/y.git@refs/heads/main` is https://x/y."""
    scheme, sign, rest = text.removeprefix("git+").partition("://")
    host, slash, path = rest.partition("/")
    path = path.partition("@")[0].partition("#")[0].removesuffix(".git")
    return f"{scheme}{sign}{host}{slash}{path}"


def _text_at(value: Any, path: tuple[str, ...]) -> str:
    for key in path:
        if not isinstance(value, dict):
            return ""
        value = value.get(key)
    return value if isinstance(value, str) and len(value) <= _LONGEST_TEXT else ""

"""Prove a digest: find, for each rule, a signature over that very digest that satisfies it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.evidence.attached import Attached, Attachments, Kind, Store
from pinner.evidence.refusal import Refused
from pinner.evidence.signatures import proven_attestation, proven_signature
from pinner.model.errors import UntrustedError
from pinner.model.evidence import Evidence
from pinner.model.shown import escaped
from pinner.pins.trust import TrustRule, rules_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pinner.model.reference import ImageReference

_MOST_REASONS = 4


class Verdict(Struct, frozen=True):
    """What is said of one rule: the evidence, or why there is none."""

    rule: TrustRule
    evidence: Evidence | None
    reasons: tuple[str, ...]

    @property
    def words(self) -> str:
        """Say why a rule is not satisfied."""
        wanted = f"no signature by {self.rule.wanted_signer}"
        if self.rule.attestations:
            wanted = f"no attestations by {self.rule.wanted_signer}"
        more = len(self.reasons) - _MOST_REASONS
        said = "; ".join(self.reasons[:_MOST_REASONS]) + (f"; and {more} more" if more > 0 else "")
        return f"{wanted}: {said or 'nothing of the kind is attached to it'}"


def prove(store: Store, exact: ImageReference, rules: Sequence[TrustRule]) -> tuple[Evidence, ...]:
    """Prove a reference with its digest for every rule that matches it.

    Raises UntrustedError saying why a rule is not satisfied, RegistryError, and ConfigError where a
    key or root cannot be used.
    """
    wanted = rules_for(exact, rules)
    if not wanted:
        return ()
    found = []
    attachments = Attachments(store, exact)
    for rule in wanted:
        verdict = judge_rule(attachments, exact, rule)
        if verdict.evidence is None:
            shown = exact.familiar.partition("@")[0]
            words = escaped(verdict.words)
            raise UntrustedError(f"{shown}: {exact.digest} is not trusted: {words}")
        found.append(verdict.evidence)
    return tuple(sorted(set(found), key=lambda one: one.sort_key))


def judge_rule(attachments: Attachments, exact: ImageReference, rule: TrustRule) -> Verdict:
    """Look for what satisfies one rule, and stop when it is found."""
    if rule.attestations:
        verdict = _judge_attestations(attachments.attestations(), exact, rule)
    else:
        verdict = _judge_signatures(attachments.signatures(), exact, rule)
    if verdict.evidence is not None or not attachments.left_out:
        return verdict
    left = tuple(
        f"{count} more under {place} were not looked at"
        for place, count in attachments.left_out.items()
    )
    return Verdict(rule, None, (*left, *verdict.reasons))


def _judge_signatures(
    candidates: Iterable[Attached], exact: ImageReference, rule: TrustRule
) -> Verdict:
    reasons: dict[str, None] = {}
    for one in candidates:
        try:
            evidence = proven_signature(one, exact, rule)
        except Refused as error:
            reasons[str(error)] = None
            continue
        if evidence is not None:
            return Verdict(rule, evidence, ())
    return Verdict(rule, None, tuple(reasons))


def _judge_attestations(
    candidates: Iterable[Attached], exact: ImageReference, rule: TrustRule
) -> Verdict:
    """Collect the predicate types; signer, builder and source are those of all of them."""
    reasons: dict[str, None] = {}
    by_signer: dict[tuple[str, str, str], dict[str, Evidence]] = {}
    for one in candidates:
        if one.kind is Kind.SIMPLE:
            continue
        try:
            evidence = proven_attestation(one, exact, rule)
        except Refused as error:
            reasons[str(error)] = None
            continue
        if evidence is None:
            continue
        signer = (evidence.key, evidence.identity, evidence.issuer)
        kinds = by_signer.setdefault(signer, {})
        for kind in evidence.attestations:
            kinds.setdefault(kind, evidence)
            if evidence.builder or evidence.source:
                kinds[kind] = evidence
        if set(rule.attestations) <= kinds.keys():
            return Verdict(rule, _joined(kinds.values(), rule), ())
    there = {kind for kinds in by_signer.values() for kind in kinds}
    missing = [kind for kind in rule.attestations if kind not in there]
    if there and missing:
        reasons[f"there is none of the type {', '.join(missing)}"] = None
    elif there:
        reasons["its attestations are by several signers"] = None
    return Verdict(rule, None, tuple(reasons))


def _joined(found: Iterable[Evidence], rule: TrustRule) -> Evidence:
    several = list(found)
    return Evidence(
        digest=several[0].digest,
        key=several[0].key,
        identity=several[0].identity,
        issuer=several[0].issuer,
        attestations=tuple(sorted(rule.attestations)),
        builder=next((one.builder for one in several if one.builder), ""),
        source=next((one.source for one in several if one.source), ""),
    )

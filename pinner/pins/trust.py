"""Rules of trust: what an image must prove before its digest is taken."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.model.errors import ConfigError
from pinner.model.reference import ImageReference
from pinner.pins.policy import matches_image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.model.evidence import Evidence
    from pinner.pins.lockfile import LockedImage

_PEM = r"(?a:-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END PUBLIC KEY-----)"


class TrustRule(Struct, frozen=True, kw_only=True):
    """A `[[trust]]` of the configuration: a key, or an identity and its issuer.

    `images` are patterns; `identity_pattern`, `builder`, `source` and `signed_as` are texts in
    which `*` stands for anything. `pem` is the key's text and `root` that of the trust root, where
    files hold them.
    """

    images: tuple[str, ...]
    key: str = ""
    identity: str = ""
    identity_pattern: str = ""
    issuer: str = ""
    trust_root: str = ""
    attestations: tuple[str, ...] = ()
    builder: str = ""
    source: str = ""
    signed_as: tuple[str, ...] = ()
    pem: str = ""
    root: str = ""

    @property
    def wanted_signer(self) -> str:
        """Say who has to sign."""
        return f"key {self.key}" if self.key else f"{self.identity or self.identity_pattern}"

    def accepts_identity(self, identity: str, issuer: str) -> bool:
        """Compare an identity and its issuer with those that are asked for, whole."""
        if issuer != self.issuer:
            return False
        if self.identity:
            return identity == self.identity
        return matches_text(identity, self.identity_pattern)

    def is_met_by(self, digest: str, evidence: Evidence) -> bool:
        """Say whether recorded evidence is of a digest and what the rule asks for."""
        if evidence.digest != digest:
            return False
        if self.key:
            is_signer = bool(evidence.key) and evidence.key == fingerprint(self.pem)
        else:
            is_signer = not evidence.key and self.accepts_identity(
                evidence.identity, evidence.issuer
            )
        return (
            is_signer
            and set(self.attestations) <= set(evidence.attestations)
            and (bool(self.attestations) or not evidence.attestations)
            and (not self.builder or matches_text(evidence.builder, self.builder))
            and (not self.source or matches_text(evidence.source, self.source))
        )


def rules_for(reference: ImageReference, rules: Sequence[TrustRule]) -> list[TrustRule]:
    """Give all rules that match an image: each has to be satisfied.

    Raises ConfigError where the key of one is in a variable that is not set.
    """
    found = [rule for rule in rules if matches_image(reference, rule.images)]
    for rule in found:
        if rule.key and not rule.pem:
            raise ConfigError(
                f"a `[[trust]]` rule for {reference.name} has its key in {rule.key}, "
                "and that variable is not set"
            )
    return found


def unmet_rules(image: LockedImage, rules: Sequence[TrustRule]) -> list[TrustRule]:
    """Give the rules that match an entry and that its evidence does not satisfy.

    Raises ConfigError where a key cannot be had.
    """
    if not rules:
        return []
    return [
        rule
        for rule in rules_for(ImageReference.parse(image.reference), rules)
        if not any(rule.is_met_by(image.digest, one) for one in image.evidence)
    ]


def key_block(text: str) -> str:
    """Give the first public key of a text in PEM, alone; empty where there is none."""
    match = re.search(_PEM, text)
    return f"{match[0]}\n" if match and fingerprint(match[0]) else ""


@cache
def fingerprint(pem: str) -> str:
    """Give the fingerprint of a public key in PEM; empty where it is none."""
    import base64  # noqa: PLC0415 - start-up: OpenSSL comes with hashlib
    import hashlib  # noqa: PLC0415 - as above

    match = re.search(_PEM, pem)
    if match is None:
        return ""
    try:
        content = base64.b64decode("".join(match[1].split()), validate=True)
    except ValueError:
        return ""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def matches_text(text: str, pattern: str) -> bool:
    """Compare a whole text with a pattern in which `*` stands for any characters; linear."""
    first, *others = pattern.split("*")
    if not others:
        return text == pattern
    *middle, last = others
    if len(text) < len(first) + len(last):
        return False
    if not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True

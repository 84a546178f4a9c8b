"""What was proven of a digest: who signed it, and what was attested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.model.shown import escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pinner.model.errors import RegistryError
    from pinner.model.reference import ImageReference

    # References with their digests, and what was proven of each or why it was not.
    Proofs = dict[ImageReference, tuple["Evidence", ...] | RegistryError]
    Prover = Callable[[Sequence[ImageReference]], Proofs]


class Evidence(Struct, frozen=True, kw_only=True):
    """What satisfied one rule for one digest; signed by a key, or by an identity.

    `key` is a key's fingerprint, `sha256:` and the hash of its SubjectPublicKeyInfo.
    `attestations` are the predicate types that were there, sorted; `builder` and `source` are what
    the provenance among them says, where the rule asks for it.
    """

    digest: str
    key: str = ""
    identity: str = ""
    issuer: str = ""
    attestations: tuple[str, ...] = ()
    builder: str = ""
    source: str = ""

    @property
    def sort_key(self) -> tuple[str, ...]:
        """What orders evidence in a lockfile."""
        signer = (self.digest, self.key, self.identity, self.issuer)
        return (*signer, self.builder, self.source, *self.attestations)

    @property
    def signer(self) -> str:
        """Say who signed."""
        if self.key:
            return f"the key {self.key}"
        return f"{self.identity} ({self.issuer})"

    @property
    def words(self) -> str:
        """Say who signed what, in a line."""
        kinds = ", ".join(self.attestations)
        attested = f", who attests {kinds}" if kinds else ""
        built = f", built by {self.builder}" if self.builder else ""
        origin = f", from {self.source}" if self.source else ""
        return escaped(f"signed by {self.signer}{attested}{built}{origin}")

"""What it takes to have digests proven: the extra that checks signatures, threads, a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.model.errors import ConfigError, RegistryError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pinner.model.evidence import Evidence
    from pinner.model.reference import ImageReference
    from pinner.pins.trust import TrustRule
    from pinner.registry.client import RegistryClient

    Proofs = dict[ImageReference, tuple[Evidence, ...] | RegistryError]
    Prover = Callable[[Sequence[ImageReference]], Proofs]


def require_extra() -> None:
    """See that the libraries are there, without importing them; raises ConfigError."""
    from importlib.util import find_spec

    for library in ("sigstore", "cryptography"):
        if find_spec(library) is None:
            raise ConfigError(
                f"`[[trust]]` needs the library {library}, which is not installed; "
                "install pinner with it: pip install 'pinner-lock[sigstore]'"
            )


def prover_of(client: RegistryClient, rules: Sequence[TrustRule]) -> Prover:
    """Give what proves references with their digests, many at a time."""

    def prove_all(references: Sequence[ImageReference]) -> Proofs:
        from pinner.evidence.proving import prove
        from pinner.registry.resolver import run_all

        proofs: Proofs = {}

        def work(reference: ImageReference) -> None:
            try:
                proofs[reference] = prove(client, reference, rules)
            except RegistryError as error:
                proofs[reference] = error

        run_all(work, references)
        return proofs

    return prove_all

"""Public keys: ECDSA P-256 and P-384, Ed25519, RSA of 2048 bits or more; as cosign signs."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from pinner.evidence.ed25519ph import is_signed
from pinner.evidence.refusal import Refused
from pinner.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey
_SMALLEST_RSA = 2048


@cache
def load_key(pem: str, name: str) -> PublicKey:
    """Read a key in PEM; raises ConfigError, which names where it comes from."""
    try:
        found = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{name}: is no public key in PEM (BEGIN PUBLIC KEY)") from error
    if problem := key_problem(found):
        raise ConfigError(f"{name}: {problem}")
    if not isinstance(found, PublicKey):
        raise ConfigError(f"{name}: is no key that images are signed with")
    return found


def key_problem(key: object) -> str | None:
    """Say why signatures by a key do not count, whatever they sign."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        if isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1):
            return None
        return f"its curve {key.curve.name} is not supported, only P-256 and P-384"
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size >= _SMALLEST_RSA:
            return None
        return f"an RSA key of {key.key_size} bits is too short; it needs {_SMALLEST_RSA}"
    if isinstance(key, ed25519.Ed25519PublicKey):
        return None
    return "keys of its kind are not supported, only ECDSA, Ed25519 and RSA"


def check_signature(key: object, signature: bytes, message: bytes) -> None:
    """Check a signature over a message; raises Refused."""
    if problem := key_problem(key):
        raise Refused(problem)
    if isinstance(key, ed25519.Ed25519PublicKey):
        _try_all(
            [lambda: key.verify(signature, message), lambda: _check_ph(key, signature, message)]
        )
    elif isinstance(key, ec.EllipticCurvePublicKey):
        _try_all([partial(key.verify, signature, message, ec.ECDSA(k)) for k in _hashes_for(key)])
    elif isinstance(key, rsa.RSAPublicKey):
        _try_all([lambda: key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())])


def _check_ph(key: ed25519.Ed25519PublicKey, signature: bytes, message: bytes) -> None:
    """Check a signature as cosign 2 and 3 make it, over a hash."""
    if not is_signed(key.public_bytes_raw(), signature, message):
        raise InvalidSignature


def check_hash_signature(key: object, signature: bytes, sha256: bytes) -> None:
    """Check a signature over bytes of which only the SHA-256 is at hand; raises Refused."""
    if problem := key_problem(key):
        raise Refused(problem)
    known = Prehashed(hashes.SHA256())
    if isinstance(key, ec.EllipticCurvePublicKey):
        _try_all([lambda: key.verify(signature, sha256, ec.ECDSA(known))])
    elif isinstance(key, rsa.RSAPublicKey):
        _try_all([lambda: key.verify(signature, sha256, padding.PKCS1v15(), known)])
    else:
        raise Refused("a signature by Ed25519 over bytes that are not beside it is not supported")


def _hashes_for(key: ec.EllipticCurvePublicKey) -> list[hashes.HashAlgorithm]:
    """Give the hashes that go with a curve: cosign 2 takes SHA-256 for all, 3 the curve's own."""
    if isinstance(key.curve, ec.SECP384R1):
        return [hashes.SHA384(), hashes.SHA256()]
    return [hashes.SHA256()]


def _try_all(checks: Sequence[Callable[[], None]]) -> None:
    for check in checks:
        try:
            check()
        except InvalidSignature:
            continue
        return
    raise Refused("the signature is not by this key, or not of this content")

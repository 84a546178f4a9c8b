"""Ed25519ph, RFC 8032: Ed25519 over a SHA-512 hash, which cosign signs images with.

`cryptography` has Ed25519 alone. Only public values are worked with here, so that it need not take
the same time for all of them.
"""

from __future__ import annotations

import hashlib

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)
_PREFIX = b"SigEd25519 no Ed25519 collisions" + bytes([1, 0])
# Extended coordinates: x = X/Z, y = Y/Z, xy = T/Z.
Point = tuple[int, int, int, int]


def is_signed(key: bytes, signature: bytes, message: bytes) -> bool:
    """Check a signature of 64 bytes by a key of 32."""
    if len(key) != 32 or len(signature) != 64:
        return False
    public, commitment = _decompressed(key), _decompressed(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if public is None or commitment is None or scalar >= _ORDER:
        return False
    hashed = hashlib.sha512(message).digest()
    content = _PREFIX + signature[:32] + key + hashed
    challenge = int.from_bytes(hashlib.sha512(content).digest(), "little") % _ORDER
    return _are_equal(_times(scalar, _BASE), _plus(commitment, _times(challenge, public)))


def _decompressed(content: bytes) -> Point | None:
    """Read a point, RFC 8032, 5.1.3; None for what is none."""
    number = int.from_bytes(content, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _plus(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c = 2 * one[3] * other[3] * _D % _P
    d = 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            found = _plus(found, point)
        point = _plus(point, point)
        scalar >>= 1
    return found


def _are_equal(one: Point, other: Point) -> bool:
    return not (
        (one[0] * other[2] - other[0] * one[2]) % _P or (one[1] * other[2] - other[1] * one[2]) % _P
    )


_BASE = _decompressed((4 * pow(5, -1, _P) % _P).to_bytes(32, "little")) or (0, 1, 1, 0)

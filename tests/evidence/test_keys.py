"""Keys and the signatures they make, by a second implementation; and patterns of texts."""

import base64
import hashlib
import json

import pytest
import signed
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pinner.evidence.attached import Attached, Kind
from pinner.evidence.ed25519ph import is_signed
from pinner.evidence.keys import check_signature, load_key
from pinner.evidence.refusal import Refused
from pinner.evidence.signatures import proven_signature
from pinner.evidence.statements import plain_source
from pinner.model.errors import ConfigError
from pinner.model.reference import ImageReference
from pinner.pins.trust import TrustRule, fingerprint, key_block, matches_text

MESSAGE = b"a message"
SIGNERS = {
    "P-256": (ec.generate_private_key(ec.SECP256R1()), (ec.ECDSA(hashes.SHA256()),)),
    "P-384": (ec.generate_private_key(ec.SECP384R1()), (ec.ECDSA(hashes.SHA384()),)),
    "P-384 with SHA-256": (ec.generate_private_key(ec.SECP384R1()), (ec.ECDSA(hashes.SHA256()),)),
    "Ed25519": (ed25519.Ed25519PrivateKey.generate(), ()),
    "RSA": (rsa.generate_private_key(65537, 2048), (padding.PKCS1v15(), hashes.SHA256())),
}


def pem_of(private):
    public = private.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize("name", SIGNERS)
def test_a_signature_counts_for_its_message_and_key_alone(name):
    private, how = SIGNERS[name]
    signature = private.sign(MESSAGE, *how)
    key = load_key(pem_of(private), name)
    check_signature(key, signature, MESSAGE)
    for at in range(0, len(signature), 7):
        changed = signature[:at] + bytes([signature[at] ^ 4]) + signature[at + 1 :]
        with pytest.raises(Refused):
            check_signature(key, changed, MESSAGE)
    for wrong in (b"", signature[:-1], signature + b"x", b"\xff" * len(signature)):
        with pytest.raises(Refused):
            check_signature(key, wrong, MESSAGE)
    with pytest.raises(Refused):
        check_signature(key, signature, MESSAGE + b"x")
    for other, (stranger, _) in SIGNERS.items():
        if other != name:
            with pytest.raises(Refused):
                check_signature(stranger.public_key(), signature, MESSAGE)


@pytest.mark.parametrize(
    ("private", "words"),
    [
        (lambda: ec.generate_private_key(ec.SECP521R1()), "only P-256 and P-384"),
        (lambda: ec.generate_private_key(ec.SECP256K1()), "only P-256 and P-384"),
        (lambda: rsa.generate_private_key(65537, 1024), "1024 bits is too short"),
    ],
)
def test_weak_keys_are_refused_by_name(private, words):
    with pytest.raises(ConfigError, match=f"keys/x.pub: .*{words}"):
        load_key(pem_of(private()), "keys/x.pub")


def test_a_key_is_known_by_the_hash_of_its_der():
    private = SIGNERS["P-256"][0]
    pem = pem_of(private)
    der = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert fingerprint(pem) == f"sha256:{hashlib.sha256(der).hexdigest()}"
    assert fingerprint(pem.replace("\n", "\r\n")) == fingerprint(pem)


def test_the_first_key_of_a_file_is_the_one():
    one, other = (pem_of(SIGNERS[name][0]) for name in ("P-256", "P-384"))
    assert key_block(f"a word\n{one}{other}") == one
    assert key_block(one.replace("PUBLIC", "PRIVATE")) == ""
    assert key_block("-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----") == ""


@pytest.mark.parametrize("name", ["P-256", "RSA"])
def test_a_bundle_over_the_manifest_itself_counts(name):
    """What `cosign sign-blob` makes of a manifest, attached to it."""
    private, how = SIGNERS[name]
    manifest = b'{"schemaVersion":2}'
    hashed = hashlib.sha256(manifest).digest()
    bundle = {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": ""}, "tlogEntries": []},
        "messageSignature": {
            "messageDigest": {"algorithm": "SHA2_256", "digest": base64.b64encode(hashed).decode()},
            "signature": base64.b64encode(private.sign(manifest, *how)).decode(),
        },
    }
    content = json.dumps(bundle).encode()
    one = Attached(Kind.BUNDLE, "here", signed.sha256(content), content, {})
    rule = TrustRule(images=("*",), key="k", pem=pem_of(private))
    exact = ImageReference.parse("example.com/a:1").with_digest(signed.sha256(manifest))
    evidence = proven_signature(one, exact, rule)
    assert evidence.key == fingerprint(rule.pem)
    with pytest.raises(Refused):
        proven_signature(one, exact.with_digest(signed.sha256(b"x")), rule)


def test_hashed_ed25519_is_none_of_plain_ed25519():
    private = SIGNERS["Ed25519"][0]
    public = private.public_key().public_bytes_raw()
    assert not is_signed(public, private.sign(MESSAGE), MESSAGE)
    assert not is_signed(public, private.sign(hashlib.sha512(MESSAGE).digest()), MESSAGE)
    assert not is_signed(b"\xff" * 32, b"\xff" * 64, MESSAGE)
    assert not is_signed(public[:-1], b"\0" * 64, MESSAGE)


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("a", "a", True), ("ab", "a", False), ("ab", "a*", True), ("ba", "a*", False),
        ("https://x/y@v1", "https://x/*@v*", True), ("https://x/y@v1.evil", "https://x/*@v1", False),
        ("evil https://x/y", "https://x/*", False), ("aXbXc", "a*b*c", True), ("abc", "a*b*b*c", False),
        ("a?c", "a?c", True), ("abc", "a?c", False), ("[x]", "[x]", True), ("x", "[x]", False),
        ("aba", "ab*ba", False), ("", "*", True), ("", "", True), ("a", "", False),
    ],
)  # fmt: skip
def test_a_pattern_is_for_the_whole_text(text, pattern, expected):
    assert matches_text(text, pattern) is expected


def test_a_pattern_with_many_stars_takes_no_time():
    assert not matches_text("a" * 100_000, "a*" * 200 + "b")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("git+https://x.y/a/b.git@refs/tags/v1", "https://x.y/a/b"),
        ("https://x.y/a/b", "https://x.y/a/b"),
        ("https://x.y/a/b#main", "https://x.y/a/b"),
        ("git+https://user@x.y/a", "https://user@x.y/a"),
    ],
)
def test_a_source_is_an_address_alone(text, expected):
    assert plain_source(text) == expected

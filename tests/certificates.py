"""Certificates and signed tokens for test servers."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Authority:
    """A private certificate authority, with a certificate of its own for 127.0.0.1."""

    folder: Path
    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.crt"

    @property
    def trust(self) -> Path:
        """A folder that holds the CA alone, as `skopeo --cert-dir` wants it."""
        folder = self.folder / "trust"
        folder.mkdir(exist_ok=True)
        (folder / "ca.crt").write_bytes(self.ca_file.read_bytes())
        return folder

    @property
    def pair(self) -> tuple[Path, Path]:
        return self.folder / "server.crt", self.folder / "server.key"


def make_authority(folder: Path) -> Authority:
    folder.mkdir(parents=True, exist_ok=True)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    ca = _certificate("test CA", key, key, "test CA", is_ca=True)
    server_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    server = _certificate("127.0.0.1", server_key, key, "test CA", is_ca=False)
    (folder / "ca.crt").write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    (folder / "server.crt").write_bytes(server.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        server_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    return Authority(folder, key, ca)


def _certificate(name, key, issuer_key, issuer, *, is_ca) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    )
    # Python 3.13 is strict about what RFC 5280 asks of certificates.
    issuer_public = issuer_key.public_key()
    extensions = [
        x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_public),
    ]
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    if is_ca:
        builder = builder.add_extension(_signs_certificates(), critical=True)
    if not is_ca:
        names = [
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
            x509.DNSName("localhost"),
            x509.DNSName("localhost.test"),
        ]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _signs_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def sign_token(authority: Authority, claims: dict) -> str:
    """An RS256 JSON web token, with the certificate that vouches for its key."""
    der = authority.certificate.public_bytes(serialization.Encoding.DER)
    header = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(der).decode()]}
    signed = ".".join(_encode(json.dumps(part).encode()) for part in (header, claims))
    signature = authority.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{_encode(signature)}"


def access_token(authority: Authority, service: str, scopes: list[str], seconds: int = 300) -> str:
    """What a token server grants: the scopes, as docker-registry reads them."""
    access = []
    for scope in scopes:
        kind, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        access.append({"type": kind, "name": name, "actions": actions.split(",")})
    now = int(time.time())
    claims = {
        "iss": "test issuer",
        "sub": "",
        "aud": service,
        "exp": now + seconds,
        "nbf": now - 10,
        "iat": now,
        "jti": str(time.time_ns()),
        "access": access,
    }
    return sign_token(authority, claims)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")

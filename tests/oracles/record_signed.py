"""Sign images with the real tools and keep what they leave in a registry.

    python tests/oracles/record_signed.py COSIGN_2 COSIGN_3 NODE_MODULES

The arguments are programs of cosign 2 and 3 and a folder with `@sigstore/mock` installed.
The registry is Debian's; nothing is asked for but on loopback.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: E402
from cryptography.hazmat.primitives.serialization import (  # noqa: E402
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from images import Image  # noqa: E402
from registry_server import Registry  # noqa: E402
from signed import DATA, Api, Recorder  # noqa: E402

NAME = "registry.example.com/team/app"
ISSUER = "https://issuer.example.com"
SUBJECT = "https://ci.example.com/team/app/release@refs/tags/v1"
OTHER = f"{SUBJECT}.evil"
IMAGE = Image(content="signed", platforms=("linux/amd64", "linux/arm64"))
SOURCE = "https://git.example.com/team/app"
PROVENANCE_1 = {
    "buildDefinition": {
        "buildType": "https://example.com/build/v1",
        "externalParameters": {"source": f"git+{SOURCE}.git@refs/tags/v1"},
        "internalParameters": {},
        "resolvedDependencies": [],
    },
    "runDetails": {
        "builder": {"id": "https://ci.example.com/builders/hosted@v1"},
        "metadata": {"invocationId": "1"},
    },
}
KEYS = {
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
}


class Signing:
    """A registry, the services, and cosign in a folder of its own."""

    def __init__(self, work: Path, services: dict[str, object], recorder: Recorder) -> None:
        self.work, self.recorder = work, recorder
        self.registry = Registry(work / "registry").start()
        self.fulcio = f"http://127.0.0.1:{services['fulcio']}"
        self.rekor = f"http://127.0.0.1:{services['rekor']}"
        root = services["root"]
        for name, at, kind in (
            ("ca.pem", ("certificateAuthorities", "certChain"), "CERTIFICATE"),
            ("ct.pub", ("ctlogs", "publicKey"), "PUBLIC KEY"),
            ("rekor.pub", ("tlogs", "publicKey"), "PUBLIC KEY"),
        ):
            part = root[at[0]][0][at[1]]
            raw = part["certificates"][0] if "certificates" in part else part
            text = f"-----BEGIN {kind}-----\n{raw['rawBytes']}\n-----END {kind}-----\n"
            (work / name).write_text(text)
        (work / "provenance.json").write_text(json.dumps(PROVENANCE_1))

    def cosign(self, program: str, *arguments: str) -> bool:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.work),
            "COSIGN_PASSWORD": "",
            "COSIGN_EXPERIMENTAL": "1",
            "SIGSTORE_ROOT_FILE": str(self.work / "ca.pem"),
            "SIGSTORE_CT_LOG_PUBLIC_KEY_FILE": str(self.work / "ct.pub"),
            "SIGSTORE_REKOR_PUBLIC_KEY": str(self.work / "rekor.pub"),
        }
        done = subprocess.run(
            [program, *arguments], cwd=self.work, env=env, check=False, capture_output=True,
            text=True, timeout=120,
        )  # fmt: skip
        if done.returncode:
            print("refused:", Path(program).name, *arguments[:6], done.stderr.strip()[:900])
        return done.returncode == 0

    def form(self, name: str, *steps: tuple[str, ...]) -> None:
        """Push the image under a repository of its own, run cosign's steps, keep all there is."""
        repository = f"forms/{name}"
        digest = self.registry.push(f"{repository}:1", IMAGE)
        target = f"{self.registry.host}/{repository}@{digest}"
        for step in steps:
            if not self.cosign(*step, "--allow-http-registry", target):
                return
        api = Api(self.registry.host, repository)
        self.recorder.keep(api, name, "1", "image")
        stem = digest.replace(":", "-")
        kept = [suffix for suffix in (".sig", ".att", "") if self._keep(api, name, stem + suffix)]
        print(f"{name}: {kept}")

    def _keep(self, api: Api, name: str, tag: str) -> bool:
        content = self.recorder.keep(api, name, tag)
        for child in json.loads(content or b"{}").get("manifests", []):
            self.recorder.keep(api, name, child["digest"])
        return content is not None

    def key(self, name: str, program: str) -> str | None:
        """Make a key pair and import it into cosign; gives the name of its file."""
        private = KEYS[name]()
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.work / f"{name}.pem").write_bytes(pem)
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        arguments = ("import-key-pair", "--key", f"{name}.pem", "--output-key-prefix", name)
        if not self.cosign(program, *arguments):
            return None
        (DATA / "keys").mkdir(exist_ok=True)
        (DATA / f"keys/{name}.pub").write_bytes(public)
        return f"{name}.key"

    def token(self, subject: str) -> str:
        """A token that nobody signed: the mock reads its claims alone."""
        claims = {"iss": ISSUER, "sub": subject, "aud": "sigstore", "iat": 1, "exp": 4102444800}
        parts = [json.dumps(one).encode() for one in ({"alg": "RS256", "typ": "JWT"}, claims)]
        encoded = [base64.urlsafe_b64encode(part).rstrip(b"=") for part in (*parts, b"x" * 256)]
        return b".".join(encoded).decode()

    def keyless(self, subject: str = SUBJECT) -> tuple[str, ...]:
        return (
            "--yes", "--fulcio-url", self.fulcio, "--rekor-url", self.rekor,
            "--identity-token", self.token(subject),
        )  # fmt: skip


def main(cosign_2: str, cosign_3: str, modules: str) -> None:
    shutil.rmtree(DATA, ignore_errors=True)
    recorder = Recorder(DATA)
    services = subprocess.Popen(
        ["node", str(HERE / "sign/services.cjs")],
        env={**os.environ, "NODE_PATH": str(Path(modules).resolve())},
        stdout=subprocess.PIPE,
    )
    ports = json.loads(services.stdout.readline())
    with tempfile.TemporaryDirectory() as work:
        signing = Signing(Path(work), ports, recorder)
        try:
            record(signing, cosign_2, cosign_3)
        finally:
            signing.registry.stop()
            services.terminate()
    (DATA / "trusted_root.json").write_text(json.dumps(ports["root"], indent=1) + "\n")
    recorder.close()


def record(signing: Signing, cosign_2: str, cosign_3: str) -> None:
    named = ("--sign-container-identity", NAME)
    classic = (cosign_2, "sign", "--yes", "--tlog-upload=false", *named)
    attested = ("--type", "slsaprovenance1", "--predicate", "provenance.json")
    keys = {name: signing.key(name, cosign_2) for name in KEYS}
    for name, key in keys.items():
        if key is not None:
            signing.form(f"key-{name}", (*classic, "--key", key))
    by_key = ("--yes", "--tlog-upload=false", "--key", "p256.key")
    signing.form("key-attested", (cosign_2, "attest", *by_key, *attested))
    signing.form("keyless", (cosign_2, "sign", *signing.keyless(), *named))
    signing.form("keyless-other", (cosign_2, "sign", *signing.keyless(OTHER), *named))
    signing.form("keyless-attested", (cosign_2, "attest", *signing.keyless(), *attested))
    signing.form(
        "keyless-attested-intoto",
        (cosign_2, "attest", *signing.keyless(), *attested, "--rekor-entry-type", "intoto"),
    )
    bundle = "--new-bundle-format"
    signing.form("key-bundle-2", (cosign_2, "sign", bundle, *by_key))
    signing.form("keyless-bundle", (cosign_2, "sign", bundle, *signing.keyless()))
    signing.form(
        "keyless-attested-bundle", (cosign_2, "attest", bundle, *signing.keyless(), *attested)
    )
    signing.form("key-attested-bundle", (cosign_2, "attest", bundle, *by_key, *attested))
    if Path(cosign_3).exists():
        plain = ("--use-signing-config=false", *by_key)
        signing.form("key-bundle-3", (cosign_3, "sign", *plain))
        plain = ("--use-signing-config=false", *signing.keyless())
        signing.form("keyless-bundle-3", (cosign_3, "sign", *plain))
        signing.form("keyless-attested-3", (cosign_3, "attest", *plain, *attested))


if __name__ == "__main__":
    main(*sys.argv[1:])

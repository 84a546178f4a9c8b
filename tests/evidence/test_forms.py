"""What real tools signed is accepted, and nothing that differs from it by a bit."""

import base64
import json

import pytest
import signed

from pinner.evidence.attached import Attachments
from pinner.evidence.proving import judge_rule
from pinner.model.reference import ImageReference
from pinner.pins.trust import TrustRule

NAME = "registry.example.com/team/app"
ISSUER = "https://issuer.example.com"
SUBJECT = "https://ci.example.com/team/app/release@refs/tags/v1"
PROVENANCE = "https://slsa.dev/provenance/v1"
ROOT = (signed.DATA / "trusted_root.json").read_text()
IDENTITY = {"identity": SUBJECT, "issuer": ISSUER, "trust_root": "trusted_root.json", "root": ROOT}
ATTESTED = {
    "attestations": (PROVENANCE,),
    "builder": "https://ci.example.com/builders/*",
    "source": "https://git.example.com/team/app",
}


def by_key(name):
    pem = (signed.DATA / f"keys/{name}.pub").read_text()
    return {"key": f"keys/{name}.pub", "pem": pem}


FORMS = {
    "key-p256": by_key("p256"),
    "key-p384": by_key("p384"),
    "key-ed25519": by_key("ed25519"),
    "key-rsa": by_key("rsa"),
    "key-attested": by_key("p256") | ATTESTED,
    "key-bundle-2": by_key("p256"),
    "key-bundle-3": by_key("p256"),
    "key-attested-bundle": by_key("p256") | ATTESTED,
    "keyless": IDENTITY,
    "keyless-attested": IDENTITY | ATTESTED,
    "keyless-attested-intoto": IDENTITY | ATTESTED,
    "keyless-bundle": IDENTITY,
    "keyless-attested-bundle": IDENTITY | ATTESTED,
    "keyless-bundle-3": IDENTITY,
    "keyless-attested-3": IDENTITY | ATTESTED,
}


class Layout:
    """The recorded layout as what answers; `change` is applied to what is attached."""

    def __init__(self, form, change=None):
        self.names = signed.names_of(form)
        self.change = change
        self.changed = {}

    def manifest(self, reference):
        from pinner.model.errors import NotFoundError

        name = reference.digest or reference.tag
        if name not in self.names:
            raise NotFoundError(f"{name} is not there")
        content = signed.blob(self.names[name])
        manifest = json.loads(content)
        if self.change is None or "layers" not in manifest:
            return Body(content)
        for layer in manifest["layers"]:
            body = signed.blob(layer["digest"])
            body, layer["annotations"] = self.change(body, layer.get("annotations", {}))
            self.changed[layer["digest"]] = body
        return Body(json.dumps(manifest).encode())

    def blob(self, reference, digest):
        return self.changed.get(digest) or signed.blob(digest)

    def referrers(self, reference, artifact_type):
        return None


class Body:
    def __init__(self, body):
        self.body = body


def judge(form, change=None, digest=None, **values):
    digest = digest or signed.names_of(form)["image"]
    exact = ImageReference.parse(f"{NAME}:1").with_digest(digest)
    rule = TrustRule(images=("*",), **values)
    store = Layout(form, change)
    return judge_rule(Attachments(store, exact), exact, rule)


@pytest.mark.parametrize("form", FORMS)
def test_what_a_real_tool_signed_is_accepted(form):
    verdict = judge(form, **FORMS[form])
    assert verdict.evidence is not None, verdict.words
    assert verdict.evidence.digest == signed.names_of(form)["image"]


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def flip_base64(text: str, at: int) -> str:
    raw = base64.b64decode(text)
    return base64.b64encode(flipped(raw, at % len(raw))).decode()


SIGNATURE = "dev.cosignproject.cosign/signature"
CERTIFICATE = "dev.sigstore.cosign/certificate"
LOG = "dev.sigstore.cosign/bundle"


def flip_payload(body, annotations):
    return body.replace(b"critical", b"crithcal", 1), annotations


def flip_payload_space(body, annotations):
    """A change that leaves what the payload says."""
    return body.rstrip() + b" ", annotations


def flip_signature(body, annotations):
    return body, annotations | {SIGNATURE: flip_base64(annotations[SIGNATURE], 12)}


def flip_certificate(at):
    def change(body, annotations):
        lines = annotations[CERTIFICATE].split("-----")
        lines[2] = "\n" + flip_base64("".join(lines[2].split()), at) + "\n"
        return body, annotations | {CERTIFICATE: "-----".join(lines)}

    return change


def flip_log(*path, at=20):
    """Change one field of the log entry beside a signature."""

    def change(body, annotations):
        entry = json.loads(annotations[LOG])
        node = entry
        for key in path[:-1]:
            node = node[key]
        value = node[path[-1]]
        if isinstance(value, int):
            node[path[-1]] = value ^ 1
        elif path[-1] == "logID":
            node[path[-1]] = f"{value[:-1]}{'0' if value[-1] != '0' else '1'}"
        else:
            node[path[-1]] = flip_base64(value, at)
        return body, annotations | {LOG: json.dumps(entry)}

    return change


SIMPLE_FLIPS = {
    "payload": flip_payload,
    "payload-space": flip_payload_space,
    "signature": flip_signature,
}
KEYLESS_FLIPS = {
    **{f"certificate-{at}": flip_certificate(at) for at in (8, 60, 200, 300, 450, -10)},
    "promise": flip_log("SignedEntryTimestamp"),
    "log-body": flip_log("Payload", "body", at=40),
    "log-time": flip_log("Payload", "integratedTime"),
    "log-index": flip_log("Payload", "logIndex"),
    "log-id": flip_log("Payload", "logID"),
}


@pytest.mark.parametrize("flip", SIMPLE_FLIPS)
@pytest.mark.parametrize("form", ["key-p256", "key-p384", "key-ed25519", "key-rsa", "keyless"])
def test_no_bit_of_a_simple_signature_may_differ(form, flip):
    verdict = judge(form, SIMPLE_FLIPS[flip], **FORMS[form])
    assert verdict.evidence is None
    assert verdict.reasons


@pytest.mark.parametrize("flip", KEYLESS_FLIPS)
@pytest.mark.parametrize("form", ["keyless", "keyless-attested", "keyless-attested-intoto"])
def test_no_bit_of_certificate_or_log_entry_may_differ(form, flip):
    verdict = judge(form, KEYLESS_FLIPS[flip], **FORMS[form])
    assert verdict.evidence is None
    assert verdict.reasons


def leaves(node, path=()):
    """Every text and number of a bundle."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, (*path, key))
    elif isinstance(node, list):
        for at, value in enumerate(node):
            yield from leaves(value, (*path, at))
    else:
        yield path


# What nothing vouches for, and nothing is decided by.
UNSIGNED = {
    ("keyid",), ("hint",), ("mediaType",), ("kindVersion", "kind"), ("kindVersion", "version"),
    ("logId", "keyId"), ("inclusionProof", "treeSize"), ("messageDigest", "algorithm"),
}  # fmt: skip


def flip_leaf(path):
    def change(body, annotations):
        bundle = json.loads(body)
        node = bundle
        for key in path[:-1]:
            node = node[key]
        value = node[path[-1]]
        try:
            node[path[-1]] = flip_base64(value, 30)
            base64.b64decode(value, validate=True)
        except ValueError:
            node[path[-1]] = f"{value[:-1]}{chr(ord(value[-1]) ^ 1)}"
        return json.dumps(bundle).encode(), annotations

    return change


def signed_leaves(form):
    for name, digest in signed.names_of(form).items():
        manifest = json.loads(signed.blob(digest))
        if name != "image" and "layers" in manifest:
            body = json.loads(signed.blob(manifest["layers"][0]["digest"]))
            for path in leaves(body):
                if not any(path[-len(end) :] == end for end in UNSIGNED):
                    yield path


BUNDLES = [
    "key-bundle-2", "key-bundle-3", "key-attested-bundle", "keyless-bundle", "keyless-bundle-3",
    "keyless-attested-bundle", "keyless-attested-3", "key-attested", "keyless-attested",
]  # fmt: skip
LEAVES = [(form, path) for form in BUNDLES for path in signed_leaves(form)]


@pytest.mark.parametrize(("form", "path"), LEAVES, ids=str)
def test_no_field_of_a_bundle_may_differ(form, path):
    if form.startswith("key-") and "tlogEntries" in path:
        pytest.skip("a key needs no log")
    verdict = judge(form, flip_leaf(path), **FORMS[form])
    assert verdict.evidence is None, path
    assert verdict.reasons


@pytest.mark.parametrize("form", FORMS)
def test_a_signature_over_an_index_is_none_of_its_child(form):
    index = json.loads(signed.blob(signed.names_of(form)["image"]))
    child = index["manifests"][0]["digest"]
    stem, own = child.replace(":", "-"), signed.names_of(form)["image"].replace(":", "-")
    names = {name.replace(own, stem): digest for name, digest in signed.names_of(form).items()}
    exact = ImageReference.parse(f"{NAME}:1").with_digest(child)
    rule = TrustRule(images=("*",), **FORMS[form])
    store = Layout(form)
    store.names = names
    verdict = judge_rule(Attachments(store, exact), exact, rule)
    assert verdict.evidence is None


REFUSALS = [
    ("key-p256", by_key("p384"), "not by this key"),
    ("key-p256", by_key("rsa"), "not by this key"),
    ("key-p256", IDENTITY, "signed by a key"),
    ("key-bundle-3", IDENTITY, "signed by a key"),
    ("key-attested", by_key("p384") | ATTESTED, "not by this key"),
    ("key-attested", by_key("p256") | ATTESTED | {"builder": "https://evil/*"}, "its builder is"),
    ("key-attested", by_key("p256") | ATTESTED | {"source": "https://git.example.com/a"}, "source"),
    ("key-attested", by_key("p256") | {"attestations": ("https://x",)}, "nothing of the kind"),
    ("key-attested", by_key("p256"), "nothing of the kind"),
    ("keyless", by_key("p256"), "not by this key"),
    ("keyless", IDENTITY | {"issuer": "https://other.example.com"}, "issuer https://issuer.example"),
    ("keyless", IDENTITY | {"identity": SUBJECT[:-1]}, "it is signed by"),
    ("keyless-other", IDENTITY, f"it is signed by {SUBJECT}.evil"),
    ("keyless-other", IDENTITY | {"identity": "", "identity_pattern": "https://ci.*/v1"}, ".evil"),
    ("keyless-bundle-3", IDENTITY | {"issuer": "https://other.example.com"}, "it is signed by"),
    ("keyless-attested-3", IDENTITY | ATTESTED | {"builder": "x"}, "its builder is"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "values", "words"), REFUSALS)
def test_what_does_not_satisfy_says_why(form, values, words):
    verdict = judge(form, **values)
    assert verdict.evidence is None
    assert words in verdict.words


def test_an_expired_certificate_needs_a_log_entry():
    def change(body, annotations):
        return body, {key: value for key, value in annotations.items() if key != LOG}

    assert "no log entry says when" in judge("keyless", change, **IDENTITY).words


def test_another_entry_of_the_same_log_does_not_count():
    """The log's promise is genuine, and is of another signature."""
    (digest,) = (d for n, d in signed.names_of("keyless-other").items() if n.endswith(".sig"))
    other = json.loads(signed.blob(digest))["layers"][0]["annotations"][LOG]
    words = judge("keyless", lambda body, notes: (body, notes | {LOG: other}), **IDENTITY).words
    assert "the log entry is of another signature" in words


def test_a_pattern_accepts_what_it_matches_whole():
    values = IDENTITY | {"identity": "", "identity_pattern": "https://ci.example.com/team/*"}
    verdict = judge("keyless", **values)
    assert verdict.evidence.identity == SUBJECT
    assert verdict.evidence.issuer == ISSUER


ODD_VALUES = (None, 2**70, -1, 0, [], {}, "", "x", "QQ==", True, [{}], "9" * 400)


def set_leaf(path, value):
    def change(body, annotations):
        bundle = json.loads(body)
        node = bundle
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = value
        return json.dumps(bundle).encode(), annotations

    return change


@pytest.mark.parametrize("form", ["keyless-bundle", "keyless-attested-3", "keyless-attested"])
def test_odd_values_are_refused_and_nothing_falls_over(form):
    for path in signed_leaves(form):
        for value in ODD_VALUES:
            verdict = judge(form, set_leaf(path, value), **FORMS[form])
            assert verdict.evidence is None, (path, value)


@pytest.mark.parametrize("field", [("SignedEntryTimestamp",), ("Payload",), ("Payload", "body"),
    ("Payload", "integratedTime"), ("Payload", "logIndex"), ("Payload", "logID")])  # fmt: skip
def test_odd_log_entries_are_refused_and_nothing_falls_over(field):
    for value in ODD_VALUES:

        def change(body, annotations, value=value):
            entry = json.loads(annotations[LOG])
            node = entry
            for key in field[:-1]:
                node = node[key]
            node[field[-1]] = value
            return body, annotations | {LOG: json.dumps(entry)}

        assert judge("keyless", change, **IDENTITY).evidence is None


def test_the_vector_of_rfc_8032():
    """7.3, the signature of `abc` by Ed25519ph."""
    from pinner.evidence.ed25519ph import is_signed

    key = bytes.fromhex("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf")
    signature = bytes.fromhex(
        "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
        "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406"
    )
    assert is_signed(key, signature, b"abc")
    assert not is_signed(key, signature, b"abd")

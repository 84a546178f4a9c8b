"""Rules of trust from lock to update, with a real registry and what real tools signed."""

import json
import re

import pytest
import signed
from images import Image
from scripted_server import Reply

PROVENANCE = "https://slsa.dev/provenance/v1"
SUBJECT = "https://ci.example.com/team/app/release@refs/tags/v1"
SIGNED_AS = 'signed-as = ["registry.example.com/team/app"]\n'


def rule(host, name, text):
    return f'[[trust]]\nimages = ["{host}/{name}"]\n{text}'


def key_rule(host, name="key", more=SIGNED_AS):
    return rule(host, name, f'key = "keys/p256.pub"\n{more}')


def keyless_rule(host, name="keyless"):
    text = f'identity = "{SUBJECT}"\nissuer = "https://issuer.example.com"\n'
    return rule(host, name, f'{text}trust-root = "trusted_root.json"\n{SIGNED_AS}')


def attested_rule(host, name="attested"):
    text = f'key = "keys/p256.pub"\nattestations = ["{PROVENANCE}"]\n'
    return rule(host, name, f'{text}builder = "https://ci.example.com/*"\n')


def write_keys(project):
    for name in ("p256", "p384"):
        project.write(f"keys/{name}.pub", (signed.DATA / f"keys/{name}.pub").read_bytes())
    project.write("trusted_root.json", (signed.DATA / "trusted_root.json").read_bytes())


@pytest.fixture
def trusting(project, make_registry):
    """Three images, each with a rule of its own kind."""
    registry = make_registry()
    host = registry.host
    write_keys(project)
    project.write("pinner.toml", key_rule(host) + keyless_rule(host) + attested_rule(host))
    for form, name in (("key-p256", "key"), ("keyless", "keyless"), ("key-attested", "attested")):
        signed.push(form, host, name)
    project.write(
        "Dockerfile", "".join(f"FROM {host}/{n}:1\n" for n in ("key", "keyless", "attested"))
    )
    project.registry, project.host = registry, host
    return project


def test_three_rules_from_lock_to_verify_online(trusting):
    host = trusting.host
    done = trusting.pinner("lock")
    assert done.code == 0, done
    lockfile = trusting.read("pinner.lock")
    assert lockfile.count("[[image.evidence]]") == 3
    assert f'identity = "{SUBJECT}"' in lockfile
    assert f'attestations = ["{PROVENANCE}"]' in lockfile
    assert trusting.pinner("verify").code == 0
    assert trusting.pinner("lock", "--check").code == 0

    # A digest swapped by hand in both files.
    digest = signed.names_of("key-p256")["image"]
    other = "sha256:" + "e" * 64
    before = trusting.snapshot()
    entry = re.search(rf'reference = "{host}/key:1"\ndigest = "{digest}"', lockfile)[0]
    swapped = lockfile.replace(entry, entry.replace(digest, other), 1)
    trusting.write("pinner.lock", swapped)
    source = trusting.read("Dockerfile").replace(f"key:1@{digest}", f"key:1@{other}", 1)
    trusting.write("Dockerfile", source)
    done = trusting.pinner("verify", "--format", "json")
    assert done.code == 1, done
    found = [one for one in json.loads(done.out)["findings"] if one["name"] == "untrusted"]
    assert len(found) == 1
    assert f"what was proven is {digest}" in found[0]["message"]
    for path in ("pinner.lock", "Dockerfile"):
        trusting.write(path, before[path])

    # One new digest that nobody signed, one that somebody did.
    unsigned = trusting.registry.push("key:1", Image(content="new"))
    done = trusting.pinner("update")
    assert done.code == 3, done
    assert f"{unsigned} is not trusted: no signature by key keys/p256.pub" in done.out + done.err
    assert unsigned not in trusting.read("pinner.lock") + trusting.read("Dockerfile")
    assert trusting.pinner("verify").code == 0

    done = trusting.pinner("verify", "--online")
    assert "moved" in done.out
    assert "untrusted" not in done.out
    assert done.code == 0, done


def test_update_moves_what_is_proven_beside_what_is_not(project, make_registry):
    registry = make_registry()
    host = registry.host
    write_keys(project)
    project.write("pinner.toml", key_rule(host, "*"))
    project.write("Dockerfile", f"FROM {host}/a:1\nFROM {host}/b:1\n")
    for name in ("a", "b"):
        sign(host, name, registry.push(f"{name}:1", Image(content=f"{name} old")), project)
    project.write("pinner.toml", key_rule(host, "*").replace("keys/p256.pub", "keys/own.pub"))
    assert project.pinner("lock").code == 0
    moved = registry.push("a:1", Image(content="a new"))
    sign(host, "a", moved, project)
    held = registry.push("b:1", Image(content="b new"))
    report = project.root / "report.md"
    done = project.pinner("update", "--report", str(report))
    assert done.code == 3, done
    text = project.read("pinner.lock")
    assert moved in text
    assert held not in text
    assert "signed by the key sha256:" in report.read_text()
    assert "is not trusted" in report.read_text()
    assert project.pinner("verify", "--online").code == 0


def own_key(project):
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if not hasattr(project, "private"):
        project.private = ec.generate_private_key(ec.SECP256R1())
        pem = project.private.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )
        project.write("keys/own.pub", pem)
    return project.private


def sign(host, name, digest, project, *, change=None, **values):
    """Sign as cosign does, with a key of the test's."""
    import base64

    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    named = {
        "identity": {"docker-reference": f"{host}/{name}"},
        "image": {"docker-manifest-digest": digest},
        "type": "cosign container image signature",
    } | values
    payload = json.dumps({"critical": named, "optional": None}).encode()
    signature = own_key(project).sign(payload, ec.ECDSA(hashes.SHA256()))
    notes = {"dev.cosignproject.cosign/signature": base64.b64encode(signature).decode()}
    layer = (payload, "application/vnd.dev.cosign.simplesigning.v1+json", notes)
    layers = [layer] if change is None else change(layer)
    stem = digest.replace(":", "-")
    signed.Api(host, name).put_artifact(f"{stem}.sig", layers)


def replaced(at, value):
    def change(layer):
        found = list(layer)
        found[at] = value
        return [tuple(found)]

    return change


BAD = {
    "another name": ({"identity": {"docker-reference": "example.com/x"}}, None, "signed as example.com/x"),
    "a name that is none": ({"identity": {"docker-reference": "A B"}}, None, "is none"),
    "another digest": ({"image": {"docker-manifest-digest": "sha256:" + "0" * 64}}, None, "it is over sha256:0000"),
    "another type": ({"type": "x"}, None, "is of the type 'x'"),
    "no digest": ({"image": {}}, None, "is not of its form"),
    "bad base64": ({}, replaced(2, {"dev.cosignproject.cosign/signature": "%%"}), "is not base64"),
    "no signature": ({}, replaced(2, {}), "the signature is missing"),
    "another media type": ({}, replaced(1, "text/plain"), "nothing of the kind is attached"),
    "no JSON": ({}, replaced(0, b"<html>"), "the payload is not of its form"),
    "nested too deep": ({}, replaced(0, b"[" * 100_000), "the payload is not of its form"),
    "a control character": ({"type": "\x1b[2Jx"}, None, "\\x1b[2Jx"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_signature_says_why_and_changes_nothing(project, registry, case):
    values, change, words = BAD[case]
    host, name = registry.host, f"bad/{list(BAD).index(case)}"
    own_key(project)
    project.write("pinner.toml", rule(host, name, 'key = "keys/own.pub"\n'))
    project.write("Dockerfile", f"FROM {host}/{name}:1\n")
    sign(
        host,
        name,
        registry.push(f"{name}:1", Image(content=case)),
        project,
        change=change,
        **values,
    )
    before = project.snapshot()
    done = project.pinner("lock")
    assert done.code == 3, done
    assert words in done.out + done.err
    assert project.snapshot() == before


def test_a_key_may_stand_in_a_variable(project, registry):
    host = registry.host
    own_key(project)
    project.write("pinner.toml", rule(host, "var", 'key = "env:SIGNING_KEY"\n'))
    project.write("Dockerfile", f"FROM {host}/var:1\n")
    sign(host, "var", registry.push("var:1", Image(content="var")), project)
    done = project.pinner("lock")
    assert done.code == 2, done
    assert "SIGNING_KEY, and that variable is not set" in done.err
    env = {"SIGNING_KEY": project.read("keys/own.pub")}
    assert project.pinner("lock", env=env).code == 0
    assert project.pinner("verify", env=env).code == 0
    done = project.pinner(
        "verify", env={"SIGNING_KEY": (signed.DATA / "keys/p256.pub").read_text()}
    )
    assert done.code == 1
    assert "untrusted" in done.out


def test_a_rule_that_comes_later_is_proven_by_lock(project, registry):
    host = registry.host
    own_key(project)
    digest = registry.push("later:1", Image(content="later"))
    project.write("Dockerfile", f"FROM {host}/later:1\n")
    assert project.pinner("lock").code == 0
    project.write("pinner.toml", rule(host, "later", 'key = "keys/own.pub"\n'))
    done = project.pinner("verify")
    assert done.code == 1
    assert "nothing proves that it is signed by key keys/own.pub" in done.out
    before = project.snapshot()
    assert project.pinner("lock").code == 3
    assert project.snapshot() == before
    sign(host, "later", digest, project)
    assert project.pinner("lock").code == 0
    assert project.pinner("verify", "--online").code == 0


def test_a_thousand_signatures_are_not_all_looked_at(project, registry):
    host = registry.host
    own_key(project)
    project.write("pinner.toml", rule(host, "many", 'key = "keys/own.pub"\n'))
    project.write("Dockerfile", f"FROM {host}/many:1\n")

    def many(layer):
        return [(layer[0], layer[1], {"dev.cosignproject.cosign/signature": "AA=="})] * 1000

    sign(host, "many", registry.push("many:1", Image(content="many")), project, change=many)
    done = project.pinner("lock")
    assert done.code == 3
    assert "744 more under the tag sha256-" in done.out + done.err, done


def test_proving_costs_few_requests_and_less_again(project, make_registry):
    """A signature under a tag: its manifest and its payload; the payload only once."""
    registry = make_registry()
    host = registry.host
    own_key(project)
    project.write("pinner.toml", rule(host, "cost", 'key = "keys/own.pub"\n'))
    project.write("Dockerfile", f"FROM {host}/cost:1\n")
    sign(host, "cost", registry.push("cost:1", Image(content="cost")), project)
    assert project.pinner("lock").code == 0
    first = [(one.method, one.path.rpartition("/")[2][:7]) for one in registry.requests()]
    assert first == [("HEAD", "1"), ("GET", "sha256-"), ("GET", "sha256:")]
    project.pinner("verify", "--online")
    again = [one.method for one in registry.requests()][len(first) :]
    assert again == ["HEAD", "GET"]


def test_a_rule_that_is_gone_is_a_weaker_check(trusting):
    assert trusting.pinner("lock").code == 0
    trusting.git("add", "-A")
    trusting.git("commit", "-qm", "x")
    trusting.write("pinner.toml", key_rule(trusting.host))
    done = trusting.pinner("verify", "--since", "HEAD", "--offline")
    assert done.code == 1, done
    assert "`trust[2]` of HEAD is gone" in done.out
    assert "`trust[3]` of HEAD is gone" in done.out
    more = trusting.read("pinner.toml") + keyless_rule("a") + keyless_rule(trusting.host)
    trusting.write("pinner.toml", more + attested_rule(trusting.host))
    assert trusting.pinner("verify", "--since", "HEAD", "--offline").code == 0
    trusting.git("checkout", "-q", "pinner.toml")
    trusting.write("keys/p256.pub", (signed.DATA / "keys/p384.pub").read_bytes())
    done = trusting.pinner("verify", "--since", "HEAD", "--offline")
    assert done.code == 1, done
    assert "`trust[1]` of HEAD is gone or is another" in done.out


CONFIGURATIONS = [
    ('images = ["a"]\n', "must have either `key`"),
    ('key = "keys/own.pub"\n', "must name `images`"),
    ('images = ["a"]\nkey = "keys/own.pub"\nissuer = "x"\n', "none beside a key"),
    ('images = ["a"]\nidentity = "x"\n', "must name an `issuer`"),
    ('images = ["a"]\nidentity = "x"\nidentity-pattern = "x"\nissuer = "y"\n', "must have one of"),
    ('images = ["a"]\nidentity-pattern = "*"\nissuer = "y"\n', "must not accept every identity"),
    ('images = ["a"]\nkey = "keys/none.pub"\n', "keys/none.pub: is gone"),
    ('images = ["a"]\nkey = "../x.pub"\n', "below the project root"),
    ('images = ["a"]\nkey = "Dockerfile"\n', "is no public key in PEM"),
    ('images = ["a"]\nkey = "keys/own.pub"\nbuilder = "x"\n', "must ask in `attestations`"),
    ('images = ["a"]\nkey = "keys/own.pub"\nkeys = "x"\n', "is not a known key"),
    ('images = []\nkey = "keys/own.pub"\n', "must name an image"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), CONFIGURATIONS)
def test_a_rule_that_makes_no_sense_is_an_error(project, text, words):
    own_key(project)
    project.write("Dockerfile", "FROM scratch\n")
    project.write("pinner.toml", f"[[trust]]\n{text}")
    done = project.pinner("verify")
    assert done.code == 2, done
    assert words in done.err


def test_without_the_extra_a_rule_is_an_error(project, tmp_path):
    """A folder before the others hides the library."""
    own_key(project)
    project.write("pinner.toml", '[[trust]]\nimages = ["a"]\nkey = "keys/own.pub"\n')
    hiding = tmp_path / "hiding"
    hiding.mkdir()
    (hiding / "sitecustomize.py").write_text(
        "import sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'sigstore':\n"
        "            raise ModuleNotFoundError(name)\n"
        "import importlib.util as u\n"
        "found = u.find_spec\n"
        "u.find_spec = lambda n, p=None: None if n == 'sigstore' else found(n, p)\n"
    )
    done = project.pinner("verify", env={"PYTHONPATH": str(hiding)})
    assert done.code == 2, done
    assert "pip install 'pinner-lock[sigstore]'" in done.err


def test_forged_evidence_of_a_new_digest_is_found_by_since(trusting):
    """What anybody can write into a lockfile is no proof; the registry is asked for new digests."""
    assert trusting.pinner("lock").code == 0
    trusting.git("add", "-A")
    trusting.git("commit", "-qm", "x")
    asked = len(trusting.registry.requests())
    assert trusting.pinner("verify", "--since", "HEAD").code == 0
    assert len(trusting.registry.requests()) == asked
    digest = signed.names_of("key-p256")["image"]
    forged = trusting.registry.push("key:1", Image(content="forged"))
    for path in ("pinner.lock", "Dockerfile"):
        parts = trusting.read(path).split(f"{trusting.host}/key:1", 1)
        after = parts[1].replace(digest, forged, 2 if path == "pinner.lock" else 1)
        trusting.write(path, f"{parts[0]}{trusting.host}/key:1{after}")
    assert trusting.pinner("verify").code == 0
    done = trusting.pinner("verify", "--since", "HEAD")
    assert done.code == 1, done
    assert "untrusted" in done.out
    assert f"{forged} is not trusted" in done.out
    done = trusting.pinner("verify", "--online")
    assert done.code == 1, done
    assert f"{forged} is not trusted" in done.out


def test_sigstores_own_root_is_the_librarys_and_nobody_is_asked(trusting, serve):
    """Without a root of its own the rule goes by the public one, which knows not this signer."""
    proxy = serve(lambda seen: Reply(403))
    env = {"HTTPS_PROXY": proxy.url, "https_proxy": proxy.url}
    text = trusting.read("pinner.toml").replace('trust-root = "trusted_root.json"\n', "")
    trusting.write("pinner.toml", text)
    done = trusting.pinner("lock", env=env)
    assert done.code == 3, done
    assert f"no signature by {SUBJECT}: failed to build timestamp certificate chain" in done.err
    assert proxy.seen == []


def test_refresh_says_when_the_root_cannot_be_had(project, serve):
    proxy = serve(lambda seen: Reply(403))
    env = {"HTTPS_PROXY": proxy.url, "https_proxy": proxy.url}
    done = project.pinner("trust", "refresh", env=env)
    assert done.code == 3, done
    assert "the root of trust was not refreshed" in done.err
    assert {seen.method for seen in proxy.seen} == {"CONNECT"}


@pytest.mark.parametrize("content", ["{}", "[", '{"mediaType": 1}'])
def test_a_damaged_root_is_an_error_of_the_configuration(trusting, content):
    trusting.write("trusted_root.json", content)
    before = trusting.snapshot()
    done = trusting.pinner("lock")
    assert done.code == 2, done
    assert "trusted_root.json: is no trust root" in done.err
    assert trusting.snapshot() == before


COSTS = [
    ("key-p256", "", 2, 1),
    ("key-bundle-3", "", 5, 3),
    ("key-attested", f'attestations = ["{PROVENANCE}"]\n', 4, 3),
    ("key-attested-bundle", f'attestations = ["{PROVENANCE}"]\n', 4, 2),
]


@pytest.mark.parametrize(("form", "more", "first", "again"), COSTS)
def test_requests_are_what_the_document_says(project, make_registry, form, more, first, again):
    """Of a registry without a list of referrers; beside the digest's own request."""
    registry = make_registry()
    write_keys(project)
    project.write("pinner.toml", key_rule(registry.host, "x", SIGNED_AS + more))
    project.write("Dockerfile", f"FROM {registry.host}/x:1\n")
    signed.push(form, registry.host, "x")
    assert project.pinner("lock").code == 0
    asked = len(registry.requests())
    assert asked == first + 1
    assert project.pinner("verify", "--online").code == 0
    assert len(registry.requests()) - asked == again + 1


def test_a_tag_moves_only_to_what_is_signed(project, make_registry):
    registry = make_registry()
    host = registry.host
    own_key(project)
    project.write("pinner.toml", rule(host, "app", 'key = "keys/own.pub"\n'))
    project.write("Dockerfile", f"FROM {host}/app:1.0.0\n")
    digests = {
        tag: registry.push(f"app:{tag}", Image(content=tag)) for tag in ("1.0.0", "1.1.0", "1.2.0")
    }
    sign(host, "app", digests["1.0.0"], project)
    assert project.pinner("lock").code == 0
    done = project.pinner("update", "--tags", "minor")
    assert done.code == 3, done
    assert "1.2.0 is listed, but" in done.err
    assert f"{digests['1.2.0']} is not trusted" in done.err
    assert f"app:1.0.0@{digests['1.0.0']}" in project.read("Dockerfile")
    sign(host, "app", digests["1.1.0"], project)
    assert project.pinner("update", "--tags", "minor").code == 0
    assert f"app:1.1.0@{digests['1.1.0']}" in project.read("Dockerfile")
    assert project.pinner("verify", "--online").code == 0


def test_a_platform_needs_a_signature_over_its_own_manifest(project, registry):
    host = registry.host
    own_key(project)
    project.write("pinner.toml", rule(host, "arm", 'key = "keys/own.pub"\n'))
    project.write("Dockerfile", f"FROM {host}/arm:1\n")
    image = Image(content="arm", platforms=("linux/amd64", "linux/arm64"))
    sign(host, "arm", registry.push("arm:1", image), project)
    before = project.snapshot()
    done = project.pinner("lock", "--pin-platform", "linux/arm64")
    assert done.code == 3, done
    assert "is not trusted" in done.err
    assert project.snapshot() == before
    child = project.pinner(
        "image", "digest", f"{host}/arm:1", "--platform", "linux/arm64"
    ).out.strip()
    sign(host, "arm", child, project)
    assert project.pinner("lock", "--pin-platform", "linux/arm64").code == 0
    assert project.pinner("verify").code == 0
    assert child in project.read("pinner.lock")


def test_a_mirror_is_asked_and_the_name_is_the_registrys(project, registry):
    """The image is signed under its own name; a mirror serves it under another."""
    own_key(project)
    name = "registry.invalid/team/app"
    host = registry.host
    mirror = f'[registries."registry.invalid"]\nmirrors = ["{host}/mirrored"]\n'
    mirror += f'[registries."{host}"]\nplain-http = true\n'
    project.write(
        "pinner.toml", mirror + rule("registry.invalid", "team/app", 'key = "keys/own.pub"\n')
    )
    project.write("Dockerfile", f"FROM {name}:1\n")
    digest = registry.push("mirrored/team/app:1", Image(content="mirrored"))
    named = {"identity": {"docker-reference": name}}
    sign(host, "mirrored/team/app", digest, project, **named)
    done = project.pinner("lock")
    assert done.code == 0, done
    assert f"{name}:1@{digest}" in project.read("Dockerfile")

"""Bundles that refer to a digest: by the API of distribution 1.1, and by the tag in its place.

No registry that can be had here has the API, so a scripted one serves what cosign left.
"""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
import signed
from scripted_server import Reply

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


class WithReferrers:
    """A registry with the recorded form of an image, and a list of what refers to it."""

    def __init__(self, form, *, page=1, filters=True, extra=()):
        self.names = signed.names_of(form)
        self.page, self.filters = page, filters
        self.digests = [*extra, *(n for n in self.names if n.startswith("sha256:"))]
        self.overrides = {}

    def __call__(self, seen):
        parts = urlsplit(seen.path)
        _, kind, name = parts.path.rsplit("/", 2)
        if kind == "referrers":
            return self.referrers(parse_qs(parts.query))
        if kind == "manifests":
            digest = self.names["image"] if name == "1" else name
            if not digest.startswith("sha256:"):
                return Reply(404)
            headers = {"Docker-Content-Digest": digest}
            body = self.overrides.get(digest) or signed.blob(digest)
            media_type = json.loads(body).get("mediaType", signed.MANIFEST)
            return Reply(200, headers | {"Content-Type": media_type}, body)
        if kind == "blobs":
            return Reply(200, {}, self.overrides.get(name) or signed.blob(name))
        return Reply(200)

    def referrers(self, query):
        at = int(query.get("at", ["0"])[0])
        entries = [
            {"mediaType": signed.MANIFEST, "digest": digest, "size": 1, "artifactType": BUNDLE}
            for digest in self.digests[at : at + self.page]
        ]
        headers = {"Content-Type": signed.INDEX}
        if self.filters:
            assert query["artifactType"] == [BUNDLE]
        if at + self.page < len(self.digests):
            following = f"?artifactType={BUNDLE.replace('+', '%2B')}&at={at + self.page}"
            headers["Link"] = f'<{following}>; rel="next"'
        body = json.dumps({"schemaVersion": 2, "mediaType": signed.INDEX, "manifests": entries})
        return Reply(200, headers, body.encode())


def trust(project, host, more=""):
    for path in ("keys/p256.pub", "trusted_root.json"):
        project.write(path, (signed.DATA / path).read_bytes())
    rule = f'[[trust]]\nimages = ["{host}/app"]\nkey = "keys/p256.pub"\n{more}'
    project.write("pinner.toml", rule)
    project.write("Dockerfile", f"FROM {host}/app:1\n")


@pytest.mark.parametrize("form", ["key-bundle-2", "key-bundle-3"])
def test_a_bundle_is_found_by_the_api(project, serve, form):
    server = serve(WithReferrers(form))
    trust(project, server.host)
    done = project.pinner("lock")
    assert done.code == 0, done
    paths = [
        urlsplit(seen.path).path.split("/")[3] for seen in server.seen if "/v2/app" in seen.path
    ]
    # Its digest, the tag of signatures, the list, the bundle's manifest, the bundle.
    assert paths == ["manifests", "manifests", "referrers", "manifests", "blobs"]
    before = len(server.seen)
    assert project.pinner("verify", "--online").code == 0
    assert len(server.seen) - before == 3


def test_pages_are_followed_and_others_passed_over(project, serve):
    """What refers to the image and is no bundle, or is about another manifest."""
    script = WithReferrers("key-bundle-3")
    other = {"schemaVersion": 2, "mediaType": signed.MANIFEST, "layers": [], "config": {
        "mediaType": "x", "digest": signed.sha256(b"{}"), "size": 2}}  # fmt: skip
    extra = []
    for subject in (None, "sha256:" + "0" * 64):
        body = json.dumps(other | ({"subject": {"digest": subject}} if subject else {})).encode()
        script.overrides[signed.sha256(body)] = body
        extra.append(signed.sha256(body))
    script.digests = [*extra, *script.digests]
    server = serve(script)
    trust(project, server.host)
    assert project.pinner("lock").code == 0
    assert sum("/referrers/" in seen.path for seen in server.seen) == 3


def test_an_endless_list_is_refused(project, serve):
    class Endless(WithReferrers):
        def referrers(self, query):
            headers = {"Content-Type": signed.INDEX, "Link": '<?at=1>; rel="next"'}
            entry = {"mediaType": signed.MANIFEST, "digest": self.digests[0], "size": 1}
            body = {"schemaVersion": 2, "mediaType": signed.INDEX, "manifests": [entry] * 2}
            return Reply(200, headers, json.dumps(body).encode())

    server = serve(Endless("key-bundle-3"))
    trust(project, server.host)
    before = project.snapshot()
    done = project.pinner("lock")
    assert done.code == 3, done
    assert "there is no end of what refers to" in done.err
    assert project.snapshot() == before


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(200, {"Content-Type": "text/html"}, b"<html>"), "is not JSON"),
        (Reply(200, {"Content-Type": signed.INDEX}, b"{}"), "missing or too long"),
        (Reply(500), "the registry fails"),
        (Reply(403), "access refused"),
        (Reply(200, {"Link": '<http://other.invalid/>; rel="next"'},
               b'{"schemaVersion":2,"manifests":[]}'), "on another host"),
    ],
)  # fmt: skip
def test_a_list_that_is_none_is_refused(project, serve, reply, words):
    class Broken(WithReferrers):
        def referrers(self, query):
            return reply

    server = serve(Broken("key-bundle-3"))
    trust(project, server.host)
    done = project.pinner("lock")
    assert done.code == 3, done
    assert words in done.err


def test_a_payload_of_a_gibibyte_is_not_fetched(project, serve):
    script = WithReferrers("key-bundle-3")
    (digest,) = script.digests
    manifest = json.loads(signed.blob(digest))
    manifest["layers"][0]["size"] = 2**30
    body = json.dumps(manifest).encode()
    script.overrides[signed.sha256(body)] = body
    script.digests = [signed.sha256(body)]
    server = serve(script)
    trust(project, server.host)
    done = project.pinner("lock")
    assert done.code == 3, done
    assert "it has 1073741824 bytes, more than" in done.err
    assert not any("/blobs/" in seen.path for seen in server.seen)


def test_a_payload_that_is_larger_than_it_says_is_not_read(project, serve):
    class Large(WithReferrers):
        def __call__(self, seen):
            reply = super().__call__(seen)
            return Reply(200, {}, b" " * (5 * 2**20)) if "/blobs/" in seen.path else reply

    server = serve(Large("key-bundle-3"))
    trust(project, server.host)
    done = project.pinner("lock")
    assert done.code == 3, done
    assert "is not trusted" in done.err


@pytest.mark.parametrize("form", ["key-bundle-2", "key-bundle-3", "key-attested-bundle"])
def test_the_fallback_tag_of_a_registry_without_the_api(project, registry, form):
    signed.push(form, registry.host, f"fallback/{form}")
    more = 'attestations = ["https://slsa.dev/provenance/v1"]\n' if "attested" in form else ""
    trust(project, registry.host, more)
    project.write("Dockerfile", f"FROM {registry.host}/fallback/{form}:1\n")
    text = project.read("pinner.toml").replace("/app", f"/fallback/{form}")
    project.write("pinner.toml", text)
    done = project.pinner("lock")
    assert done.code == 0, done
    shown = project.pinner("image", "signatures", f"{registry.host}/fallback/{form}:1")
    assert shown.code == 0, shown
    assert "satisfied: signed by the key sha256:" in shown.out
    row = project.pinner(
        "image", "signatures", f"{registry.host}/fallback/{form}:1", "--format", "json"
    )
    assert json.loads(row.out)["rules"][0]["satisfied"] is True


def test_nothing_is_imported_before_a_rule_matches(project, registry):
    import subprocess
    import sys

    trust(project, registry.host)
    project.write("Dockerfile", f"FROM {registry.host}/fallback/free:1\n")
    signed.push("key-p256", registry.host, "fallback/free")
    probe = (
        "import os, sys\nfrom pinner.__main__ import main\nos._exit = sys.exit\n"
        "try:\n    main()\nexcept SystemExit as error:\n    print('code', error.code)\n"
        "print('imported', *(n for n in ('sigstore', 'cryptography') if n in sys.modules))\n"
    )
    for command in ("lock", "verify"):
        done = subprocess.run(
            [sys.executable, "-c", probe, command], cwd=project.root, check=False,
            capture_output=True, text=True,
        )  # fmt: skip
        assert "code 0" in done.stdout, done
        assert done.stdout.rstrip().endswith("imported"), done

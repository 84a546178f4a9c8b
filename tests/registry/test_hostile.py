"""What registries send that no honest one does."""

import gzip
import json
import tracemalloc
import zlib

import pytest
from clients import INDEX, digest_of, make_client, reference
from scripted_server import Reply

from pinner.model.errors import AnswerError, PinnerError
from pinner.pins.tag_versions import parse_tag
from pinner.registry.hosts import is_private
from pinner.registry.pacing import Patience
from pinner.registry.referrers import _next_link


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ('</v2/a/tags/list?last=x>; rel="next"', "/v2/a/tags/list?last=x"),
        ("</x>; rel=next", "/x"),
        ('</p>; rel="prev", </n>; rel="next"', "/n"),
        ("", None),
        ("<" * 100_000, None),
        ("<a>;" + " " * 100_000, None),
        ("<a>; rel=x," * 50_000, None),
    ],
    ids=range(7),
)
def test_links(header, target):
    assert _next_link(header) == target


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "10.1.2.3:5000", "192.168.0.1", "169.254.169.254", "[::1]", "[fe80::1]",
     "[::ffff:10.0.0.1]", "2130706433", "0x7f.1", "0.0.0.0", "localhost", "x.localhost",
     "10.0.0.1.", "127.0.0.1.:80", "localhost.", "[64:ff9b::a00:1]", "[2002:a00:1::]",
     "[::7f00:1]", "[::]", "224.0.0.1", "[ff02::1]", "registry:5000", "auth.internal"],
)  # fmt: skip
def test_addresses_that_are_not_public(host):
    assert is_private(host)


@pytest.mark.parametrize(
    "host", ["ghcr.io", "8.8.8.8:443", "[2606:4700::1111]", "[64:ff9b::808:808]", "10.example.com"]
)
def test_addresses_that_are(host):
    assert not is_private(host)


@pytest.mark.parametrize("tag", ["9" * 5000, "1.2-rc" + "9" * 5000, "\u0661.\u0662", "1" * 129])
def test_tags_that_are_no_versions(tag):
    assert parse_tag(tag) is None


@pytest.mark.parametrize("link", ["http://[::1", "http://[x]/", "//h:99999999999/"])
def test_next_pages_that_are_nowhere(serve, link):
    headers = {"Link": f'<{link}>; rel="next"'}
    server = serve(lambda seen: Reply(headers=headers, body=b'{"tags": ["1"]}'))
    with pytest.raises(AnswerError, match="continues its tags"):
        make_client().tags(reference(server.host))


@pytest.mark.parametrize("pause", ["9" * 5000, "Fri, 31 Dec 99999 23:59:59 GMT", "-1", "soon"])
def test_pauses_that_cannot_be(serve, pause):
    server = serve(lambda seen: Reply(429, {"Retry-After": pause}))
    with pytest.raises(PinnerError, match=r"429|too many|limit"):
        make_client().head(reference(server.host))


BODY = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}).encode()


@pytest.mark.parametrize(("coding", "coded"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_manifests_in_another_coding(serve, coding, coded):
    headers = {"Content-Type": INDEX, "Content-Encoding": coding}
    server = serve(lambda seen: Reply(headers=headers, body=coded(BODY)))
    content = make_client().manifest(reference(server.host))
    assert (content.digest, content.body) == (digest_of(BODY), BODY)


def test_a_bomb_in_another_coding(serve):
    headers = {"Content-Type": INDEX, "Content-Encoding": "gzip"}
    server = serve(lambda seen: Reply(headers=headers, body=gzip.compress(b" " * 50_000_000)))
    with pytest.raises(AnswerError, match="more than"):
        make_client().manifest(reference(server.host))


def test_tags_that_are_none(serve):
    odd = ["1", "9" * 5000, "\u0661.\u0662", "", "a b", "x" * 129, "\x1b[1m", 7, None, "1.2"]
    server = serve(lambda seen: Reply(body=json.dumps({"tags": odd}).encode()))
    assert make_client().tags(reference(server.host)) == ["1", "1.2"]


@pytest.mark.parametrize("seconds", [10**400, -5, 0, "x", None, 1.5e308, [1]])
def test_tokens_of_any_age(serve, seconds):
    def script(seen):
        if seen.path.startswith("/token"):
            body = {"token": "t", "expires_in": seconds}
            return Reply(body=json.dumps(body).encode())
        if seen.authorization is None:
            realm = f'Bearer realm="http://{server.host}/token",service="x"'
            return Reply(401, {"WWW-Authenticate": realm})
        return Reply(headers={"Content-Type": INDEX, "Docker-Content-Digest": digest_of(BODY)})

    server = serve(script)
    assert make_client().head(reference(server.host)).digest == digest_of(BODY)


@pytest.mark.parametrize("where", ["mirrors", "host"])
def test_a_password_in_the_configuration_is_not_shown(project, where):
    text = {
        "mirrors": '[registries."docker.io"]\nmirrors = ["me:s3cret@mirror.example"]\n',
        "host": '[registries."me:s3cret@mirror.example"]\nplain-http = true\n',
    }[where]
    project.write("pinner.toml", text)
    done = project.pinner("verify")
    assert done.code == 2
    assert "pinner.toml:" in done.err
    assert "s3cret" not in done.out + done.err


REPEATED = b'{"errors":[{"code":"X","message":"%s"}]}'
ODD_WORDS = {
    "a command for CI": (rb"a\n::set-output name=x::y", r"says 'X: a\x0a::set-output name=x::y'"),
    "control characters": (rb"\u001b[2J\u0000\u0085\u202e", r"'X: \x1b[2J\x00\x85\u202e'"),
    "much": (b"y" * 100_000, "yyy…'"),
}


@pytest.mark.parametrize("name", ODD_WORDS)
def test_what_a_registry_says(serve, name):
    said, shown = ODD_WORDS[name]
    server = serve(lambda seen: Reply(404, body=REPEATED % said))
    with pytest.raises(PinnerError, match="no such image") as raised:
        make_client().manifest(reference(server.host))
    text = str(raised.value)
    assert shown in text
    assert len(text.splitlines()) == 1
    assert len(text) < 500


ODD_HEADERS = {
    "a realm": (401, {"WWW-Authenticate": 'Bearer realm="http://127.0.0.1:1\x1b[2J/x"'}),
    "schemes": (401, {"WWW-Authenticate": ", ".join(f"s{n}" for n in range(5000))}),
    "a redirect": (307, {"Location": "http://h\x1b[2J.example/"}),
    "a long redirect": (307, {"Location": f"http://{'h' * 9000}.example/"}),
    "a media type": (200, {"Content-Type": "x/\x1b[2J" + "y" * 9000}),
    "a pause": (429, {"Retry-After": "\x1b[2J"}),
}


@pytest.mark.parametrize("name", ODD_HEADERS)
def test_words_in_headers(serve, name):
    status, headers = ODD_HEADERS[name]
    server = serve(lambda seen: Reply(status, headers, b"{}"))
    with pytest.raises(PinnerError) as raised:
        make_client().manifest(reference(server.host))
    text = str(raised.value)
    assert text.isprintable()
    assert len(text) < 600


def gzipped(body):
    return {"Content-Type": INDEX, "Content-Encoding": "gzip"}, gzip.compress(body)


def test_a_bomb_takes_little_memory(serve):
    """A chunk of 64 KiB holds 64 MiB; not much more than the limit of 4 MiB is ever held."""
    headers, bomb = gzipped(b" " * 200_000_000)
    server = serve(lambda seen: Reply(headers=headers, body=bomb))
    client = make_client(patience=Patience(retries=0))
    tracemalloc.start()
    try:
        with pytest.raises(AnswerError, match="more than 4096 KiB"):
            client.manifest(reference(server.host))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 24 * 1024 * 1024


def test_a_bomb_of_nothing(serve):
    """Empty gzip members take bytes and give none."""
    headers, _ = gzipped(b"")
    server = serve(lambda seen: Reply(headers=headers, body=gzip.compress(b"") * 300_000))
    with pytest.raises(AnswerError, match="more than 4096 KiB"):
        make_client(patience=Patience(retries=0)).manifest(reference(server.host))


def test_a_large_manifest_in_gzip(serve):
    entry = {"mediaType": "x/y", "digest": "sha256:" + "1" * 64, "size": 1}
    large = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry] * 9000}
    body = json.dumps(large).encode()
    headers, coded = gzipped(body)
    server = serve(lambda seen: Reply(headers=headers, body=coded))
    assert make_client().manifest(reference(server.host)).body == body


BROKEN = {
    "no gzip": ("gzip", BODY, "cannot be read"),
    "cut off": ("gzip", gzip.compress(BODY)[:-9], "broke off its answer"),
    "unknown": ("br", BODY, "a coding that was not asked for"),
    "twice": ("gzip, gzip", gzip.compress(gzip.compress(BODY)), "not asked for"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_codings_that_cannot_be_read(serve, name):
    coding, body, words = BROKEN[name]
    headers = {"Content-Type": INDEX, "Content-Encoding": coding}
    server = serve(lambda seen: Reply(headers=headers, body=body))
    with pytest.raises(PinnerError, match=words):
        make_client().manifest(reference(server.host))

"""Registries that misbehave: each case by name, with what comes of it."""

import base64
import datetime as dt
import gzip
import json
import time
from email.utils import format_datetime
from itertools import count

import pytest
from clients import INDEX, MANIFEST, digest_of, make_client, make_client_from, reference
from scripted_server import Reply

from pinner.model.errors import AccessError, AnswerError, NotFoundError, UnreachableError
from pinner.model.platforms import Platform
from pinner.registry.resolver import RegistryResolver

CONFIG = "application/vnd.oci.image.config.v1+json"
ENTRY = {"mediaType": MANIFEST, "digest": "sha256:" + "1" * 64, "size": 9}
GOOD = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [ENTRY]}).encode()
DIGEST = digest_of(GOOD)
BASIC = base64.b64encode(b"user:secret").decode()


def good(**headers):
    named = {"Content-Type": INDEX, "Docker-Content-Digest": DIGEST}
    named |= {key.replace("_", "-"): value for key, value in headers.items()}
    return Reply(headers={key: value for key, value in named.items() if value}, body=GOOD)


def always(reply):
    return lambda seen: reply


def once(first, then=None):
    """Misbehave once, then answer well."""
    number = count()
    return lambda seen: (then or good()) if next(number) else first


def on_head(reply):
    """Misbehave on HEAD alone."""
    return lambda seen: reply if seen.method == "HEAD" else good()


def without_digest(reply):
    """Give no digest on HEAD, so that the body counts, and answer GET so."""
    return lambda seen: good(Docker_Content_Digest="") if seen.method == "HEAD" else reply


def body_once(reply):
    """Give no digest on HEAD, and misbehave on the first GET."""
    number = count()

    def script(seen):
        if seen.method == "HEAD":
            return good(Docker_Content_Digest="")
        return good() if next(number) else reply

    return script


def body(content, media_type=INDEX, **headers):
    return Reply(headers={"Content-Type": media_type, **headers}, body=content)


def cut_off(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: x\r\nContent-Length: 500\r\n\r\n{")


def slammed(handler):
    handler.connection.shutdown(2)


def slow(handler):
    time.sleep(1)


def dripping(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
    for _ in range(40):
        time.sleep(0.1)
        handler.wfile.write(b"x")
        handler.wfile.flush()


def nonsense(handler):
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")


def chunks_cut_off(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc")


def many_entries(number):
    entries = [ENTRY] * number
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()


def in_an_hour():
    return format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(hours=1), usegmt=True)


def now():
    return format_datetime(dt.datetime.now(dt.UTC), usegmt=True)


def too_many(**headers):
    return Reply(429, headers={key.replace("_", "-"): value for key, value in headers.items()})


WELL = {
    "digest header missing": on_head(good(Docker_Content_Digest="")),
    "digest header malformed": on_head(good(Docker_Content_Digest="sha256:xyz")),
    "digest header in upper case": on_head(good(Docker_Content_Digest=DIGEST.upper())),
    "digest header of an unknown algorithm": on_head(good(Docker_Content_Digest="md5:0123")),
    "HEAD not allowed": on_head(Reply(405)),
    "HEAD not implemented": on_head(Reply(501)),
    "HEAD a bad request": on_head(Reply(400)),
    "HEAD not found, GET found": on_head(Reply(404)),
    "media type missing on HEAD": on_head(good(Content_Type="")),
    "media type of a web page on HEAD": on_head(good(Content_Type="text/html")),
    "media type with a parameter": always(good(Content_Type=f"{INDEX}; charset=utf-8")),
    "media type of plain JSON": without_digest(body(GOOD, "application/json")),
    "compressed though not asked for": without_digest(
        body(gzip.compress(GOOD), **{"Content-Encoding": "gzip"})
    ),
    "body cut off once": body_once(Reply(raw=cut_off)),
    "connection closed once": once(Reply(raw=slammed)),
    "server error once": once(Reply(500)),
    "bad gateway once": once(Reply(502)),
    "unavailable once": once(Reply(503, headers={"Retry-After": "0"})),
    "time-out at a gateway once": once(Reply(504)),
    "request time-out once": once(Reply(408)),
    "too many, no word when": once(too_many()),
    "too many, again at once": once(too_many(Retry_After="0")),
    "too many, again in a second": once(too_many(Retry_After="1")),
    "too many, again at a date": once(too_many(Retry_After=now())),
    "too many, again at nonsense": once(too_many(Retry_After="soon")),
    "slow once": once(Reply(raw=slow)),
}  # fmt: skip


@pytest.mark.parametrize("name", WELL)
def test_comes_right(serve, name):
    server = serve(WELL[name])
    assert make_client().head(reference(server.host)).digest == DIGEST


def redirect(location, status=307):
    return Reply(status, headers={"Location": location})


BADLY = {
    "digest at odds with the body": (
        lambda seen: good(
            Docker_Content_Digest="" if seen.method == "HEAD" else "sha256:" + "0" * 64
        ),
        AnswerError,
        "are not those of sha256:0000",
    ),
    "not found at all": (
        always(Reply(404, body=b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"no"}]}')),
        NotFoundError,
        "there is no such image .*MANIFEST_UNKNOWN: no",
    ),
    "error with control characters": (
        always(Reply(404, body=b'{"errors":[{"code":"X","message":"a\\r\\n\\u001b[31mb"}]}')),
        NotFoundError,
        r"says 'X: a\\x0d\\x0a\\x1b\[31mb'",
    ),
    "error with a very long message": (
        always(Reply(404, body=json.dumps({"errors": [{"message": "x" * 9999}]}).encode())),
        NotFoundError,
        "'x{200}…'",
    ),
    "a web page for a manifest": (
        without_digest(body(b"<html>log in</html>", "text/html")), AnswerError, "is not JSON",
    ),
    "invalid JSON": (without_digest(body(b'{"a":')), AnswerError, "is not JSON"),
    "JSON that is no object": (without_digest(body(b"[]")), AnswerError, "is no JSON object"),
    "JSON nested without end": (
        without_digest(body(b'{"a":' + b"[" * 100_000)), AnswerError, "is not JSON.*too deep",
    ),
    "an index without entries": (
        without_digest(body(b'{"schemaVersion":2}')), AnswerError, "missing or too long",
    ),
    "an entry without a digest": (
        without_digest(body(b'{"manifests":[{"size":1}]}')), AnswerError, "has no digest",
    ),
    "an entry whose digest is a number": (
        without_digest(body(b'{"manifests":[{"digest":1}]}')),
        AnswerError,
        r"not of the expected form: Expected `str`, got `int` - at `\$.manifests\[0\].digest`",
    ),
    "a huge index": (
        without_digest(body(many_entries(10_001))), AnswerError, "missing or too long",
    ),
    "an oversize manifest": (
        without_digest(body(b" " * (5 * 1024 * 1024))), AnswerError, "more than 4096 KiB",
    ),
    "a wrong media type": (
        without_digest(body(b'{"layers":[]}', "application/octet-stream")),
        AnswerError,
        "is no manifest",
    ),
    "body always cut off": (
        without_digest(Reply(raw=cut_off)), UnreachableError, "broke off its answer",
    ),
    "chunks always cut off": (
        without_digest(Reply(raw=chunks_cut_off)), UnreachableError, "broke off its answer",
    ),
    "connection always closed": (
        always(Reply(raw=slammed)), UnreachableError, "cannot be reached",
    ),
    "always slow": (always(Reply(raw=slow)), UnreachableError, "no answer in time"),
    "dripping without end": (
        without_digest(Reply(raw=dripping)), UnreachableError, "no answer in time",
    ),
    "another protocol": (
        always(Reply(raw=nonsense)), UnreachableError, "cannot be reached",
    ),
    "always a server error": (always(Reply(500)), UnreachableError, "fails .status 500"),
    "always too many": (
        always(too_many(Retry_After="0")), UnreachableError, "too many requests",
    ),
    "too many until far away": (
        always(too_many(Retry_After="86400")), UnreachableError, "try again in 86400 s",
    ),
    "too many until a far date": (
        always(too_many(Retry_After=in_an_hour())), UnreachableError, "try again after",
    ),
    "forbidden": (always(Reply(403)), AccessError, "access refused .403"),
    "a teapot": (always(Reply(418)), AnswerError, "status 418"),
    "no content": (always(Reply(204)), AnswerError, "status 204"),
    "redirects in a circle": (
        lambda seen: redirect(seen.path), AnswerError, "redirects without end",
    ),
    "redirect to a file": (
        always(redirect("file:///etc/passwd")), AnswerError, "to what is no URL",
    ),
    "redirect to nonsense": (
        always(redirect("http://[::1")), AnswerError, "to what is no URL",
    ),
    "redirect to a URL with a password": (
        always(redirect("http://u:p@127.0.0.1:1/x")), AnswerError, "with a credential",
    ),
    "redirect without a place": (always(Reply(307)), AnswerError, "status 307"),
    "unauthorised without a challenge": (
        always(Reply(401)), AccessError, "offers nothing to log in with",
    ),
    "unauthorised by an unknown scheme": (
        always(Reply(401, headers={"WWW-Authenticate": "Negotiate"})),
        AccessError,
        "offers negotiate to log in with",
    ),
    "unauthorised with a password wanted": (
        always(Reply(401, headers={"WWW-Authenticate": "Basic realm=x"})),
        AccessError,
        "asks for a user name and password; log in with `docker login 127.0.0.1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BADLY)
def test_goes_wrong_and_says_so(serve, name):
    script, error, words = BADLY[name]
    server = serve(script)
    with pytest.raises(error, match=words) as raised:
        make_client().head(reference(server.host))
    assert server.host in str(raised.value)


def tokens(token_reply, realm="{url}/token"):
    """A registry that wants tokens; what its token server does is the misbehaviour."""

    def script(seen, server):
        if seen.path.startswith("/token"):
            return token_reply(seen) if callable(token_reply) else token_reply
        if (seen.authorization or "").startswith("Bearer good"):
            return good()
        challenge = f'Bearer realm="{realm.format(url=server.url)}",service="s"'
        return Reply(401, headers={"WWW-Authenticate": challenge})

    return script


def started(serve, script):
    server = serve(lambda seen: script(seen, server))
    return server


def answer(**data):
    return Reply(body=json.dumps(data).encode())


TOKENS = {
    "no JSON": (answer, Reply(body=b"hello"), AnswerError, "gives no token"),
    "no token": (answer, answer(expires_in=3), AnswerError, "gives no token"),
    "a token of another type": (answer, answer(token=3), AnswerError, "gives no token"),
    "a token with a line break": (
        answer, answer(token="good\r\nX-Evil: 1"), AnswerError, "gives no token"
    ),
    "an oversize answer": (
        answer, Reply(body=b" " * (2 * 1024 * 1024)), AnswerError, "more than 1024 KiB"
    ),
    "a server error": (answer, Reply(500), UnreachableError, "gives no token .status 500"),
    "refused": (answer, Reply(403), AccessError, "refuses anonymous access .403"),
    "endless 401": (
        answer, answer(token="bad"), AccessError, "access refused .401"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TOKENS)
def test_token_servers(serve, name):
    _, reply, error, words = TOKENS[name]
    server = started(serve, tokens(reply))
    with pytest.raises(error, match=words):
        make_client().head(reference(server.host))
    assert len(server.seen) <= 8


REALMS = {
    "no URL": ("nonsense", AnswerError, "token server that is no URL"),
    "of another scheme": ("ftp://127.0.0.1/token", AnswerError, "that is no URL"),
    "with a password": ("http://u:p@127.0.0.1/", AnswerError, "that is no URL"),
    "with a broken port": ("http://127.0.0.1:x/", AnswerError, "that is no URL"),
}


@pytest.mark.parametrize("name", REALMS)
def test_realms(serve, name):
    realm, error, words = REALMS[name]
    server = started(serve, tokens(answer(token="good"), realm))
    with pytest.raises(error, match=words):
        make_client().head(reference(server.host))


def test_access_token_is_another_name_for_token(serve):
    server = started(serve, tokens(answer(access_token="good")))
    assert make_client().head(reference(server.host)).digest == DIGEST


def test_stale_token_is_replaced_once(serve):
    issued = count()
    server = started(serve, tokens(lambda _: answer(token=f"good-{next(issued)}")))
    refused = set()

    def script(seen):
        if seen.path.startswith("/token"):
            return answer(token=f"good-{next(issued)}")
        if seen.authorization and seen.authorization not in refused and len(refused) == 1:
            return good()
        refused.add(seen.authorization)
        challenge = f'Bearer realm="{server.url}/token",service="s"'
        return Reply(401, headers={"WWW-Authenticate": challenge})

    server.script = script
    assert make_client().head(reference(server.host)).digest == DIGEST


def test_tokens_are_reused_until_they_expire(serve):
    server = started(serve, tokens(answer(token="good", expires_in=300)))
    client = make_client()
    for tag in ("1", "2", "3"):
        client.head(reference(server.host, tag))
    assert [seen.path.startswith("/token") for seen in server.seen].count(True) == 1
    short = started(serve, tokens(answer(token="good", expires_in=1)))
    client = make_client()
    client.head(reference(short.host, "1"))
    time.sleep(1.1)
    client.head(reference(short.host, "2"))
    assert [seen.path.startswith("/token") for seen in short.seen].count(True) == 2


def test_refresh_token_is_posted(serve):
    server = started(serve, tokens(answer(access_token="good")))
    config = {"auths": {server.host: {"identitytoken": "refresh-me"}}}
    assert make_client_from(config).head(reference(server.host)).digest == DIGEST
    (posted,) = [seen for seen in server.seen if seen.path.startswith("/token")]
    assert posted.method == "POST"
    assert "grant_type=refresh_token" in posted.body
    assert "refresh_token=refresh-me" in posted.body
    assert "refresh-me" not in posted.path


def test_refresh_token_is_not_sent_after_a_redirect(serve):
    other = serve(always(answer(access_token="good")))
    server = started(serve, tokens(redirect(f"{other.url}/token")))
    config = {"auths": {server.host: {"identitytoken": "refresh-me"}}}
    with pytest.raises(AnswerError, match="redirects a request that holds a credential"):
        make_client_from(config).head(reference(server.host))
    assert other.seen == []


def test_token_without_the_asked_scope(serve):
    """A JSON web token says itself what it is good for; a second one is asked for alone."""
    asked = []

    def script(seen):
        asked.append(seen.query["scope"])
        claims = {"access": [{"type": "repository", "name": "other", "actions": ["pull"]}]}
        encoded = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        return answer(token=f"good.{encoded}.x")

    server = started(serve, tokens(script))
    client = make_client()
    first = reference(server.host, repository="one")
    client.expect([first, reference(server.host, repository="two")])
    assert client.head(first).digest == DIGEST
    assert [len(scopes) for scopes in asked] == [2, 1]


def test_a_digest_that_is_asked_for_has_to_come_back(serve):
    server = serve(always(good(Docker_Content_Digest="sha256:" + "7" * 64)))
    exact = reference(server.host).with_digest(DIGEST)
    with pytest.raises(AnswerError, match="another digest than asked for"):
        make_client().head(exact)


def test_bytes_of_a_digest_are_checked(serve):
    server = serve(always(body(b'{"manifests":[]}')))
    exact = reference(server.host).with_digest(DIGEST)
    with pytest.raises(AnswerError, match="are not those of"):
        make_client().manifest(exact)


def test_a_damaged_cache_is_as_good_as_none(serve, tmp_path):
    server = serve(always(good()))
    exact = reference(server.host).with_digest(DIGEST)
    make_client(cache=tmp_path).manifest(exact)
    (file,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    asked = len(server.seen)
    make_client(cache=tmp_path).manifest(exact)
    assert len(server.seen) == asked
    file.write_bytes(b"damaged")
    assert make_client(cache=tmp_path).manifest(exact).body == GOOD
    assert len(server.seen) == asked + 1


def layered(depth, leaf):
    """Indexes in indexes, down to a leaf; gives all bodies by digest and the top one's digest."""
    bodies = {}
    below = leaf
    for _ in range(depth):
        content = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [below]})
        below = {"mediaType": INDEX, "digest": digest_of(content.encode()), "size": len(content)}
        bodies[below["digest"]] = content.encode()
    return bodies, below["digest"]


@pytest.mark.parametrize(("depth", "found"), [(1, True), (2, True), (3, True), (9, False)])
def test_nested_indexes(serve, depth, found):
    config = json.dumps({"os": "linux", "architecture": "amd64"}).encode()
    manifest = json.dumps(
        {"schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
         "config": {"mediaType": CONFIG, "digest": digest_of(config), "size": len(config)}}
    ).encode()  # fmt: skip
    leaf = {"mediaType": MANIFEST, "digest": digest_of(manifest), "size": len(manifest),
            "platform": {"os": "linux", "architecture": "amd64"}}  # fmt: skip
    bodies, top = layered(depth, leaf)
    bodies[leaf["digest"]] = manifest

    def script(seen):
        name = seen.path.rpartition("/")[2]
        digest = name if name.startswith("sha256:") else top
        media_type = MANIFEST if digest == leaf["digest"] else INDEX
        headers = {"Content-Type": media_type, "Docker-Content-Digest": digest}
        return Reply(headers=headers, body=bodies[digest])

    server = serve(script)
    resolver = RegistryResolver(make_client())
    ask = lambda: resolver.platform_manifest(reference(server.host), Platform("linux", "amd64"))  # noqa: E731
    if found:
        assert ask()[0].digest == leaf["digest"]
    else:
        with pytest.raises(NotFoundError, match="there is no linux/amd64"):
            ask()
    assert len(server.seen) < 12


def test_an_artifact_has_no_platform(serve):
    config = b"{}"
    chart = json.dumps(
        {"schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
         "config": {"mediaType": "application/vnd.cncf.helm.config.v1+json",
                    "digest": digest_of(config), "size": 2}}
    ).encode()  # fmt: skip

    def script(seen):
        if "/blobs/" in seen.path:
            return Reply(body=config)
        headers = {"Content-Type": MANIFEST, "Docker-Content-Digest": digest_of(chart)}
        return Reply(headers=headers, body=chart)

    server = serve(script)
    client = make_client()
    assert client.head(reference(server.host)).digest == digest_of(chart)
    with pytest.raises(AnswerError, match="is an artifact, not an image"):
        RegistryResolver(client).platform_manifest(
            reference(server.host), Platform("linux", "amd64")
        )


def test_tags_by_pages(serve):
    pages = [["1", "2"], ["3"], None]

    def script(seen):
        at = int(seen.query.get("at", ["0"])[0])
        headers = {}
        if at + 1 < len(pages):
            headers["Link"] = f'</v2/a/b/tags/list?at={at + 1}>; rel="next"'
        return Reply(headers=headers, body=json.dumps({"tags": pages[at]}).encode())

    assert make_client().tags(reference(serve(script).host)) == ["1", "2", "3"]


def test_tags_without_end(serve):
    link = {"Link": '</v2/a/b/tags/list?more=1>; rel="next"'}
    server = serve(always(Reply(headers=link, body=b'{"tags":["x"]}')))
    with pytest.raises(AnswerError, match="has no end of tags"):
        make_client().tags(reference(server.host))


def test_tags_that_go_on_elsewhere(serve):
    link = {"Link": '<http://other.example/v2/a/b/tags/list?n=1>; rel="next"'}
    server = serve(always(Reply(headers=link, body=b'{"tags":["x"]}')))
    with pytest.raises(AnswerError, match="on another host"):
        make_client().tags(reference(server.host))


def test_a_429_slows_the_whole_registry_down(serve):
    """While one reference waits, no other asks."""
    times = []
    number = count()

    def script(seen):
        times.append(time.monotonic())
        return too_many(Retry_After="1") if next(number) == 0 else good()

    server = serve(script)
    client = make_client()
    client.head(reference(server.host, "first"))
    from pinner.model.resolver import Question

    times.clear()
    number = count()
    questions = [Question(reference(server.host, f"t{n}")) for n in range(4)]
    answers = RegistryResolver(client).resolve(questions)
    assert all(answer.digest == DIGEST for answer in answers.values())
    first = min(times)
    late = [moment for moment in times if moment > first + 0.9]
    assert len(late) >= 1


def test_enough_misbehaviours_are_played():
    assert len(WELL) + len(BADLY) + len(TOKENS) + len(REALMS) >= 40


def test_no_more_requests_at_once_than_the_configuration_allows(serve):
    import threading

    from pinner.model.resolver import Question
    from pinner.project.settings import RegistrySettings

    lock, now, most = threading.Lock(), [0], [0]

    def script(seen):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.05)
        with lock:
            now[0] -= 1
        return good()

    server = serve(script)
    client = make_client(settings={server.host: RegistrySettings(max_concurrency=3)})
    questions = [Question(reference(server.host, f"t{n}")) for n in range(20)]
    answers = RegistryResolver(client).resolve(questions)
    assert all(answer.digest == DIGEST for answer in answers.values())
    assert most[0] in (2, 3)


def test_connections_are_reused(serve):
    ports = set()
    server = serve(lambda seen: good())
    original = server.server.process_request

    def remember(request, address):
        ports.add(address)
        original(request, address)

    server.server.process_request = remember
    client = make_client()
    for tag in range(10):
        client.head(reference(server.host, f"t{tag}"))
        client.manifest(reference(server.host).with_digest(DIGEST))
    assert len(ports) <= 2  # one of them asked whether TLS is spoken


def test_an_unreachable_registry_is_waited_for_once(serve):
    from pinner.model.resolver import Question

    server = serve(always(Reply(raw=slammed)))
    client = make_client()
    questions = [Question(reference(server.host, "t", f"r{n}")) for n in range(20)]
    answers = RegistryResolver(client).resolve(questions)
    assert len(server.seen) <= 3
    for question, answer in answers.items():
        assert isinstance(answer, UnreachableError)
        name = f"{server.host}/{question.reference.repository}: cannot be reached"
        assert str(answer).startswith(name)

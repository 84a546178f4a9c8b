"""Tokens that live for a moment, and threads that share them."""

import base64
import json
import threading
import time
from itertools import count

import pytest
from clients import INDEX, make_client, make_client_from, reference
from scripted_server import Reply

from pinner.model.errors import AccessError
from pinner.model.resolver import Question
from pinner.project.settings import RegistrySettings
from pinner.registry.credentials import Credentials
from pinner.registry.hosts import Hosts
from pinner.registry.pacing import Patience
from pinner.registry.resolver import RegistryResolver
from pinner.registry.session import HttpAnswer, HttpSession
from pinner.registry.tokens import HostAuthorization

DIGEST = "sha256:" + "1" * 64
LIFETIME = 1.0
PATIENT = Patience(connect=5, read=5, whole=10, retries=4, backoff=0.01, longest_pause=5)


def good():
    return Reply(headers={"Content-Type": INDEX, "Docker-Content-Digest": DIGEST})


class Tokens:
    """A token server beside a registry that knows how old its tokens are."""

    def __init__(self, answer=lambda seen: good()):
        self.answer = answer
        self.url = ""
        self._number = count()
        self._issued = {}

    def __call__(self, seen):
        if seen.path.startswith("/token"):
            token = f"t{next(self._number)}"
            self._issued[f"Bearer {token}"] = time.monotonic()
            body = json.dumps({"token": token, "expires_in": LIFETIME})
            return Reply(body=body.encode())
        issued = self._issued.get(seen.authorization)
        if issued is None or time.monotonic() > issued + LIFETIME:
            challenge = f'Bearer realm="{self.url}/token",service="s"'
            return Reply(401, headers={"WWW-Authenticate": challenge})
        return self.answer(seen)


def serving(serve, tokens):
    server = serve(tokens)
    tokens.url = server.url
    return server


def test_a_slot_is_waited_for_before_a_token_is_taken(serve):
    """Sixteen requests, one at a time, take longer than a token lives."""

    def slow(seen):
        time.sleep(0.15)
        return good()

    tokens = Tokens(slow)
    server = serving(serve, tokens)
    settings = {server.host: RegistrySettings(max_concurrency=1)}
    client = make_client(settings=settings, patience=PATIENT)
    questions = [Question(reference(server.host, f"t{n}")) for n in range(16)]
    answers = RegistryResolver(client).resolve(questions)
    assert [str(answer) for answer in answers.values() if isinstance(answer, Exception)] == []


@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_is_over_before_a_token_is_taken(serve, status):
    first = count()

    def busy(seen):
        asked = next(first)
        return Reply(status, headers={"Retry-After": "2"}) if asked in (0, 1) else good()

    tokens = Tokens(busy)
    client = make_client(patience=PATIENT)
    assert client.head(reference(serving(serve, tokens).host)).digest == DIGEST


def test_registries_that_are_each_others_token_servers(serve):
    """No request holds one's slot while it waits for another's."""
    others = {}

    def registry(name):
        def script(seen):
            time.sleep(0.02)
            if seen.path.startswith("/token"):
                return Reply(body=b'{"token":"t"}')
            if seen.authorization:
                return good()
            realm = f'Bearer realm="{others[name].url}/token",service="s"'
            return Reply(401, headers={"WWW-Authenticate": realm})

        return script

    one, two = serve(registry("one")), serve(registry("two"))
    others |= {"one": two, "two": one}
    settings = {server.host: RegistrySettings(max_concurrency=1) for server in (one, two)}
    client = make_client(settings=settings, patience=PATIENT)
    questions = [
        Question(reference(server.host, "1", f"r{n}")) for n in range(10) for server in (one, two)
    ]
    found = {}
    working = threading.Thread(
        target=lambda: found.update(RegistryResolver(client).resolve(questions)), daemon=True
    )
    working.start()
    working.join(30)
    assert {answer.digest for answer in found.values()} == {DIGEST}


def authorization(server):
    hosts = Hosts({}, None)
    return HostAuthorization(server.host, hosts, HttpSession(), Credentials({"HOME": "/none"}))


def test_only_the_token_that_was_refused_is_dropped(serve):
    tokens = Tokens()
    server = serving(serve, tokens)
    known = authorization(server)
    challenge = f'Bearer realm="{server.url}/token",service="s"'
    known.challenged(challenge, "a/b", None)
    first = known.header("a/b")
    known.challenged(challenge, "a/b", "Bearer of-yesterday")
    known.challenged(challenge, "a/b", None)
    assert known.header("a/b") == first
    known.challenged(challenge, "a/b", first)
    assert known.header("a/b") != first


def test_a_renewed_token_outlives_the_refusal_of_the_old_one(serve):
    """Two requests are refused with the same token; the later refusal drops nothing."""
    both = threading.Barrier(2, timeout=10)
    number, waited = count(), threading.Lock()
    old = "Bearer t0"

    def script(seen):
        if seen.path.startswith("/token"):
            return Reply(body=json.dumps({"token": f"t{next(number)}"}).encode())
        if seen.path.endswith("/first") and seen.authorization == old:
            return good()
        if seen.authorization == old:
            both.wait()
            if waited.acquire(blocking=False):
                time.sleep(0.5)  # the other one has a new token by now
        elif seen.authorization:
            return good()
        challenge = f'Bearer realm="{server.url}/token",service="s"'
        return Reply(401, headers={"WWW-Authenticate": challenge})

    server = serve(script)
    client = make_client(patience=PATIENT)
    client.head(reference(server.host, "first"))
    questions = [Question(reference(server.host, tag)) for tag in ("x", "y")]
    answers = RegistryResolver(client).resolve(questions)
    assert {answer.digest for answer in answers.values()} == {DIGEST}
    assert [seen.path.startswith("/token") for seen in server.seen].count(True) == 2


def test_the_challenge_of_a_redirects_target_is_not_the_registrys(serve):
    other = serve(lambda seen: Reply(401, {"WWW-Authenticate": f'Bearer realm="{other.url}/t"'}))
    server = serve(lambda seen: Reply(307, {"Location": f"{other.url}/x"}))
    with pytest.raises(AccessError, match=r"access refused .401"):
        make_client().head(reference(server.host))
    assert not [seen for seen in other.seen if seen.path.startswith("/t")]


def refusing(serve, status, said):
    def script(seen):
        if seen.path.startswith("/token"):
            return Reply(
                status, body=said if isinstance(said, bytes) else json.dumps(said).encode()
            )
        return Reply(401, {"WWW-Authenticate": f'Bearer realm="{server.url}/token"'})

    server = serve(script)
    return server


WORDS = {
    "registries": ({"errors": [{"code": "DENIED", "message": "no"}]}, "it says 'DENIED: no'"),
    "Docker Hub": ({"details": "incorrect username"}, "it says 'incorrect username'"),
    "a message": ({"message": "gone fishing"}, "it says 'gone fishing'"),
    "OAuth 2": (
        {"error": "invalid_grant", "error_description": "too old"},
        "it says 'invalid_grant: too old'",
    ),
    "a command for CI": (
        {"message": "x\n::set-output name=a::b"}, r"it says 'x\x0a::set-output name=a::b'",
    ),
    "a command at the start": ({"message": "\n::error::b"}, "it says '::error::b'"),
    "control characters": ({"details": "a\x1b[2J\u202eb\x9bc\0"}, r"'a\x1b[2J\u202eb\x9bc\x00'"),
    "half a character": (b'{"details": "a\\ud800b"}', "it says 'a\ufffdb'"),
    "much": ({"details": "x" * 100_000}, f"it says '{'x' * 200}…'"),
    "much that is invisible": ({"details": "a" + "\x01" * 9999}, r"\x01…'"),
    "a secret": ({"details": "no user:s3cret"}, "it says 'no user:***'"),
}  # fmt: skip


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("status", [401, 500])
def test_what_a_token_server_says(serve, name, status):
    said, shown = WORDS[name]
    server = refusing(serve, status, said)
    auth = base64.b64encode(b"user:s3cret").decode()
    patience = Patience(retries=0)
    client = make_client_from({"auths": {server.host: {"auth": auth}}}, patience=patience)
    with pytest.raises(Exception, match=f"{server.host}/a/b: (refuses|gives)") as raised:
        client.head(reference(server.host))
    text = str(raised.value)
    assert shown in text
    assert len(text.splitlines()) == 1
    assert len(text) < 2000


@pytest.mark.parametrize("said", [b"", b"no JSON", b"[]", b'{"errors":[]}', b'{"details":[1]}'])
def test_a_token_server_that_says_nothing(serve, said):
    server = refusing(serve, 403, said)
    with pytest.raises(AccessError, match=r"refuses anonymous access \(403\); log in"):
        make_client().head(reference(server.host))


def test_an_answer_shows_no_secret():
    answer = HttpAnswer(200, {}, b"", "http://x", "Bearer s3cret")
    assert "s3cret" not in repr(answer)

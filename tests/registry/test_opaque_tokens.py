"""Tokens that do not say what they are good for, counted at the server."""

import base64
import json
from itertools import count

import pytest
from clients import INDEX, make_client, reference
from scripted_server import Reply

from pinner.model.errors import AccessError, UnreachableError
from pinner.model.resolver import Question
from pinner.registry.pacing import Patience
from pinner.registry.resolver import RegistryResolver

DIGEST = "sha256:" + "1" * 64
PATIENT = Patience(connect=5, read=5, whole=10, retries=2, backoff=0.01, longest_pause=5)


class Registry:
    """A registry and its token server.

    `grant` chooses, of the scopes that are asked for, those that a token is good for; None
    refuses the request. What a token is good for stands in it only where it `speaks`.
    """

    def __init__(self, grant, *, refusal=401, speaks=False, closed=()):
        self.grant, self.refusal, self.speaks, self.closed = grant, refusal, speaks, closed
        self.url = ""
        self._number = count()
        self._good_for = {}

    def __call__(self, seen):
        if seen.path.startswith("/token"):
            return self._token(seen.query.get("scope", []))
        repository = seen.path.removeprefix("/v2/").rpartition("/manifests/")[0]
        good_for = self._good_for.get(seen.authorization)
        if good_for is None:
            return self._challenge(401)
        if f"repository:{repository}:pull" not in good_for or repository in self.closed:
            return self._challenge(self.refusal)
        return Reply(headers={"Content-Type": INDEX, "Docker-Content-Digest": DIGEST})

    def _challenge(self, status):
        return Reply(status, {"WWW-Authenticate": f'Bearer realm="{self.url}/token",service="s"'})

    def _token(self, scopes):
        granted = self.grant(scopes)
        if granted is None:
            return Reply(400, body=b'{"error":"invalid_scope"}')
        if isinstance(granted, int):
            return Reply(granted)
        token = f"opaque{next(self._number)}"
        if self.speaks:
            access = [{"type": "repository", "name": s.split(":")[1], "actions": ["pull"]}
                      for s in granted]  # fmt: skip
            claims = base64.urlsafe_b64encode(json.dumps({"access": access}).encode()).decode()
            token = f"{token}.{claims.rstrip('=')}.x"
        self._good_for[f"Bearer {token}"] = set(granted)
        return Reply(body=json.dumps({"token": token}).encode())


def resolve(serve, registry, images, patience=PATIENT):
    """Ask for images of so many repositories; gives the server and the answers by repository."""
    server = serve(registry)
    registry.url = server.url
    client = make_client(patience=patience)
    names = [f"org/r{n:02}" for n in range(images)]
    questions = {name: Question(reference(server.host, "1", name)) for name in names}
    answers = RegistryResolver(client).resolve(list(questions.values()))
    return server, {name: answers[question] for name, question in questions.items()}


def numbers(server):
    """How often a token was asked for, and how often a manifest."""
    tokens = [seen for seen in server.seen if seen.path.startswith("/token")]
    return len(tokens), len(server.seen) - len(tokens)


def all_good(answers):
    return all(getattr(answer, "digest", None) == DIGEST for answer in answers.values())


@pytest.mark.parametrize("speaks", [True, False])
@pytest.mark.parametrize(("images", "tokens"), [(1, 1), (10, 1), (11, 2), (35, 4)])
def test_a_token_is_tried_on_all_that_was_asked_for(serve, speaks, images, tokens):
    server, answers = resolve(serve, Registry(lambda scopes: scopes, speaks=speaks), images)
    assert all_good(answers)
    assert numbers(server) == (tokens, images + 1)  # and the one that was challenged


GRANTS = {"first": lambda scopes: scopes[:1], "last": lambda scopes: scopes[-1:]}


@pytest.mark.parametrize("refusal", [401, 403])
@pytest.mark.parametrize("grant", GRANTS)
def test_a_token_that_is_good_for_one_scope_only(serve, grant, refusal):
    """No more token requests than images and the one that taught it."""
    server, answers = resolve(serve, Registry(GRANTS[grant], refusal=refusal), 25)
    assert all_good(answers)
    tokens, manifests = numbers(server)
    assert tokens <= 26
    # Those that were on their way with the shared token are asked for twice.
    assert manifests <= 25 + 1 + 10


def test_the_scope_that_was_wanted_keeps_its_token(serve):
    registry = Registry(GRANTS["first"])
    server = serve(registry)
    registry.url = server.url
    client = make_client(patience=PATIENT)
    one, two = (reference(server.host, "1", f"org/{name}") for name in ("one", "two"))
    client.expect([one, two])
    for _ in range(3):
        for asked in (one, two):
            assert client.head(asked).digest == DIGEST
    assert numbers(server) == (2, 6 + 2)


@pytest.mark.parametrize("status", [None, 401, 403, 404, 414])
def test_a_server_that_refuses_several_scopes(serve, status):
    registry = Registry(lambda scopes: scopes if len(scopes) == 1 else status)
    server, answers = resolve(serve, registry, 12)
    assert all_good(answers)
    assert numbers(server) == (12 + 1, 12 + 1)


def test_a_server_that_refuses_everything_is_asked_once_more_only(serve):
    server, answers = resolve(serve, Registry(lambda _: None), 5)
    assert all(isinstance(answer, AccessError) for answer in answers.values())
    assert numbers(server)[0] == 5 + 1


def test_a_server_that_fails_is_not_asked_in_another_way(serve):
    server, answers = resolve(serve, Registry(lambda _: 503), 1)
    assert all(isinstance(answer, UnreachableError) for answer in answers.values())
    server, answers = resolve(serve, Registry(lambda _: 429), 3, Patience(retries=0, backoff=0.01))
    assert not any(getattr(answer, "digest", None) for answer in answers.values())
    assert numbers(server)[0] == 1  # the others need not wait for the same


@pytest.mark.parametrize("refusal", [401, 403])
@pytest.mark.parametrize("closed", ["org/r00", "org/r04"])
def test_a_repository_that_is_closed_costs_its_own_answer_alone(serve, closed, refusal):
    registry = Registry(lambda scopes: scopes, refusal=refusal, closed=(closed,))
    server, answers = resolve(serve, registry, 8)
    failed = answers.pop(closed)
    assert isinstance(failed, AccessError)
    assert f"access refused ({refusal})" in str(failed)
    assert all_good(answers)
    assert numbers(server)[0] <= 8 + 1

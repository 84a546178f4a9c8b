"""What to write into `Authorization` for a host, after the distribution token specification.

A host that has challenged once is asked no more without a token.
Where its token server grants several scopes at once, ten repositories share a request.
"""

from __future__ import annotations

import base64
import logging
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit, urlunsplit

from msgspec import Struct, field

from pinner.model.errors import AccessError, AnswerError, UnreachableError
from pinner.registry.challenge import parse_challenges
from pinner.registry.hosts import is_loopback, is_private, is_web_address
from pinner.registry.session import Request
from pinner.registry.wire import WireClaims, WireToken, read_json, read_or
from pinner.registry.words import server_words, shown_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pinner.registry.credentials import Credential, Credentials
    from pinner.registry.hosts import Hosts
    from pinner.registry.session import HttpAnswer, HttpSession

log = logging.getLogger(__name__)

CLIENT_ID = "pinner"
_LARGEST_ANSWER = 1024 * 1024
_SCOPES_A_REQUEST = 10
_DEFAULT_SECONDS = 60.0
_MARGIN = 5.0
_SHORTEST_SECONDS = 0.5
_LONGEST_SECONDS = 24 * 60 * 60.0


class _TokenServer(Struct, frozen=True):
    realm: str
    service: str


class _Token(Struct, frozen=True):
    header: str
    expires: float


class HostAuthorization(Struct):
    """What is known about one host's wishes, and its tokens; shared by threads."""

    host: str
    hosts: Hosts
    http: HttpSession
    credentials: Credentials
    repositories: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _scope_locks: dict[str, threading.Lock] = field(default_factory=dict)
    _tokens: dict[str, _Token] = field(default_factory=dict)
    _server: _TokenServer | None = None
    _is_basic: bool = False
    _grants_several: bool | None = None

    def expect(self, repositories: Iterable[str]) -> None:
        """Say which repositories will be asked for, so that they can share tokens."""
        self.repositories = sorted({*self.repositories, *repositories})

    def header(self, repository: str) -> str | None:
        """Give the header for a repository; None while the host has asked for none.

        Raises AccessError, UnreachableError or AnswerError.
        """
        if self._is_basic:
            credential = self._credential(repository)
            return credential.basic if credential and credential.password else None
        server = self._server
        if server is None:
            return None
        scope = _scope(repository)
        with self._lock:
            lock = self._scope_locks.setdefault(self._lock_name(scope), threading.Lock())
        with lock:
            known = self._tokens.get(scope)
            if known is None or known.expires < time.monotonic():
                known = self._fetch(server, repository)
            return known.header

    def challenged(self, header: str, repository: str, sent: str | None) -> None:
        """Learn from a `WWW-Authenticate` header; raises AccessError where nothing can be done.

        Only the token that was sent is dropped: another thread may have renewed it meanwhile.
        """
        with self._lock:
            known = self._tokens.get(_scope(repository))
            if known is not None and known.header == sent:
                del self._tokens[_scope(repository)]
        challenges = parse_challenges(header)
        for challenge in challenges:
            if challenge.scheme == "bearer" and challenge.parameters.get("realm"):
                self._is_basic = False
                realm = self._checked_realm(challenge.parameters["realm"])
                self._server = _TokenServer(realm, challenge.parameters.get("service", ""))
                return
        if any(challenge.scheme == "basic" for challenge in challenges):
            self._is_basic = True
            if self._credential(repository) is None:
                raise AccessError(f"asks for a user name and password{self.advice()}")
            return
        offered = ", ".join(challenge.scheme for challenge in challenges) or "nothing"
        raise AccessError(f"refuses access and offers {shown_words(offered)} to log in with")

    def is_spent(self, sent: str | None) -> bool:
        """Say whether a header that was refused cannot be replaced by a fresh one."""
        return sent is not None and self._is_basic

    def advice(self) -> str:
        """Say what a user can do about missing access."""
        if not self.hosts.may_have_credentials(self.host):
            if self.hosts.scheme(self.host) == "http":
                return "; credentials are not sent over plain http"
            return (
                "; credentials are not sent where only the project's own `ca-file` vouches for "
                f"the host: put the CA's certificate into ~/.docker/certs.d/{self.host}/ca.crt"
            )
        name = "" if self.host == "registry-1.docker.io" else f" {self.host}"
        return f"; log in with `docker login{name}`"

    def _lock_name(self, scope: str) -> str:
        if not self._grants_several:
            return scope
        scopes = [_scope(repository) for repository in self.repositories]
        at = scopes.index(scope) if scope in scopes else -1
        return scope if at < 0 else f"{at // _SCOPES_A_REQUEST}"

    def _credential(self, repository: str) -> Credential | None:
        if not self.hosts.may_have_credentials(self.host):
            return None
        return self.credentials.find(self.host, repository)

    def _checked_realm(self, realm: str) -> str:
        """Refuse token servers that a credential, or the token itself, must not go to."""
        try:
            parts = urlsplit(realm)
            _ = parts.port
        except ValueError as error:
            raise AnswerError("names a token server that is no URL") from error
        if not is_web_address(parts) or parts.username is not None:
            raise AnswerError("names a token server that is no URL")
        if is_loopback(parts.netloc) and not is_loopback(self.host):
            raise AnswerError("names a token server on this machine, which is refused")
        if is_private(parts.netloc) and not is_private(self.host):
            raise AnswerError("names a token server at an address that is no public one")
        if parts.scheme == "http" and self.hosts.scheme(self.host) == "https":
            raise AnswerError("names a token server without TLS, which is refused")
        return realm

    def _may_log_in_at(self, realm: str) -> bool:
        """Say whether a credential may go to a token server.

        The registry vouches for it, and only TLS vouches for the registry.
        What listens on a port of this machine may be anybody's, so it vouches for this machine
        alone.
        """
        parts = urlsplit(realm)
        if is_loopback(self.host) or is_loopback(parts.netloc):
            return is_loopback(self.host) and is_loopback(parts.netloc)
        return parts.scheme == "https"

    def _shared(self, repository: str, credential: Credential | None) -> list[str]:
        """Choose the scopes of a request: those of the repository's batch, if they are granted."""
        if self._grants_several is False or repository not in self.repositories:
            return [_scope(repository)]
        if self._grants_several is None:  # the first request tells, so put the asked one first
            others = [name for name in self.repositories if name != repository]
            names = [repository, *others][:_SCOPES_A_REQUEST]
            # In their order, so that later batches are the rest.
            self.repositories = [*names, *(n for n in self.repositories if n not in names)]
        else:
            at = self.repositories.index(repository)
            first = at - at % _SCOPES_A_REQUEST
            names = self.repositories[first : first + _SCOPES_A_REQUEST]
        return [_scope(name) for name in names if self._credential(name) == credential]

    def _fetch(self, server: _TokenServer, repository: str) -> _Token:
        credential = self._credential(repository)
        if credential is not None and not credential.bearer_token:
            credential = credential if self._may_log_in_at(server.realm) else None
        if credential is not None and credential.bearer_token:
            header = f"Bearer {credential.bearer_token}"
            return _Token(header, time.monotonic() + _DEFAULT_SECONDS)
        scopes = self._shared(repository, credential)
        answer = self._request(server, scopes, credential)
        token = answer.token or answer.access_token
        if not token or not token.isprintable():
            raise AnswerError(f"{urlsplit(server.realm).netloc} gives no token")
        seconds = read_or(answer.expires_in, float, _DEFAULT_SECONDS)
        lasting = min(max(seconds - _MARGIN, seconds / 2, _SHORTEST_SECONDS), _LONGEST_SECONDS)
        found = _Token(f"Bearer {token}", time.monotonic() + lasting)
        granted = _granted(token)
        asked = _scope(repository)
        covered = {asked} if granted is None or len(scopes) == 1 else granted & set(scopes)
        with self._lock:
            if len(scopes) > 1:
                self._grants_several = covered == set(scopes)
            self._tokens.update(dict.fromkeys(covered, found))
        return found if asked in covered else self._fetch(server, repository)

    def _request(
        self, server: _TokenServer, scopes: Sequence[str], credential: Credential | None
    ) -> WireToken:
        name = urlsplit(server.realm).netloc
        answer = self.http.send(_token_request(server, scopes, credential))
        if answer.status != 200:
            raise self._refused(name, answer, credential)
        try:
            return read_json(answer.body, WireToken)
        except AnswerError as error:
            raise AnswerError(f"{name} gives no token: {error}") from error

    def _refused(self, name: str, answer: HttpAnswer, credential: Credential | None) -> Exception:
        words = server_words(answer.body, "it", credential.secrets if credential else ())
        if answer.status not in (400, 401, 403):
            return UnreachableError(f"{name} gives no token (status {answer.status}){words}")
        who = "its login" if credential else "anonymous access"
        advice = "; log in again" if credential else self.advice()
        return AccessError(f"{name} refuses {who} ({answer.status}){words}{advice}")


def _scope(repository: str) -> str:
    return f"repository:{repository}:pull"


def _token_request(
    server: _TokenServer, scopes: Sequence[str], credential: Credential | None
) -> Request:
    if credential is None or not credential.refresh_token:
        return Request(
            url=_with_query(server, scopes),
            limit=_LARGEST_ANSWER,
            authorize=lambda: credential.basic if credential else None,
            is_within=True,
        )
    form = {
        "grant_type": "refresh_token",
        "refresh_token": credential.refresh_token,
        "service": server.service,
        "scope": " ".join(scopes),
        "client_id": CLIENT_ID,
    }
    return Request(
        method="POST", url=server.realm, limit=_LARGEST_ANSWER, form=form, is_within=True
    )


def _with_query(server: _TokenServer, scopes: Sequence[str]) -> str:
    parts = urlsplit(server.realm)
    query = [("service", server.service)] if server.service else []
    query += [("scope", scope) for scope in scopes]
    text = urlencode(query, safe=":/")
    return urlunsplit(parts._replace(query=f"{parts.query}&{text}" if parts.query else text))


def _granted(token: str) -> set[str] | None:
    """Read the scopes in a token's own words, if it is a JSON web token that has any.

    The registry checks the token; these words only save requests.
    """
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        text = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
    except ValueError:
        return None
    claims = read_or(text, WireClaims, None)
    if claims is None:
        return None
    return {
        _scope(entry.name)
        for entry in claims.access
        if entry.type == "repository" and "pull" in entry.actions
    }

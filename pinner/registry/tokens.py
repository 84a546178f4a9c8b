"""What to write into `Authorization` for a host, after the distribution token specification.

A host that has challenged once is asked no more without a token.
Where its token server grants several scopes at once, ten repositories share a request.
A token that does not say what it is good for is tried on all that was asked for, until it is
refused for one of them.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct, field

from pinner.model.errors import AccessError, AnswerError, UnreachableError
from pinner.registry.challenge import parse_challenges
from pinner.registry.hosts import is_loopback, is_private, is_web_address
from pinner.registry.pacing import RETRIED
from pinner.registry.token_requests import TokenServer, granted_scopes, pull_scope, token_request
from pinner.registry.wire import WireToken, read_json, read_or
from pinner.registry.words import server_words, shown_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pinner.registry.credentials import Credential, Credentials
    from pinner.registry.hosts import Hosts
    from pinner.registry.session import HttpAnswer, HttpSession

log = logging.getLogger(__name__)

_SCOPES_A_REQUEST = 10
_DEFAULT_SECONDS = 60.0
_MARGIN = 5.0
_SHORTEST_SECONDS = 0.5
_LONGEST_SECONDS = 24 * 60 * 60.0


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
    _server: TokenServer | None = None
    _is_basic: bool = False
    _grants_several: bool | None = None
    # Headers with tokens of several scopes that do not say what they grant, and the scope of each
    # that was wanted first.
    _tried: dict[str, str] = field(default_factory=dict)

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
        scope = pull_scope(repository)
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
            known = self._tokens.get(pull_scope(repository))
            if known is not None and known.header == sent:
                del self._tokens[pull_scope(repository)]
        self.narrowed(repository, sent)
        challenges = parse_challenges(header)
        for challenge in challenges:
            if challenge.scheme == "bearer" and challenge.parameters.get("realm"):
                self._is_basic = False
                realm = self._checked_realm(challenge.parameters["realm"])
                self._server = TokenServer(realm, challenge.parameters.get("service", ""))
                return
        if any(challenge.scheme == "basic" for challenge in challenges):
            self._is_basic = True
            if self._credential(repository) is None:
                raise AccessError(f"asks for a user name and password{self.advice()}")
            return
        offered = ", ".join(challenge.scheme for challenge in challenges) or "nothing"
        raise AccessError(f"refuses access and offers {shown_words(offered)} to log in with")

    def narrowed(self, repository: str, sent: str | None) -> bool:
        """Ask for single scopes from now on, if a token of several may be what was refused.

        Gives whether it may be: then a token of the repository alone is worth a try.
        """
        with self._lock:
            wanted = self._tried.get(sent or "")
            if wanted is None:
                return False
            self._grants_several = False
            refused = pull_scope(repository)
            for scope, known in list(self._tokens.items()):
                if known.header == sent and (scope != wanted or scope == refused):
                    del self._tokens[scope]
            return True

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
        scopes = [pull_scope(repository) for repository in self.repositories]
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
            return [pull_scope(repository)]
        if self._grants_several is None:  # the first request tells, so put the asked one first
            others = [name for name in self.repositories if name != repository]
            names = [repository, *others][:_SCOPES_A_REQUEST]
            # In their order, so that later batches are the rest.
            self.repositories = [*names, *(n for n in self.repositories if n not in names)]
        else:
            at = self.repositories.index(repository)
            first = at - at % _SCOPES_A_REQUEST
            batch = self.repositories[first : first + _SCOPES_A_REQUEST]
            names = [repository, *(name for name in batch if name != repository)]
        return [pull_scope(name) for name in names if self._credential(name) == credential]

    def _fetch(self, server: TokenServer, repository: str) -> _Token:
        credential = self._credential(repository)
        if credential is not None and not credential.bearer_token:
            credential = credential if self._may_log_in_at(server.realm) else None
        if credential is not None and credential.bearer_token:
            header = f"Bearer {credential.bearer_token}"
            return _Token(header, time.monotonic() + _DEFAULT_SECONDS)
        scopes = self._shared(repository, credential)
        name = urlsplit(server.realm).netloc
        answer = self.http.send(token_request(server, scopes, credential))
        if len(scopes) > 1 and _is_refusal(answer.status):
            log.debug("%s refuses several scopes at once (%s)", name, answer.status)
            with self._lock:
                self._grants_several = False
            return self._fetch(server, repository)
        if answer.status != 200:
            raise self._refused(name, answer, credential)
        try:
            given = read_json(answer.body, WireToken)
        except AnswerError as error:
            raise AnswerError(f"{name} gives no token: {error}") from error
        return self._keep(given, scopes, name) or self._fetch(server, repository)

    def _keep(self, given: WireToken, scopes: Sequence[str], name: str) -> _Token | None:
        """Keep a token for the scopes it is good for; None where the first is not among them."""
        token = given.token or given.access_token
        if not token or not token.isprintable():
            raise AnswerError(f"{name} gives no token")
        seconds = read_or(given.expires_in, float, _DEFAULT_SECONDS)
        lasting = min(max(seconds - _MARGIN, seconds / 2, _SHORTEST_SECONDS), _LONGEST_SECONDS)
        found = _Token(f"Bearer {token}", time.monotonic() + lasting)
        granted, first = granted_scopes(token), scopes[0]
        with self._lock:
            if len(scopes) == 1:
                covered = {first}
            elif granted is not None:
                covered = granted & set(scopes)
                self._grants_several = covered == set(scopes)
            else:
                # Another thread may have learnt meanwhile that such tokens are refused.
                self._grants_several = self._grants_several is not False
                covered = set(scopes) if self._grants_several else {first}
                self._tried[found.header] = first
            self._tokens.update(dict.fromkeys(covered, found))
        return found if first in covered else None

    def _refused(self, name: str, answer: HttpAnswer, credential: Credential | None) -> Exception:
        words = server_words(answer.body, "it", credential.secrets if credential else ())
        if answer.status not in (400, 401, 403):
            return UnreachableError(f"{name} gives no token (status {answer.status}){words}")
        who = "its login" if credential else "anonymous access"
        advice = "; log in again" if credential else self.advice()
        return AccessError(f"{name} refuses {who} ({answer.status}){words}{advice}")


def _is_refusal(status: int) -> bool:
    """Say whether another request may fare better than one that got such an answer."""
    return 400 <= status < 500 and status not in RETRIED

"""HTTP with limits: every request has a time limit, a size limit, retries and a redacted name.

The time limit is for each try of a request alone, and for each place a redirect leads to.

An `Authorization` header goes to the host that it was made for and is dropped by a redirect to
any other.
`~/.netrc` is never read: it would send credentials that nobody configured for registries.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from contextlib import nullcontext
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import requests
from msgspec import Struct, field
from msgspec.structs import replace

from pinner.model.errors import AnswerError
from pinner.registry.body import read_body
from pinner.registry.failures import PassingError, translated
from pinner.registry.hosts import is_loopback, is_web_address
from pinner.registry.pacing import RETRIED, Gate, Patience, asked_pause
from pinner.registry.proxies import proxies_for
from pinner.registry.time_limit import LimitedAdapter, time_limit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


def no_authorization() -> str | None:
    """Send a request without an `Authorization` header."""
    return None


class Request(Struct, frozen=True, kw_only=True):
    """What is asked for, and how many bytes an answer may have.

    `authorize` gives the `Authorization` header, for each try anew: when the request has its slot
    and all pauses are over, so that no token grows old meanwhile.
    What `authorize` itself asks for is `within` that request, and needs no slot of its own.
    """

    url: str
    limit: int
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    authorize: Callable[[], str | None] = no_authorization
    is_within: bool = False


class HttpAnswer(Struct, frozen=True):
    """A final answer: redirects are followed, retries are over.

    `authorization` is the header that was sent last.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    authorization: str | None

    def __repr__(self) -> str:
        return f"HttpAnswer({self.status})"  # its headers and the one sent may be secrets


class _PlainSession(requests.Session):
    """A session that leaves redirects alone, even those that it does not follow."""

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002 - requests' name
        return None


class HttpSession:
    """Connections to registries and token servers, shared by threads."""

    def __init__(
        self,
        patience: Patience = Patience(),  # noqa: B008 - frozen
        *,
        concurrency: Callable[[str], int] = lambda _: 8,
        ca_file: Callable[[str], str | None] = lambda _: None,
        user_agent: str = "pinner",
    ) -> None:
        """Take limits and certificates by host, `host[:port]`."""
        self._patience = patience
        self._concurrency = concurrency
        self._ca_file = ca_file
        self._session = _PlainSession()
        self._session.trust_env = False
        self._session.headers.clear()
        # A compressed body would be another one than the digest is of.
        self._session.headers.update({"User-Agent": user_agent, "Accept-Encoding": "identity"})
        self._gates: dict[str, Gate] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._session.close()

    def send(self, request: Request) -> HttpAnswer:
        """Send a request and follow redirects; a form is sent to no second place.

        Raises UnreachableError or AnswerError, which name the host, and what `authorize` raises.
        """
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._send_once(request)
            location = answer.headers.get("Location")
            if answer.status not in _REDIRECTS or not location:
                return answer
            target = _redirect_target(request.url, location)
            if request.form is not None:
                raise AnswerError(
                    f"{_host(request.url)} redirects a request that holds a credential"
                )
            is_same = _origin(target) == _origin(request.url)
            authorize = request.authorize if is_same else no_authorization
            request = replace(request, url=target, authorize=authorize)
        raise AnswerError(f"{_host(request.url)} redirects without end")

    def _send_once(self, request: Request) -> HttpAnswer:
        gate = self._gate(request.url)
        with nullcontext() if request.is_within else gate.slots:
            return self._send_patiently(request, gate)

    def _send_patiently(self, request: Request, gate: Gate) -> HttpAnswer:
        """Send a request until there is an answer that will not be another one next time."""
        patience, failures = self._patience, 0
        for tries in count(1):
            gate.wait()
            authorization = request.authorize()
            begun = time.monotonic()
            try:
                answer = self._exchange(request, authorization)
            except PassingError:
                failures += 1
                if not patience.may_fail(failures) or time.monotonic() > begun + patience.whole:
                    raise
                time.sleep(patience.backoff_after(tries))
                continue
            _log_request(request.method, request.url, answer, time.monotonic() - begun)
            if answer.status not in RETRIED or tries > patience.retries:
                return answer
            pause = asked_pause(answer.headers.get("Retry-After", ""))
            if pause is None:
                pause = patience.backoff_after(tries)
            if pause > patience.longest_pause:
                return answer
            if answer.status == 429:
                gate.delay(pause)
            else:
                time.sleep(pause)
        raise AssertionError  # pragma: no cover - the loop returns or raises

    def _exchange(self, request: Request, authorization: str | None) -> HttpAnswer:
        host, patience = _host(request.url), self._patience
        headers = dict(request.headers)
        if authorization:
            headers["Authorization"] = authorization
        proxies = {} if is_loopback(host) else proxies_for(request.url)
        with translated(host), time_limit(patience.whole, patience.read) as limit:
            response = self._session.request(
                request.method,
                request.url,
                headers=headers,
                data=request.form,
                timeout=(patience.connect, patience.read),
                stream=True,
                allow_redirects=False,
                proxies=proxies,
                verify=self._verify(host),
            )
            with response:
                body = b""
                if request.method == "HEAD":
                    response.raw.drain_conn()  # or the connection would be closed, not kept
                else:
                    body = read_body(response.raw, request.limit, limit)
            status = response.status_code
            return HttpAnswer(status, response.headers, body, request.url, authorization)

    def _verify(self, host: str) -> str | bool:
        named = self._ca_file(host)
        if named:
            return named
        variables = (os.environ.get(name) for name in _BUNDLE_VARIABLES)
        return next((path for path in variables if path), True)

    def _gate(self, url: str) -> Gate:
        host = _host(url)
        with self._lock:
            if host not in self._gates:
                size = self._concurrency(host)
                gate = Gate(threading.BoundedSemaphore(size))
                self._gates[host] = gate
                for scheme in ("https", "http"):
                    self._session.mount(f"{scheme}://{host}/", LimitedAdapter(pool_maxsize=size))
            return self._gates[host]


def _redirect_target(url: str, location: str) -> str:
    """Resolve a redirect; refuse a downgrade, and a target that brings its own credentials."""
    try:
        target = urljoin(url, location)
        parts = urlsplit(target)
        _ = parts.port
    except ValueError as error:
        raise AnswerError(f"{_host(url)} redirects to what is no URL") from error
    if not is_web_address(parts):
        raise AnswerError(f"{_host(url)} redirects to what is no URL")
    if urlsplit(url).scheme == "https" and parts.scheme == "http":
        raise AnswerError(f"{_host(url)} redirects from https to http, which is refused")
    if parts.username is not None or parts.password is not None:
        raise AnswerError(f"{_host(url)} redirects to a URL with a credential, which is refused")
    return target


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    default = 443 if parts.scheme == "https" else 80
    return parts.scheme, parts.hostname, parts.port or default


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _log_request(method: str, url: str, answer: HttpAnswer, seconds: float) -> None:
    """Log without the query, which may name accounts, and without any header but the limits."""
    left = answer.headers.get("RateLimit-Remaining")
    limit = f", {left.partition(';')[0]} requests left" if left else ""
    path = urlsplit(url).path
    log.info(
        "%s %s%s: %s in %d ms%s", method, _host(url), path, answer.status, seconds * 1000, limit
    )

"""HTTP with limits: every request has a time limit, a size limit, retries and a redacted name.

An `Authorization` header goes to the host that it was made for and is dropped by a redirect to
any other.
`~/.netrc` is never read: it would send credentials that nobody configured for registries.
"""

from __future__ import annotations

import logging
import os
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from msgspec import Struct
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

from pinner.model.errors import AnswerError, UnreachableError
from pinner.registry.hosts import is_loopback
from pinner.registry.pacing import Gate, Patience, make_retry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

log = logging.getLogger(__name__)

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_CHUNK = 64 * 1024
_BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


class HttpAnswer(Struct, frozen=True):
    """A final answer: redirects are followed, retries are over."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


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

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        limit: int,
        form: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """Send a request and follow redirects; a form is sent to no second place.

        Raises UnreachableError or AnswerError, which name the host.
        """
        sent = dict(headers)
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._send_once(method, url, sent, limit, form)
            location = answer.headers.get("Location")
            if answer.status not in _REDIRECTS or not location:
                return answer
            target = _redirect_target(url, location)
            if form is not None:
                raise AnswerError(f"{_host(url)} redirects a request that holds a credential")
            if _origin(target) != _origin(url):
                sent.pop("Authorization", None)
            url = target
        raise AnswerError(f"{_host(url)} redirects without end")

    def _send_once(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        limit: int,
        form: Mapping[str, str] | None,
    ) -> HttpAnswer:
        host = _host(url)
        gate = self._gate(url)
        with gate.slots:
            for attempt in range(self._patience.retries + 1):
                gate.wait()
                begun = time.monotonic()
                try:
                    with _translated(host):
                        answer = self._exchange(method, url, headers, limit, form)
                    _log_request(method, url, answer, time.monotonic() - begun)
                    return answer
                except _BrokenBodyError as error:
                    if attempt == self._patience.retries:
                        raise UnreachableError(f"{host} broke off its answer") from error
                    time.sleep(self._patience.backoff * 2**attempt)
        raise AssertionError  # pragma: no cover - the loop returns or raises

    def _exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        limit: int,
        form: Mapping[str, str] | None,
    ) -> HttpAnswer:
        patience = self._patience
        deadline = time.monotonic() + patience.whole
        response = self._session.request(
            method,
            url,
            headers=dict(headers),
            data=form,
            timeout=(patience.connect, patience.read),
            stream=True,
            allow_redirects=False,
            proxies={} if is_loopback(_host(url)) else get_environ_proxies(url),
            verify=self._verify(_host(url)),
        )
        with response:
            if method == "HEAD":
                response.raw.drain_conn()  # or the connection would be closed, not kept
                body = b""
            else:
                body = _read_body(response, limit, deadline)
            return HttpAnswer(response.status_code, response.headers, body, url)

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
                    adapter = HTTPAdapter(
                        pool_maxsize=size, max_retries=make_retry(self._patience, gate)
                    )
                    self._session.mount(f"{scheme}://{host}/", adapter)
            return self._gates[host]


class _BrokenBodyError(Exception):
    """The connection ended before the body did."""


def _read_body(response: requests.Response, limit: int, deadline: float) -> bytes:
    host = _host(response.url)
    chunks, size = [], 0
    try:
        # read1 gives what has come so far: a server that drips cannot outlast the deadline.
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                raise AnswerError(f"{host} answers with more than {limit // 1024} KiB")
            if time.monotonic() > deadline:
                raise UnreachableError(f"{host} takes too long to answer")
    except urllib3.exceptions.ReadTimeoutError as error:
        raise UnreachableError(f"{host} takes too long to answer") from error
    except urllib3.exceptions.ProtocolError as error:
        raise _BrokenBodyError from error
    body = b"".join(chunks)
    is_coded = response.headers.get("Content-Encoding", "identity") != "identity"
    announced = "" if is_coded else response.headers.get("Content-Length", "")
    if announced.isdigit() and len(body) < int(announced):
        raise _BrokenBodyError
    return body


@contextmanager
def _translated(host: str) -> Iterator[None]:
    """Turn the libraries' exceptions into ours; their texts may hold a query, so they are not."""
    try:
        yield
    except requests.exceptions.SSLError as error:
        raise UnreachableError(f"{host}: no trusted TLS connection: {_reason(error)}") from error
    except requests.exceptions.Timeout as error:
        raise UnreachableError(f"{host} gives no answer in time") from error
    except requests.exceptions.ProxyError as error:
        raise UnreachableError(f"{host}: the proxy fails: {_reason(error)}") from error
    except requests.exceptions.ConnectionError as error:
        raise UnreachableError(f"{host} cannot be reached: {_reason(error)}") from error
    except (requests.exceptions.RequestException, HTTPError, OSError, ValueError) as error:
        raise AnswerError(f"{host}: the answer cannot be read ({type(error).__name__})") from error


def _reason(error: BaseException) -> str:
    """Find the innermost cause that a user can make something of."""
    pending: list[object] = [error]
    seen: set[int] = set()
    text = "the connection failed"
    while pending:
        found = pending.pop()
        if not isinstance(found, BaseException) or id(found) in seen:
            continue
        seen.add(id(found))
        if isinstance(found, ssl.SSLCertVerificationError):
            return f"{found.verify_message} (a private CA is named with `ca-file`)"
        if isinstance(found, socket.gaierror):
            return "its name is not known"
        if isinstance(found, urllib3.exceptions.ReadTimeoutError):
            return "no answer in time"
        if isinstance(found, OSError) and found.strerror:
            text = found.strerror.lower()
        if isinstance(found, urllib3.exceptions.NameResolutionError):
            return "its name is not known"
        pending += [found.__cause__, found.__context__, getattr(found, "reason", None)]
        pending += found.args
    return text


def _redirect_target(url: str, location: str) -> str:
    """Resolve a redirect; refuse a downgrade, and a target that brings its own credentials."""
    try:
        target = urljoin(url, location)
        parts = urlsplit(target)
        _ = parts.port
    except ValueError as error:
        raise AnswerError(f"{_host(url)} redirects to what is no URL") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
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

"""The exceptions of requests and urllib3 as pinner's: what failed, in words for a user."""

from __future__ import annotations

import http.client
import socket
import ssl
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

import requests
import urllib3
from urllib3.exceptions import HTTPError

from pinner.model.errors import AnswerError, UnreachableError
from pinner.registry.body import BrokenBodyError

if TYPE_CHECKING:
    from collections.abc import Iterator

# What OpenSSL says, by release, of bytes that are no record; a server of ours says the third.
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"})
_ALERT = "\x15\x03"
_UNREADABLE = (requests.exceptions.RequestException, HTTPError, OSError, ValueError, zlib.error)


class PassingError(UnreachableError):
    """A failure that may be none the next time."""


class BrokenOffError(PassingError):
    """A connection that ended before its answer did, or before it began."""


class SchemeError(UnreachableError):
    """A host speaks TLS where plain http was spoken to it, or the other way round."""


def scheme_advice(
    error: BaseException, host: str, *, is_plain_http: bool, in_settings: bool
) -> str:
    """Say what to write into the configuration, where a host is asked by the wrong scheme.

    `is_plain_http` says how it is asked now, `in_settings` whether the configuration says so.
    """
    if isinstance(error, SchemeError) and not is_plain_http:
        return (
            f'; if that is meant, write these two lines into pinner.toml: `[registries."{host}"]` '
            "and `plain-http = true` (no credentials are sent then)"
        )
    if is_plain_http and in_settings and isinstance(error, (SchemeError, BrokenOffError)):
        doubt = "" if isinstance(error, SchemeError) else "if it speaks TLS, "
        return f'; {doubt}take `plain-http = true` from `[registries."{host}"]` in pinner.toml'
    return ""


@contextmanager
def translated(host: str) -> Iterator[None]:
    """Turn the libraries' exceptions into ours; their texts may hold a query, so they are not."""
    try:
        yield
    except AnswerError as error:
        raise AnswerError(f"{host} {error}") from error
    except BrokenBodyError as error:
        raise BrokenOffError(f"{host} broke off its answer") from error
    except requests.exceptions.SSLError as error:
        if any(map(_is_no_tls, _causes(error))):
            raise SchemeError(f"{host} speaks plain http, and no TLS") from error
        raise UnreachableError(f"{host}: no trusted TLS connection: {_reason(error)}") from error
    except requests.exceptions.ProxyError as error:
        raise PassingError(f"{host}: the proxy fails: {_reason(error)}") from error
    except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError) as error:
        raise PassingError(f"{host} gives no answer in time") from error
    except urllib3.exceptions.ProtocolError as error:
        _check_scheme(host, error)
        raise BrokenOffError(f"{host} broke off its answer") from error
    except requests.exceptions.ConnectionError as error:
        _check_scheme(host, error)
        is_cut = any(isinstance(found, ConnectionResetError) for found in _causes(error))
        kind = BrokenOffError if is_cut else PassingError
        raise kind(f"{host} cannot be reached: {_reason(error)}") from error
    except _UNREADABLE as error:
        raise AnswerError(f"{host}: the answer cannot be read ({type(error).__name__})") from error


def _check_scheme(host: str, error: BaseException) -> None:
    if any(map(_is_tls_alert, _causes(error))):
        raise SchemeError(f"{host} speaks TLS, and no plain http") from error


def _is_no_tls(error: BaseException) -> bool:
    """Say whether what came in place of a handshake is no record of TLS, as an HTTP answer."""
    return isinstance(error, ssl.SSLError) and error.reason in _NO_TLS


def _is_tls_alert(error: BaseException) -> bool:
    """Say whether what came in place of a status line is a record of TLS, RFC 8446, 5.1."""
    return isinstance(error, http.client.BadStatusLine) and str(error).startswith(_ALERT)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give an exception and all that are behind it, the outermost first."""
    pending: list[object] = [error]
    seen: set[int] = set()
    while pending:
        found = pending.pop()
        if not isinstance(found, BaseException) or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        pending += [found.__cause__, found.__context__, getattr(found, "reason", None)]
        pending += found.args


def _reason(error: BaseException) -> str:
    """Find the innermost cause that a user can make something of."""
    text = "the connection failed"
    for found in _causes(error):
        if isinstance(found, ssl.SSLCertVerificationError):
            return f"{found.verify_message} (a private CA is named with `ca-file`)"
        if isinstance(found, socket.gaierror):
            return "its name is not known"
        if isinstance(found, (urllib3.exceptions.ReadTimeoutError, TimeoutError)):
            return "no answer in time"
        if isinstance(found, OSError) and found.strerror:
            text = found.strerror.lower()
        if isinstance(found, urllib3.exceptions.NameResolutionError):
            return "its name is not known"
    return text

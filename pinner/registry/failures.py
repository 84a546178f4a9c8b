"""The exceptions of requests and urllib3 as pinner's: what failed, in words for a user."""

from __future__ import annotations

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

_UNREADABLE = (requests.exceptions.RequestException, HTTPError, OSError, ValueError, zlib.error)


class PassingError(UnreachableError):
    """A failure that may be none the next time."""


@contextmanager
def translated(host: str) -> Iterator[None]:
    """Turn the libraries' exceptions into ours; their texts may hold a query, so they are not."""
    try:
        yield
    except AnswerError as error:
        raise AnswerError(f"{host} {error}") from error
    except BrokenBodyError as error:
        raise PassingError(f"{host} broke off its answer") from error
    except requests.exceptions.SSLError as error:
        raise UnreachableError(f"{host}: no trusted TLS connection: {_reason(error)}") from error
    except requests.exceptions.ProxyError as error:
        raise PassingError(f"{host}: the proxy fails: {_reason(error)}") from error
    except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError) as error:
        raise PassingError(f"{host} gives no answer in time") from error
    except urllib3.exceptions.ProtocolError as error:
        raise PassingError(f"{host} broke off its answer") from error
    except requests.exceptions.ConnectionError as error:
        raise PassingError(f"{host} cannot be reached: {_reason(error)}") from error
    except _UNREADABLE as error:
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
        if isinstance(found, (urllib3.exceptions.ReadTimeoutError, TimeoutError)):
            return "no answer in time"
        if isinstance(found, OSError) and found.strerror:
            text = found.strerror.lower()
        if isinstance(found, urllib3.exceptions.NameResolutionError):
            return "its name is not known"
        pending += [found.__cause__, found.__context__, getattr(found, "reason", None)]
        pending += found.args
    return text

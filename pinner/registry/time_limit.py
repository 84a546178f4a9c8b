"""One time limit for a whole request: connections that wait for nothing beyond it.

urllib3 and http.client limit each wait alone, so that a server which sends a byte now and then
could hold a request for ever.

    with time_limit(60, longest_wait=30):
        session.request(…)  # of a session whose adapter is a LimitedAdapter

Resolving a name is left to the system's own limits, and the greeting of a SOCKS proxy to PySocks',
which are for each wait.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import urllib3
from msgspec import Struct
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ssl import SSLSocket


class TimeLimit(Struct, frozen=True):
    """When a request has to be over, and how long it may wait for a sign of life."""

    ends: float
    longest_wait: float

    def left(self) -> float:
        """Give the seconds that are left; raises TimeoutError where there are none."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left

    def next_wait(self) -> float:
        """Give the seconds that the next wait may take; raises TimeoutError likewise."""
        return min(self.left(), self.longest_wait)


# What is in force in this thread: a connection outlives the request that opened it.
_limit: ContextVar[TimeLimit] = ContextVar("limit")


@contextmanager
def time_limit(seconds: float, longest_wait: float) -> Iterator[TimeLimit]:
    """Limit what this thread asks for in the block."""
    limit = TimeLimit(time.monotonic() + seconds, longest_wait)
    token = _limit.set(limit)
    try:
        yield limit
    finally:
        _limit.reset(token)


class _LimitedFile(io.RawIOBase):
    """What a connection receives; each read takes no longer than is left."""

    def __init__(self, connection: socket.socket | SSLSocket) -> None:
        self._connection = connection
        self._file = connection.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._connection.settimeout(_limit.get().next_wait())
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


class _LimitedResponse(http.client.HTTPResponse):
    """An answer, also that of a proxy to CONNECT, from its first byte on."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_LimitedFile(sock))


class _LimitedExchange(HTTPConnection):
    """A connection whose requests and answers keep to the limit, however it was made."""

    response_class = _LimitedResponse

    def send(self, data: Any) -> None:
        if self.sock is not None:
            self.sock.settimeout(_limit.get().next_wait())
        super().send(data)


class _LimitedConnection(_LimitedExchange):
    def _new_conn(self) -> socket.socket:
        """Try a name's addresses, each for its share of the time; urllib3 gives each all of it."""
        name, longest = self._dns_host, self.timeout
        found = socket.getaddrinfo(name.strip("[]"), self.port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        try:
            while True:
                self._dns_host = addresses.pop(0)
                share = _limit.get().left() / (len(addresses) + 1)
                self.timeout = min(share, longest) if longest else share
                try:
                    connection = super()._new_conn()
                except (ConnectTimeoutError, NewConnectionError):
                    if not addresses:
                        raise
                else:
                    connection.settimeout(_limit.get().next_wait())  # for TLS's handshake
                    return connection
        finally:
            self._dns_host, self.timeout = name, longest


class _LimitedTlsConnection(_LimitedConnection, HTTPSConnection):
    pass


class _LimitedPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _LimitedConnection


class _LimitedTlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _LimitedTlsConnection


_POOLS = {"http": _LimitedPool, "https": _LimitedTlsPool}


def _socks_pools() -> dict[str, type[urllib3.HTTPConnectionPool]]:
    """Make the same for connections through a SOCKS proxy; raises ImportError without PySocks."""
    from urllib3.contrib import socks  # noqa: PLC0415 - an extra

    class Connection(socks.SOCKSConnection, _LimitedExchange):
        pass

    class TlsConnection(socks.SOCKSHTTPSConnection, _LimitedExchange):
        pass

    class Pool(socks.SOCKSHTTPConnectionPool):
        ConnectionCls = Connection

    class TlsPool(socks.SOCKSHTTPSConnectionPool):
        ConnectionCls = TlsConnection

    return {"http": Pool, "https": TlsPool}


class LimitedAdapter(HTTPAdapter):
    """Connections that keep to the time limit in force, straight ones and a proxy's."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        if isinstance(manager, urllib3.ProxyManager):
            manager.pool_classes_by_scheme = _POOLS
        else:
            manager.pool_classes_by_scheme = _socks_pools()
        return manager

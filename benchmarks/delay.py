"""A proxy that lets each request wait, as a link with some delay would."""

from __future__ import annotations

import socket
import threading
import time


class DelayingProxy:
    """Passes connections on to a port of this machine; what comes in waits, what goes out not."""

    def __init__(self, port: int, seconds: float) -> None:
        """Listen on a free port of loopback."""
        self._target = port
        self._seconds = seconds
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def host(self) -> str:
        """Where it listens, as `host:port`."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            for source, sink, delay in ((client, server, self._seconds), (server, client, 0.0)):
                threading.Thread(target=_pass, args=(source, sink, delay), daemon=True).start()


def _pass(source: socket.socket, sink: socket.socket, delay: float) -> None:
    try:
        while data := source.recv(65536):
            time.sleep(delay)
            sink.sendall(data)
    except OSError:
        pass
    finally:
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

"""A SOCKS5 proxy, RFC 1928 and 1929, that leads every name to one port of this machine."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading


class SocksServer:
    """Keeps which `(name, port)` it was asked for, in `asked`, and who logged in, in `logins`."""

    def __init__(  # noqa: C901 - the classes close over it
        self, target: tuple[str, int], *, login: tuple[str, str] | None = None
    ) -> None:
        self.asked: list[tuple[str, int]] = []
        self.logins: list[tuple[str, str]] = []
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def exactly(self, size: int) -> bytes:
                data = b""
                while len(data) < size:
                    piece = self.request.recv(size - len(data))
                    if not piece:
                        raise ConnectionError
                    data += piece
                return data

            def text(self) -> str:
                return self.exactly(self.exactly(1)[0]).decode()

            def handle(self) -> None:
                version, count = self.exactly(2)
                assert version == 5
                methods = self.exactly(count)
                wanted = 2 if login else 0
                if wanted not in methods:
                    self.request.sendall(b"\x05\xff")
                    return
                self.request.sendall(bytes([5, wanted]))
                if login:
                    self.exactly(1)
                    outer.logins.append((self.text(), self.text()))
                    good = outer.logins[-1] == login
                    self.request.sendall(b"\x01\x00" if good else b"\x01\x01")
                    if not good:
                        return
                _, command, _, kind = self.exactly(4)
                assert command == 1
                if kind == 3:
                    name = self.text()
                else:
                    family, size = {1: (socket.AF_INET, 4), 4: (socket.AF_INET6, 16)}[kind]
                    name = socket.inet_ntop(family, self.exactly(size))
                outer.asked.append((name, struct.unpack("!H", self.exactly(2))[0]))
                with socket.create_connection(target) as onward:
                    self.request.sendall(b"\x05\x00\x00\x01" + bytes(6))
                    back = threading.Thread(target=pump, args=(onward, self.request), daemon=True)
                    back.start()
                    pump(self.request, onward)
                    back.join()

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass

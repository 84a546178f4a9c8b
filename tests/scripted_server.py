"""An HTTP server that does what a test says: for misbehaviour, and for answers to anything."""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OCI_INDEX = "application/vnd.oci.image.index.v1+json"


@dataclass(frozen=True)
class Seen:
    """A request that a server received."""

    method: str
    path: str
    headers: dict[str, str]
    body: str = ""

    @property
    def authorization(self) -> str | None:
        return self.headers.get("authorization")

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.path).query)


@dataclass
class Reply:
    """An answer; `raw` is written to the connection in place of everything else."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw: Callable[[BaseHTTPRequestHandler], None] | None = None


class ScriptedServer:
    """Answers each request by calling `script`."""

    def __init__(  # noqa: C901 - the classes close over the script
        self, script: Callable[[Seen], Reply], certificate: tuple[Path, Path] | None = None
    ) -> None:
        self.script = script
        self.seen: list[Seen] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                headers = {key.lower(): value for key, value in self.headers.items()}
                body = self.rfile.read(length).decode()
                seen = Seen(self.command, self.path, headers, body)
                outer.seen.append(seen)
                reply = outer.script(seen)
                if reply.raw is not None:
                    self.close_connection = True
                    reply.raw(self)
                    return
                self.send_response_only(reply.status)
                for key, value in reply.headers.items():
                    self.send_header(key, value)
                if "Content-Length" not in reply.headers:
                    self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(reply.body)

            do_GET = do_HEAD = do_POST = do_PUT = do_CONNECT = answer  # noqa: N815

            def handle(self) -> None:
                try:
                    super().handle()
                except (ConnectionError, ssl.SSLError, TimeoutError):
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_: object) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.is_tls = certificate is not None
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{'https' if self.is_tls else 'http'}://{self.host}"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def same_digest(digest: str) -> Callable[[Seen], Reply]:
    """Answer for every tag with one digest, and for every digest with itself."""

    def script(seen: Seen) -> Reply:
        reference = urlsplit(seen.path).path.rpartition("/")[2]
        found = reference if reference.startswith("sha256:") else digest
        return Reply(headers={"Content-Type": OCI_INDEX, "Docker-Content-Digest": found})

    return script

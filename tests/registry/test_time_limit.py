"""However a server drips, a request ends in time."""

import socket
import threading
import time

import pytest
from certificates import make_authority
from clients import INDEX, make_client, make_client_from, reference
from scripted_server import Reply

from pinner.model.errors import UnreachableError
from pinner.project.settings import RegistrySettings
from pinner.registry.pacing import Patience

DIGEST = "sha256:" + "1" * 64
# A byte comes well before `read` is over, so that only `whole` can end it.
HASTY = Patience(connect=1, read=1, whole=1.2, retries=2, backoff=0.01, longest_pause=1)
_ENDLESS = 90
_GENEROUS = 45


def drip(write, text, then=b"x"):
    """Send a text at once, and then a byte now and again for longer than any test waits."""
    write(text)
    end = time.monotonic() + _ENDLESS
    while time.monotonic() < end:
        time.sleep(0.1)
        write(then)


def dripping(text, then=b"x"):
    def raw(handler):
        drip(handler.connection.sendall, text, then)

    return lambda seen: Reply(raw=raw)


DRIPS = {
    "the status line": dripping(b"HTTP/1.1 20"),
    "a header": dripping(b"HTTP/1.1 200 OK\r\nX-Slow: "),
    "headers": dripping(b"HTTP/1.1 200 OK\r\n", b"X-Slow: 1\r\n"),
    "interim answers": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"),
    "a chunk's length": dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    "trailers": dripping(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n"
    ),
    "a gzip header": dripping(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\0\0\0\0\0\0"
    ),
}  # fmt: skip


def refused_in_time(client, target, words="no answer in time", method="manifest"):
    begun = time.monotonic()
    with pytest.raises(UnreachableError, match=words) as raised:
        getattr(client, method)(target)
    assert time.monotonic() - begun < _GENEROUS
    assert str(raised.value).startswith(f"{target.registry}/{target.repository}")


@pytest.fixture
def names(monkeypatch):
    """Names that lead to this machine without being loopback names."""
    original = socket.getaddrinfo

    def lookup(host, *arguments, **options):
        return original("127.0.0.1" if host.endswith(".test") else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


def trusting(authority, host):
    settings = {host: RegistrySettings(ca_file=str(authority.ca_file))}
    return make_client_from({}, settings, patience=HASTY)


@pytest.mark.parametrize("name", DRIPS)
def test_dripping(serve, name):
    server = serve(DRIPS[name])
    refused_in_time(make_client(patience=HASTY), reference(server.host))
    assert len(server.seen) == 1  # what has used up its time is not tried again


@pytest.mark.parametrize("name", ["the status line", "a header", "headers", "interim answers"])
def test_dripping_to_head(serve, name):
    server = serve(DRIPS[name])
    refused_in_time(make_client(patience=HASTY), reference(server.host), method="head")


@pytest.mark.parametrize("name", ["a header", "a body"])
def test_dripping_over_tls(serve, names, tmp_path, name):
    authority = make_authority(tmp_path)
    server = serve(DRIPS[name], authority.pair)
    host = f"localhost.test:{server.port}"
    refused_in_time(trusting(authority, host), reference(host))


@pytest.mark.parametrize("name", ["a header", "a body"])
def test_dripping_by_a_proxy(serve, monkeypatch, name):
    monkeypatch.setenv("http_proxy", serve(DRIPS[name]).url)
    settings = {"registry.test": RegistrySettings(plain_http=True)}
    client = make_client(settings=settings, patience=HASTY)
    refused_in_time(client, reference("registry.test"))


@pytest.mark.parametrize("name", ["the status line", "headers"])
def test_dripping_before_there_is_a_tunnel(serve, monkeypatch, name):
    proxy = serve(DRIPS[name])
    monkeypatch.setenv("https_proxy", proxy.url)
    client = make_client(patience=HASTY)
    refused_in_time(client, reference("registry.test"), "no answer in time|the proxy fails")
    assert proxy.seen[0].method == "CONNECT"


def test_dripping_a_handshake(names, tmp_path):
    def serve_slowly():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=drip_quietly, args=[connection], daemon=True).start()

    def drip_quietly(connection):
        with connection:
            try:
                drip(connection.sendall, b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03")
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve_slowly, daemon=True).start()
        host = f"localhost.test:{listener.getsockname()[1]}"
        client = trusting(make_authority(tmp_path), host)
        refused_in_time(client, reference(host), "no answer in time|no trusted TLS connection")


def good(seen):
    return Reply(headers={"Content-Type": INDEX, "Docker-Content-Digest": DIGEST})


def test_an_address_that_is_silent_leaves_time_for_the_next(serve, monkeypatch):
    """Of a name with two addresses the first one takes no connection, nor refuses it."""
    server = serve(good)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for connection in waiting:  # the queue is full now
            connection.setblocking(False)
            connection.connect_ex(silent.getsockname())
        addresses = {"192.0.2.1": silent.getsockname(), "192.0.2.2": ("127.0.0.1", server.port)}
        monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_, **__: _found(addresses, host))
        settings = {"two.test": RegistrySettings(plain_http=True)}
        client = make_client(settings=settings, patience=Patience(connect=30, whole=2))
        begun = time.monotonic()
        assert client.head(reference("two.test")).digest == DIGEST
        assert time.monotonic() - begun < _GENEROUS
        for connection in waiting:
            connection.close()


def _found(addresses, host):
    """Stand-ins are told apart by their name in the first answer, by their place in the second."""
    if host in addresses:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", addresses[host])]
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (name, 80)) for name in addresses]


def test_each_redirect_has_its_own_time(serve):
    """Three answers of a second each take longer than a request may, and are no single one."""

    def script(seen):
        time.sleep(0.7)
        step = int(seen.query.get("step", ["0"])[0])
        if step == 2:
            return good(seen)
        return Reply(307, headers={"Location": f"{seen.path.partition('?')[0]}?step={step + 1}"})

    server = serve(script)
    assert make_client(patience=HASTY).head(reference(server.host)).digest == DIGEST


def test_no_more_than_a_minute_by_default():
    assert Patience().whole <= 60

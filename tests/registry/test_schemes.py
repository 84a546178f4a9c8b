"""A host that is spoken to by the wrong scheme: the message says what to write."""

import tomllib

import pytest
from certificates import make_authority
from clients import PATIENCE, make_client, reference
from images import Image
from scripted_server import Reply
from socks_server import SocksServer

from pinner.model.errors import RegistryError
from pinner.project.settings import RegistrySettings
from pinner.registry.cache import ContentCache
from pinner.registry.client import RegistryClient
from pinner.registry.credentials import Credentials
from pinner.registry.hosts import Hosts
from pinner.registry.session import HttpSession


def by_tls(host):
    """Ask a host of this machine by TLS, as one that is elsewhere would be."""
    hosts = Hosts({}, None, speaks_tls=lambda _: True)
    client = RegistryClient(
        HttpSession(PATIENCE), hosts, Credentials({"HOME": "/none"}), ContentCache(None)
    )
    with pytest.raises(RegistryError) as raised:
        client.head(reference(host))
    return str(raised.value)


def garbage(handler):
    handler.wfile.write(b"no such thing as TLS here\r\n" * 20)


@pytest.mark.parametrize("reply", [Reply(), Reply(raw=garbage)])
def test_plain_http_where_tls_was_expected(serve, reply):
    server = serve(lambda _: reply)
    message = by_tls(server.host)
    assert f"{server.host}/a/b: speaks plain http, and no TLS; " in message
    lines = [part for at, part in enumerate(message.split("`")) if at % 2]
    written = tomllib.loads("\n".join(lines))
    assert written == {"registries": {server.host: {"plain-http": True}}}
    assert "no credentials are sent then" in message


def test_the_real_registry_by_tls(registry, needs_registry):
    message = by_tls(registry.host)
    assert f'`[registries."{registry.host}"]` and `plain-http = true`' in message


def test_plain_http_behind_a_proxy(project, registry):
    """The two lines that the message says are all that is missing."""
    digest = registry.push("schemes:1", Image(content="schemes"))
    proxy = SocksServer(("127.0.0.1", registry.port))
    environment = {"ALL_PROXY": f"socks5h://{proxy.host}"}
    project.write("Dockerfile", "FROM registry.test:5000/schemes:1\n")
    done = project.pinner("lock", env=environment)
    assert done.code == 3, done
    lines = [part for at, part in enumerate(done.err.split("`")) if at % 2]
    project.write("pinner.toml", "\n".join(lines[:2]))
    done = project.pinner("lock", env=environment)
    assert done.code == 0, done
    assert digest in project.read("Dockerfile")
    proxy.stop()


def test_a_bad_certificate_is_no_reason_for_plain_http(serve, tmp_path):
    server = serve(lambda _: Reply(), make_authority(tmp_path).pair)
    message = by_tls(server.host)
    assert "no trusted TLS connection" in message
    assert "plain-http" not in message


def test_a_token_server_of_the_wrong_scheme_is_no_matter_of_the_configuration(serve):
    def script(seen):
        port = server.port
        return Reply(401, {"WWW-Authenticate": f'Bearer realm="https://localhost:{port}/token"'})

    server = serve(script)
    with pytest.raises(RegistryError, match=r"localhost:.* speaks plain http") as raised:
        make_client().head(reference(server.host))
    assert "plain-http" not in str(raised.value)


def plainly(host):
    with pytest.raises(RegistryError) as raised:
        make_client(settings={host: RegistrySettings(plain_http=True)}).head(reference(host))
    return str(raised.value)


def alert(handler):
    handler.wfile.write(b"\x15\x03\x01\x00\x02\x02\x16")


def nginx(seen):
    """What nginx 1.24 says on its port for TLS."""
    said = b"<h1>400 Bad Request</h1><center>The plain HTTP request was sent to HTTPS port</center>"
    return Reply(400, body=said)


@pytest.mark.parametrize("script", [lambda _: Reply(raw=alert), nginx])
def test_tls_where_plain_http_was_expected(serve, script):
    server = serve(script)
    message = plainly(server.host)
    assert "speaks TLS, and no plain http; take `plain-http = true` from " in message
    assert f'`[registries."{server.host}"]`' in message


def test_the_real_registry_by_plain_http(make_registry, tmp_path):
    authority = make_authority(tmp_path / "ca")
    certificate, key = authority.pair
    tls = {"certificate": str(certificate), "key": str(key)}
    closed = make_registry(settings={"http": {"tls": tls}}, certificates=authority.trust)
    assert "speaks TLS, and no plain http; take `plain-http" in plainly(closed.host)


def test_a_server_that_hangs_up_on_plain_http(serve, tmp_path):
    server = serve(lambda _: Reply(), make_authority(tmp_path).pair)
    message = plainly(server.host)
    assert "take `plain-http = true` from" in message


def test_a_request_that_is_bad_is_not_taken_for_one_of_the_wrong_scheme(serve):
    server = serve(lambda _: Reply(400, body=b'{"errors":[{"message":"no such name"}]}'))
    assert "answers with status 400" in plainly(server.host)

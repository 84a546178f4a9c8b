"""Credentials reach the host they belong to and no other: every request of every server is read."""

import base64
import json
import socket

import pytest
from certificates import make_authority
from clients import digest_of, make_client, make_client_from, reference
from scripted_server import OCI_INDEX, Reply

from pinner.model.errors import RegistryError
from pinner.model.reference import ImageReference
from pinner.project.settings import RegistrySettings

BODY = b'{"schemaVersion":2,"manifests":[]}'
DIGEST = digest_of(BODY)
SECRET = base64.b64encode(b"user:secret").decode()
REFRESH = "refresh-me-secretly"


def good():
    return Reply(headers={"Content-Type": OCI_INDEX, "Docker-Content-Digest": DIGEST}, body=BODY)


def basic(seen):
    """A registry that wants a password, and is content with any."""
    if seen.authorization:
        return good()
    return Reply(401, headers={"WWW-Authenticate": 'Basic realm="x"'})


def redirect(location):
    return Reply(307, headers={"Location": location})


def bearer(realm):
    def script(seen):
        if (seen.authorization or "").startswith("Bearer "):
            return good()
        challenge = f'Bearer realm="{realm}",service="s"'
        return Reply(401, headers={"WWW-Authenticate": challenge})

    return script


def token(seen):
    return Reply(body=b'{"token":"t"}')


def everything(server):
    """All that a server was told, in one text."""
    return "\n".join(
        f"{seen.method} {seen.path} {json.dumps(seen.headers)} {seen.body}" for seen in server.seen
    )


def knows(server):
    text = everything(server)
    return SECRET in text or "secret" in text or REFRESH in text


@pytest.fixture
def names(monkeypatch):
    """Names that lead to this machine without being loopback names."""
    original = socket.getaddrinfo

    def lookup(host, *arguments, **options):
        mapped = "127.0.0.1" if str(host).endswith(".test") else host
        return original(mapped, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


def ask(client, target):
    """The answer, or the error, which must not show what it knows."""
    shown = ""
    try:
        return client.head(target)
    except RegistryError as error:
        shown = str(error)
        return error
    finally:
        assert "secret" not in shown
        assert SECRET not in shown


def test_the_host_itself_is_told(serve):
    server = serve(basic)
    assert ask(make_client({server.host: SECRET}), reference(server.host)).digest == DIGEST
    assert knows(server)


def test_not_the_host_of_a_redirect(serve):
    other = serve(lambda seen: good())
    server = serve(lambda seen: redirect(f"{other.url}/x") if seen.authorization else basic(seen))
    assert ask(make_client({server.host: SECRET}), reference(server.host)).digest == DIGEST
    assert knows(server)
    assert other.seen
    assert not knows(other)


def test_not_after_a_redirect_there_and_back_again(serve):
    other = serve(lambda seen: redirect(f"{server.url}/v2/a/b/manifests/back"))
    server = serve(lambda seen: redirect(f"{other.url}/x") if seen.authorization else basic(seen))
    ask(make_client({server.host: SECRET}), reference(server.host))
    assert not knows(other)


def test_a_token_does_not_follow_a_redirect_either(serve):
    other = serve(lambda seen: good())
    tokens = serve(lambda seen: Reply(body=b'{"token":"secret-token"}'))
    inner = bearer(f"{tokens.url}/token")
    server = serve(lambda seen: redirect(f"{other.url}/x") if seen.authorization else inner(seen))
    assert ask(make_client(), reference(server.host)).digest == DIGEST
    assert other.seen
    assert "secret-token" not in everything(other)


def test_the_token_server_but_not_where_it_redirects_to(serve):
    other = serve(token)
    tokens = serve(lambda seen: redirect(f"{other.url}/elsewhere"))
    server = serve(bearer(f"{tokens.url}/token"))
    ask(make_client({server.host: SECRET}), reference(server.host))
    assert knows(tokens)
    assert other.seen
    assert not knows(other)
    assert not knows(server)


def test_not_a_mirror(serve):
    mirror = serve(basic)
    server = serve(basic)
    settings = {server.host: RegistrySettings(mirrors=(f"{mirror.host}/prefix",))}
    client = make_client({server.host: SECRET}, settings)
    assert ask(client, reference(server.host)).digest == DIGEST
    assert knows(server)
    assert mirror.seen
    assert not knows(mirror)


def test_a_mirror_has_its_own(serve):
    mirror = serve(basic)
    server = serve(basic)
    settings = {server.host: RegistrySettings(mirrors=(mirror.host,))}
    assert ask(make_client({mirror.host: SECRET}, settings), reference(server.host))
    assert knows(mirror)
    assert server.seen == []


def test_not_a_mirror_of_docker_hub(serve):
    mirror = serve(basic)
    settings = {
        "docker.io": RegistrySettings(mirrors=(mirror.host,)),
        # Nobody is there, so that the test ends.
        "registry-1.docker.io": RegistrySettings(plain_http=True),
    }
    client = make_client({"https://index.docker.io/v1/": SECRET}, settings)
    with pytest.raises((RegistryError, AssertionError)):
        client.head(ImageReference.parse("nginx:1"))
    assert mirror.seen
    assert not knows(mirror)


def test_not_the_token_server_that_a_mirror_names(serve):
    tokens = serve(token)
    mirror = serve(bearer(f"{tokens.url}/token"))
    server = serve(basic)
    settings = {server.host: RegistrySettings(mirrors=(mirror.host,))}
    ask(make_client({server.host: SECRET}, settings), reference(server.host))
    assert tokens.seen
    assert not knows(tokens)


def test_not_over_plain_http(serve, names):
    server = serve(basic)
    host = f"registry.test:{server.port}"
    settings = {host: RegistrySettings(plain_http=True)}
    error = ask(make_client({host: SECRET}, settings), reference(host))
    assert "credentials are not sent over plain http" in str(error)
    assert server.seen
    assert not knows(server)


def test_no_token_is_bought_over_plain_http_with_a_login(serve, names):
    tokens = serve(token)
    server = serve(bearer(f"http://auth.test:{tokens.port}/token"))
    host = f"registry.test:{server.port}"
    settings = {host: RegistrySettings(plain_http=True)}
    for entry in ({"auth": SECRET}, {"identitytoken": REFRESH}):
        client = make_client_from({"auths": {host: entry}}, settings)
        assert ask(client, reference(host)).digest == DIGEST
    assert tokens.seen
    assert not knows(tokens)
    assert not knows(server)


def test_a_registry_on_this_machine_sends_nobody_elsewhere(serve, names):
    tokens = serve(token)
    server = serve(bearer(f"http://auth.test:{tokens.port}/token"))
    for entry in ({"auth": SECRET}, {"identitytoken": REFRESH}):
        ask(make_client_from({"auths": {server.host: entry}}), reference(server.host))
    assert tokens.seen
    assert not knows(tokens)


def test_a_registry_elsewhere_sends_nobody_to_this_machine(serve, names, tmp_path):
    authority = make_authority(tmp_path)
    tokens = serve(token)
    server = serve(bearer(f"{tokens.url}/token"), authority.pair)
    client = _tls_client(server, authority, {"auth": SECRET})
    error = ask(client, reference(f"localhost.test:{server.port}"))
    assert "names a token server on this machine" in str(error)
    assert tokens.seen == []


def _tls_client(server, authority, entry):
    """The user's own CA file vouches for a host that is not this machine by name."""
    host = f"localhost.test:{server.port}"
    settings = {host: RegistrySettings(ca_file=str(authority.ca_file))}
    return make_client_from({"auths": {host: entry}}, settings)


def test_tls_registry_with_a_token_server_without_tls(serve, names, tmp_path):
    authority = make_authority(tmp_path)
    tokens = serve(token)
    server = serve(bearer(f"http://auth.test:{tokens.port}/token"), authority.pair)
    error = ask(
        _tls_client(server, authority, {"auth": SECRET}),
        reference(f"localhost.test:{server.port}"),
    )
    assert "names a token server without TLS" in str(error)
    assert tokens.seen == []


def test_not_where_only_the_projects_own_file_vouches(serve, names, tmp_path, project):
    """Whoever writes the project's files could write that file, and pose as the registry."""
    from pinner.registry.hosts import Hosts

    (project.root / "ca.crt").write_text("x")
    inside = Hosts({"r.test": RegistrySettings(ca_file="ca.crt")}, project.root)
    assert not inside.may_have_credentials("r.test")
    (tmp_path / "own.crt").write_text("x")
    assert Hosts({}, project.root).may_have_credentials("r.test")


def test_netrc_is_not_read(serve, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login user password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    server = serve(lambda seen: good())
    assert ask(make_client(), reference(server.host)).digest == DIGEST
    assert server.seen[0].authorization is None


def test_a_proxy_is_used_and_told_nothing(serve, monkeypatch):
    proxy = serve(basic)
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("http_proxy", proxy.url)
    settings = {"registry.test": RegistrySettings(plain_http=True)}
    ask(make_client({"registry.test": SECRET}, settings), reference("registry.test"))
    assert proxy.seen[0].path == "http://registry.test/v2/a/b/manifests/1"
    assert not knows(proxy)


def test_namespaced_credentials_stay_in_their_namespace(serve):
    server = serve(basic)
    config = {"auths": {f"{server.host}/mine": {"auth": SECRET}}}
    client = make_client_from(config)
    ask(client, reference(server.host, repository="theirs/x"))
    assert not knows(server)
    assert ask(client, reference(server.host, repository="mine/x")).digest == DIGEST


def test_this_machine_is_never_asked_through_a_proxy(serve, monkeypatch):
    proxy = serve(lambda seen: Reply(500))
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    server = serve(basic)
    assert ask(make_client({server.host: SECRET}), reference(server.host)).digest == DIGEST
    assert proxy.seen == []


@pytest.mark.parametrize("path", ["/etc/ssl/ca.crt", ".git/ca.crt", "a/.GIT/ca.crt", "c:/x.crt"])
@pytest.mark.parametrize("key", ["ca-file = '{}'", "mirrors = ['oci-layout:{}']"])
def test_paths_of_the_configuration_stay_in_the_repository(project, path, key):
    project.write("pinner.toml", f'[registries."r.test"]\n{key.format(path)}\n')
    project.write("Dockerfile", "FROM r.test/x:1\n")
    done = project.pinner("lock")
    assert done.code == 2, done
    assert "must be a path inside the repository" in done.err


@pytest.mark.parametrize("key", [
    "ca-file = 'out/x'", "mirrors = ['oci-layout:out/x']", "ca-file = '../x'",
    "mirrors = ['oci-layout:../../x']",
])  # fmt: skip
def test_links_of_the_configuration_stay_in_the_repository(project, tmp_path, key):
    (project.root / "out").symlink_to(tmp_path)
    project.write("pinner.toml", f'[registries."r.test"]\n{key}\n')
    project.write("Dockerfile", "FROM r.test/x:1\n")
    done = project.pinner("lock")
    assert done.code == 2, done
    assert "leads out of the repository" in done.err


def test_a_project_uses_files_of_its_repository(project):
    from pinner.registry.hosts import Hosts

    hosts = Hosts(
        {"r.test": RegistrySettings(ca_file="../ca.crt")}, project.root / "a", project.root
    )
    assert hosts.ca_file("r.test") == str(project.root / "a/../ca.crt")

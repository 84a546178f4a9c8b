"""Which proxy a request goes through: `NO_PROXY`, SOCKS, and what cannot be used."""

import pytest
from clients import INDEX, make_client, reference
from images import Image
from scripted_server import Reply
from socks_server import SocksServer

from pinner.model.errors import ConfigError, UnreachableError
from pinner.project.settings import RegistrySettings
from pinner.registry.proxies import is_excepted, proxies_for

DIGEST = "sha256:" + "1" * 64
PLAIN = {"registry.test": RegistrySettings(plain_http=True)}


@pytest.mark.parametrize(("url", "entries"), [
    ("https://10.1.2.3:5000/v2/", "10.1.2.3:5000"),
    ("https://10.1.2.3:5000/v2/", "10.1.2.3"),
    ("https://10.1.2.3/v2/", "10.1.2.3:443"),
    ("http://10.1.2.3/v2/", "10.1.2.3:80"),
    ("https://10.1.2.3:5000/", "x.test, 10.0.0.0/8"),
    ("https://10.1.2.3:5000/", "10.1.2.3/24"),
    ("https://[fd00::1]:5000/", "[fd00::1]:5000"),
    ("https://[fd00::1]:5000/", "fd00::1"),
    ("https://[fd00::1]:5000/", "[fd00:0::0:1]"),
    ("https://[fd00::1]:5000/", "fd00::/8"),
    ("https://[::ffff:10.1.2.3]/", "10.1.2.3"),
    ("https://registry.test:5000/", "registry.test:5000"),
    ("https://registry.test:5000/", "registry.test"),
    ("https://registry.test./", "registry.test"),
    ("https://a.registry.test/", "registry.test"),
    ("https://a.registry.test:5000/", ".registry.test:5000"),
    ("https://a.registry.test/", "*.registry.test"),
    ("https://registry.test/", ".registry.test"),
    ("https://REGISTRY.test/", "x Registry.TEST"),
    ("https://registry.test/", "x,*"),
])  # fmt: skip
def test_no_proxy_names(url, entries, monkeypatch):
    assert is_excepted(url, entries)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test")
    for name in ("NO_PROXY", "no_proxy"):
        with monkeypatch.context() as inner:
            inner.setenv(name, entries)
            assert proxies_for(url) == {}


@pytest.mark.parametrize(("url", "entries"), [
    ("https://10.1.2.3:5000/", "10.1.2.3:5001"),
    ("https://10.1.2.3:5000/", "10.1.2.3:443"),
    ("https://10.1.2.3:5000/", "10.1.2.30:5000"),
    ("https://110.1.2.3:5000/", "10.1.2.3:5000"),
    ("https://110.1.2.3:5000/", "10.1.2.3"),
    ("https://10.1.2.3/", "11.0.0.0/8, 10.0.0.0/99, /8, 10.1.2.3/"),
    ("https://[fd00::1]:5000/", "[fd00::1]:5001"),
    ("https://[fd00::1]/", "fd00::2, fe00::/8, ::"),
    ("https://registry.test:5000/", "registry.test:5001"),
    ("https://myregistry.test/", "registry.test"),
    ("https://registry.test.evil/", "registry.test"),
    ("https://registry.test/", "a.registry.test"),
    ("https://registry.test/", ". , , *. , :5000 , : "),
    ("https://registry.test/", ""),
])  # fmt: skip
def test_no_proxy_does_not_name(url, entries, monkeypatch):
    assert not is_excepted(url, entries)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test")
    monkeypatch.setenv("NO_PROXY", entries)
    assert proxies_for(url)["https"] == "http://proxy.test"


def good(seen):
    return Reply(headers={"Content-Type": INDEX, "Docker-Content-Digest": DIGEST})


@pytest.mark.parametrize("excepted", [True, False])
def test_an_address_with_its_port_goes_past_the_proxy(serve, monkeypatch, excepted):
    """The address is one of this machine that is not known as such by its looks."""
    server, proxy = serve(good), serve(good)
    monkeypatch.setattr("pinner.registry.session.is_loopback", lambda _: False)
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", server.host if excepted else f"127.0.0.1:{server.port + 1}")
    assert make_client().head(reference(server.host)).digest == DIGEST
    assert len(server.seen) == excepted
    assert len(proxy.seen) == (not excepted)


@pytest.fixture
def socks():
    started = []

    def start(port, **options):
        started.append(SocksServer(("127.0.0.1", port), **options))
        return started[-1]

    yield start
    for server in started:
        server.stop()


def test_a_socks_proxy_finds_the_name(serve, socks, monkeypatch):
    server = serve(good)
    proxy = socks(server.port)
    monkeypatch.setenv("HTTP_PROXY", f"socks5h://{proxy.host}")
    client = make_client(settings=PLAIN)
    assert client.head(reference("registry.test", "1")).digest == DIGEST
    assert client.head(reference("registry.test", "2")).digest == DIGEST
    assert proxy.asked == [("registry.test", 80)]  # one connection, kept
    assert server.seen[0].headers["host"] == "registry.test"


def test_a_socks_proxy_with_a_login(serve, socks, monkeypatch):
    server = serve(good)
    proxy = socks(server.port, login=("me", "s3cret"))
    monkeypatch.setenv("ALL_PROXY", f"socks5h://me:s3cret@{proxy.host}")
    assert make_client(settings=PLAIN).head(reference("registry.test")).digest == DIGEST
    assert proxy.logins == [("me", "s3cret")]
    monkeypatch.setenv("ALL_PROXY", f"socks5h://me:wr0ng@{proxy.host}")
    with pytest.raises(UnreachableError) as raised:
        make_client(settings=PLAIN).head(reference("registry.test"))
    assert "wr0ng" not in str(raised.value)
    assert "cannot be reached" in str(raised.value)


def test_a_slow_answer_through_a_socks_proxy_ends_with_the_request(serve, socks, monkeypatch):
    import time

    def drip(handler):
        for _ in range(600):
            handler.wfile.write(b"H")
            handler.wfile.flush()
            time.sleep(0.1)

    proxy = socks(serve(lambda _: Reply(raw=drip)).port)
    monkeypatch.setenv("HTTP_PROXY", f"socks5h://{proxy.host}")
    begun = time.monotonic()
    with pytest.raises(UnreachableError, match="no answer in time"):
        make_client(settings=PLAIN).head(reference("registry.test"))
    assert time.monotonic() - begun < 30


@pytest.mark.registry
def test_the_real_registry_behind_a_socks_proxy(project, registry, socks):
    digest = registry.push("socks:1", Image(content="socks"))
    proxy = socks(registry.port)
    project.write("pinner.toml", '[registries."registry.test:5000"]\nplain-http = true\n')
    project.write("Dockerfile", "FROM registry.test:5000/socks:1\n")
    done = project.pinner("lock", env={"HTTP_PROXY": f"socks5h://{proxy.host}"})
    assert done.code == 0, done
    assert digest in project.read("Dockerfile")
    assert set(proxy.asked) == {("registry.test", 5000)}


def without_pysocks(project, tmp_path, proxy):
    """Run `lock` where PySocks cannot be found."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(
        "from importlib.machinery import PathFinder\n"
        "find = PathFinder.find_spec\n"
        "PathFinder.find_spec = lambda name, *a: None if name == 'socks' else find(name, *a)\n"
    )
    return project.pinner("lock", env={"HTTPS_PROXY": proxy, "PYTHONPATH": str(hidden)})


def test_without_the_extra_one_message_names_it(project, tmp_path):
    project.write("Dockerfile", "FROM registry.test/a:1\nFROM registry.test/b:1\nFROM c:1\n")
    before = project.snapshot()
    done = without_pysocks(project, tmp_path, "socks5h://me:s3cret@127.0.0.1:9")
    assert done.code == 2, done
    assert done.err.count("pinner-lock[socks]") == 1
    assert "s3cret" not in done.err + done.out
    assert len(done.err.splitlines()) == 1
    assert project.snapshot() == before


@pytest.mark.parametrize("proxy", ["socks://h:1", "ftp://me:s3cret@h", "socks6://h:1", "\x1b://h"])
def test_a_proxy_that_is_none(monkeypatch, proxy):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ConfigError, match="has the scheme") as raised:
        make_client().head(reference("registry.test"))
    assert "s3cret" not in str(raised.value)
    assert "\x1b" not in str(raised.value)


@pytest.mark.parametrize("proxy", ["127.0.0.1:9", "http://127.0.0.1:9", "HTTP://127.0.0.1:9"])
def test_a_proxy_without_a_scheme_is_one_of_http(monkeypatch, proxy):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(UnreachableError, match="the proxy fails"):
        make_client().head(reference("registry.test"))

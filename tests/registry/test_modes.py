"""The real registry in each of its modes, and images in each of their formats."""

import base64
import hashlib
import json

import bcrypt
import pytest
from certificates import access_token, make_authority
from images import Image
from scripted_server import Reply

pytestmark = pytest.mark.registry

PLATFORMS = ("linux/amd64", "linux/arm64", "linux/arm/v7")


def pinned(project, registry, name):
    """Lock one reference and give the digest that stands in the file then."""
    project.write("Dockerfile", f"FROM {registry.host}/{name}\n")
    done = project.pinner("lock")
    assert done.code == 0, done
    return project.read("Dockerfile").strip().rpartition("@")[2]


def log_in(tmp_path, host, user="user", password="secret"):
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    folder = tmp_path / "docker"
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))
    return {"DOCKER_CONFIG": str(folder)}


@pytest.fixture
def htpasswd(tmp_path):
    hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
    (tmp_path / "htpasswd").write_text(f"user:{hashed}\n")
    return {"htpasswd": {"realm": "here", "path": str(tmp_path / "htpasswd")}}


@pytest.mark.parametrize(
    ("image_format", "platforms"),
    [("oci", PLATFORMS), ("oci", PLATFORMS[:1]), ("v2s2", PLATFORMS), ("v2s2", PLATFORMS[:1])],
)
def test_formats(project, registry, image_format, platforms):
    name = f"formats/{image_format}:{len(platforms)}"
    digest = registry.push(name, Image(content=name, platforms=platforms), image_format)
    assert pinned(project, registry, name) == digest


def test_schema_1_is_pinned_by_the_header_with_a_warning(project, registry):
    digest = registry.push("formats/old:1", Image(content="old"), "v2s1")
    project.write("Dockerfile", f"FROM {registry.host}/formats/old:1\n")
    done = project.pinner("lock")
    assert done.code == 0, done
    assert "retired schema 1" in done.out
    assert f"@{digest}" in project.read("Dockerfile")
    manifest = project.pinner("image", "inspect", f"{registry.host}/formats/old:1")
    assert manifest.code == 3
    assert "schema 1" in manifest.err


def test_htpasswd(project, make_registry, htpasswd, tmp_path, monkeypatch):
    closed = make_registry(settings={"auth": htpasswd}, credentials="user:secret")
    digest = closed.push("a/b:1", Image(content="closed"))
    for name, value in log_in(tmp_path, closed.host).items():
        monkeypatch.setenv(name, value)
    assert pinned(project, closed, "a/b:1") == digest


def test_htpasswd_with_a_wrong_password(project, make_registry, htpasswd, tmp_path):
    closed = make_registry(settings={"auth": htpasswd}, credentials="user:secret")
    closed.push("a/b:1", Image(content="closed"))
    project.write("Dockerfile", f"FROM {closed.host}/a/b:1\n")
    done = project.pinner("lock", env=log_in(tmp_path, closed.host, password="wrong-one"))
    assert done.code == 3
    assert "access refused (401)" in done.err
    assert "wrong-one" not in done.err


class TokenServer:
    """Grants what it is asked for, to anybody or to one user; RS256, checked by the registry."""

    def __init__(self, serve, tmp_path, *, several=True, user=None):
        self.authority = make_authority(tmp_path / "token-ca")
        self.several, self.user = several, user
        self.server = serve(self.answer)

    def answer(self, seen):
        wanted = seen.query.get("scope", [])
        if self.user is not None:
            expected = "Basic " + base64.b64encode(self.user.encode()).decode()
            if seen.authorization != expected:
                return Reply(401, body=b"{}")
        granted = wanted if self.several else wanted[:1]
        token = access_token(self.authority, "test registry", granted)
        return Reply(body=json.dumps({"token": token, "expires_in": 300}).encode())

    @property
    def settings(self):
        token = {
            "realm": f"{self.server.url}/token",
            "service": "test registry",
            "issuer": "test issuer",
            "rootcertbundle": str(self.authority.ca_file),
        }
        return {"auth": {"token": token}}


def copied(source, target_settings, make_registry):
    """A registry that serves what another one holds, with other settings."""
    storage = {
        "filesystem": {"rootdirectory": str(source.folder / "data")},
        "delete": {"enabled": True},
    }
    return make_registry(settings={"storage": storage, **target_settings})


def test_token_server(project, make_registry, serve, tmp_path):
    source = make_registry()
    digest = source.push("a/b:1", Image(content="token"))
    tokens = TokenServer(serve, tmp_path)
    closed = copied(source, tokens.settings, make_registry)
    assert pinned(project, closed, "a/b:1") == digest
    assert [request.status for request in closed.requests()] == [401, 200]
    assert len(tokens.server.seen) == 1


def test_token_server_with_a_login(project, make_registry, serve, tmp_path, monkeypatch):
    source = make_registry()
    digest = source.push("a/b:1", Image(content="token"))
    tokens = TokenServer(serve, tmp_path, user="user:secret")
    closed = copied(source, tokens.settings, make_registry)
    project.write("Dockerfile", f"FROM {closed.host}/a/b:1\n")
    refused = project.pinner("lock")
    assert refused.code == 3
    assert "refuses anonymous access (401); log in with `docker login" in refused.err
    for name, value in log_in(tmp_path, closed.host).items():
        monkeypatch.setenv(name, value)
    assert pinned(project, closed, "a/b:1") == digest


@pytest.mark.parametrize("several", [True, False])
@pytest.mark.parametrize(("repositories", "tags"), [(12, 2), (1, 5), (3, 1)])
def test_requests_are_counted(project, make_registry, serve, tmp_path, several, repositories, tags):
    source = make_registry()
    image = Image(content="counted")
    for repository in range(repositories):
        for tag in range(tags):
            source.push(f"count/r{repository}:{tag}", image)
    tokens = TokenServer(serve, tmp_path, several=several)
    closed = copied(source, tokens.settings, make_registry)
    lines = [
        f"FROM {closed.host}/count/r{repository}:{tag}\n"
        for repository in range(repositories)
        for tag in range(tags)
    ]
    project.write("Dockerfile", "".join(lines))
    assert project.pinner("lock").code == 0
    asked = len(closed.requests()) + len(tokens.server.seen)
    number = repositories * tags
    batches = -(-repositories // 10) if several else repositories
    assert asked <= 1 + batches + number
    assert project.pinner("lock").code == 0
    assert project.pinner("verify").code == 0
    assert len(closed.requests()) + len(tokens.server.seen) == asked


def test_private_ca(project, make_registry, tmp_path):
    authority = make_authority(project.root / "ca")
    certificate, key = authority.pair
    tls = {"tls": {"certificate": str(certificate), "key": str(key)}}
    closed = make_registry(settings={"http": tls}, certificates=authority.trust)
    digest = closed.push("a/b:1", Image(content="tls"))
    project.write("Dockerfile", f"FROM {closed.host}/a/b:1\n")
    refused = project.pinner("lock")
    assert refused.code == 3
    assert "no trusted TLS connection" in refused.err
    assert "`ca-file`" in refused.err
    project.write("pinner.toml", f'[registries."{closed.host}"]\nca-file = "ca/ca.crt"\n')
    assert pinned(project, closed, "a/b:1") == digest


def test_certificates_where_docker_keeps_them(project, make_registry, tmp_path, monkeypatch):
    authority = make_authority(tmp_path / "ca")
    certificate, key = authority.pair
    tls = {"tls": {"certificate": str(certificate), "key": str(key)}}
    closed = make_registry(settings={"http": tls}, certificates=authority.trust)
    digest = closed.push("a/b:1", Image(content="tls"))
    home = tmp_path / "home"
    folder = home / ".docker" / "certs.d" / closed.host
    folder.mkdir(parents=True)
    (folder / "ca.crt").write_bytes(authority.ca_file.read_bytes())
    monkeypatch.setenv("HOME", str(home))
    assert pinned(project, closed, "a/b:1") == digest


def test_mirror_with_a_prefix(project, registry):
    digest = registry.push("hub/library/nginx:1.25", Image(content="mirror"))
    project.write("pinner.toml", f'[registries."docker.io"]\nmirrors = ["{registry.host}/hub"]\n')
    project.write("Dockerfile", "FROM nginx:1.25\n")
    assert project.pinner("lock").code == 0
    assert project.read("Dockerfile") == f"FROM nginx:1.25@{digest}\n"
    assert 'reference = "docker.io/library/nginx:1.25"' in project.read("pinner.lock")


def test_mirrors_are_tried_in_order_and_then_the_registry(project, registry, make_registry):
    digest = registry.push("order/x:1", Image(content="order"))
    empty = make_registry()
    project.write(
        "pinner.toml",
        f'[registries."{registry.host}"]\nmirrors = ["{empty.host}", "oci-layout:nowhere"]\n',
    )
    assert pinned(project, registry, "order/x:1") == digest
    assert [request.status for request in empty.requests()] == [404, 404]


def test_pull_through_cache(project, registry, make_registry):
    digest = registry.push("through/x:1", Image(content="through"))
    proxy = make_registry(settings={"proxy": {"remoteurl": f"http://{registry.host}"}})
    assert pinned(project, proxy, "through/x:1") == digest


def test_unreachable_among_three(project, registry, make_registry):
    other = make_registry()
    first = registry.push("three/x:1", Image(content="first"))
    second = other.push("three/y:1", Image(content="second"))
    gone = make_registry()
    gone.stop()
    project.write(
        "Dockerfile",
        f"FROM {registry.host}/three/x:1\nFROM {gone.host}/three/z:1\n"
        f"FROM {other.host}/three/y:1\n",
    )
    done = project.pinner("lock")
    assert done.code == 3
    assert f"{gone.host}/three/z: cannot be reached: connection refused" in done.err
    assert project.read("Dockerfile") == (
        f"FROM {registry.host}/three/x:1@{first}\nFROM {gone.host}/three/z:1\n"
        f"FROM {other.host}/three/y:1@{second}\n"
    )


def test_image_commands_agree_with_skopeo(project, registry):
    name = f"{registry.host}/shown/x:1"
    labels = {"org.opencontainers.image.version": "1.0"}
    image = Image(content="shown", platforms=PLATFORMS, labels=labels, attested=True)
    digest = registry.push("shown/x:1", image)
    raw = registry.skopeo("inspect", "--raw", f"docker://{name}")
    assert project.pinner("image", "digest", name).out.strip() == digest
    assert project.pinner("image", "digest", "--list", name).out.strip() == digest
    assert project.pinner("image", "manifest", "--raw", name).out.encode() == raw
    assert f"sha256:{hashlib.sha256(raw).hexdigest()}" == digest
    for entry in json.loads(raw)["manifests"]:
        platform = entry["platform"]
        if platform["os"] == "unknown":
            continue
        text = "/".join(
            filter(None, (platform["os"], platform["architecture"], platform.get("variant")))
        )
        assert (
            project.pinner("image", "digest", name, "--platform", text).out.strip()
            == entry["digest"]
        )
        manifest = json.loads(
            registry.skopeo(
                "inspect", "--raw", f"docker://{registry.host}/shown/x@{entry['digest']}"
            )
        )
        shown = project.pinner("image", "id", name, "--platform", text).out.strip()
        assert shown == manifest["config"]["digest"]
    details = json.loads(project.pinner("image", "inspect", name, "--format", "json").out)
    assert [p["platform"] for p in details["platforms"]] == list(PLATFORMS)
    (amd64,) = [p for p in details["platforms"] if p["platform"] == "linux/amd64"]
    said = json.loads(
        registry.skopeo("inspect", "--override-os=linux", "--override-arch=amd64",
                        f"docker://{name}")
    )  # fmt: skip
    assert amd64["labels"] == said["Labels"]
    assert amd64["created"] == said["Created"]
    assert [layer["digest"] for layer in amd64["layers"]] == said["Layers"]


def test_a_platform_that_is_not_there_lists_those_that_are(project, registry):
    registry.push("shown/y:1", Image(content="shown", platforms=PLATFORMS))
    done = project.pinner("image", "id", f"{registry.host}/shown/y:1", "--platform", "linux/s390x")
    assert done.code == 3
    assert "its platforms are linux/amd64, linux/arm/v7, linux/arm64" in done.err


def test_platforms_are_recorded(project, registry):
    registry.push("plat/x:1", Image(content="plat", platforms=PLATFORMS, attested=True))
    name = f"{registry.host}/plat/x:1"
    project.write("Dockerfile", f"FROM {name}\n")
    project.write("pinner.toml", 'platforms = ["linux/amd64", "linux/aarch64"]\n')
    assert project.pinner("lock").code == 0
    lockfile = project.read("pinner.lock")
    for platform in ("linux/amd64", "linux/arm64"):
        digest = project.pinner("image", "digest", name, "--platform", platform).out.strip()
        image_id = project.pinner("image", "id", name, "--platform", platform).out.strip()
        table = f'[image.platforms."{platform}"]\ndigest = "{digest}"\nimage-id = "{image_id}"\n'
        assert table in lockfile
    before = project.snapshot()
    assert project.pinner("lock").code == 0
    assert project.pinner("verify").code == 0
    assert project.snapshot() == before


def test_pinning_to_one_platform_on_purpose(project, registry):
    registry.push("plat/y:1", Image(content="plat", platforms=PLATFORMS))
    name = f"{registry.host}/plat/y:1"
    project.write("Dockerfile", f"FROM {name}\n")
    assert project.pinner("lock", "--pin-platform", "linux/arm64").code == 0
    digest = project.pinner("image", "digest", name, "--platform", "linux/arm64").out.strip()
    assert project.read("Dockerfile") == f"FROM {name}@{digest}\n"
    assert 'platform = "linux/arm64"' in project.read("pinner.lock")
    before = project.snapshot()
    assert project.pinner("lock").code == 0
    assert project.pinner("verify").code == 0
    assert project.pinner("verify", "--online").code == 0
    assert project.snapshot() == before


def test_a_digest_of_one_platform_is_reported(project, registry):
    registry.push("plat/z:1", Image(content="plat", platforms=PLATFORMS))
    name = f"{registry.host}/plat/z:1"
    child = project.pinner("image", "digest", name, "--platform", "linux/arm64").out.strip()
    project.write("Dockerfile", f"FROM {name}@{child}\n")
    done = project.pinner("lock")
    assert done.code == 0, done
    assert "the digest is that of linux/arm64 alone" in done.out
    online = project.pinner("verify", "--online")
    assert online.code == 0, online
    assert "[single-platform]" in online.out


def test_verbose_shows_requests_and_no_credential(
    project, make_registry, htpasswd, tmp_path, monkeypatch
):
    closed = make_registry(settings={"auth": htpasswd}, credentials="user:secret")
    closed.push("a/b:1", Image(content="closed"))
    project.write("Dockerfile", f"FROM {closed.host}/a/b:1\n")
    done = project.pinner("lock", "-v", "--debug", env=log_in(tmp_path, closed.host))
    assert done.code == 0
    assert f"HEAD {closed.host}/v2/a/b/manifests/1: 401 in" in done.err
    assert f"HEAD {closed.host}/v2/a/b/manifests/1: 200 in" in done.err
    assert "secret" not in done.err + done.out
    assert base64.b64encode(b"user:secret").decode() not in done.err + done.out


def test_verbose_shows_what_is_left_of_the_rate_limit(project, serve):
    headers = {
        "Content-Type": "application/vnd.oci.image.index.v1+json",
        "Docker-Content-Digest": "sha256:" + "a" * 64,
        "RateLimit-Limit": "100;w=21600",
        "RateLimit-Remaining": "98;w=21600",
    }
    server = serve(lambda seen: Reply(headers=headers))
    project.write("Dockerfile", f"FROM {server.host}/a/b:1\n")
    done = project.pinner("lock", "-v")
    assert done.code == 0, done
    assert f"HEAD {server.host}/v2/a/b/manifests/1: 200 in " in done.err
    assert "98 requests left" in done.err


def test_progress_is_shown_on_a_terminal_alone(project, registry):
    """Standard error is a terminal, standard output is not: the results stay clean."""
    import os
    import pty
    import subprocess
    import sys

    registry.push("tty/x:1", Image(content="tty"))
    project.write("Dockerfile", f"FROM {registry.host}/tty/x:1\n")
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pinner", "lock"],
        cwd=project.root, stdout=subprocess.PIPE, stderr=slave,
        env={**os.environ, "TERM": "xterm"},
    )  # fmt: skip
    os.close(slave)
    out, _ = process.communicate(timeout=60)
    shown = b""
    try:
        while chunk := os.read(master, 4096):
            shown += chunk
    except OSError:
        pass  # how a terminal says that its other end is closed
    os.close(master)
    assert process.returncode == 0
    assert b"tty/x:1" in shown
    assert out.decode().startswith("pinned ")
    assert b"\x1b" not in out

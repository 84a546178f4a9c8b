"""`use-host-config`: what the user's registries.conf and daemon.json say, and what they cannot."""

import base64
import json

import pytest
from clients import INDEX
from images import Image
from scripted_server import Reply

from pinner.model.errors import AccessError, ConfigError
from pinner.model.reference import ImageReference
from pinner.project.settings import RegistrySettings
from pinner.registry.host_files import read_host_rules
from pinner.registry.hosts import Endpoint, Hosts

D = "sha256:" + "d" * 64
ON = "use-host-config = true\n"


@pytest.fixture
def machine(tmp_path):
    """The folders of a machine: writes a file, and reads the rules of all."""

    class Machine:
        home, system, top = tmp_path / "home", tmp_path / "etc", tmp_path / "repository"

        def __init__(self):
            self.extra = {}

        def write(self, path, text):
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            return file

        def rules(self):
            return read_host_rules(self.top, {"HOME": str(self.home), **self.extra}, self.system)

        def asked(self, text, **settings):
            """Where an image is asked for, as `host/repository`."""
            reference = ImageReference.parse(text)
            hosts = Hosts(settings.get("settings", {}), self.top, rules=self.rules())
            return [
                f"{place.host}/{place.repository(reference.repository)}"
                for place in hosts.sources(reference, by_digest=reference.digest is not None)
                if isinstance(place, Endpoint)
            ]

    return Machine()


MAIN = "etc/containers/registries.conf"


def table(prefix="", location="", more=""):
    lines = [f'prefix = "{prefix}"'] if prefix else []
    lines += [f'location = "{location}"'] if location else []
    return "\n".join(["[[registry]]", *lines, more, ""])


def mirrors(*locations, more=""):
    return "".join(f'[[registry.mirror]]\nlocation = "{at}"\n{more}\n' for at in locations)


@pytest.mark.parametrize(("text", "image", "expected"), [
    ("", "quay.io/a/b:1", ["quay.io/a/b"]),
    ("", "nginx:1", ["registry-1.docker.io/library/nginx"]),
    (table("docker.io", "m.test/hub"), "nginx:1", ["m.test/hub/library/nginx"]),
    (table(location="docker.io", more=mirrors("m.test/hub", "n.test:5000")), "nginx:1",
     ["m.test/hub/library/nginx", "n.test:5000/library/nginx",
      "registry-1.docker.io/library/nginx"]),
    (table("quay.io/org", "m.test/x/other"), "quay.io/org/app:1", ["m.test/x/other/app"]),
    (table("quay.io/org", "m.test/x/other"), "quay.io/organisation/app:1",
     ["quay.io/organisation/app"]),
    (table("quay.io/org/app", "m.test/thing"), "quay.io/org/app:1", ["m.test/thing"]),
    (table("quay.io/org", "m.test"), "quay.io/org/app:1", ["m.test/app"]),
    (table("quay.io", "m.test") + table("quay.io/org", "n.test"), "quay.io/org/app:1",
     ["n.test/app"]),
    (table("quay.io/org", "n.test") + table("quay.io", "m.test"), "quay.io/x/app:1",
     ["m.test/x/app"]),
    (table("*.example.com", "m.test/x"), "a.b.example.com/c:1", ["m.test/x/c"]),
    (table("*.example.com", more=mirrors("m.test")), "a.example.com/c:1",
     ["m.test/c", "a.example.com/c"]),
    (table("*.example.com", "m.test"), "example.com/c:1", ["example.com/c"]),
    (table("*.example.com", "m.test"), "a.example.com.evil/c:1", ["a.example.com.evil/c"]),
    (table("*.example.com", "m.test"), "x.test/a.example.com/c:1", ["x.test/a.example.com/c"]),
    (table("r.test", "m.test"), "r.test:5000/a:1", ["r.test:5000/a"]),
    (table("r.test:5000", "m.test"), "r.test:5000/a:1", ["m.test/a"]),
    (table("docker.io", "docker.io/", mirrors("docker.io/other")), "nginx:1",
     ["registry-1.docker.io/other/library/nginx", "registry-1.docker.io/library/nginx"]),
])  # fmt: skip
def test_where_an_image_is_asked_for(machine, text, image, expected):
    machine.write(MAIN, text)
    assert machine.asked(image) == expected


BY_USE = "".join(
    mirrors(f"{use}.test", more=f'pull-from-mirror = "{use}"')
    for use in ("all", "digest-only", "tag-only")
)


@pytest.mark.parametrize(("more", "tag", "digest"), [
    (BY_USE, ["all.test/a", "tag-only.test/a"], ["all.test/a", "digest-only.test/a"]),
    ("mirror-by-digest-only = true\n" + mirrors("m.test"), [], ["m.test/a"]),
])  # fmt: skip
def test_mirrors_of_tags_and_digests(machine, more, tag, digest):
    machine.write(MAIN, table(location="r.test", more=more))
    assert machine.asked("r.test/a:1") == [*tag, "r.test/a"]
    assert machine.asked(f"r.test/a:1@{D}") == [*digest, "r.test/a"]


def moved(to):
    return table("quay.io", to)


def test_which_file_counts(machine):
    assert machine.rules().files == ()
    machine.write("etc/containers/registries.conf.d/2.conf", moved("two.test"))
    machine.write("etc/containers/registries.conf.d/1.conf", moved("one.test"))
    machine.write("etc/containers/registries.conf.d/3.conf~", "not read")
    machine.write(MAIN, moved("main.test") + table("ghcr.io", "ghcr.test"))
    assert machine.asked("quay.io/a:1") == ["two.test/a"]
    assert machine.asked("ghcr.io/a:1") == ["ghcr.test/a"]
    machine.write("home/.config/containers/registries.conf.d/0.conf", moved("own.test"))
    assert machine.asked("quay.io/a:1") == ["own.test/a"]
    machine.write("home/.config/containers/registries.conf", "")
    assert machine.asked("ghcr.io/a:1") == ["ghcr.io/a"]  # none of the system's counts then
    assert machine.asked("quay.io/a:1") == ["own.test/a"]
    named = machine.write("elsewhere/x.conf", table("ghcr.io", "named.test"))
    machine.extra = {"CONTAINERS_REGISTRIES_CONF": str(named)}
    assert machine.asked("ghcr.io/a:1") == ["named.test/a"]
    machine.extra |= {"XDG_CONFIG_HOME": str(machine.home / "none")}
    assert machine.asked("quay.io/a:1") == ["two.test/a"]


def test_mirrors_of_docker(machine):
    machine.write("etc/docker/daemon.json", json.dumps(
        {"registry-mirrors": ["https://m.test/", "http://n.test:5000"],
         "insecure-registries": ["r.test:5000", "10.0.0.0/8", "fd00::/8"]}))  # fmt: skip
    hub = "registry-1.docker.io/library/nginx"
    assert machine.asked("nginx") == ["m.test/library/nginx", "n.test:5000/library/nginx", hub]
    assert machine.asked("quay.io/a:1") == ["quay.io/a"]
    hosts = Hosts({}, machine.top, rules=machine.rules(), speaks_tls=lambda _: False)
    schemes = {
        "m.test": "https", "n.test:5000": "http", "r.test:5000": "http", "r.test": "https",
        "10.1.2.3:5000": "http", "10.1.2.3": "http", "11.1.2.3": "https", "[fd00::1]:5": "http",
    }  # fmt: skip
    assert {host: hosts.scheme(host) for host in schemes} == schemes
    machine.write("home/.config/docker/daemon.json", "{}")
    assert machine.asked("nginx") == [hub]


INSECURE = "insecure = true"


@pytest.mark.parametrize(("text", "host", "expected"), [
    (table(location="r.test", more=INSECURE), "r.test", True),
    (table(location="r.test/a", more=INSECURE), "r.test", True),
    (table(location="r.test/a", more=INSECURE) + table(location="r.test"), "r.test", False),
    (table("quay.io", "r.test", INSECURE), "quay.io", False),
    (table("quay.io", "r.test", INSECURE), "r.test", True),
    (table(location="r.test", more=INSECURE + "\n" + mirrors("m.test")), "m.test", False),
    (table(location="r.test", more=mirrors("m.test", more=INSECURE)), "m.test", True),
    (table("*.lan", more=INSECURE), "r.lan:5000", True),
    (table("*.lan", more=INSECURE), "lan", False),
])  # fmt: skip
def test_insecure_is_plain_http_where_no_tls_is_spoken(machine, text, host, expected):
    machine.write(MAIN, text)
    for speaks in (True, False):
        hosts = Hosts({}, machine.top, rules=machine.rules(), speaks_tls=lambda _, s=speaks: s)
        assert hosts.scheme(host) == ("http" if expected and not speaks else "https")
        assert hosts.may_have_credentials(host) == (not expected or speaks)


BLOCKED = "blocked = true"


@pytest.mark.parametrize(("prefix", "image"), [
    ("r.test", "r.test/a:1"), ("r.test", "r.test:5000/a:1"), ("r.test/a", "r.test/a/b:1"),
    ("r.test/a:1", "r.test/a:1"), ("*.test", "x.r.test/a:1"), ("docker.io", "nginx"),
    ("docker.io/library/nginx", f"nginx:1@{D}"), (f"r.test/a@{D}", f"r.test/a@{D}"),
])  # fmt: skip
def test_blocked(machine, prefix, image):
    file = machine.write(MAIN, table(prefix, more=BLOCKED) if prefix[0] == "*"
                         else table(location=prefix, more=BLOCKED))  # fmt: skip
    with pytest.raises(AccessError) as raised:
        machine.asked(image)
    assert f"{file} blocks {prefix}" in str(raised.value)


@pytest.mark.parametrize("image", ["r.test/a:2", "r.test/b:1", "r.test/a/c:1", "r.tests/a:1"])
def test_not_blocked(machine, image):
    machine.write(MAIN, table(location="r.test/a:1", more=BLOCKED))
    assert machine.asked(image) == [image.rpartition(":")[0]]


def test_a_mirror_of_the_repository_leads_past_no_block(machine):
    machine.write(MAIN, table(location="r.test", more=BLOCKED))
    own = {"r.test": RegistrySettings(mirrors=("m.test",))}
    with pytest.raises(AccessError, match=r"blocks r\.test"):
        machine.asked("r.test/a:1", settings=own)
    own = {"quay.io": RegistrySettings(mirrors=("r.test/quay",))}
    with pytest.raises(AccessError, match=r"r\.test/quay/a: .* blocks r\.test"):
        machine.asked("quay.io/a:1", settings=own)


@pytest.mark.parametrize(("path", "text", "said"), [
    (MAIN, "\n[[registry]\n", ":2: not TOML"),
    (MAIN, '[registries.search]\nregistries = ["x"]\n', "version 1 of the format"),
    (MAIN, "registry = 1\n", "`registry` must be a list of tables"),
    (MAIN, "[[registry]]\n", ":1: [[registry]] has neither"),
    (MAIN, '\n[[registry]]\nlocation="a.test"\n[[registry]]\nprefix = "b.test"\n', ":5: "),
    (MAIN, table(location="a.test") + "\n" + table(location="https://b.test"), ":6: `location`"),
    (MAIN, table("r.test/a:1", "m.test/b"), "cannot be moved"),
    (MAIN, table(location="u:s3cret@b.test"), "`location` has a user name"),
    (MAIN, table(location="a.test", more="blocked = 1"), ":3: `blocked` must be true or false"),
    (MAIN, table(location="a.test", more="[[registry.mirror]]"), "a mirror needs a `location`"),
    (MAIN, table(location="a.test", more="mirror = 1"), "`mirror` must be a list"),
    (MAIN, table(location="a.test", more=mirrors("b.test", more='pull-from-mirror = "x"')),
     "`pull-from-mirror` must be one of all, digest-only, tag-only"),
    (MAIN, table(location="a.test", more="mirror-by-digest-only = true\n"
                 + mirrors("b.test", more='pull-from-mirror = "all"')), "exclude each other"),
    ("etc/docker/daemon.json", '{\n"x": }', ":2: not JSON"),
    ("etc/docker/daemon.json", "[]", ":1: is no JSON object"),
    ("etc/docker/daemon.json", '{\n"registry-mirrors": "x"}', ":2: `registry-mirrors` must be"),
    ("etc/docker/daemon.json", '{"registry-mirrors": ["m.test"]}', "'m.test' is no https://"),
    ("etc/docker/daemon.json", '{"registry-mirrors": ["https://u:s3cret@m.test"]}', "user name"),
])  # fmt: skip
def test_a_broken_file(machine, path, text, said):
    file = machine.write(path, text)
    with pytest.raises(ConfigError) as raised:
        machine.rules()
    assert str(raised.value).startswith(f"{file}:")
    assert said in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_a_file_of_the_repository_is_not_believed(machine, tmp_path):
    file = machine.write("repository/x.conf", moved("evil.test"))
    for named in (file, tmp_path / "link.conf"):
        if named != file:
            named.symlink_to(file)
        machine.extra = {"CONTAINERS_REGISTRIES_CONF": str(named)}
        with pytest.raises(ConfigError, match="reads no file of the repository"):
            machine.rules()
    machine.extra = {"CONTAINERS_REGISTRIES_CONF": str(tmp_path / "absent")}
    with pytest.raises(ConfigError, match="cannot be read"):
        machine.rules()


def own_file(tmp_path, text):
    file = tmp_path / "registries.conf"
    file.write_text(text)
    return {"CONTAINERS_REGISTRIES_CONF": str(file)}


@pytest.mark.registry
def test_the_real_registry_as_a_mirror(project, registry, tmp_path):
    digest = registry.push("hub/library/hosted:1", Image(content="hosted"))
    more = mirrors(f"{registry.host}/hub")
    environment = own_file(tmp_path, table("docker.io", "127.0.0.1:9", more))
    project.write("Dockerfile", "FROM hosted:1\n")
    before = project.snapshot()
    project.write("pinner.toml", ON)
    done = project.pinner("lock", env=environment)
    assert done.code == 0, done
    assert project.read("Dockerfile") == f"FROM hosted:1@{digest}\n"
    done = project.pinner("verify", "--online", env=environment)
    assert done.code == 0, done
    (project.root / "pinner.lock").unlink()
    project.write("Dockerfile", before["Dockerfile"])
    shown = project.pinner("config", env=environment).out
    assert "use-host-config = true  # pinner.toml:1" in shown
    assert f"# use-host-config reads {tmp_path / 'registries.conf'}" in shown


@pytest.mark.registry
def test_the_real_registry_as_a_location(project, registry, tmp_path):
    digest = registry.push("moved/app:1", Image(content="moved"))
    environment = own_file(tmp_path, table("quay.test/org", f"{registry.host}/moved"))
    project.write("pinner.toml", ON)
    project.write("Dockerfile", "FROM quay.test/org/app:1\n")
    done = project.pinner("lock", env=environment)
    assert done.code == 0, done
    assert digest in project.read("Dockerfile")
    assert project.pinner("verify", "--online", env=environment).code == 0
    alone = project.pinner("verify", "--online", "--no-mirrors", env=environment)
    assert alone.code == 3, alone  # there is no quay.test


def test_nothing_is_read_unless_it_is_asked_for(project, tmp_path, serve):
    server = serve(lambda _: Reply(headers={"Content-Type": INDEX, "Docker-Content-Digest": D}))
    project.write("Dockerfile", f"FROM {server.host}/a:1\n")
    done = project.pinner("lock", env=own_file(tmp_path, "broken"))
    assert done.code == 0, done


def test_a_blocked_image_fails_alone(project, tmp_path, serve):
    server = serve(lambda _: Reply(headers={"Content-Type": INDEX, "Docker-Content-Digest": D}))
    environment = own_file(tmp_path, table(location=f"{server.host}/bad", more=BLOCKED))
    project.write("pinner.toml", ON)
    project.write("a/Dockerfile", f"FROM {server.host}/good:1\n")
    project.write("b/Dockerfile", f"FROM {server.host}/bad/x:1\n")
    done = project.pinner("lock", env=environment)
    assert done.code == 3, done
    assert f"registries.conf blocks {server.host}/bad" in done.err
    assert D in project.read("a/Dockerfile")
    assert not [seen for seen in server.seen if "bad" in seen.path]


def test_a_broken_file_is_one_message(project, tmp_path):
    project.write("pinner.toml", ON)
    project.write("Dockerfile", "FROM a:1\nFROM b:1\n")
    before = project.snapshot()
    done = project.pinner("lock", env=own_file(tmp_path, "\nx = \n"))
    assert done.code == 2, done
    assert "registries.conf:2: not TOML" in done.err
    assert len(done.err.splitlines()) == 1
    assert project.snapshot() == before


def test_a_mirror_gets_no_credential_of_the_registry(project, tmp_path, serve):
    """Neither a mirror nor the place that a registry was moved to."""

    def closed(seen):
        return Reply(401, {"WWW-Authenticate": 'Basic realm="x"'})

    mirror, location = serve(closed), serve(closed)
    secret = base64.b64encode(b"user:s3cret").decode()
    auths = {"auths": {host: {"auth": secret} for host in ("quay.test", "quay.test/org")}}
    environment = own_file(
        tmp_path, table("quay.test", location.host, mirrors(f"{mirror.host}/quay"))
    )
    project.write("pinner.toml", ON)
    project.write("Dockerfile", "FROM quay.test/org/app:1\n")
    done = project.pinner("lock", env={**environment, "DOCKER_AUTH_CONFIG": json.dumps(auths)})
    assert done.code == 3, done
    for server in (mirror, location):
        assert server.seen
        assert not [seen for seen in server.seen if seen.authorization]
    assert "s3cret" not in done.err


@pytest.mark.parametrize("on", [True, False])
def test_switching_it_is_weaker(project, tmp_path, on):
    project.write("pinner.toml", "" if on else ON)
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "base")
    project.git("tag", "base")
    project.write("pinner.toml", ON if on else "")
    environment = own_file(tmp_path, "" if not on else "broken, and not read: base decides")
    done = project.pinner("verify", "--since", "base", "--format", "json", env=environment)
    assert done.code == 1, done
    finding = json.loads(done.out)["findings"][0]
    assert finding["name"] == "weakened"
    assert "`use-host-config` is not what it is at base" in finding["message"]

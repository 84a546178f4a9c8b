"""Credentials: every file, helpers, and whose they are."""

import base64
import json
import os
import stat

import pytest

from pinner.model.errors import AccessError
from pinner.registry.credentials import Credential, Credentials


def encoded(user, password):
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def auths(**hosts):
    return {"auths": {host.replace("__", "."): {"auth": value} for host, value in hosts.items()}}


class Home:
    def __init__(self, folder):
        self.folder = folder
        self.environment = {"HOME": str(folder), "PATH": f"{folder}/bin:{os.environ['PATH']}"}

    def write(self, path, data):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(data if isinstance(data, str) else json.dumps(data))
        return str(file)

    def helper(self, name, script):
        file = self.folder / "bin" / f"docker-credential-{name}"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(file.stat().st_mode | stat.S_IXUSR)

    def find(self, host, repository="a/b"):
        return Credentials(self.environment).find(host, repository)


@pytest.fixture
def home(tmp_path, monkeypatch):
    made = Home(tmp_path)
    monkeypatch.setenv("PATH", made.environment["PATH"])
    return made


ENTRY = {"auths": {"ghcr.io": {"auth": encoded("me", "p:w")}}}


@pytest.mark.parametrize(
    ("variable", "path"),
    [
        ("", ".docker/config.json"),
        ("", ".config/containers/auth.json"),
        ("REGISTRY_AUTH_FILE", "some/auth.json"),
        ("DOCKER_CONFIG", "elsewhere/config.json"),
        ("XDG_RUNTIME_DIR", "run/containers/auth.json"),
        ("XDG_CONFIG_HOME", "xdg/containers/auth.json"),
    ],
)
def test_every_file(home, variable, path):
    written = home.write(path, ENTRY)
    values = {
        "REGISTRY_AUTH_FILE": written,
        "DOCKER_CONFIG": str(home.folder / "elsewhere"),
        "XDG_RUNTIME_DIR": str(home.folder / "run"),
        "XDG_CONFIG_HOME": str(home.folder / "xdg"),
    }
    if variable:
        home.environment[variable] = values[variable]
    assert home.find("ghcr.io") == Credential("me", "p:w")
    assert home.find("quay.io") is None


def test_variable_with_the_content(home):
    home.environment["DOCKER_AUTH_CONFIG"] = json.dumps(ENTRY)
    assert home.find("ghcr.io") == Credential("me", "p:w")


def test_variable_goes_before_files(home):
    home.write(".docker/config.json", {"auths": {"ghcr.io": {"auth": encoded("file", "x")}}})
    home.environment["DOCKER_AUTH_CONFIG"] = json.dumps(ENTRY)
    assert home.find("ghcr.io").username == "me"


@pytest.mark.parametrize(
    "key", ["https://index.docker.io/v1/", "docker.io", "index.docker.io", "registry-1.docker.io"]
)
def test_docker_hub_has_several_names(home, key):
    home.write(".docker/config.json", {"auths": {key: {"auth": encoded("hub", "x")}}})
    assert home.find("registry-1.docker.io").username == "hub"
    assert home.find("auth.docker.io") is None


@pytest.mark.parametrize("key", ["https://quay.io/v1/", "http://quay.io", "quay.io", "QUAY.io"])
def test_keys_with_scheme_and_path(home, key):
    home.write(".docker/config.json", {"auths": {key: {"auth": encoded("q", "x")}}})
    assert home.find("quay.io").username == "q"


def test_podman_namespaces(home):
    table = {"quay.io": encoded("all", "x"), "quay.io/org": encoded("org", "x"),
             "quay.io/org/app": encoded("app", "x")}  # fmt: skip
    home.write(
        ".config/containers/auth.json",
        {"auths": {key: {"auth": value} for key, value in table.items()}},
    )
    assert home.find("quay.io", "other/x").username == "all"
    assert home.find("quay.io", "org/x").username == "org"
    assert home.find("quay.io", "org/app").username == "app"
    assert home.find("quay.io", "organisation/x").username == "all"


def test_namespace_alone_is_not_for_others(home):
    home.write(
        ".config/containers/auth.json", {"auths": {"quay.io/org": {"auth": encoded("o", "x")}}}
    )
    assert home.find("quay.io", "other/x") is None


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"username": "a", "password": "b"}, Credential("a", "b")),
        ({"auth": encoded("a", "b\0")}, Credential("a", "b")),
        ({"identitytoken": "t", "auth": encoded("a", "")},
         Credential(username="a", refresh_token="t")),
        ({"registrytoken": "t"}, Credential(bearer_token="t")),
        ({"auth": "!!!"}, None),
        ({"auth": ""}, None),
        ({}, None),
        (3, None),
    ],
)  # fmt: skip
def test_entries(home, entry, expected):
    home.write(".docker/config.json", {"auths": {"x.io": entry}})
    assert home.find("x.io") == expected


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"auths": 3}', '{"credHelpers": []}'])
def test_damaged_files_are_passed_over(home, text):
    home.write(".docker/config.json", text)
    assert home.find("x.io") is None


def test_helper_of_a_host(home):
    home.write(".docker/config.json", {"credHelpers": {"x.io": "mine"}})
    home.helper("mine", 'read host; echo "{\\"Username\\":\\"$host\\",\\"Secret\\":\\"s\\"}"')
    assert home.find("x.io") == Credential("x.io", "s")
    assert home.find("y.io") is None


def test_store_for_all_hosts_and_docker_hubs_key(home):
    home.write(".docker/config.json", {"credsStore": "all"})
    home.helper("all", 'read host; echo "{\\"Username\\":\\"$host\\",\\"Secret\\":\\"s\\"}"')
    assert home.find("y.io").username == "y.io"
    assert home.find("registry-1.docker.io").username == "https://index.docker.io/v1/"


def test_helper_gives_a_refresh_token(home):
    home.write(".docker/config.json", {"credsStore": "t"})
    home.helper("t", 'echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"r\\"}"')
    assert home.find("x.io") == Credential(refresh_token="r")


def test_helper_that_knows_nothing_is_anonymous(home):
    home.write(".docker/config.json", {"credsStore": "none"})
    home.helper("none", 'echo "credentials not found in native keychain"; exit 1')
    assert home.find("x.io") is None


def test_helper_that_is_not_installed_is_passed_over(home):
    home.write(".docker/config.json", {"credsStore": "desktop", **ENTRY})
    assert home.find("ghcr.io") == Credential("me", "p:w")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo secret-in-output; exit 3", "failed with exit code 3"),
        ("echo not json", "an answer that is none"),
        ("echo '{}'", "an answer that is none"),
    ],
)
def test_helper_that_fails_is_an_error_without_its_output(home, script, words):
    home.write(".docker/config.json", {"credHelpers": {"x.io": "bad"}})
    home.helper("bad", script)
    with pytest.raises(AccessError, match=words) as raised:
        home.find("x.io")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("name", ["../../bin/sh", "a b", "x;y", "$(id)", "/abs", "-flag"])
def test_helper_names_are_checked(home, name):
    home.write(".docker/config.json", {"credHelpers": {"x.io": name}})
    with pytest.raises(AccessError, match="which is no name"):
        home.find("x.io")


def test_helper_has_a_time_limit(home, monkeypatch):
    monkeypatch.setattr("pinner.registry.credentials._HELPER_SECONDS", 0.2)
    home.write(".docker/config.json", {"credHelpers": {"x.io": "slow"}})
    home.helper("slow", "exec sleep 5")
    with pytest.raises(AccessError, match="gave no answer in"):
        home.find("x.io")


def test_a_credential_does_not_show_itself():
    shown = repr(Credential("user-name", "pass-word", "refresh", "bearer"))
    assert not any(word in shown for word in ("user-name", "pass-word", "refresh", "bearer"))

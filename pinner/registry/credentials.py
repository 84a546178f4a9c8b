"""Who the user is at a registry: the files of docker and podman, and docker's credential helpers.

A credential is looked up by the host that is contacted, and belongs to that host alone.
"""

from __future__ import annotations

import base64
import logging
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Raw, Struct

from pinner.model.errors import AccessError, AnswerError
from pinner.project.other_systems import program as started_by
from pinner.registry.wire import (
    WireAuth,
    WireDockerConfig,
    WireSecret,
    read_json,
    read_or,
    read_text,
    read_texts,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

log = logging.getLogger(__name__)

_HUB_HOSTS = ("docker.io", "index.docker.io", "registry-1.docker.io")
_HUB_KEY = "https://index.docker.io/v1/"
_HELPER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_HELPER_SECONDS = 30
_TOKEN_USER = "<token>"  # noqa: S105 - what helpers write for a user name


class Credential(Struct, frozen=True):
    """A user name and password, a refresh token, or a token to send as it is."""

    username: str = ""
    password: str = ""
    refresh_token: str = ""
    bearer_token: str = ""

    def __repr__(self) -> str:
        return "Credential()"  # nothing of it may reach a log or a traceback

    @property
    def basic(self) -> str:
        """The value of an `Authorization` header for Basic, RFC 7617."""
        pair = f"{self.username}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What a server that was shown it could give away."""
        return self.basic.removeprefix("Basic "), self.password, self.refresh_token


class CredentialFile(Struct, frozen=True):
    """What a file, or a variable with a file's content, says.

    `logins` are by key, as `quay.io/org`; `helpers` name the programs of single hosts, `store`
    the one of all others.
    """

    origin: str
    logins: Mapping[str, Credential]
    helpers: Mapping[str, str]
    store: str


class Credentials:
    """Finds credentials; files are read once, helpers asked once for each host."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Remember the environment that says where the files are."""
        self._environment = environment
        self._files: list[CredentialFile] | None = None
        self._helped: dict[tuple[str, str], Credential | None] = {}

    def find(self, host: str, repository: str) -> Credential | None:
        """Find what to show a host for a repository; raises AccessError where a helper fails."""
        if self._files is None:
            self._files = list(_read_files(self._environment))
        for file in self._files:
            found = self._find_in(file, host, repository)
            if found is not None:
                log.debug("credential for %s from %s", host, file.origin)
                return found
        return None

    def _find_in(self, file: CredentialFile, host: str, repository: str) -> Credential | None:
        named = (name for key, name in file.helpers.items() if _names(key, host))
        helper = next(named, file.store)
        found = self._ask_helper(helper, host, file.origin) if helper else None
        if found is not None:
            return found
        keys = [key for key in file.logins if _covers(key, host, repository)]
        return file.logins[max(keys, key=len)] if keys else None

    def _ask_helper(self, name: str, host: str, origin: str) -> Credential | None:
        if (name, host) not in self._helped:
            self._helped[name, host] = _run_helper(name, host, origin)
        return self._helped[name, host]


def _read_files(environment: Mapping[str, str]) -> Iterator[CredentialFile]:
    if text := environment.get("DOCKER_AUTH_CONFIG"):
        yield from _parse(text, "DOCKER_AUTH_CONFIG")
    for path in _paths(environment):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        yield from _parse(text, str(path))


def _paths(environment: Mapping[str, str]) -> Iterator[Path]:
    home = Path(environment.get("HOME") or Path("~").expanduser())
    if path := environment.get("REGISTRY_AUTH_FILE"):
        yield Path(path)
    yield Path(environment.get("DOCKER_CONFIG") or home / ".docker") / "config.json"
    if folder := environment.get("XDG_RUNTIME_DIR"):
        yield Path(folder) / "containers" / "auth.json"
    configuration = environment.get("XDG_CONFIG_HOME") or home / ".config"
    yield Path(configuration) / "containers" / "auth.json"


def _parse(text: str, origin: str) -> Iterator[CredentialFile]:
    try:
        data = read_json(text.encode(errors="surrogateescape"), WireDockerConfig)
    except AnswerError:
        log.warning("%s is not JSON; it is passed over", origin)
        return
    entries = {key: _read_entry(raw) for key, raw in _members(data.auths)}
    yield CredentialFile(
        origin,
        logins={key: login for key, login in entries.items() if login is not None},
        helpers=read_texts(data.cred_helpers),
        store=read_text(data.creds_store),
    )


def _members(table: Raw) -> Iterable[tuple[str, Raw]]:
    return read_or(table, dict[str, Raw], {}).items()


def _split_key(key: str) -> tuple[str, str]:
    """Split `https://host/v1/` to the host, and podman's `host/namespace` to host and path."""
    scheme, separator, rest = key.partition("://")
    if separator:
        return rest.partition("/")[0], ""
    host, _, path = scheme.partition("/")
    return host, "" if path in ("v1/", "v1", "v2/", "v2") else path.rstrip("/")


def _names(key: str, host: str) -> bool:
    """Say whether a key is that of a host, Docker Hub's several names being one."""
    name, path = _split_key(key)
    same = name.lower() == host.lower()
    return not path and (same or (name in _HUB_HOSTS and host in _HUB_HOSTS))


def _covers(key: str, host: str, repository: str) -> bool:
    name, path = _split_key(key)
    if path:
        return name.lower() == host.lower() and f"{repository}/".startswith(f"{path}/")
    return _names(key, host)


def _read_entry(raw: Raw) -> Credential | None:
    entry = read_or(raw, WireAuth, WireAuth())
    username, password = read_text(entry.username), read_text(entry.password)
    if auth := read_text(entry.auth):
        try:
            pair = base64.b64decode(auth, validate=True).decode()
        except ValueError:
            pair = ""
        first, _, second = pair.partition(":")
        username, password = first or username, second.rstrip("\0") or password
    if token := read_text(entry.registrytoken):
        return Credential(bearer_token=token)
    if token := read_text(entry.identitytoken):
        return Credential(username=username, refresh_token=token)
    return Credential(username, password) if username and password else None


def _run_helper(name: str, host: str, origin: str) -> Credential | None:
    """Run `docker-credential-NAME get` after docker's protocol; None where it knows nothing."""
    if not _HELPER_NAME.fullmatch(name):
        raise AccessError(f"{host}: {origin} names a credential helper {name!r}, which is no name")
    program = f"docker-credential-{name}"
    key = _HUB_KEY if host in _HUB_HOSTS else host
    try:
        done = subprocess.run(  # noqa: S603 - the user's own configuration names it
            [started_by(program), "get"],
            input=key.encode(),
            capture_output=True,
            timeout=_HELPER_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        log.warning("%s is not installed, though %s names it; going on without", program, origin)
        return None
    except OSError as error:
        raise AccessError(f"{host}: {program} cannot be run: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise AccessError(f"{host}: {program} gave no answer in {_HELPER_SECONDS} s") from error
    if done.returncode:
        words = done.stdout.decode(errors="replace").strip().partition("\n")[0]
        if "credentials not found" in words.lower():
            return None
        raise AccessError(f"{host}: {program} failed with exit code {done.returncode}")
    try:
        answer = read_json(done.stdout, WireSecret)
    except AnswerError as error:
        raise AccessError(f"{host}: {program} gave an answer that is none") from error
    if not answer.secret:
        return None
    if answer.username == _TOKEN_USER:
        return Credential(refresh_token=answer.secret)
    return Credential(answer.username, answer.secret)

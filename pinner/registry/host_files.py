"""Read what the user's machine says of registries: registries.conf and docker's daemon.json.

Only files of the user and the system are read, and none that lies inside the repository.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec import Struct

from pinner.model.errors import ConfigError
from pinner.project.toml_tables import parse_toml
from pinner.registry.host_rules import HostMirror, HostRule, HostRules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HOST = r"(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?"
_PATH = r"(?:/[a-z0-9._-]+)*"
# On Windows anybody may make a folder of that name.
_SYSTEM = None if sys.platform == "win32" else Path("/etc")
_LOCATION = re.compile(rf"{_HOST}{_PATH}")
_PREFIX = re.compile(rf"(?:\*\.[A-Za-z0-9.-]+|{_HOST}{_PATH}(?::[\w.-]+)?(?:@[\w+.:-]+)?)")
_USES = {"": (True, True), "all": (True, True), "digest-only": (False, True),
         "tag-only": (True, False)}  # fmt: skip


def read_host_rules(
    top: Path, environment: Mapping[str, str] = os.environ, system: Path | None = _SYSTEM
) -> HostRules:
    """Read all files; raises ConfigError naming file and line.

    `top` is the repository's folder, `system` where the files of the machine are, if there is such
    a place.
    """
    tables: dict[str, HostRule] = {}
    files = []
    for path in _containers_files(environment, system):
        text = _read(path, top)
        files.append(str(path))
        # A later file's table takes the place of an earlier one's with the same prefix.
        tables |= {rule.prefix: rule for rule in _File(str(path), text).rules()}
    for path in _docker_files(environment, system):
        if path.is_file():
            docker = _read_daemon(str(path), _read(path, top))
            files.append(str(path))
            break
    else:
        docker = HostRules()
    return HostRules(
        rules=tuple(tables.values()),
        hub_mirrors=docker.hub_mirrors,
        plain_hosts=docker.plain_hosts,
        insecure_hosts=docker.insecure_hosts,
        files=tuple(files),
    )


def _containers_files(environment: Mapping[str, str], system: Path | None) -> Iterator[Path]:
    """Give the main file, and the drop-ins in the order in which they are laid over it.

    A user's main file takes the place of all of the system's.
    """
    own = _user_folder(environment) / "containers"
    named = environment.get("CONTAINERS_REGISTRIES_CONF")
    folders = [own / "registries.conf.d"]
    if system is not None:
        folders.insert(0, system / "containers/registries.conf.d")
    if named:
        yield Path(named)  # which has to be there
    elif (own / "registries.conf").is_file():
        yield own / "registries.conf"
        folders = folders[-1:]
    elif system is not None and (system / "containers/registries.conf").is_file():
        yield system / "containers/registries.conf"
    for folder in folders:
        yield from (path for path in sorted(folder.glob("*.conf")) if path.is_file())


def _docker_files(environment: Mapping[str, str], system: Path | None) -> tuple[Path, ...]:
    folders = (_user_folder(environment), *([system] if system else []))
    return tuple(folder / "docker/daemon.json" for folder in folders)


def _user_folder(environment: Mapping[str, str]) -> Path:
    home = environment.get("HOME") or Path("~").expanduser()
    return Path(environment.get("XDG_CONFIG_HOME") or Path(home) / ".config")


def _read(path: Path, top: Path) -> str:
    if path.resolve().is_relative_to(top.resolve()):
        raise ConfigError(
            f"{path}: `use-host-config` reads no file of the repository; keep it elsewhere"
        )
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8") from error


class _File(Struct):
    """One registries.conf, and where in it things stand."""

    path: str
    text: str

    def error(self, message: str, table: int = 0, key: str = "") -> ConfigError:
        """Say what is wrong in the so-manieth `[[registry]]`, counted from 1."""
        at = 0
        headers = list(re.finditer(r"^[ \t]*\[\[[ \t]*registry[ \t]*\]\]", self.text, re.MULTILINE))
        if 0 < table <= len(headers):
            at = headers[table - 1].start()
            ends = [found.start() for found in headers[table:]] or [len(self.text)]
            found = re.compile(rf"^[ \t]*[\"']?{re.escape(key)}[\"']?[ \t]*=", re.MULTILINE).search(
                self.text, at, ends[0]
            )
            at = found.start() if key and found else at
        return ConfigError(f"{self.path}:{self.text.count(chr(10), 0, at) + 1}: {message}")

    def rules(self) -> Iterator[HostRule]:
        data = parse_toml(self.text, self.path)
        if "registries" in data:
            raise self.error("is in version 1 of the format; only version 2 is read")
        tables = data.get("registry", [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise self.error("`registry` must be a list of tables, as in [[registry]]")
        for number, table in enumerate(tables, 1):
            yield self.rule(table, number)

    def rule(self, table: dict[str, Any], number: int) -> HostRule:
        is_blocked = self.flag(table, "blocked", number)
        # What is blocked is asked for nowhere, so that it may be one tag or digest.
        location = self.location(table, number, _PREFIX if is_blocked else _LOCATION)
        prefix = self.text_of(table, "prefix", number).rstrip("/") or location
        if not prefix:
            raise self.error("[[registry]] has neither `prefix` nor `location`", number)
        if not _PREFIX.fullmatch(prefix):
            raise self.error(f"`prefix` {prefix!r} is no prefix of images", number, "prefix")
        if not location and not prefix.startswith("*."):
            raise self.error(f"[[registry]] of {prefix!r} needs a `location`", number, "prefix")
        if not is_blocked and re.search(r"/.*[:@]", prefix):
            raise self.error("`prefix` with a tag or digest cannot be moved", number, "prefix")
        by_digest = self.flag(table, "mirror-by-digest-only", number)
        mirrors = table.get("mirror", [])
        if not isinstance(mirrors, list) or not all(isinstance(inner, dict) for inner in mirrors):
            raise self.error("`mirror` must be a list of tables", number, "mirror")
        return HostRule(
            prefix=prefix,
            origin=self.path,
            location="" if location == prefix else location,
            mirrors=tuple(self.mirror(inner, number, by_digest=by_digest) for inner in mirrors),
            is_blocked=is_blocked,
            is_insecure=self.flag(table, "insecure", number),
        )

    def mirror(self, table: dict[str, Any], number: int, *, by_digest: bool) -> HostMirror:
        location = self.location(table, number)
        if not location:
            raise self.error("a mirror needs a `location`", number)
        use = self.text_of(table, "pull-from-mirror", number)
        if use not in _USES:
            known = ", ".join(filter(None, _USES))
            raise self.error(f"`pull-from-mirror` must be one of {known}", number)
        if use and by_digest:
            raise self.error(
                "`pull-from-mirror` and `mirror-by-digest-only` exclude each other", number
            )
        for_tags, for_digests = _USES["digest-only" if by_digest else use]
        return HostMirror(
            location=location,
            is_insecure=self.flag(table, "insecure", number),
            for_tags=for_tags,
            for_digests=for_digests,
        )

    def location(
        self, table: dict[str, Any], number: int, form: re.Pattern[str] = _LOCATION
    ) -> str:
        text = self.text_of(table, "location", number).rstrip("/")
        if "@" in text.partition("/")[0]:  # which may be a password
            raise self.error("`location` has a user name; log in instead", number, "location")
        if text and not form.fullmatch(text):
            raise self.error(f"`location` {text!r} is no host[:port][/path]", number, "location")
        return text

    def text_of(self, table: dict[str, Any], key: str, number: int) -> str:
        value = table.get(key, "")
        if not isinstance(value, str):
            raise self.error(f"`{key}` must be text", number, key)
        return value

    def flag(self, table: dict[str, Any], key: str, number: int) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            raise self.error(f"`{key}` must be true or false", number, key)
        return value


def _read_daemon(path: str, text: str) -> HostRules:
    try:
        data = json.loads(text or "{}")
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path}:{error.lineno}: not JSON: {error.msg.lower()}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: is nested too deeply") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}:1: is no JSON object")
    found: dict[str, tuple[str, ...]] = {}
    for key in ("registry-mirrors", "insecure-registries"):
        values = data.get(key) or []
        line = text.count("\n", 0, max(text.find(f'"{key}"'), 0)) + 1
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise ConfigError(f"{path}:{line}: `{key}` must be a list of texts")
        found[key] = tuple(values)
        for value in values if key == "registry-mirrors" else ():
            if not re.fullmatch(rf"https?://{_HOST}/?", value):
                shown = "a mirror with a user name" if "@" in value else repr(value)
                raise ConfigError(f"{path}:{line}: `{key}`: {shown} is no https://host[:port]")
    mirrors = [urlsplit(value) for value in found["registry-mirrors"]]
    return HostRules(
        hub_mirrors=tuple(parts.netloc for parts in mirrors),
        plain_hosts=frozenset(parts.netloc for parts in mirrors if parts.scheme == "http"),
        insecure_hosts=found["insecure-registries"],
    )

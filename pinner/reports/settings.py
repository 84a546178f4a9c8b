"""The configuration in force, and where each value comes from."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from msgspec import structs

from pinner.model.shown import escaped
from pinner.reports.json import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pinner.model.findings import Level
    from pinner.pins.trust import TrustRule
    from pinner.pins.update_rules import UpdateRule
    from pinner.project.settings import PolicySettings, RegistrySettings, Settings

_NAMES = {
    "image_paths": "kubernetes.image-paths",
    "by_content": "compose.by-content",
    "excluded_formats": "formats.exclude",
    "use_host_config": "use-host-config",
    "reach": "level",
    "except-": "except",
}


def settings_text(settings: Settings, host_files: Sequence[str] = ()) -> str:
    """Write `key = value` in TOML's words, and the origin as a comment.

    `host_files` are the files of the machine that are honoured beside.
    """
    lines = []
    for key, value in _values(settings):
        shown = f"{_toml_key(key)} = {json.dumps(value)}"
        if value is None:
            shown = f"# {_toml_key(key)} is not set"
        lines.append(f"{shown}  # {settings.origins.get(key, 'default')}\n")
    lines += [f"# use-host-config reads {escaped(file)}\n" for file in host_files]
    return "".join(lines)


def _toml_key(key: str) -> str:
    """Quote a host, which has dots of its own."""
    table, dot, rest = key.partition(".")
    if table != "registries" or not dot:
        return key
    host, _, name = rest.rpartition(".")
    return f'{table}."{host}".{name}'


def settings_json(settings: Settings, host_files: Sequence[str] = ()) -> str:
    """Write all values with their origins, and the files of the machine that are honoured."""
    values = {
        key: {"value": value, "origin": settings.origins.get(key, "default")}
        for key, value in _values(settings)
    }
    shown = {"version": VERSION, "settings": values, "host-files": list(host_files)}
    return json.dumps(shown, indent=2) + "\n"


def _values(settings: Settings) -> Iterator[tuple[str, Any]]:
    for name, value in structs.asdict(settings).items():
        if name == "origins":
            continue
        if name in _CHOICES:
            key, otherwise, chosen = _CHOICES[name]
            yield key, chosen if value else otherwise
        elif name in _TABLES:
            yield from _TABLES[name](value)
        else:
            yield _NAMES.get(name, name), _plain(value)


def _patterns(files: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Any]]:
    yield from ((f"files.{key}", list(patterns)) for key, patterns in files.items())


def _registries(registries: Mapping[str, RegistrySettings]) -> Iterator[tuple[str, Any]]:
    for host, registry in registries.items():
        for key, value in _fields(registry):
            yield f"registries.{host}.{key}", value


def _policy(policy: PolicySettings) -> Iterator[tuple[str, Any]]:
    yield from ((f"policy.{key}", value) for key, value in _fields(policy))


def _update_rules(rules: Sequence[UpdateRule]) -> Iterator[tuple[str, Any]]:
    for number, rule in enumerate(rules, 1):
        for key, value in _fields(rule):
            if value is not None:
                yield f"update[{number}].{_NAMES.get(key, key)}", value


def _levels(levels: Mapping[str, Level | None]) -> Iterator[tuple[str, Any]]:
    for name, level in levels.items():
        yield f"findings.{name}", level.value if level else "off"


def _trust_rules(rules: Sequence[TrustRule]) -> Iterator[tuple[str, Any]]:
    for number, rule in enumerate(rules, 1):
        for key, value in _fields(rule):
            if value and key not in ("pem", "root"):
                yield f"trust[{number}].{key}", value


# Settings that are true or false in the program and words in the file.
_CHOICES = {
    "lock_composed_only": ("dockerfile.composed", "append", "lock-only"),
    "pins_helm_tags": ("helm.pin", "field", "tag"),
}
_TABLES: Mapping[str, Callable[[Any], Iterator[tuple[str, Any]]]] = {
    "files": _patterns,
    "registries": _registries,
    "policy": _policy,
    "update_rules": _update_rules,
    "levels": _levels,
    "trust_rules": _trust_rules,
}


def _fields(table: Any) -> Iterator[tuple[str, Any]]:
    for name, value in structs.asdict(table).items():
        yield name.replace("_", "-"), _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [str(item) for item in value]
    return f"{value.total_seconds():.0f}s" if isinstance(value, timedelta) else value

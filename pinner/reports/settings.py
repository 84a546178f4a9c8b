"""The configuration in force, and where each value comes from."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from msgspec import structs

from pinner.model.shown import escaped
from pinner.reports.json import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinner.project.settings import Settings

_NAMES = {
    "image_paths": "kubernetes.image-paths",
    "lock_composed_only": "dockerfile.composed",
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
        if name == "lock_composed_only":
            yield "dockerfile.composed", "lock-only" if value else "append"
        elif name == "pins_helm_tags":
            yield "helm.pin", "tag" if value else "field"
        elif name == "files":
            yield from ((f"files.{key}", list(patterns)) for key, patterns in value.items())
        elif name == "registries":
            for host, registry in value.items():
                for key, inner in _fields(registry):
                    yield f"registries.{host}.{key}", inner
        elif name == "update_rules":
            for number, rule in enumerate(value, 1):
                for key, inner in _fields(rule):
                    if inner is not None:
                        yield f"update[{number}].{_NAMES.get(key, key)}", inner
        elif name == "policy":
            yield from ((f"policy.{key}", inner) for key, inner in _fields(value))
        else:
            yield _NAMES.get(name, name), _plain(value)


def _fields(table: Any) -> Iterator[tuple[str, Any]]:
    for name, value in structs.asdict(table).items():
        yield name.replace("_", "-"), _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [str(item) for item in value]
    return f"{value.total_seconds():.0f}s" if isinstance(value, timedelta) else value

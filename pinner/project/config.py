"""The configuration: `pinner.toml`, or `[tool.pinner]` of `pyproject.toml`, to values.

A repository's configuration is as untrusted as its other files.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

from pinner.model.findings import GUARDS, FindingName, Level, default_level
from pinner.model.platforms import Platform, PlatformSyntaxError
from pinner.pins.reach import Reach
from pinner.pins.rewrite import Style
from pinner.pins.tag_rules import check_pattern, check_scheme
from pinner.pins.update_rules import UpdateRule
from pinner.project.settings import PolicySettings, RegistrySettings, Settings, parse_age
from pinner.project.toml_tables import TableReader, parse_toml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from pinner.pins.trust import TrustRule

_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?")
_GROUP = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MOST_CONCURRENCY = 64


def load_settings(
    text: str, path: str, scanners: Sequence[str], *, table: tuple[str, ...] = ()
) -> Settings:
    """Read a configuration file's text; `table` is where in it pinner's keys are.

    Raises ConfigError naming file and line.
    """
    data: Any = parse_toml(text, path)
    for key in table:
        data = data.get(key, {})
    reader = _Reader(text, path, table)
    if not isinstance(data, dict):
        raise reader.error((), "is not a table")
    return reader.settings(data, tuple(scanners))


class _Reader(TableReader):
    def settings(self, data: dict[str, Any], scanners: tuple[str, ...]) -> Settings:
        kubernetes = {"image-paths": ("image_paths", self.paths)}
        dockerfile = {"composed": ("lock_composed_only", self.composed)}
        compose = {"by-content": ("by_content", self.boolean)}
        helm = {"pin": ("pins_helm_tags", self.helm_pin)}
        formats = {
            "exclude": ("excluded_formats", lambda value, at: self.formats(value, at, scanners))
        }
        nested = {
            **self.read(self.sub(data, "helm"), ("helm",), helm),
            **self.read(self.sub(data, "formats"), ("formats",), formats),
            **self.read(self.sub(data, "compose"), ("compose",), compose),
            **self.read(self.sub(data, "kubernetes"), ("kubernetes",), kubernetes),
            **self.read(self.sub(data, "dockerfile"), ("dockerfile",), dockerfile),
        }
        values = self.read(
            data,
            (),
            {
                "include": ("include", self.patterns),
                "exclude": ("exclude", self.patterns),
                "projects": ("projects", self.patterns),
                "ignore": ("ignore", self.texts),
                "platforms": ("platforms", self.platforms),
                "style": ("style", self.style),
                "rewrite": ("rewrite", self.boolean),
                "lockfile": ("lockfile", self.inner_path),
                "files": ("files", lambda value, at: self.files(value, at, scanners)),
                "kubernetes": ("", lambda value, _: value),
                "dockerfile": ("", lambda value, _: value),
                "compose": ("", lambda value, _: value),
                "helm": ("", lambda value, _: value),
                "formats": ("", lambda value, _: value),
                "registries": ("registries", self.registries),
                "use-host-config": ("use_host_config", self.boolean),
                "policy": ("policy", self.policy),
                "update": ("update_rules", self.update_rules),
                "findings": ("levels", self.levels),
                "trust": ("trust_rules", self.trust_rules),
            },
        )
        values.pop("", None)
        return Settings(**values, **nested, origins=self.origins)

    def sub(self, data: dict[str, Any], key: str) -> dict[str, Any]:
        return self.mapping(data.get(key, {}), (key,))

    def patterns(self, value: object, at: tuple[str, ...]) -> tuple[str, ...]:
        texts = self.texts(value, at)
        for text in texts:
            if text.strip("!/") == "" or text.endswith("\\") or text.startswith("!"):
                raise self.error(at, f"holds a bad pattern {text!r}")
        return texts

    def paths(self, value: object, at: tuple[str, ...]) -> tuple[str, ...]:
        texts = self.texts(value, at)
        for text in texts:
            if not all(re.fullmatch(r"\*\*?|[^.*\s]+", part) for part in text.split(".")):
                raise self.error(at, f"holds a bad path {text!r}: write it as in spec.*.image")
        return texts

    def style(self, value: object, at: tuple[str, ...]) -> Style:
        if value not in tuple(Style):
            raise self.error(at, f"must be one of {', '.join(Style)}")
        return Style(str(value))

    def composed(self, value: object, at: tuple[str, ...]) -> bool:
        if value not in ("append", "lock-only"):
            raise self.error(at, "must be one of append, lock-only")
        return value == "lock-only"

    def helm_pin(self, value: object, at: tuple[str, ...]) -> bool:
        if value not in ("field", "tag"):
            raise self.error(at, "must be one of field, tag")
        return value == "tag"

    def formats(
        self, value: object, at: tuple[str, ...], scanners: tuple[str, ...]
    ) -> tuple[str, ...]:
        names = self.texts(value, at)
        for name in names:
            if name not in scanners:
                close = difflib.get_close_matches(name, scanners, 1, 0.0)[0]
                raise self.error(at, f"names no format {name!r}; the nearest is {close!r}")
        return names

    def platforms(self, value: object, at: tuple[str, ...]) -> tuple[Platform, ...]:
        try:
            return tuple(map(Platform.parse, self.texts(value, at)))
        except PlatformSyntaxError as error:
            raise self.error(at, f"holds a bad platform: {error}") from error

    def files(
        self, value: object, at: tuple[str, ...], scanners: tuple[str, ...]
    ) -> dict[str, tuple[str, ...]]:
        return self.read(
            self.mapping(value, at), at, {name: (name, self.patterns) for name in scanners}
        )

    def registries(self, value: object, at: tuple[str, ...]) -> dict[str, RegistrySettings]:
        fields = {
            "mirrors": ("mirrors", self.mirrors),
            "plain-http": ("plain_http", self.boolean),
            "ca-file": ("ca_file", self.repository_path),
            "max-concurrency": ("max_concurrency", self.concurrency),
        }
        found = {}
        for host, table in self.mapping(value, at).items():
            if "@" in host:  # which may be a password
                raise self.error(at, "names a registry with a user name; log in instead")
            if not _HOST.fullmatch(host):
                raise self.error((*at, host), "is not a registry's host[:port]")
            values = self.read(self.mapping(table, (*at, host)), (*at, host), fields)
            found[host] = RegistrySettings(**values)
        return found

    def mirrors(self, value: object, at: tuple[str, ...]) -> tuple[str, ...]:
        texts = self.texts(value, at)
        if any("@" in text and not text.startswith("oci-layout:") for text in texts):
            raise self.error(at, "holds a user name or password; use `docker login` instead")
        for text in texts:
            scheme, sign, folder = text.partition("oci-layout:")
            if sign and not scheme:
                self.repository_path(folder, at)
        return texts

    def concurrency(self, value: object, at: tuple[str, ...]) -> int:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if not is_number or not 1 <= int(str(value)) <= _MOST_CONCURRENCY:
            raise self.error(at, f"must be a number from 1 to {_MOST_CONCURRENCY}")
        return int(str(value))

    def policy(self, value: object, at: tuple[str, ...]) -> PolicySettings:
        fields = {
            "allowed-registries": ("allowed_registries", self.texts),
            "min-age": ("min_age", self.age),
            "require-tag": ("require_tag", self.boolean),
        }
        return PolicySettings(**self.read(self.mapping(value, at), at, fields))

    def update_rules(self, value: object, at: tuple[str, ...]) -> tuple[UpdateRule, ...]:
        fields = {
            "images": ("images", self.texts),
            "level": ("reach", self.reach),
            "allow": ("allow", self.expression),
            "except": ("except_", self.expression),
            "scheme": ("scheme", self.scheme),
            "min-age": ("min_age", self.age),
            "group": ("group", self.group),
        }
        return tuple(
            UpdateRule(**values) for values in self.tables(value, at, fields, needed=("images",))
        )

    def levels(self, value: object, at: tuple[str, ...]) -> dict[str, Level | None]:
        table = self.mapping(value, at)
        for name in GUARDS & table.keys():
            raise self.error((*at, name), "keeps its level: it guards the others")
        return self.read(table, at, {name.value: (name.value, self.level) for name in FindingName})

    def level(self, value: object, at: tuple[str, ...]) -> Level | None:
        if value == "off" and default_level(FindingName(at[-1])) is not Level.ERROR:
            return None
        if value not in tuple(Level):
            off = "" if default_level(FindingName(at[-1])) is Level.ERROR else ", off"
            raise self.error(at, f"must be one of {', '.join(Level)}{off}")
        return Level(str(value))

    def trust_rules(self, value: object, at: tuple[str, ...]) -> tuple[TrustRule, ...]:
        from pinner.project.trust_rules import read_trust_rules  # noqa: PLC0415 - few have any

        return read_trust_rules(self, value, at)

    def reach(self, value: object, at: tuple[str, ...]) -> Reach:
        if value not in tuple(Reach):
            raise self.error(at, f"must be one of {', '.join(Reach)}")
        return Reach(str(value))

    def group(self, value: object, at: tuple[str, ...]) -> str:
        text = self.text_value(value, at)
        if not _GROUP.fullmatch(text):
            raise self.error(at, "must be made of letters, digits, `.`, `_` and `-`")
        return text

    def expression(self, value: object, at: tuple[str, ...]) -> str:
        return self.checked(value, at, check_pattern)[0]

    def scheme(self, value: object, at: tuple[str, ...]) -> str:
        return self.checked(value, at, check_scheme)[0]

    def age(self, value: object, at: tuple[str, ...]) -> timedelta:
        return self.checked(value, at, parse_age)[1]

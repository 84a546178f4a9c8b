"""TOML read table by table: each key by a reader of its own, each error with its line."""

from __future__ import annotations

import difflib
import re
import tomllib
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct, field

from pinner.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    # What reads a value, given the keys that lead to it.
    Read = Callable[[Any, tuple[str, ...]], object]

T = TypeVar("T")


def parse_toml(text: str, path: str) -> dict[str, Any]:
    """Parse a file's text; raises ConfigError naming file and line."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        at = f":{line[1]}" if line else ""
        raise ConfigError(f"{path}{at}: not TOML: {str(error).partition(' (at')[0]}") from error


class TableReader(Struct):
    """Reads a file's tables; `table` is where in it our keys are. Each method raises ConfigError.

    `origins` learns where each key stands, as file and line.
    """

    text: str
    path: str
    table: tuple[str, ...]
    origins: dict[str, str] = field(default_factory=dict)

    def line(self, keys: tuple[str, ...]) -> int:
        """Find the line of a key, as well as a search of the text can."""
        at = 0
        for depth, key in enumerate((*self.table, *keys)):
            name, _, number = key.partition("[")
            bare = re.escape(name)
            header = rf"\[[^\]\n]*[\"']?{bare}[\"']?[^\]\n]*\]"
            pattern = re.compile(
                rf"^[ \t]*(?:{header}|(?:[\w.-]*\.)?[\"']?{bare}[\"']?[ \t]*[=.]"
                rf"|.*[{{,][ \t]*[\"']?{bare}[\"']?[ \t]*=)",
                re.MULTILINE,
            )
            found = list(pattern.finditer(self.text, at))
            nth = int(number[:-1]) - 1 if number else 0
            match = found[nth] if nth < len(found) else None
            if match is None:
                break
            is_last = depth == len(self.table) + len(keys) - 1
            if depth < len(self.table) and match[0].startswith("["):
                at = match.start()  # `[tool.pinner.policy]` names several keys
            else:
                at = match.end() if not is_last else match.start() + len(match[0]) - 1
        return self.text.count("\n", 0, at) + 1

    def error(self, keys: tuple[str, ...], message: str) -> ConfigError:
        """Make an error of a key."""
        name = ".".join(keys)
        return ConfigError(f"{self.path}:{self.line(keys)}: `{name or 'tool.pinner'}` {message}")

    def check_keys(self, data: dict[str, Any], known: Sequence[str], at: tuple[str, ...]) -> None:
        """Refuse keys that are not known."""
        for key in data:
            if key not in known:
                close = difflib.get_close_matches(key, known, 1, 0.0)
                nearest = f"; the nearest known key is `{close[0]}`" if close else ""
                raise self.error((*at, key), f"is not a known key{nearest}")

    def read(
        self,
        data: dict[str, Any],
        at: tuple[str, ...],
        fields: Mapping[str, tuple[str, Read]],
    ) -> dict[str, Any]:
        """Read a table's keys by their readers into the fields of a value."""
        self.check_keys(data, tuple(fields), at)
        values = {}
        for key, value in data.items():
            target, reader = fields[key]
            values[target] = reader(value, (*at, key))
            keys = (*at, key)
            if not isinstance(value, dict):
                self.origins[".".join(keys)] = f"{self.path}:{self.line(keys)}"
        return values

    def tables(
        self,
        value: object,
        at: tuple[str, ...],
        fields: Mapping[str, tuple[str, Read]],
        *,
        needed: Sequence[str] = (),
    ) -> list[dict[str, Any]]:
        """Read an array of tables by the readers of their keys."""
        name = at[-1]
        if not isinstance(value, list) or not all(isinstance(table, dict) for table in value):
            raise self.error(at, f"must be tables, each under `[[{name}]]`")
        read = []
        for number, table in enumerate(value, 1):
            one = (*at[:-1], f"{name}[{number}]")
            read.append(self.read(table, one, fields))
            for key in needed:
                if key not in table:
                    raise self.error(one, f"must name `{key}`")
        return read

    def mapping(self, value: object, at: tuple[str, ...]) -> dict[str, Any]:
        """Read a table as it is."""
        if not isinstance(value, dict):
            raise self.error(at, "must be a table")
        return value

    def text_value(self, value: object, at: tuple[str, ...]) -> str:
        """Read a text that is not empty."""
        if not isinstance(value, str) or not value:
            raise self.error(at, "must be text")
        return value

    def texts(self, value: object, at: tuple[str, ...]) -> tuple[str, ...]:
        """Read a list of texts that are not empty."""
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            raise self.error(at, "must be a list of texts")
        return tuple(value)

    def boolean(self, value: object, at: tuple[str, ...]) -> bool:
        """Read true or false."""
        if not isinstance(value, bool):
            raise self.error(at, "must be true or false")
        return value

    def inner_path(self, value: object, at: tuple[str, ...]) -> str:
        """Read a path below the project root."""
        text = self.text_value(value, at)
        if ".." in text.split("/"):
            raise self.error(at, "must be a path below the project root")
        return self.repository_path(text, at)

    def repository_path(self, value: object, at: tuple[str, ...]) -> str:
        """Read a path inside the repository, from the project root."""
        text = self.text_value(value, at)
        parts = text.lower().split("/")
        if text.startswith("/") or "\\" in text or ":" in parts[0] or ".git" in parts:
            raise self.error(at, "must be a path inside the repository, and not in `.git`")
        return text

    def checked(
        self, value: object, at: tuple[str, ...], check: Callable[[str], T]
    ) -> tuple[str, T]:
        """Read a text, and what a check makes of it, whose ValueError becomes an error."""
        text = self.text_value(value, at)
        try:
            return text, check(text)
        except ValueError as error:
            raise self.error(at, str(error)) from error

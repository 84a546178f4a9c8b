"""Match the paths of files against `fnmatch` patterns, thousands of times a run.

A pattern without `/` is about a file's name alone, in any folder. One with `/` is about the end of
its path: `.github/workflows/*.yml` matches in any folder too; `**` are any folders between.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping, Sequence


def name_matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Make a test for paths that match any pattern; a leading `!` excludes."""
    return _matcher(tuple(patterns))


def name_chooser(
    patterns: Mapping[str, Sequence[str]],
) -> Callable[[str], tuple[str, ...]]:
    """Make what gives the keys whose patterns a path matches, in their order."""
    matchers = [(key, name_matcher(own)) for key, own in patterns.items()]
    names = dict.fromkeys(
        text.rpartition("/")[2] for own in patterns.values() for text in own if text[:1] != "!"
    )
    may_match = _Shapes.of(tuple(names)).may_match

    def choose(path: str) -> tuple[str, ...]:
        if may_match(path.rpartition("/")[2]):
            return tuple(key for key, matches in matchers if matches(path))
        return ()

    return choose


@cache
def _matcher(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    included = _Patterns.of([text for text in patterns if text[:1] != "!"])
    excluded = _Patterns.of([text[1:] for text in patterns if text[:1] == "!"])
    if excluded is None:
        return included.match if included else lambda _: False
    return lambda path: included is not None and included.match(path) and not excluded.match(path)


class _Patterns(Struct, frozen=True):
    """Patterns for names, and those for paths with the plain folders that they ask for."""

    names: _Shapes
    paths: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, patterns: Sequence[str]) -> _Patterns | None:
        if not patterns:
            return None
        paths = tuple((_folders(text), text) for text in patterns if "/" in text)
        return cls(_Shapes.of(tuple(text for text in patterns if "/" not in text)), paths)

    def match(self, path: str) -> bool:
        if self.names.match(path.rpartition("/")[2]):
            return True
        if not self.paths:
            return False
        path = f"/{path}"
        return any(folders in path and _matches_path(text, path) for folders, text in self.paths)


class _Shapes(Struct, frozen=True):
    """Patterns by what they ask for: whole names, ends, beginnings, or an expression."""

    names: frozenset[str]
    ends: tuple[str, ...]
    begins: tuple[str, ...]
    others: tuple[str, ...]
    heads: tuple[str, ...]

    @classmethod
    def of(cls, patterns: Sequence[str]) -> _Shapes:
        names, ends, begins, others = [], [], [], []
        for text in patterns:
            if _is_plain(text):
                names.append(text)
            elif text[:1] == "*" and _is_plain(text[1:]):
                ends.append(text[1:])
            elif text[-1:] == "*" and _is_plain(text[:-1]):
                begins.append(text[:-1])
            else:
                others.append(text)
        heads = tuple(map(_head, others))
        return cls(frozenset(names), tuple(ends), tuple(begins), tuple(others), heads)

    def may_match(self, name: str) -> bool:
        return (
            name.endswith(self.ends)
            or name in self.names
            or name.startswith(self.begins + self.heads)
        )

    def match(self, name: str) -> bool:
        return (
            name in self.names
            or name.endswith(self.ends)
            or name.startswith(self.begins)
            or (name.startswith(self.heads) and _matches_expression(name, self.others))
        )


def _is_plain(text: str) -> bool:
    return "*" not in text and "?" not in text and "[" not in text


def _head(text: str) -> str:
    """Give what stands before the first wildcard."""
    return text[: min(text.find(sign) for sign in "*?[" if sign in text)]


def _folders(pattern: str) -> str:
    """Give the folders before the first wildcard, which every matching path has."""
    plain = []
    for part in pattern.split("/")[:-1]:
        if not _is_plain(part):
            break
        plain.append(part)
    return f"/{'/'.join(plain)}/" if plain else "/"


def _matches_expression(name: str, patterns: Sequence[str]) -> bool:
    from fnmatch import fnmatchcase  # noqa: PLC0415 - start-up: seldom needed

    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _matches_path(pattern: str, path: str) -> bool:
    """Match the end of a path, which begins with `/`."""
    return _expression(pattern).search(path) is not None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    import re  # noqa: PLC0415 - start-up: seldom needed

    parts = []
    for part in pattern.split("/"):
        if part == "**":
            parts.append("(?:/[^/]+)*")
            continue
        parts.append("/")
        for token in re.findall(r"\[[!\]]?[^\]]*\]|[^*?\[]+|.", part):
            if token[0] == "[" and len(token) > 1:
                parts.append(f"[^{token[2:]}" if token[1] == "!" else token)
            else:
                parts.append({"*": "[^/]*", "?": "[^/]"}.get(token) or re.escape(token))
    return re.compile("".join(parts) + r"\Z")

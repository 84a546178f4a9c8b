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
    return _Chooser(patterns).choose


class _Chooser:
    """Patterns of many keys by what is quickest to look up: most names match few or none."""

    def __init__(self, patterns: Mapping[str, Sequence[str]]) -> None:
        self._patterns = patterns
        self._names: dict[str, tuple[str, ...]] = {}
        self._endings: dict[str, tuple[str, ...]] = {}
        self._folders: dict[str, dict[str, tuple[str, ...]]] = {}
        others: dict[str, list[str]] = {}
        for key, own in patterns.items():
            for text in own:
                name = text.rpartition("/")[2]
                ending = _ending(name)
                if text[:1] == "!":
                    continue
                if text != name:
                    # A path is looked at closely where its ending and folders are those.
                    ending = ending if is_plain(ending) else ""
                    _add(self._folders.setdefault(ending, {}), _folders(text), key)
                elif text == name and is_plain(text):
                    _add(self._names, text, key)
                elif text == f"*{ending}" and is_plain(ending):
                    _add(self._endings, ending, key)
                else:
                    others.setdefault(key, []).append(name)
        self._odd = self._folders.pop("", {})
        for group in self._folders.values():
            for folder, keys in self._odd.items():
                group[folder] = (*group.get(folder, ()), *keys)
        self._others = [(key, _Shapes.of(tuple(names))) for key, names in others.items()]
        shapes = [shape for _, shape in self._others]
        self._begins = tuple(b for shape in shapes for b in (*shape.begins, *shape.heads))
        self._ends = tuple(end for shape in shapes for end in shape.ends)
        self._order = {key: at for at, key in enumerate(patterns)}
        self._excluding = {key for key, own in patterns.items() if any(t[:1] == "!" for t in own)}

    def choose(self, path: str) -> tuple[str, ...]:
        name = path.rpartition("/")[2]
        ending = _ending(name)
        usual = self._endings.get(ending, ())
        further = self._names.get(name, ())
        if name.startswith(self._begins) or name.endswith(self._ends):
            further += tuple(key for key, shapes in self._others if shapes.match(name))
        likely: tuple[str, ...] = ()
        folders = self._folders.get(ending, self._odd)
        if folders:
            whole = f"/{path}"
            for folder, keys in folders.items():
                if folder in whole:
                    likely += keys
        if not further and not likely and self._excluding.isdisjoint(usual):
            return usual
        sure = {*usual, *further} - self._excluding
        doubtful = {*usual, *further, *likely} - sure
        found = [key for key in doubtful if name_matcher(self._patterns[key])(path)]
        return tuple(sorted((*sure, *found), key=self._order.__getitem__))


def _add(keys: dict[str, tuple[str, ...]], name: str, key: str) -> None:
    keys[name] = (*keys.get(name, ()), key)


def _ending(name: str) -> str:
    """Give a name from its last dot on, all of it where it has none."""
    return name[max(name.rfind("."), 0) :]


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
    """Patterns by what they ask for: whole names, ends, beginnings, both, or an expression."""

    names: frozenset[str]
    ends: tuple[str, ...]
    begins: tuple[str, ...]
    both: tuple[tuple[str, str], ...]
    others: tuple[str, ...]
    heads: tuple[str, ...]

    @classmethod
    def of(cls, patterns: Sequence[str]) -> _Shapes:
        names, ends, begins, both, others = [], [], [], [], []
        for text in patterns:
            begin, star, end = text.partition("*")
            if is_plain(text):
                names.append(text)
            elif not (star and is_plain(begin) and is_plain(end)):
                others.append(text)
            elif not begin:
                ends.append(end)
            elif not end:
                begins.append(begin)
            else:
                both.append((begin, end))
        heads = (*map(_head, others), *(begin for begin, _ in both))
        return cls(frozenset(names), tuple(ends), tuple(begins), tuple(both), tuple(others), heads)

    def match(self, name: str) -> bool:
        return (
            name in self.names
            or name.endswith(self.ends)
            or name.startswith(self.begins)
            or (name.startswith(self.heads) and self._matches_further(name))
        )

    def _matches_further(self, name: str) -> bool:
        return any(
            len(name) >= len(begin) + len(end) and name.startswith(begin) and name.endswith(end)
            for begin, end in self.both
        ) or _matches_expression(name, self.others)


def is_plain(text: str) -> bool:
    """Say whether a pattern is a name, without wildcards."""
    return "*" not in text and "?" not in text and "[" not in text


def _head(text: str) -> str:
    """Give what stands before the first wildcard."""
    return text[: min(text.find(sign) for sign in "*?[" if sign in text)]


def _folders(pattern: str) -> str:
    """Give the folders before the first wildcard, which every matching path has."""
    plain = []
    for part in pattern.split("/")[:-1]:
        if not is_plain(part):
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

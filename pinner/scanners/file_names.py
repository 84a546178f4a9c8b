"""Match file names against `fnmatch` patterns, thousands of times a run."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_WILD = "*?["


def name_matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Make a test for names that match any pattern; a leading `!` excludes."""
    return _matcher(tuple(patterns))


def name_chooser(
    patterns: Mapping[str, Sequence[str]],
) -> Callable[[str], tuple[str, ...]]:
    """Make what gives the keys whose patterns a name matches, in their order."""
    matchers = {key: name_matcher(own) for key, own in patterns.items()}
    shapes = [
        _Shapes.of([text for text in own if not text.startswith("!")]) for own in patterns.values()
    ]
    names = frozenset(name for shape in shapes for name in shape.names)
    ends = tuple(end for shape in shapes for end in shape.ends)
    begins = tuple(begin for shape in shapes for begin in (*shape.begins, *shape.heads))

    def choose(name: str) -> tuple[str, ...]:
        if name.endswith(ends) or name in names or name.startswith(begins):
            return tuple(key for key, matches in matchers.items() if matches(name))
        return ()

    return choose


@cache
def _matcher(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    included = _Shapes.of([text for text in patterns if not text.startswith("!")])
    excluded = _Shapes.of([text[1:] for text in patterns if text.startswith("!")])
    return lambda name: included.match(name) and not excluded.match(name)


class _Shapes(Struct, frozen=True):
    """Patterns by what they ask for: whole names, ends, beginnings, or an expression."""

    names: frozenset[str]
    ends: tuple[str, ...]
    begins: tuple[str, ...]
    others: tuple[str, ...]
    heads: tuple[str, ...]

    @classmethod
    def of(cls, patterns: Sequence[str]) -> _Shapes:
        others = tuple(
            text
            for text in patterns
            if not (_is_plain(text) or _is_plain(text[1:]) or _is_plain(text[:-1]))
            or text[:1] in ("?", "[")
            or text[-1:] == "?"
        )
        simple = [text for text in patterns if text not in others]
        return cls(
            names=frozenset(text for text in simple if _is_plain(text)),
            ends=tuple(text[1:] for text in simple if text[:1] == "*" and _is_plain(text[1:])),
            begins=tuple(text[:-1] for text in simple if text[-1:] == "*" and _is_plain(text[:-1])),
            others=others,
            heads=tuple(_head(text) for text in others),
        )

    def match(self, name: str) -> bool:
        return (
            name in self.names
            or name.endswith(self.ends)
            or name.startswith(self.begins)
            or (name.startswith(self.heads) and _matches_expression(name, self.others))
        )


def _is_plain(text: str) -> bool:
    return not any(sign in text for sign in _WILD)


def _head(text: str) -> str:
    """Give what stands before the first wildcard."""
    return text[: min(text.find(sign) for sign in _WILD if sign in text)]


def _matches_expression(name: str, patterns: Sequence[str]) -> bool:
    from fnmatch import fnmatchcase  # noqa: PLC0415 - start-up: seldom needed

    return any(fnmatchcase(name, pattern) for pattern in patterns)

"""Stages and their names: which words are stages, and which only may be."""

from __future__ import annotations

import re

from msgspec import Struct, field

from pinner.scanners.dockerfile.arguments import PLATFORMS, on_platform
from pinner.scanners.dockerfile.letters import lower_case
from pinner.scanners.dockerfile.patterns import matches
from pinner.spans.variables import WILDCARD

SCRATCH = "scratch"
_STAGE_NAME = re.compile(r"[a-z][a-z0-9._-]*")
_STAGE_INDEX = re.compile(r"[+-]?[0-9]{1,18}")
_MOST_LOOSE = 50
_ANYTHING = ("", "")


class Stages(Struct):
    """The stages in their order, by name and by what a name made of variables may come to."""

    count: int = 0
    first_of: dict[str, int] = field(default_factory=dict)
    loose: dict[tuple[str, ...], int] = field(default_factory=dict)

    def add(self, name: str | None, *, is_exact: bool = True) -> None:
        """Count a stage; a name that is not exact may have wildcards or be none for BuildKit."""
        if name is not None:
            name = lower_case(name)
            if is_exact:
                self.first_of.setdefault(name, self.count)
            else:
                parts = tuple(name.split(WILDCARD))
                if len(self.loose) >= _MOST_LOOSE:
                    parts = _ANYTHING
                self.loose.setdefault(parts, self.count)
        self.count += 1

    def is_earlier(self, text: str, before: int) -> bool:
        """Say whether a FROM word can be nothing but a stage before the one of a number.

        Where a platform decides it has to be one on all of those that are built for most.
        """
        if WILDCARD not in text:
            return self.first_of.get(text, before) < before
        return all(
            self.first_of.get(on_platform(text, values), before) < before for values in PLATFORMS
        )

    def may_be_earlier(self, text: str, before: int) -> bool:
        """Say whether a FROM word may be a stage whose name only the build knows."""
        return any(at < before and matches(parts, text) for parts, at in self.loose.items())

    def is_named(self, text: str) -> bool:
        """Say whether a `--from` names a stage."""
        return lower_case(text) in self.first_of

    def may_be_named(self, text: str) -> bool:
        """Say whether a `--from` may name a stage whose name only the build knows."""
        return self.may_be_earlier(lower_case(text), self.count)

    def has_index(self, text: str) -> bool:
        """Say whether a `--from` is the number of a stage."""
        return is_stage_index(text) and 0 <= int(text) < self.count


def is_stage_index(text: str) -> bool:
    """Say whether text is an integer to Go."""
    return _STAGE_INDEX.fullmatch(text) is not None


def is_stage_name(text: str) -> bool:
    """Say whether BuildKit takes text for a stage's name."""
    return _STAGE_NAME.fullmatch(lower_case(text)) is not None


def is_bare(text: str) -> bool:
    """Say whether text is a name alone, which a stage could have."""
    return not any(sign in text for sign in ":/@")

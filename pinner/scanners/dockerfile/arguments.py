"""The ARGs of the global scope, and the values that only the build knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.spans.variables import WILDCARD, Computed, Region, TooMuchError, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

# What a word may come to on the platforms that images are most often built for.
PLATFORMS = (
    {"PLATFORM": "linux/amd64", "OS": "linux", "ARCH": "amd64", "VARIANT": "", "OSVERSION": ""},
    {"PLATFORM": "linux/arm64", "OS": "linux", "ARCH": "arm64", "VARIANT": "", "OSVERSION": ""},
)
_PLATFORM_ARGUMENTS = (
    *(f"BUILD{part}" for part in PLATFORMS[0]),
    *(f"TARGET{part}" for part in PLATFORMS[0]),
    "TARGETSTAGE",
)
_MOST_ARGUMENTS = 30_000
_MOST_WORK = 1_000_000


class Arguments(Struct):
    """Variables by name; None where an ARG is declared without a value.

    What a build is `given` counts in the stead of defaults, for ARGs that are declared.
    """

    values: dict[str, Value | None] = field(default_factory=dict)
    given: Mapping[str, Value | None] = field(default_factory=dict)
    given_up: set[str] = field(default_factory=set)
    count: int = 0
    work: int = 0

    @classmethod
    def predefined(cls, given: Mapping[str, Value | None] | None = None) -> Arguments:
        """Begin with the platforms' ARGs, whose value is their name between two wildcards."""
        nowhere = Region("", 0, 0)
        arguments = cls(given=given or {})
        for name in _PLATFORM_ARGUMENTS:
            piece = Computed((name,), f"{WILDCARD}{name}{WILDCARD}", 0)
            arguments.values[name] = Value(name, (piece,), nowhere)
        return arguments

    def get(self, name: str, /) -> Value | None:
        """Give a value; raises TooMuchError for one given up on, and where it all is too much."""
        if name in self.given_up:
            raise TooMuchError(f"the value of {name} is beyond reason")
        value = self.values.get(name)
        if value is not None:
            self.work += value.length + value.size
            if self.work > _MOST_WORK:
                raise TooMuchError("variables are used beyond reason")
        return value

    def declare(self, name: str) -> None:
        """Note an ARG without a default, which keeps the value it has."""
        self.note_one_more()
        if name in self.given:
            self.values[name] = self.given[name]
        self.values.setdefault(name, None)

    def set(self, name: str, value: Value | None) -> None:
        """Note an ARG with its default; None for one that cannot be worked out."""
        self.note_one_more()
        self.given_up.discard(name)
        self.values[name] = self.given.get(name, value)

    def give_up(self, name: str) -> None:
        """Note an ARG whose default is beyond reason: whatever reads it is not judged."""
        self.note_one_more()
        self.given_up.add(name)

    def note_one_more(self) -> None:
        """Count an ARG; raises TooMuchError."""
        self.count += 1
        if self.count > _MOST_ARGUMENTS:
            raise TooMuchError(f"there are more than {_MOST_ARGUMENTS} ARGs")


def on_platform(text: str, values: dict[str, str]) -> str:
    """Fill in what a platform's ARGs are there."""
    for part, value in values.items():
        for side in ("BUILD", "TARGET"):
            text = text.replace(f"{WILDCARD}{side}{part}{WILDCARD}", value)
    return text

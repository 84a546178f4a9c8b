"""Tags as versions, each with its scheme: the tag with its numbers taken out.

Tags of one scheme may follow each other: `3.12.1-slim` may become `3.13.0-slim`, but neither
`3.13-slim` nor `3.13.0`. What else is a number in a tag: see `tag_words`.
"""

from __future__ import annotations

import re
from functools import total_ordering
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.pins.reach import Level
from pinner.pins.tag_shapes import TOKEN, Shape, is_build
from pinner.pins.tag_words import (
    counts_builds,
    is_component,
    is_date,
    is_distribution,
    is_never,
    is_windows,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
_VALID = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}", re.ASCII)
_LEAD = re.compile(r"(?:v|r|release[-_.]?|version[-_.]?)?(?=\d)", re.ASCII | re.IGNORECASE)
_VERSION = re.compile(
    r"""(?P<version>\d+(?:[._]\d+|u\d+|(?<=\d{4})-\d{2}-\d{2}(?:T\d{2}-\d{2}-\d{2}Z)?)*)
    (?P<pre>(?:[-._]?(?:rc|alpha|beta|pre|preview|dev|snapshot|nightly|canary|ea|m)
        (?:[-._]?\d+)*|[ab]\d+)?(?=[-._]|\Z))?""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_DIGITS = re.compile(r"\d+", re.ASCII)
_OTHERS = re.compile(r"\D+", re.ASCII)
_STAGES = {
    "dev": 0, "snapshot": 1, "nightly": 1, "canary": 1, "ea": 1, "a": 2, "alpha": 2, "m": 3,
    "b": 4, "beta": 4, "pre": 5, "preview": 5, "rc": 6,
}  # fmt: skip
FINAL = (9,)


FIXED_NUMBERS = {Level.PATCH: 2, Level.MINOR: 1, Level.MAJOR: 0}


@total_ordering
class TagVersion(Struct, frozen=True, kw_only=True):
    """A tag that can be ordered among those of its scheme.

    `numbers` are the version's, none where a name takes its place (`bookworm-20241111`); `stage`
    is that of a pre-release, or final; `builds` are the numbers and dates that count builds of one
    version; `distribution` has the versions of distributions.
    """

    tag: str
    scheme: tuple[str, ...]
    numbers: tuple[int, ...] = ()
    stage: tuple[int, ...] = FINAL
    builds: tuple[int, ...] = ()
    distribution: tuple[int, ...] = ()
    is_padded: bool = False

    @property
    def is_final(self) -> bool:
        """Say whether it is no pre-release."""
        return self.stage == FINAL

    @property
    def is_plain(self) -> bool:
        """Say whether it is a version and nothing else."""
        lead, _, rest = self.scheme
        return bool(self.numbers) and not rest and not _LEAD.sub("", f"{lead}0").strip("0")

    @property
    def order(self) -> tuple[tuple[int, ...], ...]:
        """Give what tags of one scheme are ordered by."""
        return (self.numbers, self.stage, self.builds)

    def __lt__(self, other: TagVersion) -> bool:
        return self.order < other.order


def parse_tag(tag: str) -> TagVersion | None:
    """Read a tag as a version; None for names, commits, and what no registry takes for a tag."""
    if not _VALID.fullmatch(tag):
        return None
    tokens = list(TOKEN.finditer(tag))
    lead = _LEAD.match(tag)
    if lead is not None and tokens[0].lastgroup not in {"commit", "name"}:
        return _read_version(tag, [], lead.end(), lead[0])
    place = _find_version(tokens)
    if place is not None:
        return _read_version(tag, tokens[:place], tokens[place].start())
    if not _counts_only_builds(tokens):
        return None
    shape = Shape()
    shape.read_before(tokens, is_whole=True)
    return TagVersion(
        tag=tag,
        scheme=("".join(shape.words), "", ""),
        builds=tuple(shape.builds),
        distribution=tuple(shape.distribution),
    )


def most_specific(tags: Iterable[str]) -> list[str]:
    """Order plain final versions so that the likeliest name of `latest` comes first."""
    versions = [version for version in map(parse_tag, tags) if version is not None]
    plain = [
        version
        for version in versions
        if version.is_final
        and version.is_plain
        and not any(map(is_date, map(str, version.numbers)))
    ]
    plain.sort(key=lambda version: (len(version.numbers) > 1, version.numbers), reverse=True)
    return [version.tag for version in plain]


def _read_version(
    tag: str, before: Sequence[re.Match[str]], start: int, lead: str = ""
) -> TagVersion | None:
    match = _VERSION.match(tag, start)
    if match is None:
        return None
    first, rest = Shape(), Shape()
    first.read_before(before)
    rest.read_after(TOKEN.finditer(tag, match.end()))
    version = match["version"]
    digits = _DIGITS.findall(version)
    return TagVersion(
        tag=tag,
        scheme=(
            lead + "".join(first.words),
            " ".join(_OTHERS.findall(version)),
            "".join(rest.words),
        ),
        numbers=tuple(map(int, digits)),
        stage=_stage(match["pre"] or ""),
        builds=(*first.builds, *rest.builds),
        distribution=(*first.distribution, *rest.distribution),
        is_padded=any(len(number) > 1 and number[0] == "0" for number in digits),
    )


def _stage(text: str) -> tuple[int, ...]:
    if not text:
        return FINAL
    name = re.sub(r"[^a-z]", "", text.lower())
    return (_STAGES[name], *map(int, _DIGITS.findall(text)))


def _find_version(tokens: Sequence[re.Match[str]]) -> int | None:
    """Choose the number that is the version of a tag that begins with a name.

    A number of its own comes before that of a component or distribution (`python3.11-2.4.1`),
    which is the version only where there is no other (`python-3.8`).
    """
    words: list[str] = []
    glue = ""
    weak = None
    for place, token in enumerate(tokens):
        if token.lastgroup in {"word", "counter"}:
            words.append(token[0])
            glue = ""
        elif token.lastgroup == "glue":
            glue = token[0]
        elif token.lastgroup == "number":
            word = words[-1] if words else ""
            numbers = tuple(map(int, _DIGITS.findall(token[0])))
            if is_never(words[0] if words else "") or is_windows(word):
                continue
            is_system = is_distribution(word, numbers)
            if is_system or is_component(word):
                if len(words) == 1 and weak is None and (glue or is_system):
                    weak = place
            elif len(numbers) > 1 and not counts_builds(_DIGITS.findall(token[0])[0]):
                return place
    return None if _counts_only_builds(tokens) else weak


def _counts_only_builds(tokens: Sequence[re.Match[str]]) -> bool:
    """Recognise `bookworm-20241111-slim` and `main-417`: a name, and which build of it."""
    words = [token[0] for token in tokens if token.lastgroup == "word"]
    if not words or is_never(words[0]):
        return False
    return any(
        token.lastgroup == "day" or (token.lastgroup == "number" and is_build(token[0], words))
        for token in tokens
    )

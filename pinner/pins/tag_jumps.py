"""Which steps from one version to the next are too long to be one.

Repositories hold tags that are no releases of the same numbering: `20190331160914` beside `4`,
`5512.0.0` beside `1.6.1`, `20.04.1` beside `5.2.3`. They are recognised by what lies between: from
a version, releases lead upward in steps.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pinner.pins.tag_words import is_date

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.pins.tag_versions import TagVersion

# Longest steps of the first number and of those behind it; large numbers may grow by a part of
# themselves.
_FIRST_STEP = 8
_LATER_STEP = 200
_LONE_STEP = 3
_MANY = 5
_YEARS = range(1990, 2100)
_YEARS_STEP = 15
_LARGEST = 9_999


class Neighbours:
    """The versions of one scheme around the current one, and how far they reach upward."""

    def __init__(self, now: TagVersion, family: Sequence[TagVersion]) -> None:
        """Compare a version with those of its scheme, in any order."""
        self.now = now
        members = _of_one_numbering(now, family)
        self.tags = {version.tag for version in members}
        self.reach = tuple(_reach(now.numbers, members, place) for place in range(len(now.numbers)))
        older = [version.numbers for version in family if not version > now]
        self.largest = max(
            (_LARGEST, *(10 * number for numbers in (now.numbers, *older) for number in numbers))
        )

    def are_between(self, later: TagVersion) -> bool:
        """Say whether steps of a usual length lead from the current version to a later one."""
        if later.tag not in self.tags or self.differ_in_kind(self.now.numbers, later.numbers):
            return False
        pairs = zip(self.now.numbers, later.numbers, strict=False)
        for place, (old, new) in enumerate(pairs):
            if new != old:
                if new > self.reach[place]:
                    return False
                return all(
                    number <= self.largest or is_date(str(number))
                    for number in later.numbers[place + 1 :]
                )
        return True

    @staticmethod
    def differ_in_kind(old: Sequence[int], new: Sequence[int]) -> bool:
        """Recognise build dates among release numbers, as 20230617 after 3.18."""
        pairs = zip(old, new, strict=False)
        return any(is_date(str(after)) and not is_date(str(before)) for before, after in pairs)


def _of_one_numbering(now: TagVersion, family: Sequence[TagVersion]) -> list[TagVersion]:
    """Leave out far versions with zeros in front, as calendars have, if no near one has any."""
    is_padded = now.is_padded or any(version.is_padded for version in family if not version > now)
    if is_padded or not now.numbers:
        return list(family)
    near = now.numbers[0] + _LONE_STEP
    return [version for version in family if not version.is_padded or version.numbers[0] <= near]


def _reach(now: Sequence[int], members: Sequence[TagVersion], place: int) -> int:
    """Walk upward from the current number at a place, while the next is a step away.

    A first number that only one tag has takes a shorter step, if the current one has many tags.
    """
    count = Counter(
        version.numbers[place]
        for version in members
        if len(version.numbers) > place and version.numbers[:place] == now[:place]
    )
    reach = now[place]
    shows_lone_ones = place == 0 and len(now) > 1 and count[reach] >= _MANY
    for number in sorted(number for number in count if number > reach):
        is_lone = shows_lone_ones and count[number] == 1
        if not _is_step(reach, number, place) or (is_lone and number - reach > _LONE_STEP):
            break
        reach = number
    return reach


def _is_step(old: int, new: int, place: int) -> bool:
    if is_date(str(old)):
        return is_date(str(new))
    if place == 0 and old in _YEARS:
        return new in _YEARS and new - old <= _YEARS_STEP
    longest = max(_FIRST_STEP, old // 2) if place == 0 else max(_LATER_STEP, 10 * old)
    return new - old <= longest

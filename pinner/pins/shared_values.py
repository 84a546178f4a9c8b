"""References whose tags are made of the same values: they move together, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.pins.tag_parts import part_texts
from pinner.pins.wishes import can_move_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pinner.model.occurrence import Span
    from pinner.pins.groups import Group
    from pinner.pins.wishes import Wishes

_Place = tuple[str, "Span"]


class Member(Struct, frozen=True):
    """The groups of one reference, its tag, and the tags that it may move to, the best first."""

    reference: str
    tag: str
    groups: tuple[Group, ...]
    candidates: tuple[str, ...] = ()

    @property
    def places(self) -> set[_Place]:
        """Where values stand that its tag is made of."""
        return {
            place
            for group in self.groups
            for seen in group.found
            if seen.site is not None
            for part in seen.site.parts
            for place in part.places
        }

    def values(self, tag: str, wishes: Wishes) -> dict[_Place, str] | None:
        """Give what has to stand at its places for it to have a tag; None where that cannot be."""
        values: dict[_Place, str] = {}
        for group in self.groups:
            for seen in group.found:
                if tag != self.tag and not can_move_tag(seen, tag, wishes):
                    return None
                own = part_texts(seen.site.parts, tag) if seen.site is not None else {}
                if any(values.setdefault(place, text) != text for place, text in own.items()):
                    return None
        return values


def sharing(members: Iterable[Member]) -> list[tuple[Member, ...]]:
    """Put those together that share values."""
    alone: list[tuple[Member, ...]] = []
    together: list[tuple[set[_Place], list[Member]]] = []
    for member in members:
        places, joined = member.places, [member]
        if not places:
            alone.append((member,))
            continue
        apart = []
        for other_places, others in together:
            if places & other_places:
                places |= other_places
                joined += others
            else:
                apart.append((other_places, others))
        together = [*apart, (places, joined)]
    shared = (tuple(sorted(joined, key=lambda one: one.reference)) for _, joined in together)
    return [*alone, *shared]


def joint_moves(members: Sequence[Member], wishes: Wishes) -> Iterator[dict[str, str]]:
    """Give the ways in which members move, the best first: old reference to new tag.

    A member that has to have another tag for another's sake has it among its own candidates.
    """
    given = set()
    for leader in members:
        for tag in leader.candidates:
            moves = _follow(leader, tag, members, wishes)
            if moves is not None and (key := tuple(sorted(moves.items()))) not in given:
                given.add(key)
                yield moves


def _follow(
    leader: Member, tag: str, members: Sequence[Member], wishes: Wishes
) -> dict[str, str] | None:
    values = leader.values(tag, wishes)
    if values is None:
        return None
    moves = {leader.reference: tag}
    for member in members:
        if member is leader:
            continue
        chosen = _fitting(member, values, wishes)
        if chosen is None:
            return None
        new, own = chosen
        values |= own
        if new != member.tag:
            moves[member.reference] = new
    return moves


def _fitting(
    member: Member, values: Mapping[_Place, str], wishes: Wishes
) -> tuple[str, dict[_Place, str]] | None:
    for tag in (*member.candidates, member.tag):
        own = member.values(tag, wishes)
        if own is not None and all(values.get(place, text) == text for place, text in own.items()):
            return tag, own
    return None

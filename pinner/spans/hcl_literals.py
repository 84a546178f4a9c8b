"""Literal texts of HCL that are images by their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.model.occurrence import Reason
from pinner.spans.hcl_nodes import Name, Template, all_blocks
from pinner.spans.hcl_reading import parse_hcl
from pinner.spans.sightings import Sighting
from pinner.spans.traced import Traced
from pinner.spans.variables import Region

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.spans.hcl_nodes import Block, Expression
    from pinner.spans.literals import Literals


def chains(literals: Literals) -> Iterator[tuple[Block, ...]]:
    """Parse a file and give its blocks, each with those around it; raises MalformedTextError."""
    file = parse_hcl(literals.source.text)
    literals.comments = file.comments
    return all_blocks(file.body)


def written_chain(chain: tuple[Block, ...]) -> str:
    """Write blocks as people do: `resource.kind.name.block`."""
    return ".".join(part for block in chain for part in (block.kind, *block.labels))


def note_value(literals: Literals, value: Expression | None, where: str) -> None:
    """Judge a text; whatever has to be worked out is templated."""
    match value:
        case None | Name(text="null"):
            pass
        case Template(literal=Traced() as text):
            literals.note(text, where)
        case Template():
            refuse_range(literals, value.inner, where, Reason.TEMPLATED)
        case _:
            refuse_range(literals, (value.start, value.end), where, Reason.TEMPLATED)


def refuse_range(literals: Literals, range_: tuple[int, int], where: str, reason: Reason) -> None:
    """Say why what stands in a range cannot be pinned."""
    region = Region(literals.source.path, *range_)
    literals.add(Sighting(region, where, region.start, reason=reason))

"""Find the image references of a Dockerfile: which words are images, and which are stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner.model.occurrence import Reason
from pinner.scanners.dockerfile.arguments import Arguments
from pinner.scanners.dockerfile.directives import escape_token, frontend_image
from pinner.scanners.dockerfile.reading import Copied, From, Reader
from pinner.scanners.dockerfile.stages import SCRATCH, is_bare, is_stage_index
from pinner.scanners.dockerfile.syntax import DockerfileError, Lines, read_instructions
from pinner.spans.sightings import Sighting, judge_literal, judge_word
from pinner.spans.variables import TooMuchError, expanded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pinner.spans.traced import Traced
    from pinner.spans.variables import Value


def find_references(
    text: Traced, file: str, given: Mapping[str, Value | None] | None = None
) -> tuple[list[Sighting], Lines]:
    """Find references in the order of the text, and tell its lines; raises DockerfileError.

    A build is `given` values for ARGs.
    """
    lines = Lines.of(text.text)
    frontend = frontend_image(text, lines)
    sightings = []
    if frontend is not None and frontend.text:
        sightings.append(judge_literal(frontend, "# syntax", file))
    reader = Reader(file, escape_token(lines), Arguments.predefined(given))
    at = 0
    try:
        for instruction in read_instructions(text, lines, reader.escape):
            at = instruction.body.starts[0] if instruction.body.text else at
            reader.read(instruction)
    except TooMuchError as error:
        raise DockerfileError(str(error), at) from error
    return [*sightings, *_judge(reader)], lines


def _judge(reader: Reader) -> Iterator[Sighting]:
    """Judge what was read, with all stages and all uses of ARGs known."""
    undecided = {name for name, value in reader.arguments.values.items() if value is None}
    for seen in reader.seen:
        match seen:
            case Sighting():
                yield seen
            case From(reason=Reason() as reason, region=region):
                yield Sighting(region, "FROM", region.start, reason=reason)
            case From() if not _is_stage(seen, reader):
                yield _judge_from(seen, reader, undecided)
            case Copied() if not _names_stage(seen, reader):
                yield _judge_copied(seen, reader)
            case _:
                pass


def _is_stage(seen: From, reader: Reader) -> bool:
    text = expanded(seen.pieces)
    return text == SCRATCH or reader.stages.is_earlier(text, seen.stages_before)


def _judge_from(seen: From, reader: Reader, undecided: set[str]) -> Sighting:
    word = judge_word(seen.pieces, seen.region, "FROM", reader.uses, undecided=undecided)
    word = replace(word, seen_at=seen.region.start)
    if word.reason is None and reader.stages.may_be_earlier(
        expanded(seen.pieces), seen.stages_before
    ):
        return replace(word, reason=Reason.AMBIGUOUS_STAGE)
    return word


def _names_stage(seen: Copied, reader: Reader) -> bool:
    text = seen.value.text
    if seen.in_trigger:  # of the child's stages only the numbers are known to be none of images
        return text == SCRATCH or (seen.may_be_index and is_stage_index(text))
    by_index = seen.may_be_index and reader.stages.has_index(text)
    return by_index or text == SCRATCH or reader.stages.is_named(text)


def _judge_copied(seen: Copied, reader: Reader) -> Sighting:
    word = judge_literal(seen.value, seen.where, reader.file)
    text = seen.value.text
    if seen.may_be_index and is_stage_index(text):  # no stage has this number
        return replace(word, reason=Reason.INVALID_REFERENCE, reference=None, site=None)
    ambiguous = seen.in_trigger or reader.stages.may_be_named(text)
    if ambiguous and is_bare(text) and word.reason is None:
        return replace(word, reason=Reason.AMBIGUOUS_STAGE)
    return word

"""A tag that is put together of parts: what each part has to become for the tag to be another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pinner.model.occurrence import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinner.model.occurrence import Span, TagPart

_NUMBER_OR_WORD = r"[0-9]+|[^0-9]+"  # compiled where a tag moves


def divide_tag(parts: Sequence[TagPart], tag: str) -> tuple[str, ...] | None:
    """Give what each part comes to in another tag; None where no edit of parts makes it."""
    written = [part.text for part in parts]
    for texts in _divisions(written, tag):
        changed = [
            (part, text) for part, text in zip(parts, texts, strict=True) if part.text != text
        ]
        if all(part.places and text for part, text in changed):
            return tuple(texts)
    return None


def part_edits(parts: Sequence[TagPart], tag: str) -> tuple[tuple[str, Edit], ...]:
    """Give the edits, with their files, by which the parts come to another tag; none if none do."""
    texts = divide_tag(parts, tag) if parts else None
    return tuple(
        (file, Edit(span, text))
        for part, text in zip(parts, texts or (), strict=False)
        if part.text != text
        for file, span in part.places
    )


def part_texts(parts: Sequence[TagPart], tag: str) -> dict[tuple[str, Span], str]:
    """Give what stands at each place of the parts of a tag; nothing where they cannot make it."""
    texts = divide_tag(parts, tag) if parts else None
    pairs = zip(parts, texts or (), strict=False)
    return {place: text for part, text in pairs for place in part.places}


def _divisions(written: Sequence[str], tag: str) -> Iterator[list[str]]:
    """Divide a tag as another one is, in the ways that make sense, the likeliest first."""
    by_tokens = _by_tokens(written, tag)
    if by_tokens is not None:
        yield by_tokens
    for at, own in enumerate(written):
        before, after = "".join(written[:at]), "".join(written[at + 1 :])
        is_around = tag.startswith(before) and tag.endswith(after)
        if own and is_around and len(tag) > len(before) + len(after):
            yield [*written[:at], tag[len(before) : len(tag) - len(after)], *written[at + 1 :]]


def _by_tokens(written: Sequence[str], tag: str) -> list[str] | None:
    """Divide where the numbers and words of both tags correspond; None where they do not."""
    old, new = (re.findall(_NUMBER_OR_WORD, text) for text in ("".join(written), tag))
    pairs = list(zip(old, new, strict=False))
    if len(old) != len(new) or any(was.isdigit() != now.isdigit() for was, now in pairs):
        return None
    cuts, begin_old, begin_new = {0: 0}, 0, 0
    for was, now in pairs:
        if was == now:  # a cut may go through it
            cuts |= {begin_old + i: begin_new + i for i in range(len(was))}
        begin_old, begin_new = begin_old + len(was), begin_new + len(now)
        cuts[begin_old] = begin_new
    texts, at, begin = [], 0, 0
    for part in written:
        at += len(part)
        if at not in cuts:
            return None
        texts.append(tag[begin : cuts[at]])
        begin = cuts[at]
    return texts

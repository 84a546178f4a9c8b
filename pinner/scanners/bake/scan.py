"""Bake files of buildx: what their targets pull beside what their Dockerfiles say.

The bake file reference: `contexts`, `dockerfile-inline`, `attest`. Tags, outputs and caches are
what a build makes or keeps, and no digest is wanted there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from pinner.model.occurrence import Reason
from pinner.scanners.bake.files import BakeFile, members, read_bake_file
from pinner.scanners.bake.words import Scope, VariableUses, after_scheme, region_of
from pinner.scanners.embedded import Embedded
from pinner.spans.hcl_nodes import Expression, ObjectValue, Template, inner_expressions
from pinner.spans.literals import Literals, scan_literals
from pinner.spans.sightings import Sighting, judge_word
from pinner.spans.traced import Traced
from pinner.spans.variables import Region, WordError, expanded, flattened, unset_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.mentions import BuiltImage, Mention
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source
    from pinner.spans.variables import Piece

_SCHEME = "docker-image://"
_GENERATOR = "generator="


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence | Problem | Embedded]:
    """Find references; raises ScanError for what is neither HCL nor JSON."""
    inline: list[Embedded] = []

    def read(literals: Literals) -> None:
        file = read_bake_file(literals.source)
        literals.comments = file.comments
        reader = _Reader(literals, file, Scope(source.path, file.variables))
        reader.read()
        inline.extend(reader.inline)

    yield from scan_literals(source, name, read)
    yield from inline


def mentions(source: Source) -> Iterator[Mention | BuiltImage]:
    """Give the Dockerfiles of targets, and the names of what they build."""
    from pinner.scanners.bake.mentions import find_mentions

    return find_mentions(source)


class _Word(Struct, frozen=True):
    pieces: tuple[Piece, ...]
    region: Region
    where: str
    is_text: bool


class _Reader(Struct):
    literals: Literals
    file: BakeFile
    scope: Scope
    words: list[_Word] = field(default_factory=list)
    inline: list[Embedded] = field(default_factory=list)

    @property
    def path(self) -> str:
        return self.literals.source.path

    def read(self) -> None:
        for target in self.file.targets:
            where = f"target.{target.name}"
            names = set()
            for value in target.all("contexts"):
                for key, context in members(value):
                    names.add(key or "")
                    self.read_context(context, f"{where}.contexts.{key or '*'}")
            for value in target.all("attest"):
                self.read_attest(value, f"{where}.attest")
            for value in target.all("dockerfile-inline"):
                self.read_inline(value, f"{where}.dockerfile-inline", frozenset(names))
        self.judge()

    def read_context(self, value: Expression, where: str) -> None:
        pieces = self.pieces(value)
        if pieces is None:
            if _SCHEME in self.literals.source.text[value.start : value.end]:
                self.refuse(value, where)
        elif expanded(pieces).startswith(_SCHEME):
            region = region_of(value, self.path)
            first = value.parts[0] if isinstance(value, Template) else None
            if isinstance(first, Traced) and first.text.startswith(_SCHEME):
                region = replace(region, start=first.ends[len(_SCHEME) - 1])
            cut = after_scheme(pieces, len(_SCHEME), self.path)
            self.words.append(_Word(cut, region, where, isinstance(value, Template)))

    def read_attest(self, value: Expression, where: str) -> None:
        match value:
            case Template(literal=Traced() as text):
                at = f",{text.text}".find(f",{_GENERATOR}")
                if at >= 0:
                    start = at + len(_GENERATOR)
                    end = text.text.find(",", start)
                    self.literals.note(text.cut(start, end if end >= 0 else len(text.text)), where)
            case Template():
                if _GENERATOR in self.literals.source.text[value.start : value.end]:
                    self.refuse(value, where)
            case ObjectValue():
                self.read_generator(value.get("generator"), where)
            case _:
                for inner in inner_expressions(value):
                    self.read_attest(inner, where)

    def read_generator(self, value: Expression | None, where: str) -> None:
        match value:
            case None:
                pass
            case Template(literal=Traced() as text):
                self.literals.note(text, where)
            case _:
                self.refuse(value, where)

    def read_inline(self, value: Expression, where: str, contexts: frozenset[str]) -> None:
        pieces = self.pieces(value)
        if pieces is None or unset_names(pieces):
            self.refuse(value, where)
        elif expanded(pieces).strip():
            part = Embedded(
                format="dockerfile",
                at=value.start,
                text=flattened(pieces, self.path),
                region=region_of(value, self.path),
                where=where,
                contexts=contexts,
            )
            self.inline.append(part)

    def pieces(self, value: Expression) -> tuple[Piece, ...] | None:
        try:
            return self.scope.pieces(value)
        except WordError:
            return None

    def refuse(self, value: Expression, where: str) -> None:
        region = region_of(value, self.path)
        self.literals.add(Sighting(region, where, region.start, reason=Reason.TEMPLATED))

    def judge(self) -> None:
        uses = VariableUses(self.file.names)
        for word in self.words:
            uses.add(word.pieces)
        for word in self.words:
            unset = unset_names(word.pieces)
            seen = judge_word(word.pieces, word.region, word.where, uses, undecided=unset)
            seen = replace(seen, seen_at=word.region.start)
            if not word.is_text and seen.site is not None and seen.region == word.region:
                # No digest can follow the bare name of a variable.
                seen = replace(seen, site=None, reason=Reason.UNSUPPORTED_EDIT)
            self.literals.add(seen)

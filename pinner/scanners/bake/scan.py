"""Bake files of buildx: what their targets pull beside what their Dockerfiles say.

The bake file reference: `contexts`, `dockerfile-inline`, `attest`. Tags, outputs and caches are
what a build makes or keeps, and no digest is wanted there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from pinner.model.occurrence import Reason
from pinner.scanners.bake.arguments import Arguments
from pinner.scanners.bake.files import BakeFile, members, read_bake_file
from pinner.scanners.bake.inheritance import Targets
from pinner.scanners.bake.words import Scope, VariableUses, after_scheme, region_of
from pinner.scanners.embedded import Embedded
from pinner.spans.hcl_nodes import Call, Expression, ObjectValue, Template, inner_expressions
from pinner.spans.literals import Literals, scan_literals
from pinner.spans.sightings import Sighting, judge_word
from pinner.spans.traced import Traced
from pinner.spans.variables import Region, WordError, expanded, flattened, unset_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.bake.inheritance import Values
    from pinner.scanners.mentions import BuiltImage, Mention
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source
    from pinner.spans.variables import Piece, Value

_SCHEME = "docker-image://"
_GENERATOR = re.compile(r'(?:^|,)("?)generator=')
_INLINE = "dockerfile-inline"


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
            for value in target.all("contexts"):
                for key, context in members(self.scope.resolved(value)):
                    self.read_context(context, f"{where}.contexts.{key or '*'}")
            for value in target.all("attest"):
                self.read_attest(self.scope.resolved(value), f"{where}.attest")
        self.read_inlines()
        self.judge()

    def read_inlines(self) -> None:
        """Read the Dockerfiles in targets, as the builds of all that inherit them are given."""
        own = [(one, value) for one in self.file.targets for value in one.all(_INLINE)]
        if not own:
            return
        targets = Targets.of(self.file.targets, self.scope)
        users: dict[int, list[Values]] = {}
        for name in targets.blocks:
            values = targets.values(name)
            if _INLINE in values:
                users.setdefault(id(values[_INLINE][None]), []).append(values)
        arguments = Arguments.of(self.file, self.scope)
        counted = targets.argument_uses()
        for target, value in own:
            builds = users.get(id(value), [])
            names = {key for values in builds for key in values.get("contexts", {}) if key}
            given = arguments.of_inline(builds, counted)
            self.read_inline(value, f"target.{target.name}.{_INLINE}", frozenset(names), given)

    def read_context(self, value: Expression, where: str) -> None:
        pieces = self.pieces(value)
        if pieces is None:
            if self.may_be_image(value):
                self.refuse(value, where)
        elif expanded(pieces).startswith(_SCHEME):
            region = region_of(value, self.path)
            first = value.parts[0] if isinstance(value, Template) else None
            if isinstance(first, Traced) and first.text.startswith(_SCHEME):
                region = replace(region, start=first.ends[len(_SCHEME) - 1])
            cut = after_scheme(pieces, len(_SCHEME), self.path)
            self.words.append(_Word(cut, region, where))

    def read_attest(self, value: Expression, where: str) -> None:
        match value:
            case Template(literal=Traced() as text):
                if found := _GENERATOR.search(text.text):
                    end = text.text.find(found[1] or ",", found.end())
                    end = end if end >= 0 else len(text.text)
                    self.literals.note(text.cut(found.end(), end), where)
            case Template():
                if "generator=" in self.text(value):
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

    def read_inline(
        self,
        value: Expression,
        where: str,
        contexts: frozenset[str],
        given: dict[str, Value | None],
    ) -> None:
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
                arguments=given,
            )
            self.inline.append(part)

    def pieces(self, value: Expression) -> tuple[Piece, ...] | None:
        try:
            return self.scope.pieces(value)
        except WordError:
            return None

    def may_be_image(self, value: Expression) -> bool:
        """Say whether the scheme stands in an expression, a variable's default or a function."""
        result = self.file.functions.get(value.name) if isinstance(value, Call) else None
        meant = (value, self.scope.resolved(value), result)
        return any(one is not None and _SCHEME in self.text(one) for one in meant)

    def text(self, value: Expression) -> str:
        return self.literals.source.text[value.start : value.end]

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
            self.literals.add(seen)

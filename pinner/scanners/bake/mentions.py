"""What a bake file says of others: the Dockerfiles of its targets, and what they build."""

from __future__ import annotations

import posixpath
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.model.reference import ImageReference, ReferenceSyntaxError
from pinner.scanners.bake.files import BakeFile, Target, members, read_bake_file
from pinner.scanners.bake.words import Scope, VariableUses, region_of, text_of
from pinner.scanners.mentions import Argument, BuiltImage, Mention, literal_argument
from pinner.spans.hcl_nodes import Expression, ListValue, Template
from pinner.spans.source import MalformedTextError
from pinner.spans.traced import Traced
from pinner.spans.variables import (
    Computed,
    Value,
    WordError,
    expanded,
    unset_names,
    whole_variable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pinner.spans.source import Source

_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|git@|/", re.IGNORECASE)
_DEEPEST = 50
_MOST_INHERITED = 40_000


def find_mentions(source: Source) -> Iterator[Mention | BuiltImage]:
    """Give what a file says of others; nothing where it cannot be read."""
    try:
        file = read_bake_file(source)
        found = list(_Reader(source, file, Scope(source.path, file.variables)).read())
    except MalformedTextError:
        return
    yield from found


class _Reader(Struct):
    source: Source
    file: BakeFile
    scope: Scope
    known: dict[str, dict[str, dict[str | None, Expression]]] = field(default_factory=dict)
    left: int = _MOST_INHERITED

    def read(self) -> Iterator[Mention | BuiltImage]:
        blocks: dict[str, list[Target]] = {}
        for target in self.file.targets:
            blocks.setdefault(target.name, []).append(target)
        uses = VariableUses(self.file.names)
        arguments = [
            value
            for target in self.file.targets
            for one in target.all("args")
            for _, value in members(one)
        ]
        for value in arguments:
            with suppress(WordError):
                uses.add(self.scope.pieces(value) or ())
        for name, own in blocks.items():
            yield from self.read_built(own)
            yield from self.read_target(name, blocks, uses)

    def read_built(self, blocks: list[Target]) -> Iterator[BuiltImage]:
        for block in blocks:
            for tags in block.all("tags"):
                for tag in tags.items if isinstance(tags, ListValue) else ():
                    text = text_of(self.scope, tag)
                    with suppress(ReferenceSyntaxError):
                        if text:
                            yield BuiltImage(ImageReference.parse(text).tagged().without_digest())

    def read_target(
        self, name: str, blocks: Mapping[str, list[Target]], uses: VariableUses
    ) -> Iterator[Mention]:
        values = self.inherited(name, blocks, 0)
        context = self.single(values, "context", ".")
        dockerfile = self.single(values, "dockerfile", "Dockerfile")
        if "dockerfile-inline" in values or not context or not dockerfile:
            return
        if _ELSEWHERE.match(context) or dockerfile.startswith("/"):
            return
        line = self.source.line(blocks[name][0].start)
        arguments = dict(self.arguments(values.get("args", {}), uses))
        contexts = frozenset(key for key in values.get("contexts", {}) if key)
        own = posixpath.dirname(self.source.path)
        # Paths begin where bake is called: beside the file, or at the project's root.
        for folder in dict.fromkeys([own, ""]):
            yield Mention(
                path=posixpath.normpath(posixpath.join(folder, context, dockerfile)),
                format="dockerfile",
                line=line,
                where=f"target.{name}",
                arguments=arguments,
                contexts=contexts,
                is_certain=False,
            )

    def inherited(
        self, name: str, blocks: Mapping[str, list[Target]], depth: int
    ) -> dict[str, dict[str | None, Expression]]:
        """Give a target's values with those it inherits, of which `args` and `contexts` merge."""
        if name in self.known or depth > _DEEPEST:
            return self.known.get(name, {})
        found: dict[str, dict[str | None, Expression]] = {}
        self.known[name] = found
        own = blocks.get(name, [])
        parents = [value for block in own for value in block.all("inherits")]
        for parent in parents:
            for item in parent.items if isinstance(parent, ListValue) else ():
                other = text_of(self.scope, item)
                for key, values in self.inherited(other or "", blocks, depth + 1).items():
                    found[key] = found.get(key, {}) | values
                    self.left -= len(found[key])
                if self.left < 0:
                    raise MalformedTextError("targets inherit beyond reason", parent.start)
        for block in own:
            for key, value in block.values:
                merges = key in ("args", "contexts")
                own_values: dict[str | None, Expression] = {None: value}
                found[key] = found.get(key, {}) | (dict(members(value)) if merges else own_values)
        return found

    def single(
        self, values: Mapping[str, Mapping[str | None, Expression]], key: str, default: str
    ) -> str | None:
        return text_of(self.scope, values[key][None]) if key in values else default

    def arguments(
        self, values: Mapping[str | None, Expression], uses: VariableUses
    ) -> Iterator[tuple[str, Argument]]:
        for name, value in values.items():
            with suppress(WordError):
                argument = self.argument(name, value, uses)
                if name and argument is not None:
                    yield name, argument

    def argument(self, name: str | None, value: Expression, uses: VariableUses) -> Argument | None:
        region = region_of(value, self.source.path)
        match value:
            case Template(literal=Traced() as text):
                return literal_argument(name or "", text, region)
            case _:
                pass
        pieces = self.scope.pieces(value)
        if pieces is None or unset_names(pieces):
            return None
        variable = whole_variable(pieces)
        if variable is not None and variable.value and uses.is_only_whole(variable.name):
            return Argument(variable.value, variable.value.region, variable.value.text)
        # No edit may reach through variables that others read too: what it comes to counts.
        computed = (Computed((name or "",), expanded(pieces), region.end),)
        return Argument(Value(name or "", computed, region), region, expanded(pieces))

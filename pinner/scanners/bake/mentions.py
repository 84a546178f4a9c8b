"""What a bake file says of others: the Dockerfiles of its targets, and what they build."""

from __future__ import annotations

import posixpath
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.model.reference import ImageReference, ReferenceSyntaxError
from pinner.scanners.bake.arguments import Arguments
from pinner.scanners.bake.files import BakeFile, Target, read_bake_file
from pinner.scanners.bake.inheritance import Targets
from pinner.scanners.bake.words import Scope, text_of
from pinner.scanners.mentions import BuiltImage, Mention
from pinner.spans.hcl_nodes import Expression, ListValue
from pinner.spans.source import MalformedTextError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pinner.spans.source import Source

_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|git@|/", re.IGNORECASE)


def find_mentions(source: Source) -> Iterator[Mention | BuiltImage]:
    """Give what a file says of others; nothing where it cannot be read."""
    try:
        file = read_bake_file(source)
        scope = Scope(source.path, file.variables)
        found = list(_Reader(source, file, scope, Targets.of(file.targets, scope)).read())
    except MalformedTextError:
        return
    yield from found


class _Reader(Struct):
    source: Source
    file: BakeFile
    scope: Scope
    targets: Targets

    def read(self) -> Iterator[Mention | BuiltImage]:
        arguments = Arguments.of(self.file, self.scope)
        for name, own in self.targets.blocks.items():
            yield from self.read_built(own)
            yield from self.read_target(name, own[0].start, arguments)

    def read_built(self, blocks: list[Target]) -> Iterator[BuiltImage]:
        for block in blocks:
            for tags in block.all("tags"):
                for tag in tags.items if isinstance(tags, ListValue) else ():
                    text = text_of(self.scope, tag)
                    with suppress(ReferenceSyntaxError):
                        if text:
                            yield BuiltImage(ImageReference.parse(text).tagged().without_digest())

    def read_target(self, name: str, start: int, arguments: Arguments) -> Iterator[Mention]:
        values = self.targets.values(name)
        context = self.single(values, "context", ".")
        dockerfile = self.single(values, "dockerfile", "Dockerfile")
        if "dockerfile-inline" in values or not context or not dockerfile:
            return
        if _ELSEWHERE.match(context) or dockerfile.startswith("/"):
            return
        line = self.source.line(start)
        given = dict(arguments.known(values.get("args", {})))
        contexts = frozenset(key for key in values.get("contexts", {}) if key)
        own = posixpath.dirname(self.source.path)
        # Paths begin where bake is called: beside the file, or at the project's root.
        for folder in dict.fromkeys([own, ""]):
            yield Mention(
                path=posixpath.normpath(posixpath.join(folder, context, dockerfile)),
                format="dockerfile",
                line=line,
                where=f"target.{name}",
                arguments=given,
                contexts=contexts,
                is_certain=False,
            )

    def single(
        self, values: Mapping[str, Mapping[str | None, Expression]], key: str, default: str
    ) -> str | None:
        return text_of(self.scope, values[key][None]) if key in values else default

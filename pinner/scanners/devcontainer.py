"""Development containers: the image of a `devcontainer.json`, and the files that it builds from.

The metadata reference of containers.dev: `image`, `build`, `dockerFile`, `dockerComposeFile`.
Features are locked by a file of their own.
"""

from __future__ import annotations

import posixpath
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.scanners.mentions import Argument, BuiltImage, Mention, literal_argument
from pinner.spans.json_nodes import parse_commented_json
from pinner.spans.judging import Judge
from pinner.spans.key_paths import KeyPaths, find_nodes
from pinner.spans.literals import Literals, scan_literals
from pinner.spans.sightings import is_placeholder
from pinner.spans.variables import Region, WordError
from pinner.spans.yaml_merging import Merger
from pinner.spans.yaml_nodes import Node, ScalarNode, SequenceNode, YamlSyntaxError
from pinner.spans.yaml_scalars import content_range, trace_scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source

_IMAGE = KeyPaths(["image"])


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence]:
    """Find the image; raises ScanError for what is not JSON with comments."""
    return scan_literals(source, name, _read)


def _read(literals: Literals) -> None:
    root, literals.comments = parse_commented_json(literals.source.text)
    judge = Judge(literals.source)
    for reached in find_nodes(root, _IMAGE, Merger()):
        judge.note(reached.node, reached.where)
    literals.seen = judge.seen


def mentions(source: Source) -> Iterator[Mention | BuiltImage]:
    """Give the Dockerfile with its arguments, and the compose files."""
    try:
        root, _ = parse_commented_json(source.text)
    except YamlSyntaxError:
        return
    top = Merger().items(root)
    reader = _Reader(source)
    composed = top.get("dockerComposeFile")
    for node in composed.items if isinstance(composed, SequenceNode) else [composed]:
        yield from reader.mention(node, "compose", "dockerComposeFile")
    build = Merger().items(top.get("build"))
    arguments = dict(reader.arguments(build.get("args")))
    dockerfile = build.get("dockerfile") or top.get("dockerFile")
    yield from reader.mention(dockerfile, "dockerfile", "build", arguments)


class _Reader(Struct):
    source: Source

    def mention(
        self,
        node: Node | None,
        format_: str,
        where: str,
        arguments: dict[str, Argument] | None = None,
    ) -> Iterator[Mention]:
        """Mention a file that is named by literal text, from this file's folder on."""
        if not isinstance(node, ScalarNode) or not node.value or not node.is_string:
            return
        if is_placeholder(node.value):
            return
        beside = posixpath.join(posixpath.dirname(self.source.path), node.value)
        yield Mention(
            path=posixpath.normpath(beside),
            format=format_,
            line=self.source.line(node.start),
            where=where,
            arguments=arguments or {},
        )

    def arguments(self, node: Node | None) -> Iterator[tuple[str, Argument]]:
        """Give the arguments that are literal text."""
        for name, value in Merger().items(node).items():
            if not isinstance(value, ScalarNode):
                continue
            text = trace_scalar(value, self.source.text)
            if text is None or is_placeholder(text.text):
                continue
            region = Region(self.source.path, *content_range(value, self.source.text))
            with suppress(WordError):
                yield name, literal_argument(name, text, region)

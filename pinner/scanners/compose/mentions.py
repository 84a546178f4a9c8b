"""What a compose file says of other files: builds, includes, services that it extends."""

from __future__ import annotations

import posixpath
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.model.reference import ImageReference, ReferenceSyntaxError
from pinner.scanners.compose.arguments import build_arguments, listed_items
from pinner.scanners.compose.dotenv import parse_env_file
from pinner.scanners.compose.interpolation import interpolate
from pinner.scanners.compose.policies import RESET, pulled_services
from pinner.scanners.mentions import BuiltImage, Mention
from pinner.spans.traced import Traced
from pinner.spans.variables import (
    Value,
    WordError,
    expanded,
    unset_names,
)
from pinner.spans.yaml_merging import Merger
from pinner.spans.yaml_nodes import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    YamlSyntaxError,
    parse_documents,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pinner.spans.source import Source

_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|git@", re.IGNORECASE)
# The keys at the top of a compose file, beside those that begin with `x-`.
_TOP = frozenset({
    "version", "name", "services", "networks", "volumes", "configs", "secrets", "include",
    "models", "jobs",
})  # fmt: skip


def looks_like_compose(text: str) -> bool:
    """Recognise a compose file by its content: services, and no other key at the top."""
    try:
        roots = parse_documents(text)
        merger = Merger()
        return bool(roots) and all(_is_compose(root, merger) for root in roots)
    except YamlSyntaxError:
        return False


def _is_compose(root: Node, merger: Merger) -> bool:
    top = merger.items(root)
    services = merger.items(top.get("services"))
    known = all(key in _TOP or key.startswith("x-") for key in top)
    return known and any(
        merger.items(service).keys() & {"image", "build"} for service in services.values()
    )


def find_mentions(source: Source) -> Iterator[Mention | BuiltImage]:
    """Give what a compose file says of others; nothing where it is no YAML."""
    env = source.companions.get(".env")
    try:
        roots = parse_documents(source.text)
        reader = _Reader(source, parse_env_file(env) if env else {})
        siblings = [text.text for name, text in source.companions.items() if name != ".env"]
        reader.pulled = pulled_services(roots, siblings, reader.shown_text)
        found = [mention for root in roots for mention in reader.read(root)]
    except YamlSyntaxError:
        return
    yield from found


class _Reader(Struct):
    source: Source
    scope: Mapping[str, Value | None]
    merger: Merger = field(default_factory=lambda: Merger(removed=RESET))
    pulled: frozenset[str] = frozenset()

    def live(self, node: Node | None) -> dict[str, Node]:
        return self.merger.items(node)

    def shown_text(self, node: Node | None) -> str:
        return self.text_of(node) or ""

    def read(self, root: Node) -> Iterator[Mention | BuiltImage]:
        top = self.live(root)
        for item in listed_items(top.get("include")):
            paths = [item] if isinstance(item, ScalarNode) else _listed(self.live(item).get("path"))
            for path in paths:
                yield from self.mention(path, "compose", "include")
        for name, node in self.live(top.get("services")).items():
            yield from self.read_service(name, f"services.{name}", self.live(node))

    def read_service(
        self, name: str, where: str, service: dict[str, Node]
    ) -> Iterator[Mention | BuiltImage]:
        extends = self.live(service.get("extends")).get("file")
        yield from self.mention(extends, "compose", f"{where}.extends")
        build = service.get("build")
        if build is None or (isinstance(build, ScalarNode) and not build.is_string):
            return
        image = self.text_of(service.get("image"))
        if image and name not in self.pulled:
            with suppress(ReferenceSyntaxError):
                yield BuiltImage(ImageReference.parse(image).tagged().without_digest())
        yield from self.read_build(f"{where}.build", build)

    def read_build(self, where: str, build: Node) -> Iterator[Mention]:
        options = self.live(build)
        context = build if isinstance(build, ScalarNode) else options.get("context")
        folder = self.text_of(context) if context is not None else "."
        if "dockerfile_inline" in options or folder is None or _ELSEWHERE.match(folder):
            return
        name = self.text_of(options.get("dockerfile")) if "dockerfile" in options else "Dockerfile"
        if name is None:
            return
        contexts = self.live(options.get("additional_contexts"))
        named = {
            item.value.partition("=")[0]
            for item in listed_items(options.get("additional_contexts"))
            if isinstance(item, ScalarNode)
        }
        yield Mention(
            path=self.path_of(posixpath.join(folder, name)),
            format="dockerfile",
            line=self.source.line(build.start),
            where=where,
            arguments=dict(
                build_arguments(options.get("args"), self.source, self.scope, self.live)
            ),
            contexts=frozenset({*contexts, *named}),
        )

    def mention(self, node: Node | None, format_: str, where: str) -> Iterator[Mention]:
        path = self.text_of(node)
        if node is None or not path or _ELSEWHERE.match(path):
            return
        yield Mention(
            path=self.path_of(path),
            format=format_,
            line=self.source.line(node.start),
            where=where,
        )

    def path_of(self, path: str) -> str:
        """Give a path below the project's root; one that leaves it begins with `../` or `/`."""
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.source.path), path))

    def text_of(self, node: Node | None) -> str | None:
        """Give the text that a scalar comes to: none where there is none or it cannot be told."""
        if node is None:
            return ""
        if not isinstance(node, ScalarNode):
            return None
        try:
            pieces = interpolate(Traced.of(node.value), self.scope, file=self.source.path)
        except WordError:
            return None
        return None if unset_names(pieces) else expanded(pieces)


def _listed(node: Node | None) -> list[Node]:
    if node is None or isinstance(node, MappingNode):
        return []
    return node.items if isinstance(node, SequenceNode) else [node]

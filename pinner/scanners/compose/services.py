"""The services of a compose file: their images, inline Dockerfiles, contexts and volumes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from pinner.model.errors import ScanError
from pinner.model.occurrence import Problem, Reason
from pinner.scanners.compose.interpolation import interpolate, parse_env_file
from pinner.scanners.embedded import Embedded
from pinner.spans.sightings import Sighting, judge_word, report_sightings
from pinner.spans.template_lines import find_image_lines, is_template
from pinner.spans.traced import NOWHERE, Traced
from pinner.spans.variables import (
    Literal,
    Region,
    RequiredVariableError,
    WordError,
    characters,
    expanded,
    names_used,
    whole_variable,
)
from pinner.spans.yaml_nodes import (
    MappingNode,
    Merger,
    Node,
    ScalarNode,
    SequenceNode,
    YamlSyntaxError,
    parse_documents,
    split_documents,
)
from pinner.spans.yaml_scalars import content_range, trace_scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pinner.model.occurrence import Occurrence
    from pinner.spans.source import Source
    from pinner.spans.variables import Piece, Value

_CONTEXT_SCHEME = "docker-image://"


def scan_services(source: Source, name: str) -> Iterator[Occurrence | Problem | Embedded]:
    """Find references; raises ScanError where the file is neither YAML nor a template of it."""
    env = source.companions.get(".env")
    siblings = tuple(text.text for name, text in source.companions.items() if name != ".env")
    reader = _Reader(source, parse_env_file(env) if env else {}, siblings)
    for start, end in split_documents(source.text):
        try:
            documents = parse_documents(source.text[start:end], start)
        except YamlSyntaxError as error:
            if not is_template(source.text):
                at = source.line(start + error.at)
                raise ScanError(source.path, at, str(error)) from error
            lines = find_image_lines(source.text, 0, len(source.text), source.path)
            yield from report_sightings(lines, source, name)
            return
        try:
            for document in documents:
                reader.read_document(document)
        except YamlSyntaxError as error:
            raise ScanError(source.path, source.line(error.at), str(error)) from error
    yield from report_sightings(reader.judge(), source, name)
    yield from reader.inline.values()
    yield from reader.problems


class _Word(Struct, eq=False):
    """A scalar that names an image, and whether a service that reaches it is built."""

    where: str
    text: Traced | None
    node: ScalarNode
    prefix: str = ""
    is_built: bool = False
    pieces: tuple[Piece, ...] = ()
    reason: Reason | None = None


class _Reader(Struct):
    source: Source
    scope: dict[str, Value | None]
    siblings: tuple[str, ...]
    merger: Merger = field(default_factory=Merger)
    words: dict[int, _Word] = field(default_factory=dict)
    inline: dict[int, Embedded] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def read_document(self, root: Node) -> None:
        top = self.merger.items(root)
        services = top.get("services")
        if services is None and self.is_old_form(top):
            services = root
        for service_name, service in self.merger.items(services).items():
            self.read_service(f"services.{service_name}", self.merger.items(service))

    def is_old_form(self, top: dict[str, Node]) -> bool:
        """Recognise the layout of before version 2, services at the top."""
        return bool(top) and all(
            self.merger.items(value).keys() & {"image", "build"} for value in top.values()
        )

    def read_service(self, where: str, service: dict[str, Node]) -> None:
        build = service.get("build")
        is_built = build is not None and not (isinstance(build, ScalarNode) and not build.value)
        self.note(service.get("image"), f"{where}.image", is_built=is_built)
        options = self.merger.items(build)
        self.read_contexts(options.get("additional_contexts"), where)
        self.read_inline(options.get("dockerfile_inline"), f"{where}.build.dockerfile_inline")
        for number, volume in enumerate(_items(service.get("volumes"))):
            entry = self.merger.items(volume)
            kind = entry.get("type")
            if isinstance(kind, ScalarNode) and kind.value == "image":
                self.note(entry.get("source"), f"{where}.volumes[{number}].source")
        for number, step in enumerate(_items(service.get("pre_start"))):
            image = self.merger.items(step).get("image")
            self.note(image, f"{where}.pre_start[{number}].image")

    def read_contexts(self, contexts: Node | None, where: str) -> None:
        where = f"{where}.build.additional_contexts"
        if isinstance(contexts, MappingNode):
            for key, node in self.merger.items(contexts).items():
                if isinstance(node, ScalarNode) and node.value.startswith(_CONTEXT_SCHEME):
                    self.note(node, f"{where}.{key}", prefix=_CONTEXT_SCHEME)
        for item in _items(contexts):
            if isinstance(item, ScalarNode):
                key, _, value = item.value.partition("=")
                if value.startswith(_CONTEXT_SCHEME):
                    self.note(item, f"{where}.{key}", prefix=f"{key}={_CONTEXT_SCHEME}")

    def note(
        self, node: Node | None, where: str, *, prefix: str = "", is_built: bool = False
    ) -> None:
        if not isinstance(node, ScalarNode) or not node.is_string or not node.value:
            return
        known = self.words.get(id(node))
        if known is not None:
            known.is_built |= is_built
            return
        text = trace_scalar(node, self.source.text)
        word = _Word(where, text, node, prefix, is_built)
        shown = text if text is not None else _untraced(node, self.source.text)
        shown = shown.cut(len(prefix), len(shown.text))
        try:
            word.pieces = interpolate(shown, self.scope, file=self.source.path)
        except RequiredVariableError:
            word.reason = Reason.UNSET_VARIABLE
        except WordError:
            word.reason = Reason.INVALID_REFERENCE
        self.words[id(node)] = word

    def read_inline(self, node: Node | None, where: str) -> None:
        """Read a Dockerfile in a scalar, as it is after interpolation."""
        if not isinstance(node, ScalarNode) or not node.value.strip() or id(node) in self.inline:
            return
        text = trace_scalar(node, self.source.text) or _untraced(node, self.source.text)
        try:
            pieces = interpolate(text, self.scope, file=self.source.path)
        except WordError as error:
            self.problems.append(
                Problem(self.source.path, self.source.line(node.start), f"{where}: {error}")
            )
            return
        self.inline[id(node)] = Embedded(
            format="dockerfile",
            at=node.start,
            text=_flattened(pieces, self.source.path),
            region=Region(self.source.path, *content_range(node, self.source.text)),
            where=where,
        )

    def judge(self) -> Iterator[Sighting]:
        words = list(self.words.values())
        uses = _EnvUses(words, self.scope, self.source.text, self.siblings)
        built = {expanded(word.pieces) for word in words if word.is_built and word.pieces}
        for word in words:
            region = self.region_of(word)
            if word.reason is not None:
                seen = Sighting(region, word.where, region.start, reason=word.reason)
            else:
                seen = judge_word(word.pieces, region, word.where, uses, undecided=_ANY)
                seen = replace(seen, seen_at=region.start)
            if word.is_built or expanded(word.pieces) in built:
                yield replace(seen, region=region, reason=Reason.BUILT_LOCALLY, site=None)
            else:
                yield seen

    def region_of(self, word: _Word) -> Region:
        start, end = content_range(word.node, self.source.text)
        if word.text is not None:
            start = word.text.starts[len(word.prefix)]
            end = word.text.ends[len(word.text.text) - 1]
        return Region(self.source.path, start, end)


class _Anything:
    """Every name: Compose asks for all variables that have no value."""

    def __contains__(self, item: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


_ANY = _Anything()


def _items(node: Node | None) -> Iterable[Node]:
    return node.items if isinstance(node, SequenceNode) else ()


def _untraced(node: ScalarNode, text: str) -> Traced:
    """Place a value that cannot be traced at its scalar, where no edit is possible."""
    start, _ = content_range(node, text)
    nowhere = [NOWHERE] * len(node.value)
    return Traced(node.value, [start, *nowhere[1:]], nowhere)


def _flattened(pieces: Iterable[Piece], file: str) -> Traced:
    """Make one text of pieces; what a variable supplied stands where the variable ends."""
    parts = []
    for piece in pieces:
        origins = characters([piece], file)
        if isinstance(piece, Literal):
            parts.append(piece.traced)
        else:
            at = [piece.end] * len(origins)
            parts.append(Traced(piece.text, at, at))
    return Traced.join(parts) if parts else Traced("", (), ())


class _EnvUses(Struct, frozen=True):
    """What reads the variables of a folder's `.env` file: this compose file and its siblings."""

    words: list[_Word]
    scope: dict[str, Value | None]
    text: str
    siblings: tuple[str, ...]

    def is_only_whole(self, name: str) -> bool:
        whole = 0
        for word in self.words:
            if name in names_used(word.pieces):
                found = whole_variable(word.pieces)
                if found is None or found.name != name:
                    return False
                whole += 1
        mention = re.compile(rf"\$\{{?{re.escape(name)}(?![A-Za-z0-9_])")
        return (
            len(mention.findall(self.text)) <= whole
            and not self.is_read_by_value(name)
            and all(
                _is_image_line(line, name)
                for text in self.siblings
                for line in text.splitlines()
                if mention.search(line)
            )
        )

    def is_read_by_value(self, name: str) -> bool:
        return any(value and name in names_used(value.pieces) for value in self.scope.values())

    def is_only_tag_of(self, name: str, reference: str) -> bool:  # noqa: ARG002 - Protocol
        """Other files read the same variables: a part of a reference stays as it is."""
        return False


def _is_image_line(line: str, name: str) -> bool:
    variable = rf"\$(?:{re.escape(name)}|\{{{re.escape(name)}(?::?[-?][^{{}}]*)?\}})"
    value = rf"(?:&\S+[ \t]+)?[\"']?{variable}[\"']?[ \t]*(?:#.*)?"
    return re.fullmatch(rf"[ \t]*[\"']?image[\"']?[ \t]*:[ \t]+{value}", line) is not None

"""The services of a compose file: their images, inline Dockerfiles, contexts and volumes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from pinner.model.errors import ScanError
from pinner.model.occurrence import Problem, Reason
from pinner.model.reference import ImageReference, ReferenceSyntaxError
from pinner.scanners.compose.interpolation import interpolate, parse_env_file
from pinner.scanners.embedded import Embedded
from pinner.spans.sightings import Sighting, judge_word, report_sightings
from pinner.spans.source import any_comment
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
    without_start,
)
from pinner.spans.yaml_nodes import (
    Merger,
    Node,
    ScalarNode,
    SequenceNode,
    TooDeepError,
    YamlSyntaxError,
    comment_test,
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
_RESET = "!reset"
# With any other policy compose asks the registry for the image of a service that is built.
_NO_PULL = frozenset({"", "build", "never"})


def scan_services(source: Source, name: str) -> Iterator[Occurrence | Problem | Embedded]:
    """Find references; raises ScanError where the file is neither YAML nor a template of it."""
    env = source.companions.get(".env")
    siblings = tuple(text.text for name, text in source.companions.items() if name != ".env")
    reader = _Reader(source, parse_env_file(env) if env else {}, siblings)
    roots: list[Node] = []
    for start, end in split_documents(source.text):
        try:
            documents = parse_documents(source.text[start:end], start)
        except YamlSyntaxError as error:
            if isinstance(error, TooDeepError) or not is_template(source.text):
                at = source.line(start + error.at)
                raise ScanError(source.path, at, str(error)) from error
            lines = find_image_lines(source.text, 0, len(source.text), source.path)
            yield from report_sightings(lines, source, name)
            return
        roots += documents
        try:
            for document in documents:
                reader.read_document(document)
        except YamlSyntaxError as error:
            raise ScanError(source.path, source.line(error.at), str(error)) from error
    is_comment = comment_test(roots, source.text) if "pinner:" in source.text else any_comment
    yield from report_sightings(reader.judge(), source, name, is_comment)
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
        top = self.live(root)
        services = top.get("services")
        if services is None and self.is_old_form(top):
            services = root
        for kind, members in (("services", services), ("jobs", top.get("jobs"))):
            for service_name, service in self.live(members).items():
                self.read_service(f"{kind}.{service_name}", self.live(service))
        for model_name, model in self.live(top.get("models")).items():
            self.note(self.live(model).get("model"), f"models.{model_name}.model")

    def live(self, node: Node | None) -> dict[str, Node]:
        """Give a mapping's values but for those that `!reset` takes away."""
        items = self.merger.items(node).items()
        return {key: value for key, value in items if value.tag != _RESET}

    def is_old_form(self, top: dict[str, Node]) -> bool:
        """Recognise the layout of before version 2, services at the top."""
        return bool(top) and all(
            self.merger.items(value).keys() & {"image", "build"} for value in top.values()
        )

    def read_service(self, where: str, service: dict[str, Node]) -> None:
        build = service.get("build")
        is_built = _is_there(build) and self.text_of(service.get("pull_policy")) in _NO_PULL
        self.note(service.get("image"), f"{where}.image", is_built=is_built)
        options = self.live(build)
        self.read_contexts(options.get("additional_contexts"), where)
        self.read_inline(options.get("dockerfile_inline"), f"{where}.build.dockerfile_inline")
        self.read_volumes(service, where)
        for number, step in enumerate(_items(service.get("pre_start"))):
            own = self.live(step)
            self.note(own.get("image"), f"{where}.pre_start[{number}].image")
            self.read_volumes(own, f"{where}.pre_start[{number}]")

    def read_volumes(self, service: dict[str, Node], where: str) -> None:
        for number, volume in enumerate(_items(service.get("volumes"))):
            entry = self.live(volume)
            if self.text_of(entry.get("type")) == "image":
                self.note(entry.get("source"), f"{where}.volumes[{number}].source")

    def text_of(self, node: Node | None) -> str:
        """Give the text that a scalar comes to; nothing where that cannot be told."""
        if not isinstance(node, ScalarNode) or not node.value:
            return ""
        shown = Traced.of(node.value)
        try:
            return expanded(interpolate(shown, self.scope, file=self.source.path))
        except WordError:
            return ""

    def read_contexts(self, contexts: Node | None, where: str) -> None:
        where = f"{where}.build.additional_contexts"
        for key, node in self.live(contexts).items():
            self.note(node, f"{where}.{key}", scheme=_CONTEXT_SCHEME)
        for item in _items(contexts):
            if isinstance(item, ScalarNode):
                key, equals, _ = item.value.partition("=")
                name = f"{where}.{key}"
                self.note(item, name, prefix=key + equals, scheme=_CONTEXT_SCHEME)

    def note(
        self,
        node: Node | None,
        where: str,
        *,
        prefix: str = "",
        scheme: str = "",
        is_built: bool = False,
    ) -> None:
        """Note a scalar that names an image, after a prefix; with a scheme only if it has that."""
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
            pieces = interpolate(shown, self.scope, file=self.source.path)
        except RequiredVariableError:
            word.reason = Reason.UNSET_VARIABLE
        except WordError:
            word.reason = Reason.INVALID_REFERENCE
        else:
            if not expanded(pieces).startswith(scheme):
                return
            word.pieces = without_start(pieces, len(scheme))
            word.prefix += scheme
        if word.reason is None or not scheme or scheme in node.value:
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
        built = {_reference_of(word) for word in words if word.is_built} - {None}
        for word in words:
            region = self.region_of(word)
            if word.reason is not None:
                seen = Sighting(region, word.where, region.start, reason=word.reason)
            else:
                seen = judge_word(word.pieces, region, word.where, uses, undecided=_ANY)
                seen = replace(seen, seen_at=region.start)
                if word.text is None and seen.reason is Reason.UNSUPPORTED_EDIT:
                    # No edit reaches it, but compose pulls it all the same.
                    seen = replace(seen, reason=None)
            if word.is_built or _reference_of(word) in built:
                yield replace(seen, region=region, reason=Reason.BUILT_LOCALLY, site=None)
            else:
                yield seen

    def region_of(self, word: _Word) -> Region:
        start, end = content_range(word.node, self.source.text)
        if word.text is not None and word.text.text.startswith(word.prefix):
            start = word.text.starts[min(len(word.prefix), len(word.text.text) - 1)]
            end = word.text.ends[len(word.text.text) - 1]
        return Region(self.source.path, start, end)


def _is_there(build: Node | None) -> bool:
    """Say whether a service is built: `build` may be written and be nothing."""
    if not isinstance(build, ScalarNode):
        return build is not None
    return bool(build.value) and build.is_string


def _reference_of(word: _Word) -> ImageReference | None:
    try:
        return ImageReference.parse(expanded(word.pieces)).tagged()
    except ReferenceSyntaxError:
        return None


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

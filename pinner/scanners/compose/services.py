"""The services of a compose file: their images, inline Dockerfiles, contexts and volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from pinner.model.errors import ScanError
from pinner.model.occurrence import Problem, Reason
from pinner.model.reference import ImageReference, ReferenceSyntaxError
from pinner.scanners.compose.arguments import argument_names, build_arguments
from pinner.scanners.compose.documents import TemplateError, lines_of, roots_of
from pinner.scanners.compose.dotenv import parse_env_file
from pinner.scanners.compose.env_uses import EnvUses
from pinner.scanners.compose.interpolation import interpolate
from pinner.scanners.compose.policies import RESET, pulled_services
from pinner.scanners.compose.traces import untraced
from pinner.scanners.embedded import Embedded
from pinner.spans.sightings import Sighting, judge_word, report_sightings
from pinner.spans.source import any_comment
from pinner.spans.traced import Traced
from pinner.spans.variables import (
    Region,
    RequiredVariableError,
    WordError,
    expanded,
    flattened,
    without_start,
)
from pinner.spans.yaml_comments import comment_test
from pinner.spans.yaml_merging import Merger
from pinner.spans.yaml_nodes import (
    Node,
    ScalarNode,
    SequenceNode,
    YamlSyntaxError,
    check_count,
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
    try:
        roots = roots_of(source)
        reader.read(roots)
    except TemplateError:
        yield from report_sightings(lines_of(source), source, name)
        return
    except YamlSyntaxError as error:
        raise ScanError(source.path, source.line(error.at), str(error)) from error
    is_comment = comment_test(roots, source.text) if "pinner:" in source.text else any_comment
    yield from report_sightings(reader.judge(), source, name, is_comment)
    yield from reader.inline.values()
    yield from reader.problems


class _Word(Struct, eq=False):
    """A scalar that names an image; whether a service that reaches it is built, or pulls it."""

    where: str
    text: Traced | None
    node: ScalarNode
    prefix: str = ""
    is_built: bool = False
    is_pulled: bool = False
    pieces: tuple[Piece, ...] = ()
    reason: Reason | None = None


class _Reader(Struct):
    source: Source
    scope: dict[str, Value | None]
    siblings: tuple[str, ...]
    merger: Merger = field(default_factory=lambda: Merger(removed=RESET, unique=True))
    pulled: frozenset[str] = frozenset()
    words: dict[int, _Word] = field(default_factory=dict)
    inline: dict[tuple[int, int], Embedded] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def read(self, roots: list[Node]) -> None:
        self.pulled = pulled_services(roots, self.siblings, self.text_of)
        for root in roots:
            self.read_document(root)

    def read_document(self, root: Node) -> None:
        top = self.items(root)
        services = top.get("services")
        if services is None and self.is_old_form(top):
            services = root
        for kind, members in (("services", services), ("jobs", top.get("jobs"))):
            for service_name, service in self.items(members).items():
                self.read_service(service_name, f"{kind}.{service_name}", self.items(service))
        for model_name, model in self.items(top.get("models")).items():
            self.note(self.items(model).get("model"), f"models.{model_name}.model")

    def items(self, node: Node | None) -> dict[str, Node]:
        return self.merger.items(node)

    def is_old_form(self, top: dict[str, Node]) -> bool:
        """Recognise the layout of before version 2, services at the top."""
        return bool(top) and all(
            self.merger.items(value).keys() & {"image", "build"} for value in top.values()
        )

    def read_service(self, name: str, where: str, service: dict[str, Node]) -> None:
        build = service.get("build")
        is_pulled = name in self.pulled
        is_built = _is_there(build) and not is_pulled
        image = service.get("image")
        word = self.note(image, f"{where}.image")
        if word is not None:
            word.is_built |= is_built
            word.is_pulled |= is_pulled
        options = self.items(build)
        self.read_contexts(options.get("additional_contexts"), where)
        inline = options.get("dockerfile_inline")
        self.read_inline(inline, f"{where}.build.dockerfile_inline", options.get("args"))
        self.read_volumes(service, where)
        for number, step in enumerate(_items(service.get("pre_start"))):
            own = self.items(step)
            self.note(own.get("image"), f"{where}.pre_start[{number}].image")
            self.read_volumes(own, f"{where}.pre_start[{number}]")

    def read_volumes(self, service: dict[str, Node], where: str) -> None:
        for number, volume in enumerate(_items(service.get("volumes"))):
            entry = self.items(volume)
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
        for key, node in self.items(contexts).items():
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
    ) -> _Word | None:
        """Note a scalar that names an image, after a prefix; with a scheme only if it has that."""
        if not isinstance(node, ScalarNode) or not node.is_string or not node.value:
            return None
        known = self.words.get(id(node))
        if known is not None:
            return known
        check_count(len(self.words), node.start)
        text = trace_scalar(node, self.source.text)
        word = _Word(where, text, node, prefix)
        shown = text if text is not None else untraced(node, self.source.text)
        shown = shown.cut(len(prefix), len(shown.text))
        try:
            pieces = interpolate(shown, self.scope, file=self.source.path)
        except RequiredVariableError:
            word.reason = Reason.UNSET_VARIABLE
        except WordError:
            word.reason = Reason.INVALID_REFERENCE
        else:
            if not expanded(pieces).startswith(scheme):
                return None
            word.pieces = without_start(pieces, len(scheme))
            word.prefix += scheme
        if word.reason is not None and scheme and scheme not in node.value:
            return None
        self.words[id(node)] = word
        return word

    def read_inline(self, node: Node | None, where: str, arguments: Node | None) -> None:
        """Read a Dockerfile in a scalar, as it is after interpolation, with what it is given."""
        key = (id(node), id(arguments))
        if not isinstance(node, ScalarNode) or not node.value.strip() or key in self.inline:
            return
        text = trace_scalar(node, self.source.text) or untraced(node, self.source.text)
        try:
            pieces = interpolate(text, self.scope, file=self.source.path)
        except WordError as error:
            self.problems.append(
                Problem(self.source.path, self.source.line(node.start), f"{where}: {error}")
            )
            return
        self.inline[key] = Embedded(
            format="dockerfile",
            at=node.start,
            text=flattened(pieces, self.source.path),
            region=Region(self.source.path, *content_range(node, self.source.text)),
            where=where,
            arguments=self.given(arguments),
        )

    def given(self, arguments: Node | None) -> dict[str, Value | None]:
        """Give a build's arguments, None for those whose value cannot be told."""
        live = self.items
        found = dict(build_arguments(arguments, self.source, self.scope, live))
        names = argument_names(arguments, live)
        return {name: found[name].value if name in found else None for name in names}

    def judge(self) -> Iterator[Sighting]:
        words = list(self.words.values())
        uses = EnvUses([word.pieces for word in words], self.scope, self.source.text, self.siblings)
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
            if not word.is_pulled and (word.is_built or _reference_of(word) in built):
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

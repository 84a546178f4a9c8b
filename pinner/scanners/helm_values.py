"""Images in the values of Helm charts, wherever values stand.

An image is text, or split: `registry`, `repository` (or `name`) and `tag` in fields of their own,
with `digest` or `sha` beside them in the charts that take one. What a chart makes of a tag is the
chart's: many write it into labels, which a digest breaks, so that a tag takes none by itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from pinner.model.occurrence import DigestField, Reason, Site, Span
from pinner.model.reference import ImageReference, ReferenceSyntaxError, is_digest
from pinner.spans.digest_fields import field_that_is_there
from pinner.spans.key_paths import children, written_path
from pinner.spans.sightings import Sighting, is_placeholder
from pinner.spans.variables import Region
from pinner.spans.yaml_nodes import MappingNode, Node, ScalarNode, TooDeepError
from pinner.spans.yaml_scalars import content_range, trace_scalar

if TYPE_CHECKING:
    from pinner.spans.judging import Judge
    from pinner.spans.yaml_merging import Merger

_LONGEST_PATH = 1000
_INTEGER = re.compile(r"0|[1-9][0-9]{0,5}")
_DECIMAL = re.compile(r"(?:0|[1-9][0-9]{0,5})\.[0-9]{0,6}[1-9]")
_DECIMAL_TEXT = re.compile(r"[0-9]{1,6}\.[0-9]{1,6}")
_EMPTY = ("", "~", "null")
# A mapping that has one of these beside a repository is an image, whatever its key.
_IMAGE_FIELDS = ("tag", "pullPolicy", "registry", "digest", "sha")


class HelmValues(Struct):
    """Values that are being read; `pins_tags` says that a tag takes the digest all the same.

    `has_split` says whether an image in several fields was there.
    """

    merger: Merger
    judge: Judge
    pins_tags: bool = False
    visited: set[int] = field(default_factory=set)
    has_split: bool = False

    def read(self, root: Node, keys: tuple[str, ...] = ()) -> None:
        """Note every image below a node; raises YamlSyntaxError where aliases lead too deep."""
        registry = self._text(
            self.merger.items(self.merger.items(root).get("global")), "imageRegistry"
        )
        pending: list[tuple[Node, tuple[str, ...]]] = [(root, keys)]
        while pending:
            node, path = pending.pop()
            if id(node) in self.visited:
                continue
            if len(path) > _LONGEST_PATH:
                raise TooDeepError(f"aliases lead more than {_LONGEST_PATH} deep", node.start)
            self.visited.add(id(node))
            if isinstance(node, MappingNode):
                self._read_image(node, path, registry)
            for key, value in children(node, self.merger):
                if isinstance(value, ScalarNode):
                    if key.endswith(("image", "Image")):
                        self._read_text(node, value, (*path, key))
                else:
                    pending.append((value, (*path, key)))

    def _read_text(self, mapping: Node, value: ScalarNode, path: tuple[str, ...]) -> None:
        """Note an image that is text, if it bears a tag, a digest or a registry."""
        if not value.is_string or not value.value:
            return
        if is_placeholder(value.value):
            self.judge.note(value, written_path(path))
            return
        try:
            reference = ImageReference.parse(value.value)
        except ReferenceSyntaxError:
            return
        if reference.tag or reference.digest or self._is_whole(mapping, value, path[-1]):
            self.judge.note(value, written_path(path))

    def _is_whole(self, mapping: Node, value: ScalarNode, key: str) -> bool:
        """Take text without a tag for an image if it names a registry, and no tag beside it."""
        host, slash, _ = value.value.partition("/")
        return bool(slash) and ("." in host or ":" in host) and not self._is_split(mapping, key)

    def _is_split(self, mapping: Node, key: str) -> bool:
        return key == "image" and isinstance(self.merger.items(mapping).get("tag"), ScalarNode)

    def _read_image(self, node: MappingNode, path: tuple[str, ...], registry: str) -> None:
        """Note an image whose parts stand in fields of a mapping."""
        fields = self.merger.items(node)
        is_named = bool(path) and (
            path[-1].endswith(("image", "Image")) or path[-2:-1] == ("images",)
        )
        name = fields.get("repository")
        if name is None and is_named:
            name = fields.get("name")
        if name is None and "tag" in fields:
            name = fields.get("image")
        if not isinstance(name, ScalarNode) or not name.is_string or not name.value:
            return
        if not is_named and not any(key in fields for key in _IMAGE_FIELDS):
            return
        host = self._text(fields, "registry")
        host = (registry or host) if "registry" in fields else ""
        whole = f"{host}/{name.value}" if host else name.value
        found = self._judged(node, name, whole, written_path(path), is_named=is_named)
        self.has_split |= bool(found)
        self.judge.seen += found

    def _judged(
        self, node: MappingNode, name: ScalarNode, whole: str, where: str, *, is_named: bool
    ) -> list[Sighting]:
        refused = self._refused(name, where)
        if is_placeholder(whole):
            return [replace(refused, reason=Reason.TEMPLATED)] if is_named else []
        reference = _name_of(whole)
        if reference is None:
            return []
        slot, digest = self._digest_of(node)
        if digest is not None and not is_digest(digest):
            why = Reason.TEMPLATED if is_placeholder(digest) else Reason.INVALID_REFERENCE
            return [replace(refused, reason=why)]
        tag = self.merger.items(node).get("tag")
        if isinstance(tag, ScalarNode) and (tag.value if tag.style else tag.value not in _EMPTY):
            return [self._tagged(tag, reference, where, slot, digest)]
        if digest is None or slot is None:
            return [replace(refused, reason=Reason.CHART_DECIDES)]
        site = Site(end=slot.span.end, has_at=False, field=slot)
        return [replace(refused, site=site, reference=replace(reference, digest=digest))]

    def _tagged(
        self,
        tag: ScalarNode,
        name: ImageReference,
        where: str,
        slot: DigestField | None,
        digest: str | None,
    ) -> Sighting:
        refused = self._refused(tag, f"{where}.tag" if where else "tag")
        if is_placeholder(tag.value):
            return replace(refused, reason=Reason.TEMPLATED)
        text, sign, written = tag.value.partition("@")
        try:
            reference = ImageReference.parse(f"{name.familiar}:{text}{sign}{written}")
        except ReferenceSyntaxError:
            return replace(refused, reason=Reason.INVALID_REFERENCE)
        if not tag.is_string and not (_INTEGER.fullmatch(text) or _DECIMAL.fullmatch(text)):
            # Helm writes a number in its own way: 1.10 as 1.1.
            is_decimal = _DECIMAL_TEXT.fullmatch(text) is not None
            shown = replace(name, tag=repr(float(text)).removesuffix(".0")) if is_decimal else None
            return replace(refused, reason=Reason.UNSUPPORTED_EDIT, reference=shown)
        traced = trace_scalar(tag, self.judge.source.text)
        if traced is None or not traced.is_plain:
            return replace(refused, reason=Reason.UNSUPPORTED_EDIT, reference=reference)
        start = traced.starts[0]
        end = start + len(text)
        span = Span(start, end)
        if sign:
            site = Site(end=end, digest=Span(end, start + len(tag.value)), tag=span, tag_alone=True)
        elif slot is not None:
            site = Site(end=end, tag=span, tag_alone=True, has_at=False, field=slot)
            reference = replace(reference, digest=digest) if digest else reference
        else:
            # Text that is to take a digest has to stay text.
            pins = self.pins_tags and tag.is_string
            site = Site(end=end, tag=span, tag_alone=True, lock_only=not pins)
        return replace(refused, reason=None, site=site, reference=reference)

    def _digest_of(self, node: MappingNode) -> tuple[DigestField | None, str | None]:
        """Give the field for a digest that stands in a mapping itself, and what it holds."""
        for key, value in node.pairs:
            if isinstance(key, ScalarNode) and key.value in ("digest", "sha"):
                is_bare = key.value == "sha"
                slot = field_that_is_there(key, value, self.judge.source.text, is_bare=is_bare)
                held = value.value if isinstance(value, ScalarNode) else "no text"
                if held in _EMPTY:
                    return slot, None
                return slot, f"sha256:{held}" if is_bare else held
        return None, None

    def _refused(self, node: ScalarNode, where: str) -> Sighting:
        source = self.judge.source
        region = Region(source.path, *content_range(node, source.text))
        return Sighting(region, where, region.start)

    def _text(self, fields: dict[str, Node], key: str) -> str:
        value = fields.get(key)
        return value.value if isinstance(value, ScalarNode) and value.is_string else ""


def _name_of(text: str) -> ImageReference | None:
    """Parse an image's name; None for what is none, or a reference that takes no tag behind it."""
    try:
        reference = ImageReference.parse(text)
    except ReferenceSyntaxError:
        return None
    return None if reference.tag or reference.digest else reference

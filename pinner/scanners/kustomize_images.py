"""The `images` of kustomizations, wherever they stand.

A row gives a name another name, tag or digest. kustomize 5 joins `newTag` and `digest`; a `newTag`
alone takes away the digest that a base has, so that both stand in a pinned row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinner.model.occurrence import Reason, Site, Span
from pinner.model.reference import ImageReference, ReferenceSyntaxError, is_digest
from pinner.spans.digest_fields import new_field, written_field
from pinner.spans.sightings import Sighting, is_placeholder, judge_literal
from pinner.spans.variables import Region
from pinner.spans.yaml_nodes import MappingNode, Node, ScalarNode, SequenceNode
from pinner.spans.yaml_scalars import content_range, trace_scalar

if TYPE_CHECKING:
    from pinner.spans.judging import Judge
    from pinner.spans.traced import Traced
    from pinner.spans.yaml_merging import Merger


def note_kustomize_images(images: Node | None, where: str, merger: Merger, judge: Judge) -> None:
    """Note the rows of an `images` list: mappings, or texts as Argo CD has them."""
    for at, row in enumerate(images.items if isinstance(images, SequenceNode) else ()):
        if isinstance(row, MappingNode):
            read = _Row.of(row, merger)
            if read is not None:
                source = judge.source
                region = Region(source.path, *content_range(read.shown, source.text))
                refused = Sighting(region, f"{where}[{at}]", region.start)
                judge.seen.append(read.judged(refused, source.text))
        elif isinstance(row, ScalarNode) and row.is_string:
            judge.seen += _text(row, f"{where}[{at}]", judge)


class _Row(Struct, frozen=True):
    """A row with a tag, a digest or both; `name` is the one that counts."""

    mapping: MappingNode
    name: ScalarNode
    tag: tuple[ScalarNode, ScalarNode] | None
    digest: tuple[ScalarNode, ScalarNode] | None

    @classmethod
    def of(cls, mapping: MappingNode, merger: Merger) -> _Row | None:
        """Read a row; None for another name alone, which leaves tag and digest to the base."""
        fields = merger.items(mapping)
        name = fields.get("newName") or fields.get("name")
        pairs = {
            key.value: (key, value)
            for key, value in mapping.pairs
            if isinstance(key, ScalarNode) and isinstance(value, ScalarNode)
        }
        tag, digest = pairs.get("newTag"), pairs.get("digest")
        tag = tag if tag and tag[1].value else None
        if not isinstance(name, ScalarNode) or not (tag or (digest and digest[1].value)):
            return None
        return cls(mapping, name, tag, digest)

    @property
    def shown(self) -> ScalarNode:
        return self.tag[1] if self.tag else self.name

    @property
    def held(self) -> str:
        return self.digest[1].value if self.digest else ""

    @property
    def written(self) -> str:
        tag = f":{self.tag[1].value}" if self.tag else ""
        return f"{self.name.value}{tag}"

    def judged(self, refused: Sighting, text: str) -> Sighting:
        if is_placeholder(f"{self.written}{self.held}"):
            return replace(refused, reason=Reason.TEMPLATED)
        try:
            reference = ImageReference.parse(self.written)
        except ReferenceSyntaxError:
            return replace(refused, reason=Reason.INVALID_REFERENCE)
        if self.held and not is_digest(self.held):
            return replace(refused, reason=Reason.INVALID_REFERENCE)
        site = self._site(refused.region, text)
        reference = replace(reference, digest=self.held or reference.digest)
        if site is None and reference.digest is None:
            return replace(refused, reason=Reason.UNSUPPORTED_EDIT, reference=reference)
        return replace(refused, site=site, reference=reference)

    def _site(self, region: Region, text: str) -> Site | None:
        """Find where the digest goes: into its field, a new one, or behind the tag's `@`."""
        if self.tag is None:
            field = written_field(self.mapping, *self.digest, text) if self.digest else None
            return Site(end=region.end, has_at=False, field=field) if field else None
        key, tag = self.tag
        if not tag.is_string or not _is_plain(tag, text):
            return None
        span, sign = Span(region.start, region.end), tag.value.find("@")
        if sign >= 0 and self.digest is None:  # as people wrote it before kustomize 5
            at = region.start + sign
            span = Span(region.start, at)
            return Site(end=at, digest=Span(at, region.end), tag=span, tag_alone=True)
        field = (
            written_field(self.mapping, *self.digest, text)
            if self.digest
            else new_field(self.mapping, key, tag, "digest", text)
        )
        if field is None:
            return None
        return Site(end=span.end, tag=span, tag_alone=True, has_at=False, field=field)


def _is_plain(tag: ScalarNode, text: str) -> bool:
    traced = trace_scalar(tag, text)
    return traced is not None and traced.is_plain


def _text(row: ScalarNode, where: str, judge: Judge) -> list[Sighting]:
    """Judge `name=new:tag` or `name:tag`, where the digest goes behind the tag."""
    traced = trace_scalar(row, judge.source.text)
    if traced is None or not traced.text:
        return []
    traced = traced.cut(traced.text.rfind("=") + 1, len(traced.text))
    if is_placeholder(traced.text):
        region = Region(judge.source.path, *content_range(row, judge.source.text))
        return [Sighting(region, where, region.start, reason=Reason.TEMPLATED)]
    if not _has_tag(traced):
        return []  # another name alone
    return [judge_literal(traced, where, judge.source.path)]


def _has_tag(traced: Traced) -> bool:
    return "@" in traced.text or ":" in traced.text.rpartition("/")[2]

"""Scalars that are images by their place, judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from pinner.model.occurrence import Reason
from pinner.model.reference import ImageReference, ReferenceSyntaxError
from pinner.spans.sightings import Sighting, is_placeholder, judge_literal, left_alone
from pinner.spans.variables import Region
from pinner.spans.yaml_nodes import ScalarNode, check_count
from pinner.spans.yaml_scalars import content_range, trace_scalar

if TYPE_CHECKING:
    from pinner.spans.source import Source
    from pinner.spans.yaml_nodes import Node

_BUILD_SCHEME = "ko://"
URL_SCHEME = "docker://"


class Judge(Struct):
    """Judges the scalars of a file, and keeps what it saw."""

    source: Source
    seen: list[Sighting] = field(default_factory=list)

    def note(self, node: Node | None, where: str, *, is_editable: bool = True) -> None:
        """Judge a scalar that is an image by its place; raises YamlSyntaxError where many are.

        It is not editable where something else reads it too.
        """
        check_count(len(self.seen), node.start if node else 0)
        if not isinstance(node, ScalarNode) or not node.is_string or not node.value:
            return
        if node.value.startswith(_BUILD_SCHEME):
            self.refuse(node, where, Reason.BUILT_LOCALLY)
        elif is_placeholder(node.value):
            self.refuse(node, where, Reason.TEMPLATED)
        else:
            seen = self.judged(node, where)
            self.seen.append(seen if is_editable else left_alone(seen))

    def note_part(self, node: ScalarNode, where: str, start: int) -> None:
        """Judge what stands behind some characters of a scalar."""
        traced = trace_scalar(node, self.source.text)
        if traced is None:
            self.seen.append(self.refused(node, where, Reason.UNSUPPORTED_EDIT))
        elif is_placeholder(node.value[start:]):
            self.seen.append(self.refused(node, where, Reason.TEMPLATED))
        elif len(traced.text) > start:
            part = traced.cut(start, len(traced.text))
            self.seen.append(judge_literal(part, where, self.source.path))

    def refuse(self, node: ScalarNode, where: str, reason: Reason) -> None:
        """Say why a scalar cannot be pinned."""
        self.seen.append(self.refused(node, where, reason))

    def refused(self, node: ScalarNode, where: str, reason: Reason | None) -> Sighting:
        region = Region(self.source.path, *content_range(node, self.source.text))
        return Sighting(region, where, region.start, reason=reason)

    def judged(self, node: ScalarNode, where: str) -> Sighting:
        traced = trace_scalar(node, self.source.text)
        if traced is None:
            return self.untraced(node, where)
        if traced.text.startswith(URL_SCHEME):
            traced = traced.cut(len(URL_SCHEME), len(traced.text))
        if not traced.text:
            return self.refused(node, where, Reason.INVALID_REFERENCE)
        return judge_literal(traced, where, self.source.path)

    def untraced(self, node: ScalarNode, where: str) -> Sighting:
        """Judge text that no edit can reach: it is found all the same."""
        try:
            reference = ImageReference.parse(node.value.removeprefix(URL_SCHEME).strip())
        except ReferenceSyntaxError:
            return self.refused(node, where, Reason.INVALID_REFERENCE)
        return replace(self.refused(node, where, None), reference=reference.tagged())

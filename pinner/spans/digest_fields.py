"""Fields of YAML and JSON that hold a digest by itself: one that is there, or one to be written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pinner.model.occurrence import DigestField, Span
from pinner.spans.yaml_nodes import ScalarNode
from pinner.spans.yaml_scalars import after_properties, content_range

if TYPE_CHECKING:
    from pinner.spans.yaml_nodes import MappingNode, Node

_INDENTATION = re.compile(r"[ -]*")
_REST_OF_LINE = re.compile(r"[ \t]*(?:,[ \t]*)?(?:#[^\n]*)?\r?\Z")
_END_OF_FLOW = re.compile(r"\s*[,}]")
_NULLS = ("", "~", "null", "Null", "NULL")


def field_that_is_there(
    key: ScalarNode, value: Node, text: str, *, is_bare: bool = False
) -> DigestField | None:
    """Describe a field of a digest, empty or not; None where it cannot be edited by itself.

    What is taken out again leaves the field empty, with the quotes that it had.
    """
    if not isinstance(value, ScalarNode) or value.start < key.end:
        return None
    between = text[key.end : value.start]
    if between.strip() not in (":", "") or value.style not in ("", "'", '"'):
        return None
    start, end = content_range(value, text)
    is_set = value.value not in _NULLS
    if value.style:
        return DigestField(span=Span(start, end), is_bare=is_bare, is_set=is_set)
    colon = text.find(":", key.end) + 1
    before = "" if start > colon else " "
    is_flow = _END_OF_FLOW.match(text, end) is not None
    removal = Span(colon, end) if is_set and not is_flow else None
    return DigestField(
        span=Span(start, end), before=before, is_bare=is_bare, is_set=is_set, removal=removal
    )


def new_field(
    mapping: MappingNode, key: ScalarNode, value: ScalarNode, name: str, text: str
) -> DigestField | None:
    """Describe a field that is to be written behind another, as that one is written.

    None where the text is laid out so that this cannot be done.
    """
    quote = '"' if key.style == '"' else ""
    label = f"{quote}{name}{quote}: {quote}"
    if text.startswith("{", after_properties(text, mapping.start)):
        return DigestField(span=Span(value.end, value.end), before=f", {label}", after=quote)
    line = text.rfind("\n", 0, key.start) + 1
    indentation = text[line : key.start]
    if not _INDENTATION.fullmatch(indentation):
        return None
    end = text.find("\n", value.end)
    end = len(text) if end < 0 else end
    if not _REST_OF_LINE.match(text, value.end, end):
        return None
    has_return = text.endswith("\r", 0, end)
    line_end = "\r\n" if has_return or (end == len(text) and "\r\n" in text) else "\n"
    at = end - has_return
    indent = " " * len(indentation)
    return DigestField(span=Span(at, at), before=f"{line_end}{indent}{label}", after=quote)


def written_field(
    mapping: MappingNode, key: ScalarNode, value: ScalarNode, text: str
) -> DigestField | None:
    """Describe a field that holds a digest and goes with it."""
    field = field_that_is_there(key, value, text)
    if field is None or not field.is_set:
        return field
    removal = _removal(mapping, key, value, text)
    return DigestField(span=field.span, is_set=True, removal=removal)


def _removal(mapping: MappingNode, key: ScalarNode, value: ScalarNode, text: str) -> Span | None:
    if text.startswith("{", after_properties(text, mapping.start)):
        before = len(text[: key.start].rstrip())
        return Span(before - 1, value.end) if text[before - 1] == "," else None
    line = text.rfind("\n", 0, key.start) + 1
    if text[line : key.start].strip() or not line:  # right behind a dash, or at the very beginning
        return None
    end = text.find("\n", value.end)
    end = len(text) if end < 0 else end
    end -= text.endswith("\r", 0, end)
    start = line - 1
    start -= text.endswith("\r", 0, start)
    return Span(start, end)

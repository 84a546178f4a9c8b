"""The documents of a compose file, or its lines where it is a template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.model.errors import ScanError
from pinner.spans.yaml_documents import split_documents
from pinner.spans.yaml_nodes import SlowBudget, YamlSyntaxError, parse_documents

if TYPE_CHECKING:
    from pinner.spans.sightings import Sighting
    from pinner.spans.source import Source
    from pinner.spans.yaml_nodes import Node

_MOST_DOCUMENTS = 10_000


def lines_of(source: Source) -> list[Sighting]:
    """Read a template line by line; raises ScanError."""
    from pinner.spans.template_lines import find_image_lines  # noqa: PLC0415 - start-up

    try:
        return list(find_image_lines(source.text, 0, len(source.text), source.path))
    except YamlSyntaxError as error:
        raise ScanError(source.path, source.line(error.at), str(error)) from error


class TemplateError(ValueError):
    """Text is no YAML, and a template says why."""


def roots_of(source: Source) -> list[Node]:
    """Parse all documents: compose reads none of them where one is broken.

    Raises ScanError, or TemplateError.
    """
    roots: list[Node] = []
    budget = SlowBudget()
    ranges = split_documents(source.text)
    if len(ranges) > _MOST_DOCUMENTS:
        raise ScanError(source.path, 1, f"holds more than {_MOST_DOCUMENTS} documents")
    for start, end in ranges:
        document = source.text[start:end]
        try:
            roots += parse_documents(document, start, budget)
        except YamlSyntaxError as error:
            from pinner.spans.template_lines import is_template  # noqa: PLC0415 - start-up

            if is_template(document, error):
                raise TemplateError from error
            raise ScanError(source.path, source.line(start + error.at), str(error)) from error
    return roots

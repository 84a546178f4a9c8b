"""Files of Helm values.

A file is one by its name `values.yaml`, by the chart it lies in, or else by an image in several
fields: other files are called so, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.scanners.helm_values import HelmValues
from pinner.spans.yaml_reading import YamlReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source

_NAMES = ("values.yaml", "values.yml")


def scan(source: Source, options: ScanOptions, name: str) -> Iterator[Occurrence | Problem]:
    """Find the images of values."""
    reader = YamlReader.of(source)
    values = HelmValues(reader.merger, reader.judge, options.pins_helm_tags)
    reader.read(values.read)
    is_certain = source.path.rpartition("/")[2] in _NAMES or bool(source.companions)
    if not is_certain and not values.has_split:
        return iter(())
    return reader.results(name)

"""Files of Helm values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.scanners.helm_values import HelmValues
from pinner.spans.yaml_reading import YamlReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source


def scan(source: Source, options: ScanOptions, name: str) -> Iterator[Occurrence | Problem]:
    """Find the images of values."""
    reader = YamlReader.of(source)
    reader.read(HelmValues(reader.merger, reader.judge, options.pins_helm_tags).read)
    return reader.results(name)

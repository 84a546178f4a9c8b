"""Apptainer's and Singularity's definition files: what a stage begins with.

The definition file's header: `Bootstrap: docker` with `From:`; `Registry` and `Namespace` change
where that is pulled from.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pinner.model.occurrence import Reason
from pinner.spans.literals import Literals, scan_literals
from pinner.spans.plain_words import stripped_lines
from pinner.spans.traced import Traced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source

_KEY = re.compile(r"([A-Za-z]+)[ \t]*:[ \t]*")
_REMARK = re.compile(r"[ \t]#")

Header = dict[str, Traced]


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence]:
    """Find references; raises ScanError where there are more than anybody has."""
    return scan_literals(source, name, _read)


def _read(literals: Literals) -> None:
    for header in _headers(literals):
        agent, image = header.get("bootstrap"), header.get("from")
        if agent is None or agent.text.lower() != "docker" or image is None or not image.text:
            continue
        if "registry" in header or "namespace" in header:
            literals.refuse(image, "From", Reason.UNSUPPORTED_EDIT)
        else:
            literals.note(image, "From")


def _headers(literals: Literals) -> Iterator[Header]:
    """Give each stage's header: it begins with `Bootstrap`, wherever that stands."""
    header: Header = {}
    is_header = True
    for start, line in stripped_lines(literals.source.text):
        if line[0] == "#":
            literals.comments.append((start, start + len(line)))
            continue
        key = _KEY.match(line)
        name = key[1].lower() if key else ""
        if name == "bootstrap" and (not is_header or name in header):
            yield header
            header, is_header = {}, True
        elif line[0] == "%":
            is_header = False
        if is_header and key is not None:
            value = Traced.of(line[key.end() :], start + key.end())
            header[name] = _without_remark(literals, value)
    yield header


def _without_remark(literals: Literals, value: Traced) -> Traced:
    remark = _REMARK.search(value.text)
    if remark is None:
        return value
    literals.comments.append((value.starts[remark.start() + 1], value.ends[-1]))
    return value.cut(0, remark.start()).strip()

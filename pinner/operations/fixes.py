"""Say of edits by lines and columns what they replace, for programs that apply them."""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner.model.errors import ScanError
from pinner.model.findings import Replacement
from pinner.project.scan_cache import content_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pinner.model.findings import Finding
    from pinner.model.occurrence import Edit
    from pinner.project.workspace import Files


def with_fixes(
    findings: Iterable[Finding], files: Files, hashes: Mapping[str, str]
) -> Iterator[Finding]:
    """Give findings their fixes; none for a file that is not what `hashes` knew it as."""
    contents: dict[str, bytes | None] = {}
    for finding in findings:
        if not finding.edits:
            yield finding
            continue
        if finding.file not in contents:
            contents[finding.file] = _content(finding.file, files, hashes)
        content = contents[finding.file]
        if content is None:
            yield finding
        else:
            fix = tuple(replacement(content, edit) for edit in finding.edits)
            yield replace(finding, fix=fix)


def _content(file: str, files: Files, hashes: Mapping[str, str]) -> bytes | None:
    try:
        content = files.read(file)
    except ScanError:
        return None
    return content if content_hash(content) == hashes.get(file) else None


def replacement(content: bytes, edit: Edit) -> Replacement:
    """Turn an edit of bytes of UTF-8 into one of lines and columns."""
    line, column = _position(content, edit.span.start)
    end_line, end_column = _position(content, edit.span.end)
    return Replacement(line, column, end_line, end_column, edit.text)


def _position(content: bytes, offset: int) -> tuple[int, int]:
    start = content.rfind(b"\n", 0, offset) + 1
    line = content.count(b"\n", 0, offset) + 1
    if start == 0 and content.startswith(BOM_UTF8):
        start = len(BOM_UTF8)
    return line, len(content[start:offset].decode("utf-8", errors="replace")) + 1

"""Read HCL 2 after its native syntax specification, some of HCL 1's laxness included."""

from __future__ import annotations

from pinner.spans.hcl_expressions import IDENTIFIER, HclReader
from pinner.spans.hcl_nodes import Attribute, Block, HclFile


def parse_hcl(text: str) -> HclFile:
    """Parse a file; raises HclSyntaxError."""
    reader = HclReader(text)
    body = Block("", (), 0)
    _read_body(reader, body, is_file=True)
    return HclFile(body, reader.comments, reader.names, reader.bound)


def _read_body(reader: HclReader, block: Block, *, is_file: bool = False) -> None:
    reader.enter()
    while sign := reader.skip(lines=True):
        if sign == "}" and not is_file:
            reader.at += 1
            reader.depth -= 1
            return
        _read_member(reader, block)
    if not is_file:
        raise reader.fail("a block is not closed", block.start)


def _read_member(reader: HclReader, block: Block) -> None:
    start = reader.at
    key = IDENTIFIER.match(reader.text, start)
    quoted = None if key else _literal_label(reader)
    if key is not None:
        reader.at = key.end()
    elif quoted is None:
        raise reader.fail("a name is missing")
    name = key[0] if key else quoted or ""
    sign = reader.skip(lines=False)
    if sign == "=" and not reader.text.startswith("==", reader.at):
        reader.at += 1
        block.attributes.append(Attribute(name, reader.read_value(lines=False), start))
        return
    labels = []
    while sign != "{":
        label = IDENTIFIER.match(reader.text, reader.at)
        text = label[0] if label else _literal_label(reader)
        if text is None:
            raise reader.fail("neither a value nor a block follows a name")
        reader.at = label.end() if label else reader.at
        labels.append(text)
        sign = reader.skip(lines=False)
    reader.at += 1
    inner = Block(name, tuple(labels), start)
    block.blocks.append(inner)
    _read_body(reader, inner)


def _literal_label(reader: HclReader) -> str | None:
    if not reader.text.startswith('"', reader.at):
        return None
    reader.note_one_more()
    literal = reader.read_quoted().literal
    return None if literal is None else literal.text

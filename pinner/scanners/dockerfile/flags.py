"""The words of an instruction: flags before its arguments, blanks and quotes between them."""

from __future__ import annotations

import re
from itertools import islice

from msgspec import Struct

from pinner.scanners.dockerfile.letters import BYTE_BLANKS, GO_BLANKS
from pinner.spans.traced import Traced
from pinner.spans.variables import TooMuchError

_MOST_WORDS = 1000
_MOST_FLAGS = 10_000
_MOST_PARTS = 50_000
_BLANK_SIGNS = frozenset(BYTE_BLANKS)
_WORD = re.compile(r"[^\t\v\f\r ]+")
_PLAIN_FLAG = re.compile(r"""[^'"\\`\t\n\v\f\r \x85\xa0]+""")
_PLAIN_WORD = re.compile(rf"""[^'"\\`{GO_BLANKS}]+""")


class Flag(Struct, frozen=True):
    """`--name=value` before an instruction's arguments; value is None without `=`."""

    name: str
    value: Traced | None


def split_flags(body: Traced, escape: str) -> tuple[list[Flag], Traced]:
    """Take the flags off an instruction's body, quotes and escapes removed from them.

    BuildKit reads them byte by byte, so that a part of a wide character may be a blank.
    Raises TooMuchError.
    """
    flags: list[Flag] = []
    if not body.text.lstrip(BYTE_BLANKS).startswith("--"):
        return flags, body.strip(GO_BLANKS)
    wide = not body.text.isascii()
    line = _in_bytes(body) if wide else body
    at = 0
    while True:
        while line.text[at : at + 1] in _BLANK_SIGNS:
            at += 1
        word = line.cut(at, at)
        if line.text.startswith("--", at):
            word, at = _flag_word(line, at, escape)
        if word.text in ("", "--"):
            rest = body.cut(_index_of_byte(body.text, at) if wide else at, len(body.text))
            return flags, rest.strip(GO_BLANKS)
        name, equals, _ = word.text[2:].partition("=")
        value = word.cut(len(name) + 3, len(word.text)) if equals else None
        flags.append(Flag(name, value))
        if len(flags) > _MOST_FLAGS:
            raise TooMuchError(f"an instruction has more than {_MOST_FLAGS} flags")


def _in_bytes(body: Traced) -> Traced:
    """Give a character for each byte of UTF-8, as Go does that takes bytes for characters."""
    parts = [sign.encode(errors="replace") for sign in body.text]
    starts = [s for s, part in zip(body.starts, parts, strict=True) for _ in part]
    ends = [e for e, part in zip(body.ends, parts, strict=True) for _ in part]
    return Traced(b"".join(parts).decode("latin-1"), starts, ends)


def _index_of_byte(text: str, at: int) -> int:
    """Give the character that a byte is part of."""
    return len(text.encode(errors="replace")[:at].decode(errors="ignore"))


def _flag_word(line: Traced, at: int, escape: str) -> tuple[Traced, int]:
    """Give a flag without quotes and escapes, and where it ends."""
    text = line.text
    kept: list[Traced] = []
    quote = ""
    while at < len(text):
        character = text[at]
        if not quote and character in BYTE_BLANKS:
            break
        if match := _PLAIN_FLAG.match(text, at):
            kept.append(line.cut(at, match.end()))
            at = match.end()
            continue
        if character == quote:
            quote = ""
        elif not quote and character in "'\"":
            quote = character
        elif character != escape:
            kept.append(line.cut(at, at + 1))
        else:
            at += 1
            kept.append(line.cut(at, at + 1))
        at += 1
        if len(kept) > _MOST_PARTS:
            raise TooMuchError("a flag has quotes and escapes beyond reason")
    return line.join(kept) if kept else line.cut(at, at), min(at, len(text))


def split_words(body: Traced) -> list[Traced]:
    """Split at blanks, quotes or not, as FROM does; raises TooMuchError."""
    words = [body.cut(*match.span()) for match in islice(_WORD.finditer(body.text), _MOST_WORDS)]
    if len(words) == _MOST_WORDS:
        raise TooMuchError(f"an instruction has {_MOST_WORDS} words or more")
    return words


def split_quoted_words(body: Traced, escape: str) -> list[Traced]:
    """Split at blanks outside quotes, keeping quotes and escapes, as ARG does."""
    words: list[Traced] = []
    start, quote, at = -1, "", 0
    text = body.text
    while at < len(text):
        character = text[at]
        if not quote and character in GO_BLANKS:
            if start >= 0:
                words.append(body.cut(start, at))
            start = -1
            at += 1
            continue
        start = at if start < 0 else start
        if match := _PLAIN_WORD.match(text, at):
            at = match.end()
            continue
        if character == escape and quote != "'":
            at += 2
            continue
        if character == quote:
            quote = ""
        elif not quote and character in "'\"":
            quote = character
        at += 1
    if start >= 0:
        words.append(body.cut(start, len(text)))
    return words


def mount_fields(value: Traced) -> list[Traced]:
    """Split the value of a `--mount` at commas, quotes as in CSV.

    Where the quotes are wrong, and BuildKit refuses the file, every comma and quote counts.
    """
    text = value.text
    fields: list[Traced] = []
    at = 0
    while True:
        parts: list[Traced] = []
        if text.startswith('"', at):
            end = text.find('"', at + 1)
            while end >= 0 and text.startswith('"', end + 1):
                parts.append(value.cut(at + 1, end + 1))
                at, end = end + 1, text.find('"', end + 2)
            parts.append(value.cut(at + 1, max(end, at + 1)))
            at = end + 1
            if end < 0 or text[at : at + 1] not in ("", ","):
                return _split_at_commas(value)
        else:
            end = text.find(",", at)
            end = len(text) if end < 0 else end
            if '"' in text[at:end]:
                return _split_at_commas(value)
            parts.append(value.cut(at, end))
            at = end
        fields.append(value.join(parts))
        if at >= len(text):
            return fields
        at += 1


def _split_at_commas(value: Traced) -> list[Traced]:
    return [value.cut(*match.span()) for match in re.finditer(r'[^,"]+', value.text)]

r"""Text of others as it may be shown: whatever it holds, it stays text on its line.

Control characters move cursors and end lines, marks of direction turn text round, and some of
both are invisible: they are written as escapes, as `\x1b` and `\u202e`.
"""

from __future__ import annotations

import re
from functools import cache

_FIRST_SURROGATE_BYTE, _LAST_SURROGATE_BYTE = 0xDC80, 0xDCFF
_LONGEST_SHORT, _LONGEST_MIDDLE = 0xFF, 0xFFFF
# Where a line of a log begins like this, a CI system takes it for a command.
_COMMANDS = ("::", "##[", "##vso")


@cache
def _dangerous() -> re.Pattern[str]:
    return re.compile(
        "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
        "\ud800-\udfff\U000e0000-\U000e0fff]"
    )


def escaped(text: str, *, keep: str = "") -> str:
    """Escape what is no visible text, but for characters to keep; linear in the text."""
    if text.isprintable():
        return text
    return _dangerous().sub(lambda match: match[0] if match[0] in keep else _escape(match[0]), text)


def escaped_lines(text: str) -> str:
    """Escape text of several lines, whose ends stay."""
    return escaped(text, keep="\n\t")


def line_start(text: str) -> str:
    """Escape a path that begins a line, so that no line can be a CI system's command."""
    shown = escaped(text)
    return f"./{shown}" if shown.lstrip().startswith(_COMMANDS) else shown


def _escape(character: str) -> str:
    number = ord(character)
    if _FIRST_SURROGATE_BYTE <= number <= _LAST_SURROGATE_BYTE:
        return f"\\x{number - 0xDC00:02x}"  # a byte of a name that is no UTF-8
    if number <= _LONGEST_SHORT:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= _LONGEST_MIDDLE else f"\\U{number:08x}"


def counted(number: int, noun: str, nouns: str = "") -> str:
    """Write a number of things; `nouns` is the plural, where it is no `s` behind the noun."""
    return f"{number} {noun if number == 1 else nouns or f'{noun}s'}"

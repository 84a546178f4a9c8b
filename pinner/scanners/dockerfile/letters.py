"""Characters as Go sees them, where Python's own methods see more or other ones."""

from __future__ import annotations

from unicodedata import category

# unicode.IsSpace: Python counts U+001C to U+001F too.
GO_BLANKS = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
# The part of them that one byte can be: flags are read byte by byte.
BYTE_BLANKS = GO_BLANKS[:8]
# What `\s` is in a regular expression of Go's.
REGEX_BLANKS = "\t\n\f\r "
BYTE_ORDER_MARK = "\ufeff"
_SPECIAL = frozenset("@*#?-$!0")


def lower_case(text: str) -> str:
    """Give strings.ToLower: one character for one, whatever stands beside it."""
    if text.isascii():
        return text.lower()
    return "".join("i" if sign == "\u0130" else sign.lower() for sign in text)


def is_as(word: str) -> bool:
    """Compare with `AS` as strings.EqualFold does, to which a long s is an s."""
    return word.lower() in ("as", "a\u017f")


def end_of_name(text: str, at: int) -> int:
    """Give where the variable's name that begins at an index ends; an index itself for none."""
    first = text[at : at + 1]
    if first and _is_digit(first):
        while _is_digit(text[at : at + 1]):
            at += 1
        return at
    if first in _SPECIAL:
        return at + 1
    while at < len(text) and (text[at] == "_" or _is_letter(text[at]) or _is_digit(text[at])):
        at += 1
    return at


def _is_digit(sign: str) -> bool:
    return "0" <= sign <= "9" if sign.isascii() else category(sign) == "Nd"


def _is_letter(sign: str) -> bool:
    return sign.isalpha() if sign.isascii() else category(sign)[0] == "L"

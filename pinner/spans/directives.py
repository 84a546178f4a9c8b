"""What a comment says to pinner: `# pinner: ignore[reason] until 2027-01-01`."""

from __future__ import annotations

import re
from functools import cache

from msgspec import Struct

from pinner.model.occurrence import Ignore

_MOST_TEXT = 400  # characters of a comment that are read
_SHOWN = 40
_IGNORE = (
    r"\s*ignore(?![\w-])(?:[ \t]*\[([^\]]*)\])?(?:[ \t]+until[ \t]+([^\s,;#]+))?[ \t]*(?s:(.*))"
)
_LINE_END = "[\n\r\x85\u2028\u2029]"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


@cache
def mark_pattern() -> re.Pattern[str]:
    """Give what begins a comment for pinner; compiled where a text may have one."""
    return re.compile(r"(?:#|(?<!:)//)\s*pinner:")


class UnknownDirective(Struct, frozen=True):
    """A comment for pinner that says nothing it knows; `message` says what is wrong."""

    message: str


def read_directive(text: str, start: int) -> Ignore | UnknownDirective:
    """Read what follows `pinner:`, from an index of the text to the end of its line.

    What begins with a sign, as ` - why`, is a remark of the comment's writer.
    """
    said = re.split(_LINE_END, text[start : start + _MOST_TEXT], maxsplit=1)[0]
    match = re.match(_IGNORE, said)
    if match is None:
        return _unknown(said.split("[")[0].split(), ("ignore",), "`pinner:` is followed by ")
    reason, until, rest = (match[1] or "").strip(), match[2] or "", match[3]
    if rest[:1].isalnum() or rest[:1] in ("_", "["):
        return _unknown(rest.split(), ("until 2027-01-01",), "`ignore` is followed by ")
    if until and not _is_date(until):
        return UnknownDirective(f"{until!r} is no date: write it as in until 2027-01-01")
    return Ignore(reason, until)


def _unknown(words: list[str], known: tuple[str, ...], start: str) -> UnknownDirective:
    if not words:
        return UnknownDirective(f"{start}nothing; write `{known[0]}`")
    from difflib import get_close_matches  # noqa: PLC0415 - start-up

    word = words[0][:_SHOWN]
    first_words = {text.split()[0]: text for text in known}
    close = get_close_matches(word.lower(), first_words, 1)
    meant = f"did you mean `{first_words[close[0]]}`?" if close else f"there is `{known[0]}`"
    return UnknownDirective(f"{start}{word!r}, which pinner does not know; {meant}")


def _is_date(text: str) -> bool:
    """Say whether text is a day of the calendar, written as ISO 8601 does with hyphens."""
    if not re.fullmatch(_DATE, text):
        return False
    from datetime import date  # noqa: PLC0415 - start-up: few comments have a date

    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True

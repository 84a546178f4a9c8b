"""Whether a search of bytes can tell that a word is not in YAML or JSON."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re

# Escapes and folded lines in double quotes.
_ESCAPES = (
    b"\\x", b"\\u", b"\\U",
    b"\\\n", b"\\\r", b"\\\xc2\x85", b"\\\xe2\x80\xa8", b"\\\xe2\x80\xa9",  # YAML's line ends
)  # fmt: skip
# Tags that decode, by their name or by one that `%TAG` or an escape of its own gives.
_TAGS = (b"!!binary", b"!<", b"%TAG")


@cache
def _escaped_tag() -> re.Pattern[bytes]:
    import re  # noqa: PLC0415 - start-up: seldom needed

    return re.compile(rb"![^\s!]*%")


@lru_cache(maxsize=1)  # many formats ask about one file
def may_hide_words(content: bytes) -> bool:
    """Say whether YAML or JSON may hold a word that a search of its bytes does not find.

    Letters that are not there come of escapes, tags, and texts of two or four bytes a letter.
    """
    return (
        (b"\\" in content and any(map(content.__contains__, _ESCAPES)))
        or (b"!" in content and any(map(content.__contains__, _TAGS)))
        or (b"!" in content and b"%" in content and _escaped_tag().search(content) is not None)
        or b"\0" in content
    )

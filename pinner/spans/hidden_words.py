"""Whether a search of bytes can tell that a word is not in YAML or JSON."""

from __future__ import annotations

# Escapes and folded lines in double quotes.
_ESCAPES = (
    b"\\x", b"\\u", b"\\U",
    b"\\\n", b"\\\r", b"\\\xc2\x85", b"\\\xe2\x80\xa8", b"\\\xe2\x80\xa9",  # YAML's line ends
)  # fmt: skip
# Tags that decode, by their name or by one that `%TAG` or an escape gives.
_TAGS = (b"!!binary", b"!<", b"%")


def may_hide_words(content: bytes) -> bool:
    """Say whether YAML or JSON may hold a word that a search of its bytes does not find.

    Letters that are not there come of escapes, tags, and texts of two or four bytes a letter.
    """
    return (
        (b"\\" in content and any(map(content.__contains__, _ESCAPES)))
        or (b"!" in content and any(map(content.__contains__, _TAGS)))
        or b"\0" in content
    )

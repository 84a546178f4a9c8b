"""Whether a search of bytes can tell that a word is not in YAML or JSON."""

from __future__ import annotations

# What can stand for letters that are not there: escapes and folded lines in double quotes, tags
# that decode, texts of two or four bytes a letter.
_HIDING = (
    b"\\x", b"\\u", b"\\U", b"!!binary", b"!<", b"%TAG", b"\0",
    b"\\\n", b"\\\r", b"\\\xc2\x85", b"\\\xe2\x80\xa8", b"\\\xe2\x80\xa9",  # YAML's line ends
)  # fmt: skip


def may_hide_words(content: bytes) -> bool:
    """Say whether YAML or JSON may hold a word that a search of its bytes does not find."""
    return any(map(content.__contains__, _HIDING)) or (b"%" in content and b"!" in content)

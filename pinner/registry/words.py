"""Words of servers as they are shown: on one line, of bearable length, without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.model.shown import escaped
from pinner.registry.wire import WireError, WireErrors, read_or, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 200


def shown_words(text: str, longest: int = _LONGEST) -> str:
    """Cut a text, and escape what is no visible text in it."""
    return escaped(text if len(text) <= longest else f"{text[:longest]}…")


def server_words(body: bytes, who: str, secrets: Iterable[str | None] = ()) -> str:
    """Quote what a failure's body says, as ` (WHO says '…')`; empty where that is nothing.

    A server that repeats a secret which it was sent has it in no log.
    """
    words = _said(read_or(body, WireErrors, WireErrors()))
    for secret in filter(None, secrets):
        words = words.replace(secret, "***")
    return f" ({who} says '{shown_words(words)}')" if words else ""


def _said(answer: WireErrors) -> str:
    """Find the words: of the distribution specification, OAuth 2, or Docker Hub."""
    errors = read_or(answer.errors, list[WireError], [])
    pairs = [(error.code, error.message) for error in errors[:1]]
    pairs += [(answer.error, answer.error_description), (answer.message, answer.details)]
    texts = (": ".join(filter(None, map(read_text, pair))) for pair in pairs)
    return next(filter(None, map(str.strip, texts)), "")

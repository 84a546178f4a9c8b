"""`WWW-Authenticate` headers: RFC 7235's challenges, and the parameters of token servers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 7230's word for a word
_PARAMETER = re.compile(rf'({_TOKEN})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"=][^\s,"]*))')
_SCHEME = re.compile(rf"({_TOKEN})(?=[ \t,]|\Z)")
_SEPARATORS = re.compile(r"[ \t,\r\n]*")
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|\Z))")


class Challenge(Struct, frozen=True):
    """One scheme that a server offers, in lower case, with its parameters."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def parse_challenges(header: str) -> list[Challenge]:
    """Read a header's challenges in order; what cannot be read is passed over."""
    challenges: list[tuple[str, dict[str, str]]] = []
    at = 0
    while True:
        separators = _SEPARATORS.match(header, at)
        at = separators.end() if separators else at
        if at >= len(header):
            return [Challenge(scheme, parameters) for scheme, parameters in challenges]
        if challenges and (match := _PARAMETER.match(header, at)):
            value = re.sub(r"\\(.)", r"\1", match[2]) if match[2] is not None else match[3]
            challenges[-1][1].setdefault(match[1].lower(), value)
        elif match := _SCHEME.match(header, at):
            challenges.append((match[1].lower(), {}))
        elif not (match := _TOKEN68.match(header, at)):
            at += 1
            continue
        at = match.end()

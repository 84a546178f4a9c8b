"""Compose's variables: interpolation after compose-go."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pinner.spans.variables import (
    LONGEST_VALUE,
    MOST_PIECES,
    Computed,
    Default,
    Literal,
    Piece,
    Region,
    RequiredVariableError,
    Value,
    Variable,
    WordError,
    check_growth,
    expanded,
    names_used,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pinner.spans.traced import Traced

_NAME = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
_OPERATOR = re.compile(r":?[-+?]")
_DEEPEST = 100


def interpolate(
    text: Traced, scope: Mapping[str, Value | None], *, file: str, depth: int = 0
) -> tuple[Piece, ...]:
    """Interpolate a value; raises WordError where compose-go refuses the file."""
    if depth > _DEEPEST:
        raise WordError("variables are nested too deeply")
    pieces: list[Piece] = []
    at = 0
    while (dollar := text.text.find("$", at)) >= 0:
        if dollar > at:
            pieces.append(Literal(text.cut(at, dollar)))
        following = text.text[dollar + 1 : dollar + 2]
        if following == "$":
            pieces.append(Literal(text.cut(dollar + 1, dollar + 2)))
            at = dollar + 2
        elif following == "{":
            end = _closing_brace(text.text, dollar)
            pieces.append(_braced(text.cut(dollar, end), scope, file, depth))
            at = end
        elif match := _NAME.match(text.text, dollar + 1):
            at = match.end()
            pieces.append(Variable(match[0], scope.get(match[0]), text.ends[at - 1]))
        else:
            pieces.append(Literal(text.cut(dollar, dollar + 1)))
            at = dollar + 1
        if len(pieces) > MOST_PIECES:
            break  # which is refused below
    if at < len(text.text):
        pieces.append(Literal(text.cut(at, len(text.text))))
    check_growth(pieces, len(text.text) + LONGEST_VALUE)
    return tuple(pieces)


def _closing_brace(text: str, start: int) -> int:
    """Give the index after the brace that closes the one behind `$`, found as compose-go does.

    Braces are counted; where they do not balance, the last one of the line closes.
    """
    line_end = text.find("\n", start)
    line_end = len(text) if line_end < 0 else line_end
    depth, at = 0, start
    while at < line_end:
        if text[at] == "}":
            depth -= 1
            if depth == 0:
                return at + 1
        if text[at] == "{":
            depth += 1
            at += 1
        at += 1
    last = text.rfind("}", start, line_end)
    if last < 0:
        raise WordError("invalid interpolation format: a brace is not closed")
    return last + 1


def _braced(
    word: Traced, scope: Mapping[str, Value | None], file: str, depth: int
) -> Variable | Default | Computed:
    end = word.ends[-1]
    name_match = _NAME.match(word.text, 2)
    if name_match is None:
        raise WordError(f"invalid interpolation format {word.text!r}")
    name = name_match[0]
    value = scope.get(name)
    if name_match.end() == len(word.text) - 1:
        return Variable(name, value, end)
    operator_match = _OPERATOR.match(word.text, name_match.end())
    if operator_match is None:
        raise WordError(f"invalid interpolation format {word.text!r}")
    operator = operator_match[0]
    operand = word.cut(operator_match.end(), len(word.text) - 1)
    is_set = value is not None and not (operator[0] == ":" and not value.text)
    if operator[-1] == "?":
        if not is_set:
            raise RequiredVariableError(f"{name}: {operand.text or 'required'}")
        return Variable(name, value, end)
    if operator[-1] == "-" and is_set:
        return Variable(name, value, end)
    if operator[-1] == "+" and not is_set:
        return Computed((name,), "", end)  # Compose does not look at the rest
    pieces = interpolate(operand, scope, file=file, depth=depth + 1)
    if operator[-1] == "-":
        region = Region(file, word.starts[operator_match.end()], word.starts[-1])
        return Default(name, pieces, region, end)
    return Computed((name, *sorted(names_used(pieces))), expanded(pieces), end)

"""Regular expressions that are matched in linear time, for patterns that a repository brings.

Python's own matcher can take longer than the universe for thirty characters. Here a pattern becomes
states, and a text is read once: no pattern and no tag makes it slow. What such a matcher cannot do
(look-around, references to groups) is refused by name.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from importlib import import_module
from typing import Any

from msgspec import Struct

# The characters of tags, by the specification.
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
_LONGEST = 500
_MOST_STATES = 4_000
_MOST_SETS = 10_000
_REFUSED = {
    "ASSERT": "a look-ahead or look-behind",
    "ASSERT_NOT": "a look-ahead or look-behind",
    "GROUPREF": "a reference to a group",
    "GROUPREF_EXISTS": "a condition on a group",
    "ATOMIC_GROUP": "an atomic group",
    "POSSESSIVE_REPEAT": "a possessive repetition",
}
_CATEGORIES = {
    "CATEGORY_DIGIT": str.isdigit,
    "CATEGORY_WORD": lambda character: character.isalnum() or character == "_",
    "CATEGORY_SPACE": str.isspace,
}


class _State(Struct):
    """One state: it reads a character of `reads`, or passes on to others at once.

    `mark` is where a group begins (2n) or ends (2n + 1); `at` is where it can be passed.
    """

    reads: frozenset[str] | None = None
    after: list[int] = []
    mark: int | None = None
    at: str | None = None


class Pattern:
    """A compiled pattern; `groups` are its named groups with their numbers.

    Raises ValueError, saying what is wrong, for an expression that cannot be used.
    """

    def __init__(self, text: str) -> None:
        """Compile an expression in the syntax of Python's `re`."""
        tree = _parse(text)
        self.groups: dict[str, int] = dict(tree.state.groupdict)
        self._folds = bool(tree.state.flags & re.IGNORECASE)
        self._states: list[_State] = []
        self._end = self._add(_State())
        self._start = self._sequence(list(tree), self._end)
        self._known: dict[tuple[bool, frozenset[int], str], frozenset[int]] = {}

    def search(self, text: str) -> bool:
        """Say whether the pattern matches anywhere in a text."""
        return self._run(text, anywhere=True)

    def fullmatch(self, text: str) -> dict[str, str] | None:
        """Match a whole text, and give what its named groups hold: none for one left out."""
        if not self._run(text, anywhere=False):
            return None
        marks = self._trace(text)
        return {
            name: text[marks[2 * number] : marks[2 * number + 1]]
            for name, number in self.groups.items()
            if 2 * number + 1 in marks
        }

    def _run(self, text: str, *, anywhere: bool) -> bool:
        now = self._closure({self._start}, is_start=True, is_end=not text)
        last = len(text) - 1
        for place, character in enumerate(text):
            if anywhere and self._end in now:
                return True
            key = (place == last, now, character)
            after = self._known.get(key)
            if after is None:
                moved = {
                    target
                    for state in now
                    if character in (self._states[state].reads or ())
                    for target in self._states[state].after
                }
                if anywhere:
                    moved.add(self._start)
                after = self._closure(moved, is_start=False, is_end=place == last)
                if len(self._known) < _MOST_SETS:
                    self._known[key] = after
            now = after
        return self._end in now

    def _closure(self, states: set[int], *, is_start: bool, is_end: bool) -> frozenset[int]:
        found: set[int] = set()
        waiting = list(states)
        while waiting:
            number = waiting.pop()
            if number in found:
                continue
            found.add(number)
            state = self._states[number]
            if state.reads is None and _holds(state.at, is_start=is_start, is_end=is_end):
                waiting += state.after
        return frozenset(found)

    def _trace(self, text: str) -> dict[int, int]:
        """Follow the preferred way of each state, with the places of its groups."""
        ways = self._spread([(self._start, {})], 0, text)
        for place, character in enumerate(text):
            moved = [
                (self._states[number].after[0], marks)
                for number, marks in ways.items()
                if character in (self._states[number].reads or ())
            ]
            ways = self._spread(moved, place + 1, text)
        return ways[self._end]

    def _spread(
        self, starts: list[tuple[int, dict[int, int]]], place: int, text: str
    ) -> dict[int, dict[int, int]]:
        found: dict[int, dict[int, int]] = {}
        waiting = starts[::-1]
        while waiting:
            number, marks = waiting.pop()
            if number in found:
                continue
            state = self._states[number]
            if state.mark is not None:
                marks = {**marks, state.mark: place}
            found[number] = marks
            is_end = place == len(text)
            if state.reads is None and _holds(state.at, is_start=place == 0, is_end=is_end):
                waiting += [(target, marks) for target in reversed(state.after)]
        return found

    def _add(self, state: _State) -> int:
        if len(self._states) >= _MOST_STATES:
            raise ValueError("is too large: its repetitions add up to too many")
        self._states.append(state)
        return len(self._states) - 1

    def _sequence(self, nodes: list[Any], after: int) -> int:
        for operation, argument in reversed(nodes):
            after = self._node(str(operation), argument, after)
        return after

    def _node(self, operation: str, argument: Any, after: int) -> int:
        match operation:
            case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN":
                reads = _characters(operation, argument, folds=self._folds)
                return self._add(_State(reads=reads, after=[after]))
            case "BRANCH":
                ways = [self._sequence(list(way), after) for way in argument[1]]
                return self._add(_State(after=ways))
            case "SUBPATTERN":
                group, added, removed, inner = argument
                if added or removed:
                    raise ValueError("has options inside it; put (?i) at its beginning")
                if group is None:
                    return self._sequence(list(inner), after)
                close = self._add(_State(after=[after], mark=2 * group + 1))
                first = self._sequence(list(inner), close)
                return self._add(_State(after=[first], mark=2 * group))
            case "MAX_REPEAT" | "MIN_REPEAT":
                return self._repeat(argument, after, is_greedy=operation == "MAX_REPEAT")
            case "AT":
                return self._add(_State(after=[after], at=_anchor(str(argument))))
            case _:
                name = _REFUSED.get(operation, operation.lower())
                raise ValueError(f"has {name}, which is not supported")

    def _repeat(self, argument: Any, after: int, *, is_greedy: bool) -> int:
        least, most, inner = argument
        nodes = list(inner)
        start = after
        if int(most) >= _LONGEST:
            loop = self._add(_State())
            body = self._sequence(nodes, loop)
            self._states[loop].after = [body, after] if is_greedy else [after, body]
            start = loop
        else:
            for _ in range(int(most) - int(least)):
                body = self._sequence(nodes, start)
                start = self._add(_State(after=[body, after] if is_greedy else [after, body]))
        for _ in range(int(least)):
            start = self._sequence(nodes, start)
        return start


@lru_cache(maxsize=256)
def compile_pattern(text: str) -> Pattern:
    """Compile a pattern; raises ValueError, saying what is wrong with it."""
    return Pattern(text)


def _parse(text: str) -> Any:
    if len(text) > _LONGEST:
        raise ValueError(f"is longer than {_LONGEST} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return import_module("re._parser").parse(text)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    except (RecursionError, OverflowError):
        raise ValueError("is no regular expression: it is nested too deep") from None


def _anchor(name: str) -> str:
    if name in {"AT_BEGINNING", "AT_BEGINNING_STRING"}:
        return "start"
    if name in {"AT_END", "AT_END_STRING"}:
        return "end"
    raise ValueError("has \\b or \\B, which is not supported")


def _holds(at: str | None, *, is_start: bool, is_end: bool) -> bool:
    return at is None or (is_start if at == "start" else is_end)


def _characters(operation: str, argument: Any, *, folds: bool) -> frozenset[str]:
    """Give the characters of tags that one item of a pattern reads."""
    items = argument if operation == "IN" else [(operation, argument)]
    is_negated = bool(items) and str(items[0][0]) == "NEGATE"
    found = {
        character
        for character in _ALPHABET
        if any(_reads(str(kind), value, character, folds=folds) for kind, value in items)
    }
    return frozenset(set(_ALPHABET) - found if is_negated else found)


def _reads(kind: str, value: Any, character: str, *, folds: bool) -> bool:
    spellings = {character, character.lower(), character.upper()} if folds else {character}
    match kind:
        case "LITERAL":
            return chr(value) in spellings
        case "NOT_LITERAL":
            return chr(value) not in spellings
        case "RANGE":
            return any(value[0] <= ord(spelling) <= value[1] for spelling in spellings)
        case "CATEGORY":
            name = str(value)
            is_in = _CATEGORIES[name.replace("_NOT_", "_")](character)
            return bool(is_in) != ("_NOT_" in name)
        case _:
            return kind == "ANY"

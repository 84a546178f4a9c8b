"""What stands around the version of a tag: words that stay, and numbers that move along."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.pins.tag_words import (
    COUNTERS,
    PROCESSORS,
    Part,
    counts_builds,
    is_branch,
    is_date,
    is_distribution,
    part_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_EDGE = r"(?<![A-Za-z0-9])"
_NAMES = "|".join(sorted(map(re.escape, PROCESSORS), key=len, reverse=True))
TOKEN = re.compile(
    rf"""{_EDGE}(?P<name>{_NAMES})(?![A-Za-z0-9])
    |{_EDGE}(?P<commit>g[0-9a-f]{{7,40}}|(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{{7,40}})
        (?![A-Za-z0-9])
    |(?P<day>(?:19|20)\d\d-\d\d-\d\d(?:T\d\d-\d\d-\d\dZ)?(?!\d))
    |{_EDGE}(?P<counter>{"|".join(COUNTERS)})(?=\d)
    |(?P<number>\d+(?:[._]\d+)*)
    |(?P<word>[A-Za-z]+)
    |(?P<glue>[-._]+)""",
    re.VERBOSE | re.ASCII,
)
_DIGITS = re.compile(r"\d+", re.ASCII)
_OTHERS = re.compile(r"\D+", re.ASCII)


def is_build(text: str, words: Sequence[str]) -> bool:
    """Say whether a number in a tag of these words counts builds.

    That is a date, or a number after a branch (`main-417`) or a build's mark (`server-b4719`).
    """
    first, *others = _DIGITS.findall(text)
    is_counted = (is_branch(words[0]) and len(words) == 1) or words[-1] in {"b", "build"}
    return counts_builds(first) or (is_counted and not others)


class Shape(Struct):
    """What is around a version: the words, and the numbers that may change, taken out of them."""

    words: list[str] = []
    builds: list[int] = []
    distribution: list[int] = []

    def read_before(self, tokens: Sequence[re.Match[str]], *, is_whole: bool = False) -> None:
        words = [token[0] for token in tokens if token.lastgroup == "word"]
        last = ""
        for token in tokens:
            if token.lastgroup == "number":
                is_one = is_whole and is_build(token[0], words)
                numbers = tuple(map(int, _DIGITS.findall(token[0])))
                is_one = is_one or counts_builds(_DIGITS.findall(token[0])[0])
                part = Part.BUILD if is_one else Part.FIXED
                if not is_one and is_distribution(last, numbers):
                    part = Part.DISTRIBUTION
                self.add_number(token[0], part)
            else:
                last = token[0] if token.lastgroup == "word" else last
                self.add_other(token)

    def read_after(self, tokens: Iterable[re.Match[str]]) -> None:
        word = glue = ""
        follows_number = after_number = True
        for token in tokens:
            if token.lastgroup == "number":
                digits = _DIGITS.findall(token[0])
                part = Part.BUILD
                if word and not counts_builds(digits[0]):
                    numbers = tuple(map(int, digits))
                    part = part_of(word, glue, numbers, follows_number=follows_number)
                self.add_number(token[0], part)
                word = glue = ""
                after_number = True
                continue
            self.add_other(token)
            if token.lastgroup == "glue":
                glue = token[0]
                continue
            is_word = token.lastgroup in {"word", "counter"}
            word, glue = (token[0] if is_word else ""), ""
            follows_number, after_number = after_number, False

    def add_number(self, text: str, part: Part) -> None:
        if part is Part.FIXED:
            self.words.append(text)
            return
        into = self.builds if part is Part.BUILD else self.distribution
        digits = _DIGITS.findall(text)
        into += map(int, digits)
        # A date takes no build number's place.
        usual = "<>" if part is Part.BUILD else "<system>"
        mark = f"<{len(digits[0])}>" if is_date(digits[0]) else usual
        self.words.append(mark + "".join(f"{other}{usual}" for other in _OTHERS.findall(text)))

    def add_other(self, token: re.Match[str]) -> None:
        if token.lastgroup == "day":
            self.builds += map(int, _DIGITS.findall(token[0]))
            self.words.append("<day>")
        else:
            self.words.append("<commit>" if token.lastgroup == "commit" else token[0])

"""Earthfiles of Earthly: `FROM` of an image, and the images that `WITH DOCKER` pulls.

The Earthfile reference: a word with `+` names a target, `FROM DOCKERFILE` builds a Dockerfile.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pinner.spans.literals import Literals, scan_literals
from pinner.spans.plain_words import continued_lines, split_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source
    from pinner.spans.traced import Traced

_COMMAND = re.compile(r"(FROM|WITH[ \t]+DOCKER)(?=[ \t]|\Z)")
# Flags of FROM whose value may be the next word.
_FLAGS = frozenset({"--platform", "--build-arg"})
_PULL = "--pull"


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence]:
    """Find references; raises ScanError where there are more than anybody has."""
    return scan_literals(source, name, _read)


def _read(literals: Literals) -> None:
    text = literals.source.text
    for line in continued_lines(text, literals.comments, signs="#", joint=" "):
        command = _COMMAND.match(line.text)
        if command is None:
            continue
        words = _without_comment(literals, split_words(line.cut(command.end(), len(line.text))))
        if command[0] == "FROM":
            _read_from(literals, words)
        else:
            _read_docker(literals, words)


def _without_comment(literals: Literals, words: list[Traced]) -> list[Traced]:
    for at, word in enumerate(words):
        if word.text.startswith("#"):
            end = literals.source.text.find("\n", word.starts[0])
            stop = len(literals.source.text) if end < 0 else end
            literals.comments.append((word.starts[0], stop))
            return words[:at]
    return words


def _read_from(literals: Literals, words: list[Traced]) -> None:
    at = 0
    while at < len(words) and words[at].text.startswith("--"):
        at += 2 if words[at].text in _FLAGS else 1
    if at < len(words) and words[at].text not in ("DOCKERFILE", "scratch"):
        _note(literals, words[at], "FROM")


def _read_docker(literals: Literals, words: list[Traced]) -> None:
    for at, word in enumerate(words):
        if word.text.startswith(f"{_PULL}="):
            _note(literals, word.cut(len(_PULL) + 1, len(word.text)), "WITH DOCKER --pull")
        elif word.text == _PULL and at + 1 < len(words):
            _note(literals, words[at + 1], "WITH DOCKER --pull")


def _note(literals: Literals, word: Traced, where: str) -> None:
    if "+" not in word.text:
        literals.note(word, where)

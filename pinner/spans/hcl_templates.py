"""The text of HCL's quoted templates and heredocs, with where each character stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.spans.hcl_nodes import HclSyntaxError, Hole
from pinner.spans.traced import Traced

if TYPE_CHECKING:
    from collections.abc import Sequence

# A sign is text unless a brace follows it, or the same sign and a brace.
_SIGNS = r"\$(?!\$?\{)|%(?!%?\{)"
_QUOTED_RUN = re.compile(rf'(?:[^"\\$%\n]+|{_SIGNS})+')
_RUN = re.compile(rf"(?:[^$%\n]+|{_SIGNS})+")
_MOST_RUNS = 200_000
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_UNICODE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))")
_BLANKS = re.compile(r"[ \t]*")
_GREATEST = 0x10FFFF


def heredoc_lines(text: str, start: int, marker: str) -> tuple[int, int] | None:
    """Give a heredoc's common indentation and where the line of its marker begins, if one does."""
    indent, at = len(text), start
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end].strip()
        if line == marker:
            return (0 if indent == len(text) else indent), at
        if line:
            blanks = _BLANKS.match(text, at)
            indent = min(indent, blanks.end() - at if blanks else 0)
        at = end + 1
    return None


class TemplateText(Struct):
    """The parts of a template, as they are read."""

    text: str
    done: list[Traced | Hole] = field(default_factory=list)
    runs: list[Traced] = field(default_factory=list)

    def parts(self) -> tuple[Traced | Hole, ...]:
        """Give the parts; texts between holes are one each."""
        self._finish_text()
        return tuple(self.done)

    def add_hole(self, start: int, end: int, name: str | None) -> None:
        """Add an interpolation or directive."""
        self._finish_text()
        self.done.append(Hole(start, end, name))

    def add_run(self, start: int, end: int) -> None:
        """Add text that stands in the file as it is."""
        if end > start:
            self._add(Traced.of(self.text[start:end], start))

    def add_quoted(self, at: int) -> int:
        """Add text of a quoted template up to its end or a hole; raises HclSyntaxError."""
        while True:
            run = _QUOTED_RUN.match(self.text, at)
            if run:
                self.add_run(at, run.end())
                at = run.end()
            sign = self.text[at : at + 1]
            if sign == "\\":
                at = self._add_escape(at)
            elif sign and sign in "$%" and not self._is_hole(at):
                at = self._add_sign(at)
            else:
                return at

    def add_line(self, at: int, indent: int) -> int:
        """Add a heredoc's line without its indentation, up to its end or a hole."""
        blanks = _BLANKS.match(self.text, at)
        width = min(indent, blanks.end() - at if blanks else 0)
        return self.add_rest(at + width)

    def add_rest(self, at: int) -> int:
        """Add the rest of a heredoc's line, up to its end or a hole."""
        while True:
            run = _RUN.match(self.text, at)
            if run:
                self.add_run(at, run.end())
                at = run.end()
            sign = self.text[at : at + 1]
            if not sign or sign not in "$%" or self._is_hole(at):
                return at
            at = self._add_sign(at)

    def add_end(self, at: int) -> int:
        """Add the end of a heredoc's line."""
        self.add_run(at, min(at + 1, len(self.text)))
        return at + 1

    def _is_hole(self, at: int) -> bool:
        return self.text.startswith("{", at + 1)

    def _add_sign(self, at: int) -> int:
        """Add `$` or `%`, written twice, and the brace that follows."""
        self._add(Traced(self.text[at], [at], [at + 2]))
        self.add_run(at + 2, at + 3)
        return at + 3

    def _add_escape(self, at: int) -> int:
        sign = self.text[at + 1 : at + 2]
        if sign in _ESCAPES:
            self._add(Traced(_ESCAPES[sign], [at], [at + 2]))
            return at + 2
        match = _UNICODE.match(self.text, at)
        number = int(match[1] or match[2], 16) if match else _GREATEST + 1
        if match is None or number > _GREATEST:
            raise HclSyntaxError("not HCL: an escape that is none", at)
        self._add(Traced(chr(number), [at], [match.end()]))
        return match.end()

    def _add(self, text: Traced) -> None:
        self.runs.append(text)
        if len(self.runs) > _MOST_RUNS:
            raise HclSyntaxError("not HCL: a text of too many parts", text.starts[0])

    def _finish_text(self) -> None:
        if self.runs:
            self.done.append(_joined(self.runs))
            self.runs = []


def _joined(runs: Sequence[Traced]) -> Traced:
    """Join texts; those that stand side by side in the file stay plain."""
    first, last = runs[0], runs[-1]
    if first is last:
        return first
    text = "".join(run.text for run in runs)
    if last.ends[-1] - first.starts[0] > len(text) or not all(run.is_plain for run in runs):
        return Traced.join(runs)
    return Traced.of(text, first.starts[0])

"""What else reads the variables of a folder's `.env` file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.spans.variables import names_used, whole_variable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.spans.variables import Piece, Value


class EnvUses(Struct, frozen=True):
    """What reads the variables of a folder's `.env` file: this compose file and its siblings."""

    words: Sequence[Sequence[Piece]]
    scope: dict[str, Value | None]
    text: str
    siblings: tuple[str, ...]

    def is_only_whole(self, name: str) -> bool:
        whole = 0
        for pieces in self.words:
            if name in names_used(pieces):
                found = whole_variable(pieces)
                if found is None or found.name != name:
                    return False
                whole += 1
        mention = re.compile(rf"\$\{{?{re.escape(name)}(?![A-Za-z0-9_])")
        return (
            len(mention.findall(self.text)) <= whole
            and not self.is_read_by_value(name)
            and all(
                _is_image_line(line, name)
                for text in self.siblings
                for line in text.splitlines()
                if mention.search(line)
            )
        )

    def is_read_by_value(self, name: str) -> bool:
        return any(value and name in names_used(value.pieces) for value in self.scope.values())

    def is_only_tag_of(self, name: str, reference: str) -> bool:  # noqa: ARG002 - Protocol
        """Other files read the same variables: a part of a reference stays as it is."""
        return False


def _is_image_line(line: str, name: str) -> bool:
    variable = rf"\$(?:{re.escape(name)}|\{{{re.escape(name)}(?::?[-?][^{{}}]*)?\}})"
    value = rf"(?:&\S+[ \t]+)?[\"']?{variable}[\"']?[ \t]*(?:#.*)?"
    return re.fullmatch(rf"[ \t]*[\"']?image[\"']?[ \t]*:[ \t]+{value}", line) is not None

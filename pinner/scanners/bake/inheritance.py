"""What a target comes to: its blocks, and the targets that it inherits."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.scanners.bake.files import Target, members
from pinner.scanners.bake.words import Scope, text_of
from pinner.spans.hcl_nodes import Expression, ListValue
from pinner.spans.source import MalformedTextError

if TYPE_CHECKING:
    from collections.abc import Iterable

_DEEPEST = 50
_MOST_INHERITED = 40_000

# By attribute; those that do not merge have a single value, of no name.
Values = dict[str, dict[str | None, Expression]]


class Targets(Struct):
    """Targets by name, each with all of its blocks."""

    blocks: dict[str, list[Target]]
    scope: Scope
    known: dict[str, Values] = field(default_factory=dict)
    left: int = _MOST_INHERITED

    @classmethod
    def of(cls, targets: Iterable[Target], scope: Scope) -> Targets:
        """Gather the blocks of each name."""
        blocks: dict[str, list[Target]] = {}
        for target in targets:
            blocks.setdefault(target.name, []).append(target)
        return cls(blocks, scope)

    def values(self, name: str, depth: int = 0) -> Values:
        """Give a target's values with those it inherits, of which `args` and `contexts` merge.

        Raises MalformedTextError where it all is too much.
        """
        if name in self.known or depth > _DEEPEST:
            return self.known.get(name, {})
        found: Values = {}
        self.known[name] = found
        own = self.blocks.get(name, [])
        parents = [value for block in own for value in block.all("inherits")]
        for parent in parents:
            for item in parent.items if isinstance(parent, ListValue) else ():
                other = text_of(self.scope, item)
                for key, values in self.values(other or "", depth + 1).items():
                    found[key] = found.get(key, {}) | values
                    self.left -= len(found[key])
                if self.left < 0:
                    raise MalformedTextError("targets inherit beyond reason", parent.start)
        for block in own:
            for key, value in block.values:
                merges = key in ("args", "contexts")
                own_values: dict[str | None, Expression] = {None: value}
                found[key] = found.get(key, {}) | (
                    dict(members(self.scope.resolved(value))) if merges else own_values
                )
        return found

    def argument_uses(self) -> Counter[int]:
        """Say how many targets are given an argument by the same expression, by its id."""
        all_values = (self.values(target) for target in self.blocks)
        return Counter(id(one) for values in all_values for one in values.get("args", {}).values())

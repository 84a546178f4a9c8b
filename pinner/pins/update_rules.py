"""Rules for updates: how far an image may move, where to, and how old that has to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.pins.policy import matches_image
from pinner.pins.reach import Reach
from pinner.pins.tag_rules import TagRule

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from pinner.model.reference import ImageReference


class UpdateRule(Struct, frozen=True, kw_only=True):
    """A `[[update]]` of the configuration; `images` are patterns.

    `allow`, `except_` and `scheme` are expressions as those of `TagRule`.
    """

    images: tuple[str, ...]
    reach: Reach | None = None
    allow: str | None = None
    except_: str | None = None
    scheme: str | None = None
    min_age: timedelta | None = None
    group: str | None = None


_NO_RULE = UpdateRule(images=())


def rule_of(reference: ImageReference, rules: Sequence[UpdateRule]) -> UpdateRule:
    """Give the first rule that matches an image; one that asks for nothing if none does."""
    return next((rule for rule in rules if matches_image(reference, rule.images)), _NO_RULE)


def tag_rule(rule: UpdateRule, asked: Reach | None) -> TagRule | None:
    """Tell how a tag may move; None for digests alone.

    What is `asked` of a run counts for images without a level of their own; it narrows that of
    others.
    """
    order = list(Reach)
    reaches = [reach for reach in (rule.reach, asked) if reach is not None]
    level = min(reaches, key=order.index).level if reaches else None
    if level is None:
        return None
    return TagRule(level=level, allow=rule.allow, except_=rule.except_, scheme=rule.scheme)

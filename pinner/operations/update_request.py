"""What is asked of an update."""

from __future__ import annotations

import re
from datetime import datetime, timedelta  # noqa: TC003 - annotations of a Struct
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.model.reference import familiar_name
from pinner.pins.policy import matches_image
from pinner.pins.reach import BranchPer, Reach
from pinner.pins.update_rules import UpdateRule, rule_of

if TYPE_CHECKING:
    from pinner.model.reference import ImageReference


_UNUSUAL = re.compile(r"[^A-Za-z0-9]+")


class UpdateRequest(Struct, frozen=True, kw_only=True):
    """What to move, and how far; `now` is the moment of the run.

    `only` are image patterns, those behind a `!` of images that are left out. `reach` and `min_age`
    are what was asked of this run, `rules` and `policy_age` what the configuration says.
    `group` names the one that is looked at, "" that of all without a name; None for all. With
    `branch_per` nothing else is done to other images either.
    """

    now: datetime
    only: tuple[str, ...] = ()
    reach: Reach | None = None
    min_age: timedelta | None = None
    rules: tuple[UpdateRule, ...] = ()
    policy_age: timedelta | None = None
    pin_latest: bool = False
    pin_tag: bool = False
    past_latest: bool = False
    group: str | None = None
    branch_per: BranchPer | None = None

    def min_age_of(self, reference: ImageReference) -> timedelta | None:
        """Give how old a digest of an image has to be."""
        if self.min_age is not None:
            return self.min_age
        return rule_of(reference, self.rules).min_age or self.policy_age

    def group_of(self, reference: ImageReference) -> str:
        """Name the group of an image; "" where its rule names none."""
        if self.branch_per is BranchPer.IMAGE:
            return _UNUSUAL.sub("-", familiar_name(reference.name))
        return rule_of(reference, self.rules).group or ""

    def is_selected(self, reference: ImageReference) -> bool:
        """Say whether an image is to be looked at."""
        wanted = [text for text in self.only if not text.startswith("!")]
        unwanted = [text[1:] for text in self.only if text.startswith("!")]
        is_wanted = not wanted or matches_image(reference, wanted)
        return is_wanted and not matches_image(reference, unwanted)

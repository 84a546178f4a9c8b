"""Find the lockfile that a further run would leave as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner.model.occurrence import Found
from pinner.pins.groups import group_found
from pinner.pins.plan import ask, make_plan

if TYPE_CHECKING:
    from collections.abc import Collection

    from pinner.pins.lockfile import Lockfile
    from pinner.pins.plan import Plan
    from pinner.pins.wishes import Wishes
    from pinner.project.survey import Survey

_MOST_ROUNDS = 4


def settled_lockfile(
    plan: Plan, survey: Survey, wishes: Wishes, unread: frozenset[str], refused: Collection[str]
) -> Lockfile:
    """Group what files will hold by the new entries, until nothing changes any more.

    A digest without a tag may belong to an entry that another file has just brought.
    """
    written = {
        seen: wanted for seen, wanted in plan.written.items() if seen.place.file not in refused
    }
    occurrences = [
        replace(seen, reference=written[seen])
        if isinstance(seen, Found) and seen in written
        else seen
        for seen in survey.occurrences
    ]
    wishes = replace(wishes, refresh=(), moves={})
    lockfile = plan.lockfile
    for _ in range(_MOST_ROUNDS):
        groups = group_found(occurrences, lockfile, wishes.pin_platform)
        if ask(groups, wishes) or any(group.entry is None for group in groups):
            return lockfile  # a registry gave no answer just now
        settled = make_plan(
            groups, {}, lockfile, wishes, scope=survey.scope, unread=unread
        ).lockfile
        if settled == lockfile:
            break
        lockfile = settled
    return lockfile

"""Groups of images in updates: which there are, and several updates as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinner.model.errors import UsageError
from pinner.model.findings import Action, Outcome, Result
from pinner.model.reference import ImageReference
from pinner.pins.groups import group_found
from pinner.pins.image_changes import ImageChange  # noqa: TC001 - annotations of a Struct
from pinner.pins.shared_values import Member, sharing
from pinner.project.locked import read_lockfile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pinner.model.findings import FileChange
    from pinner.operations.update_request import UpdateRequest
    from pinner.pins.groups import Group
    from pinner.project.surveyor import Surveyor


class Update(Struct, frozen=True):
    """What is done, what is different about the images that moved, and the groups of references."""

    result: Result
    changes: tuple[ImageChange, ...]
    groups: Mapping[str, str]


def group_names(
    surveyor: Surveyor, request: UpdateRequest, scopes: Sequence[str] = ()
) -> list[str]:
    """Name the groups that the images here are of, the one without a name at the end."""
    lockfile, _ = read_lockfile(surveyor.files, surveyor.settings.lockfile)
    found = group_found(surveyor.survey(scopes).occurrences, lockfile)
    names = set(groups_of(found, request).values())
    return [*sorted(names - {""}), *([""] if "" in names else [])]


def joined(updates: Sequence[Update]) -> Update:
    """Make one of the updates of several groups; what none of them changed is told once."""
    told: dict[tuple[str, Action], Outcome] = {}
    quiet: dict[str, Outcome] = {}
    groups: dict[str, str] = {}
    files: dict[str, FileChange] = {}
    for one in updates:
        groups |= one.groups
        for outcome in one.result.outcomes:
            if outcome.action in (Action.KEPT, Action.SKIPPED):
                quiet.setdefault(f"{outcome.reference} {outcome.places}", outcome)
            else:
                told.setdefault((outcome.reference, outcome.action), outcome)
        for change in one.result.changes:
            first = files.get(change.file, change)
            files[change.file] = replace(first, after=change.after)
    references = {reference for reference, _ in told}
    others = [outcome for outcome in quiet.values() if outcome.reference not in references]
    problems = tuple(dict.fromkeys(found for one in updates for found in one.result.problems))
    result = Result(
        outcomes=(*told.values(), *others), problems=problems, changes=tuple(files.values())
    )
    return Update(result, tuple(found for one in updates for found in one.changes), groups)


def groups_of(groups: Sequence[Group], request: UpdateRequest) -> dict[str, str]:
    """Give the references to look at, in order, and their groups; those that share values share it.

    Raises UsageError where `only` selects nothing.
    """
    by_reference: dict[str, list[Group]] = {}
    for group in groups:
        by_reference.setdefault(group.reference, []).append(group)
    references = {text: ImageReference.parse(text) for text in by_reference}
    named = [text for text, one in references.items() if request.is_selected(one)]
    if request.only and references and not named:
        raise UsageError(f"--only {' '.join(request.only)}: no image here is of this name")
    members = [Member(text, "", tuple(by_reference[text])) for text in named]
    found: dict[str, str] = {}
    for together in sharing(members):
        own = [request.group_of(references[member.reference]) for member in together]
        name = next(filter(None, own), "")
        found |= {member.reference: name for member in together}
    return {text: found[text] for text in named}

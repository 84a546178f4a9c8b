"""Take digests out of files again; the lockfile stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.model.findings import Action, Outcome, Result
from pinner.model.reference import ImageReference
from pinner.operations.changes import source_changes
from pinner.pins.groups import group_found
from pinner.pins.implied import without_tag
from pinner.pins.rewrite import unpin_edit, untag_edit
from pinner.project.locked import read_lockfile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.model.occurrence import Edit, Found
    from pinner.project.surveyor import Surveyor


def unpin(surveyor: Surveyor, *, scopes: Sequence[str] = ()) -> Result:
    """Work out edits; a tag that was given up for the digest comes back from the lockfile.

    Nothing is written here. Raises LockfileError and WriteError.
    """
    lockfile, _ = read_lockfile(surveyor.files, surveyor.settings.lockfile)
    survey = surveyor.survey(scopes)
    edits: dict[str, list[Edit]] = {}
    wanted: dict[Found, ImageReference] = {}
    outcomes = []
    for group in group_found(survey.occurrences, lockfile):
        tag = ImageReference.parse(group.reference).tag
        labels = group.entry.implied if group.entry else ()
        untagged = {id(seen) for seen in without_tag(group.found, labels)}
        for seen in group.found:
            if seen.reference.digest is None:
                outcomes.append(_outcome(seen, Action.KEPT))
                continue
            edit = _edit(seen, tag, drop_tag=id(seen) in untagged)
            if edit is None:
                outcomes.append(_outcome(seen, Action.SKIPPED, _why_not(seen)))
                continue
            edits.setdefault(seen.place.file, []).append(edit)
            wanted[seen] = seen.reference.without_digest()
            outcomes.append(_outcome(seen, Action.UNPINNED))
    sources = source_changes(surveyor, survey, edits, wanted, has_tags=False)
    return Result(
        outcomes=(*outcomes, *sources.failures),
        problems=survey.problems,
        changes=sources.changes,
    )


def _edit(seen: Found, locked_tag: str | None, *, drop_tag: bool) -> Edit | None:
    if seen.site is None:
        return None
    if drop_tag and (edit := untag_edit(seen.site)) is not None:
        return edit
    if seen.reference.tag is not None:
        return unpin_edit(seen.site, None)
    return unpin_edit(seen.site, locked_tag) if locked_tag is not None else None


def _why_not(seen: Found) -> str:
    if seen.site is None or not seen.site.has_at:
        return "its digest stands in a variable of its own"
    return "neither the file nor the lockfile has its tag"


def _outcome(seen: Found, action: Action, detail: str = "") -> Outcome:
    return Outcome(
        action=action,
        reference=str(seen.reference.without_digest()),
        digest=seen.reference.digest,
        places=(f"{seen.place.file}:{seen.place.line}",),
        detail=detail,
    )

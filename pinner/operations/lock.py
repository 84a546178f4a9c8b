"""Pin what is not pinned, and keep what is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.model.findings import Action, Outcome, Result
from pinner.model.occurrence import Found, Reason, Skipped
from pinner.operations.changes import lockfile_change, source_changes
from pinner.operations.resolving import answer_all
from pinner.operations.settling import settled_lockfile
from pinner.pins.groups import group_found
from pinner.pins.plan import ask, make_plan
from pinner.pins.rewrite import Style, splice
from pinner.project.locked import read_lockfile, unscanned_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pinner.model.occurrence import Occurrence
    from pinner.model.resolver import Resolver
    from pinner.pins.wishes import Wishes
    from pinner.project.surveyor import Surveyor

STANDARD_INPUT = "<stdin>"
REASONS = {
    Reason.UNSET_VARIABLE: "a variable it needs has no value",
    Reason.PLATFORM_VARIABLE: "it differs from platform to platform",
    Reason.AMBIGUOUS_STAGE: "it may be a build stage of another Dockerfile",
    Reason.BUILT_LOCALLY: "it is built here",
    Reason.TEMPLATED: "a template supplies it",
    Reason.INVALID_REFERENCE: "it is not an image reference",
    Reason.IGNORED: "it is ignored",
    Reason.CHART_DECIDES: "its tag is the chart's own",
    Reason.REPLACED: "every kustomization replaces it",
    Reason.UNREAD: "it stands where nothing is pinned",
    Reason.UNSUPPORTED_EDIT: "no edit of the text can hold its digest",
}


def lock(
    surveyor: Surveyor,
    make_resolver: Callable[[], Resolver] | None,
    wishes: Wishes,
    *,
    scopes: Sequence[str] = (),
    scanner: str | None = None,
) -> Result:
    """Work out edits and lockfile; nothing is written here.

    What a merge could not join in the lockfile is decided by the files, or else by the registries.
    Raises LockfileError, and WriteError where a file changed meanwhile.
    """
    path = surveyor.settings.lockfile
    survey = surveyor.survey(scopes, scanner)
    lockfile, before = read_lockfile(surveyor.files, path, held=_held(survey.occurrences))
    groups = group_found(survey.occurrences, lockfile, wishes.pin_platform)
    answers = answer_all(ask(groups, wishes), make_resolver)
    unread = survey.unread | unscanned_files(surveyor, survey, lockfile)
    plan = make_plan(groups, answers, lockfile, wishes, scope=survey.scope, unread=unread)
    has_tags = wishes.style is Style.TAG_AND_DIGEST
    sources = source_changes(surveyor, survey, plan.edits, plan.written, has_tags=has_tags)
    settled = settled_lockfile(plan, survey, wishes, unread, sources.refused)
    return Result(
        outcomes=(*plan.outcomes, *sources.failures, *skipped_outcomes(survey.occurrences)),
        problems=survey.problems,
        changes=(*lockfile_change(path, before, settled), *sources.changes),
    )


def lock_content(
    surveyor: Surveyor,
    make_resolver: Callable[[], Resolver] | None,
    wishes: Wishes,
    content: bytes,
    scanner: str,
) -> tuple[bytes, Result]:
    """Pin content that stands in no file, by the lockfile's digests where it has them.

    Nothing is written; where an edit would not come out as planned, the content stays as it is.
    """
    survey = surveyor.survey_content(STANDARD_INPUT, content, scanner)
    lockfile, _ = read_lockfile(surveyor.files, surveyor.settings.lockfile)
    groups = group_found(survey.occurrences, lockfile, wishes.pin_platform)
    answers = answer_all(ask(groups, wishes), make_resolver)
    plan = make_plan(groups, answers, lockfile, wishes, scope=survey.scope)
    after = splice(content, plan.edits.get(STANDARD_INPUT, ()))
    again = surveyor.survey_content(STANDARD_INPUT, after, scanner).occurrences
    wanted = [
        plan.written.get(seen, seen.reference).digest
        for seen in survey.occurrences
        if isinstance(seen, Found)
    ]
    found = [seen.reference.digest for seen in again if isinstance(seen, Found)]
    outcomes = [*plan.outcomes, *skipped_outcomes(survey.occurrences)]
    outcomes = [one for one in outcomes if one.action is not Action.REMOVED]
    if found != wanted:
        after = content
        detail = "the edited text would not hold the planned references; it is as it was"
        outcomes = [Outcome(action=Action.FAILED, reference=STANDARD_INPUT, detail=detail)]
    return after, Result(outcomes=tuple(outcomes), problems=survey.problems)


def _held(occurrences: Iterable[Occurrence]) -> set[tuple[str, str]]:
    return {
        (str(seen.reference.without_digest()), seen.reference.digest)
        for seen in occurrences
        if isinstance(seen, Found) and seen.reference.digest
    }


def skipped_outcomes(occurrences: Iterable[Occurrence]) -> list[Outcome]:
    """Say of each reference that cannot be pinned why."""
    return [
        Outcome(
            action=Action.SKIPPED,
            reference=str(seen.reference) if seen.reference else seen.place.text,
            places=(f"{seen.place.file}:{seen.place.line}",),
            detail=f"{seen.reason.value}: {REASONS[seen.reason]}",
        )
        for seen in occurrences
        if isinstance(seen, Skipped)
    ]

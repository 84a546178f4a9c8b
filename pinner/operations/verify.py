"""Say whether files and lockfile agree, and whether everything is pinned."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinner.model.findings import Finding, FindingName, Tally
from pinner.model.occurrence import Found, Reason, Skipped
from pinner.operations.checks import Check
from pinner.operations.leveling import Strictness, leveled
from pinner.pins.groups import group_found
from pinner.project.accepted import read_accepted, split_accepted
from pinner.project.locked import read_lockfile, unscanned_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pinner.model.evidence import Prover
    from pinner.model.resolver import Resolver
    from pinner.operations.since import Baseline
    from pinner.pins.wishes import Wishes
    from pinner.project.accepted import Identity
    from pinner.project.survey import Survey
    from pinner.project.surveyor import Surveyor


class Verdict(Struct, frozen=True):
    """Findings sorted by place, but for those that the baseline lets be, and what was counted.

    `gone` are rows of the baseline, with their counts, that were looked for and are not there.
    """

    findings: tuple[Finding, ...]
    tally: Tally
    gone: tuple[tuple[Identity, int], ...] = ()


def verify(  # noqa: PLR0913 - options of the command
    surveyor: Surveyor,
    wishes: Wishes,
    *,
    scopes: Sequence[str] = (),
    make_resolver: Callable[[], Resolver] | None = None,
    prove_all: Prover | None = None,
    strictness: Strictness | None = None,
    baseline: Baseline | None = None,
    places_fixes: bool = False,
    accepts: bool = True,
    survey: Survey | None = None,
) -> Verdict:
    """Find everything that is wrong; registries are asked where there is a resolver.

    With `prove_all` beside it, what the rules of trust ask for is proven anew.
    With a baseline, what is weaker or new since then is found too. With `accepts`, the findings of
    `pinner-baseline.json` are let be. A survey of these scopes may have been made before. Raises
    ConfigError, LockfileError and GitError.
    """
    settings = surveyor.settings
    lockfile, content = read_lockfile(surveyor.files, settings.lockfile)
    survey = survey or surveyor.survey(scopes)
    groups = group_found(survey.occurrences, lockfile)
    strictness = strictness or Strictness()
    unread = unscanned_files(surveyor, survey, lockfile)

    def hides_values(folder: str) -> bool:
        path = f"{folder}/.env" if folder else ".env"
        return path not in survey.hashes and surveyor.files.state(path) is not None

    strict = strictness.is_strict
    charts = frozenset(
        path.rpartition("/")[0] for path in survey.jobs if path.endswith("Chart.yaml")
    )
    check = Check(settings, wishes, lockfile, content or b"", strict, unread, hides_values, charts)
    findings = [*check.problems(survey), *check.occurrences(survey.occurrences, groups)]
    findings += check.entries(groups, survey)
    sources: Counter[str] = Counter()
    if make_resolver is not None and groups:
        from pinner.operations.verify_online import ask_registries  # noqa: PLC0415 - start-up

        findings += ask_registries(groups, make_resolver(), sources)
    findings += check.untrusted(groups)
    if prove_all is not None and make_resolver is not None:
        from pinner.operations.verify_online import ask_proofs  # noqa: PLC0415 - start-up

        findings += ask_proofs(groups, settings.trust_rules, prove_all)
    if baseline is not None:
        findings += baseline.compare(survey, lockfile, groups, prove_all)
    found = [*leveled(findings, settings.levels, strictness)]
    off = len(findings) - len(found)
    findings = sorted(
        found, key=lambda finding: (finding.file, finding.line, finding.column, finding.name)
    )
    gone: Counter[Identity] = Counter()
    let_be: Counter[Identity] = Counter()
    if accepts:
        now = read_accepted(surveyor.files)
        then = read_accepted(baseline.surveyor.files) if baseline else now
        gone = _gone(now, findings, survey.scope)
        findings, let_be = split_accepted(findings, then)
        if baseline is not None:
            findings += baseline.compare_accepted(now, then)
    if places_fixes:
        from pinner.operations.fixes import with_fixes  # noqa: PLC0415 - start-up

        findings = list(with_fixes(findings, surveyor.files, survey.hashes))
    tally = replace(_tally(survey, found, sources), switched_off=off, accepted=let_be.total())
    return Verdict(tuple(findings), tally, tuple(sorted(gone.items())))


def _gone(
    accepted: Counter[Identity], findings: Iterable[Finding], scope: frozenset[str] | None
) -> Counter[Identity]:
    """Give the rows of the baseline, of files that were looked at, that nothing bears out."""
    looked_at = Counter({row: n for row, n in accepted.items() if scope is None or row[1] in scope})
    return looked_at - Counter(finding.identity for finding in findings)


def _tally(survey: Survey, findings: Iterable[Finding], sources: Counter[str]) -> Tally:
    reasons = Counter(seen.reason for seen in survey.occurrences if isinstance(seen, Skipped))
    return Tally(
        references=sum(isinstance(seen, Found) for seen in survey.occurrences),
        ignored=reasons[Reason.IGNORED],
        built_locally=reasons[Reason.BUILT_LOCALLY],
        locked_only=sum(finding.name is FindingName.LOCKED_ONLY for finding in findings),
        passed_over=survey.passed_over,
        sources=dict(sources),
    )

"""What is done for one repository: on a worker, without asking any registry."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, field

from pinner.model.errors import PinnerError, RegistryError
from pinner.model.findings import FindingName, Level
from pinner.model.occurrence import Found
from pinner.model.resolver import Question
from pinner.operations.ages import created_of
from pinner.operations.fleet.known_answers import Asked, KnownAnswers, UnansweredError, Way
from pinner.operations.fleet.repositories import Repository, is_bare
from pinner.operations.fleet.update_one import UpdateWishes, update_one
from pinner.operations.leveling import Strictness
from pinner.operations.relocation import relocate_findings, relocate_occurrences
from pinner.operations.verify_project import VerifyRequest, verify_project
from pinner.pins.trust import rules_for, unmet_rules
from pinner.project.clones import fetch, shown
from pinner.project.git import GitDirectory
from pinner.project.locked import read_lockfile
from pinner.project.opening import open_commit, open_projects
from pinner.reports.json import finding_row, reference_row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pinner.model.findings import Finding
    from pinner.model.occurrence import Occurrence
    from pinner.pins.lockfile import LockedImage
    from pinner.project.project import Project


class Request(Struct, frozen=True, kw_only=True):
    """What is asked of every repository; `cache` is the folder of clones.

    `verb` is inventory, verify or update; with `asks_tags`, what the tags give now is asked for,
    and with `asks_dates` when the digests in use were created.
    """

    verb: str
    cache: str
    strictness: Strictness = Strictness()
    asks_tags: bool = False
    asks_dates: bool = False
    update: UpdateWishes | None = None


class Examined(Struct, frozen=True, kw_only=True):
    """What came out: the JSON of a row, and what is to be counted of it.

    `branch` is the title of what is to be opened. With `needs` there is no row yet: these questions
    are to be answered first, each by its way. `later` are questions that the row does not wait for.
    """

    row: bytes = b""
    references: int = 0
    pinned: int = 0
    errors: int = 0
    warnings: int = 0
    is_incomplete: bool = False
    failure: str = ""
    branch: str = ""
    needs: tuple[tuple[Way, Asked], ...] = ()
    later: tuple[tuple[Way, Asked], ...] = ()


class _Seen(Struct):
    """What is gathered of the projects of a repository."""

    references: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    needs: list[tuple[Way, Asked]] = field(default_factory=list)
    later: dict[tuple[Way, Asked], None] = field(default_factory=dict)
    commit: str | None = None


def examine(
    repository: Repository, request: Request, answers: Mapping[tuple[Way, Asked], Any]
) -> Examined:
    """Examine one; what fails as it may is a row too."""
    gc.enable()  # which a command switches off, in the processes that it starts as well
    seen = _Seen()
    try:
        projects = opened(repository, request)
        snapshot = projects[0].snapshot
        seen.commit = snapshot.commit if snapshot else None
        if request.update is not None:
            return _updated(repository, seen, projects, request.update, answers)
        for project in projects:
            _examine_project(seen, project, projects[0].workspace.root, request, answers)
    except PinnerError as error:
        return failed(repository, str(error))
    if seen.needs:
        return Examined(needs=tuple(seen.needs))
    levels = [finding.level for finding in seen.findings]
    statuses = [row["status"] for row in seen.references]
    row = {
        **_head(repository, seen.commit),
        "status": "done",
        "error": None,
        "references": seen.references,
        "problems": seen.problems,
        "findings": None if request.verb == "inventory" else [*map(finding_row, seen.findings)],
    }
    return Examined(
        row=msgspec.json.encode(row),
        references=len(statuses) - statuses.count("skipped"),
        pinned=statuses.count("pinned"),
        errors=levels.count(Level.ERROR),
        warnings=levels.count(Level.WARNING),
        is_incomplete=any(one.name is FindingName.UNREACHABLE for one in seen.findings),
        later=tuple(seen.later),
    )


def _updated(
    repository: Repository,
    seen: _Seen,
    projects: Sequence[Project],
    wishes: UpdateWishes,
    answers: Mapping[tuple[Way, Asked], Any],
) -> Examined:
    done = update_one(repository, projects, wishes, answers)
    if done.needs:
        return Examined(needs=done.needs)
    row = {**_head(repository, seen.commit), "kind": "update", "status": "done", **done.row}
    return Examined(
        row=msgspec.json.encode(row), is_incomplete=done.has_failures, branch=done.title
    )


def failed(repository: Repository, words: str) -> Examined:
    """Make the row of a repository of which nothing could be found out."""
    row = {**_head(repository, None), "status": "failed", "error": words, "references": [],
           "problems": [], "findings": None}  # fmt: skip
    return Examined(row=msgspec.json.encode(row), failure=words)


def _head(repository: Repository, commit: str | None) -> dict[str, Any]:
    return {
        "kind": "repository",
        "repository": shown(repository.location),
        "ref": repository.ref,
        "labels": dict(repository.labels),
        "commit": commit,
    }


def opened(repository: Repository, request: Request) -> list[Project]:
    """Open what a repository has: its work tree, or a commit; raises what opening raises.

    Updates are made of commits alone.
    """
    location, ref = repository.location, repository.ref
    if repository.is_address:
        updates = request.update is not None
        return open_commit(*fetch(location, ref, request.cache, with_branches=updates))
    if is_bare(Path(location)) and not Path(location, ".git").exists():
        return open_commit(GitDirectory(location), ref or "HEAD")
    if ref is not None or request.update is not None:
        return open_commit(location, ref or "HEAD")
    return open_projects([location], use_cache=False)


def _examine_project(
    seen: _Seen,
    project: Project,
    root: str,
    request: Request,
    answers: Mapping[tuple[Way, Asked], Any],
) -> None:
    way = Way.of(project)
    surveyor = project.begin_survey()
    survey = surveyor.survey()

    def below(path: str) -> str:
        return project.shown_from(root, path)

    occurrences = relocate_occurrences(survey.occurrences, below)
    locked = _locked(project)
    for was, now in zip(survey.occurrences, occurrences, strict=True):
        key = str(was.reference.without_digest()) if was.reference else ""
        entry = locked.get(key)
        row = {
            **reference_row(now),
            "locked": entry.digest if entry else None,
            "trust": _trust(was, entry, project),
        }
        seen.references.append(row)
        if request.asks_tags and isinstance(was, Found) and was.reference.tag is not None:
            question = Question(was.reference.without_digest())
            seen.later[way, Asked("resolve", question)] = None
        digest = entry.digest if entry else was.reference.digest if was.reference else None
        if request.asks_dates and isinstance(was, Found) and digest:
            exact = was.reference.without_tag().with_digest(digest)
            seen.later[way, Asked("details", exact)] = None
    seen.problems += [
        {"file": below(one.file), "line": one.line, "message": one.message}
        for one in survey.problems
    ]
    if request.verb == "verify":
        own = {asked: answer for (its, asked), answer in answers.items() if its == way}
        known = KnownAnswers(own, way.rules)
        asks = VerifyRequest(online=request.asks_tags, strictness=request.strictness)
        try:
            verdict = verify_project(project, surveyor, asks, lambda _: known, survey)
        except UnansweredError as error:
            seen.needs += [(way, asked) for asked in error.asked]
            return
        seen.findings += relocate_findings(verdict.findings, below)


def _locked(project: Project) -> dict[str, LockedImage]:
    lockfile, _ = read_lockfile(project.files, project.settings.lockfile)
    return {image.reference: image for image in lockfile.images}


def _trust(seen: Occurrence, entry: LockedImage | None, project: Project) -> str | None:
    """Say whether the lockfile proves what the rules of trust ask for; None where none asks."""
    rules = project.settings.trust_rules
    if not rules or not isinstance(seen, Found) or not rules_for(seen.reference, rules):
        return None
    return "proven" if entry is not None and not unmet_rules(entry, rules) else "unproven"


def later_row(asked: Asked, answer: Any) -> bytes:
    """Make the row of what a tag gives now, or of a digest's date."""
    error = str(answer) if isinstance(answer, RegistryError) else None
    if asked.kind == "details":
        created = None if error else created_of(answer)
        row = {
            "kind": "digest",
            "digest": asked.what.digest,
            "image": asked.what.name,
            "created": created.isoformat() if created else None,
            "error": error,
        }
        return msgspec.json.encode(row)
    return msgspec.json.encode(
        {
            "kind": "tag",
            "reference": str(asked.what.reference),
            "digest": None if error else answer.digest,
            "source": None if error else answer.source,
            "error": error,
        }
    )


def questions_of(needs: Sequence[tuple[Way, Asked]]) -> dict[Way, list[Asked]]:
    """Sort questions by the way they go."""
    found: dict[Way, list[Asked]] = {}
    for way, asked in needs:
        found.setdefault(way, []).append(asked)
    return found

"""Check what was found against the lockfile, the policy, and how strict the user is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.model.findings import Finding, FindingName, Level, default_level, finding_at
from pinner.model.occurrence import Found, Reason, Skipped
from pinner.pins.policy import is_allowed_registry
from pinner.pins.rewrite import Style, pin_edits
from pinner.pins.trust import unmet_rules
from pinner.pins.wishes import is_lock_only

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pinner.model.occurrence import Edit, Occurrence
    from pinner.pins.groups import Group
    from pinner.pins.lockfile import LockedImage, Lockfile
    from pinner.pins.wishes import Wishes
    from pinner.project.settings import Settings
    from pinner.project.survey import Survey

_SKIPPED = {
    Reason.UNSET_VARIABLE: (FindingName.UNSET_VARIABLE, ""),
    Reason.CHART_DECIDES: (FindingName.CHART_DECIDES, "no tag is written: the chart has its own"),
    Reason.TEMPLATED: (FindingName.TEMPLATED, "a template supplies this reference"),
    Reason.INVALID_REFERENCE: (FindingName.INVALID_REFERENCE, "this is not an image reference"),
    Reason.PLATFORM_VARIABLE: (
        FindingName.PLATFORM_VARIABLE,
        "a platform argument decides what this is; name the platforms' images apart",
    ),
    Reason.AMBIGUOUS_STAGE: (
        FindingName.AMBIGUOUS_STAGE,
        "this may be a stage of the Dockerfile that builds on this one; write a tag if it is not",
    ),
    Reason.UNSUPPORTED_EDIT: (
        FindingName.UNSUPPORTED_EDIT,
        "no edit of this text can hold a digest; write the reference out",
    ),
}


class Check(Struct):
    """What a survey is checked against; `content` is the lockfile's text.

    `hides_values` says of a folder whether git ignores the `.env` file in it, `charts` are the
    folders of Helm charts.
    """

    settings: Settings
    wishes: Wishes
    lockfile: Lockfile
    content: bytes
    strict: bool
    unread: frozenset[str] = frozenset()
    hides_values: Callable[[str], bool] = lambda _: False
    charts: frozenset[str] = frozenset()

    def problems(self, survey: Survey) -> Iterator[Finding]:
        """Say what could not be read."""
        for problem in (*survey.problems, *survey.remarks):
            name = FindingName(problem.name)
            yield Finding(
                name=name,
                level=default_level(name),
                file=problem.file,
                line=problem.line,
                column=0,
                end_column=0,
                message=problem.message,
            )

    def occurrences(
        self, occurrences: Sequence[Occurrence], groups: Sequence[Group]
    ) -> Iterator[Finding]:
        """Check every reference."""
        tracks = {seen: group.reference for group in groups for seen in group.found}
        entries = self.lockfile.by_reference()
        by_chart: Counter[str] = Counter()
        for seen in occurrences:
            chart = self._chart_of(seen)
            match seen:
                case Skipped() if chart is not None:
                    by_chart[chart] += 1
                case Skipped():
                    yield from self._skipped(seen)
                case Found():
                    yield from self._policy(seen)
                    yield from self._agreement(seen, entries.get(tracks[seen], ()))

        for chart, count in by_chart.items():
            yield self._chart_finding(chart, count)

    def _chart_of(self, seen: Occurrence) -> str | None:
        """Give the chart of whose templates something is that values supply."""
        if not isinstance(seen, Skipped) or seen.reason is not Reason.TEMPLATED:
            return None
        folder, inside, _ = seen.place.file.rpartition("templates/")
        return folder.rstrip("/") if inside and folder.rstrip("/") in self.charts else None

    def _chart_finding(self, chart: str, count: int) -> Finding:
        """Say once what holds for all templates of a chart."""
        noun = "reference" if count == 1 else "references"
        return Finding(
            name=FindingName.TEMPLATED,
            level=Level.ERROR if self.strict else Level.WARNING,
            file=f"{chart}/Chart.yaml" if chart else "Chart.yaml",
            line=0,
            column=0,
            end_column=0,
            message=f"values supply {count} {noun} of this chart's templates",
        )

    def _skipped(self, seen: Skipped) -> Iterator[Finding]:
        if seen.reason in _SKIPPED:
            name, message = _SKIPPED[seen.reason]
            mild = Level.NOTE if seen.reason is Reason.CHART_DECIDES else Level.WARNING
            level = Level.ERROR if self.strict else mild
            message = message or self._missing_words(seen)
            yield finding_at(name, seen.place, f"{seen.place.text!r}: {message}", level=level)

    def _missing_words(self, seen: Skipped) -> str:
        """Name the variables that have no value, and what would give them one."""
        names = ", ".join(seen.missing) or "a variable"
        verb = "have" if len(seen.missing) > 1 else "has"
        if seen.place.scanner == "dockerfile":
            return f"{names} {verb} no value here; give the ARG a default"
        if seen.place.scanner != "compose":
            return f"{names} {verb} no value here; give it one that is literal"
        if self.hides_values(seen.place.file.rpartition("/")[0]):
            return f"{names} {verb} no value here; the .env beside it is ignored by git"
        return f"{names} {verb} no value here; write ${{NAME:-default}}, or a value into .env"

    def _policy(self, seen: Found) -> Iterator[Finding]:
        policy = self.settings.policy
        reference = str(seen.reference.without_digest())
        if not is_allowed_registry(seen.reference, policy.allowed_registries):
            yield finding_at(
                FindingName.REGISTRY_NOT_ALLOWED,
                seen.place,
                f"{seen.reference.name} is of no registry that the policy allows",
                reference=reference,
            )
        implied = seen.site is not None and seen.site.implied_tag
        untagged = seen.reference.tag is None or (implied and seen.reference.digest is None)
        if policy.require_tag and untagged and self.wishes.style is not Style.DIGEST_ONLY:
            yield finding_at(
                FindingName.TAG_REQUIRED,
                seen.place,
                f"{seen.reference.name} has no tag, which the policy requires",
                reference=reference,
            )

    def _agreement(self, seen: Found, entries: Sequence[LockedImage]) -> Iterator[Finding]:
        reference = str(seen.reference.without_digest())
        shown = seen.reference.without_digest().familiar
        digest = seen.reference.digest
        if digest is None and is_lock_only(seen, self.wishes):
            if entries:
                yield finding_at(
                    FindingName.LOCKED_ONLY,
                    seen.place,
                    f"{shown} has its digest in the lockfile alone; whoever pulls it sees the tag",
                    level=Level.ERROR if self.strict else Level.NOTE,
                    reference=reference,
                )
            else:
                yield finding_at(
                    FindingName.NOT_LOCKED,
                    seen.place,
                    f"{shown} is not in the lockfile; run `pinner lock`",
                    reference=reference,
                )
        elif digest is None:
            known = "the lockfile has its digest" if entries else "nor is it locked"
            yield finding_at(
                FindingName.UNPINNED,
                seen.place,
                f"{shown} has no digest ({known}); run `pinner lock`",
                reference=reference,
                edits=self._edits(seen, entries),
            )
        elif not entries:
            yield finding_at(
                FindingName.NOT_LOCKED,
                seen.place,
                f"{shown} is pinned, but not in the lockfile; run `pinner lock`",
                reference=reference,
                subject=f"{reference}@{digest}",
            )
        elif digest not in {image.digest for image in entries}:
            yield finding_at(
                FindingName.DIGEST_MISMATCH,
                seen.place,
                f"{shown} is pinned to {digest}, but the lockfile says {entries[0].digest}; "
                "if the file is right run `pinner lock`, else undo the change",
                reference=reference,
                subject=f"{reference}@{digest}",
                edits=self._edits(seen, entries),
            )

    def _edits(self, seen: Found, entries: Sequence[LockedImage]) -> tuple[Edit, ...]:
        """Give the edits that write the lockfile's digest, where it has one alone."""
        if seen.site is None or len(entries) != 1 or is_lock_only(seen, self.wishes):
            return ()
        return pin_edits(seen.site, entries[0].digest, self.wishes.style)

    def entries(self, groups: Sequence[Group], survey: Survey) -> Iterator[Finding]:
        """Compare entries with their uses; those of files outside a partial survey are let be."""
        using: dict[tuple[str, str], set[str]] = {}
        pinned: dict[tuple[str, str], set[str]] = {}
        for group in groups:
            key = (group.reference, group.platform or "")
            using.setdefault(key, set()).update(seen.place.file for seen in group.found)
            held = {seen.place.file for seen in group.found if self._is_settled(seen)}
            pinned.setdefault(key, set()).update(held)
        for image in self.lockfile.images:
            listed = {file for file in image.files if file not in self.unread | survey.unread}
            if survey.scope is not None:
                listed &= survey.scope
            unused = listed - using.get(image.key, set())
            if image.key not in using and listed == set(image.files):
                message = f"nothing uses {image.reference}; run `pinner lock`"
                yield self._entry_finding(image, message, Level.ERROR)
            elif unused:
                message = f"the entry of {image.reference} lists {min(unused)}, which does not"
                message += " use it; run `pinner lock`"
                yield self._entry_finding(image, message, Level.WARNING)
            elif missing := pinned.get(image.key, set()) - set(image.files):
                message = f"the entry of {image.reference} does not list {min(missing)}"
                yield self._entry_finding(image, f"{message}; run `pinner lock`", Level.WARNING)

    def untrusted(self, groups: Sequence[Group]) -> Iterator[Finding]:
        """Say which entries do not have the evidence that the rules ask for; raises ConfigError."""
        used = {(group.reference, group.platform or "") for group in groups}
        for image in self.lockfile.images:
            if image.key not in used:
                continue
            unmet = unmet_rules(image, self.settings.trust_rules)
            for rule in unmet:
                proven = [one.digest for one in image.evidence if one.digest != image.digest]
                problem = f"nothing proves that it is signed by {rule.wanted_signer}"
                if proven:
                    problem = f"what was proven is {proven[0]}"
                message = f"{image.reference} is locked to {image.digest}, but {problem}; "
                message += "`pinner lock` asks for the proof"
                yield self._entry_finding(image, message, Level.ERROR, FindingName.UNTRUSTED)

    def _is_settled(self, seen: Found) -> bool:
        """Say whether an occurrence is as `lock` leaves it."""
        return seen.reference.digest is not None or is_lock_only(seen, self.wishes)

    def _entry_finding(
        self,
        image: LockedImage,
        message: str,
        level: Level,
        name: FindingName = FindingName.STALE_ENTRY,
    ) -> Finding:
        marker = f'reference = "{image.reference}"'
        at = self.content.find(marker.encode())
        line = self.content.count(b"\n", 0, max(at, 0)) + 1
        return Finding(
            name=name,
            level=level,
            file=self.settings.lockfile,
            line=line,
            column=1,
            end_column=len(marker) + 1,
            message=message,
            reference=image.reference,
        )

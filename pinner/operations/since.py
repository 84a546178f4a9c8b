"""Compare a checkout with a revision that is trusted: what is checked less, which digests are new.

The settings in force are those of the revision; what the checkout's would let pass is found here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, structs

from pinner.model.errors import LockfileError, NotFoundError, RegistryError
from pinner.model.findings import Finding, FindingName, Level, default_level, finding_at
from pinner.model.occurrence import Found, Reason, Skipped
from pinner.model.platforms import Platform
from pinner.model.reference import ImageReference
from pinner.model.resolver import Answer, Question
from pinner.operations.verify_online import ask_proofs
from pinner.pins.lockfile import Lockfile
from pinner.project.accepted import BASELINE
from pinner.project.locked import read_lockfile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pinner.model.evidence import Prover
    from pinner.model.occurrence import Place
    from pinner.model.resolver import Resolver
    from pinner.pins.groups import Group
    from pinner.project.accepted import Identity
    from pinner.project.settings import Settings
    from pinner.project.survey import Survey
    from pinner.project.surveyor import Surveyor

# What a configuration can say that makes a gate let more pass, and the key of each.
_WATCHED = {
    "include": "include",
    "exclude": "exclude",
    "ignore": "ignore",
    "rewrite": "rewrite",
    "lockfile": "lockfile",
    "files": "files",
    "lock_composed_only": "dockerfile.composed",
    "by_content": "compose.by-content",
    "excluded_formats": "formats.exclude",
    "registries": "registries",
    "use_host_config": "use-host-config",
    "policy": "policy",
}


_NO_END = "9999-99-99"


_RANKS = {None: 0, Level.NOTE: 1, Level.WARNING: 2, Level.ERROR: 3}


class Baseline(Struct, frozen=True):
    """A revision, its files, and the settings that the checkout has now.

    Without `make_resolver`, new digests are listed and not asked for.
    """

    name: str
    surveyor: Surveyor
    settings_now: Settings
    settings_file: str
    make_resolver: Callable[[], Resolver] | None

    def compare(
        self,
        survey: Survey,
        lockfile: Lockfile,
        groups: Sequence[Group] = (),
        prove_all: Prover | None = None,
    ) -> Iterator[Finding]:
        """Find what is weaker or new in a survey of the checkout; raises GitError.

        With `prove_all`, new digests have to prove what the rules of the revision ask for.
        """
        before = self.surveyor.survey()
        try:
            locked, _ = read_lockfile(self.surveyor.files, self.surveyor.settings.lockfile)
        except LockfileError:
            locked = Lockfile()
        yield from self._weaker_settings()
        yield from self._lower_levels()
        yield from self._new_ignores(survey, before)
        known = known_pins(before, locked)
        yield from self._new_digests(survey, lockfile, known)
        if prove_all is not None:
            new = [
                group
                for group in groups
                if group.entry and (_name(group.reference), group.entry.digest) not in known
            ]
            yield from ask_proofs(new, self.surveyor.settings.trust_rules, prove_all)

    def _weaker_settings(self) -> Iterator[Finding]:
        now, then = structs.asdict(self.settings_now), structs.asdict(self.surveyor.settings)
        for name, key in _WATCHED.items():
            if now[name] != then[name]:
                message = f"`{key}` is not what it is at {self.name}, whose value is in force here"
                yield _at_file(FindingName.WEAKENED, self.settings_file, message)
        kept = set(self.settings_now.trust_rules)
        for number, rule in enumerate(self.surveyor.settings.trust_rules, 1):
            if rule not in kept:
                message = f"`trust[{number}]` of {self.name} is gone or is another one"
                yield _at_file(FindingName.WEAKENED, self.settings_file, message)

    def _lower_levels(self) -> Iterator[Finding]:
        now, then = self.settings_now.levels, self.surveyor.settings.levels
        for name in sorted(now.keys() | then.keys()):
            usual = default_level(FindingName(name))
            before, after = then.get(name, usual), now.get(name, usual)
            if _RANKS[after] < _RANKS[before]:
                words = f"`findings.{name}` is {_shown(after)} here, and {_shown(before)} at"
                message = f"{words} {self.name}, whose value is in force here"
                yield _at_file(FindingName.WEAKENED, self.settings_file, message)

    def compare_accepted(
        self, now: Mapping[Identity, int], then: Mapping[Identity, int]
    ) -> Iterator[Finding]:
        """Find what the checkout's baseline lets be and the revision's does not."""
        for (name, file, subject), count in sorted(now.items()):
            before = then.get((name, file, subject), 0)
            if count > before:
                message = f"{name} of {subject} in {file} is let be {count} times here, "
                message += f"{before} at {self.name}, whose baseline is in force here"
                yield _at_file(FindingName.WEAKENED, BASELINE, message)

    def _new_ignores(self, survey: Survey, before: Survey) -> Iterator[Finding]:
        ends: dict[tuple[str, str], str] = {}
        for seen in before.occurrences:
            if _is_ignored(seen):
                ends[_ignored(seen)] = max(ends.get(_ignored(seen), ""), _last_day(seen))
        for seen in survey.occurrences:
            if not _is_ignored(seen):
                continue
            then, now = ends.get(_ignored(seen)), _last_day(seen)
            if then is None:
                message = f"{seen.place.text} is ignored here, which it is not at {self.name}"
                yield finding_at(FindingName.WEAKENED, seen.place, message)
            elif now > then:
                until = "without end" if now == _NO_END else f"until {now}"
                message = f"{seen.place.text} is ignored {until} here, until {then} at {self.name}"
                yield finding_at(FindingName.WEAKENED, seen.place, message)

    def _new_digests(
        self, survey: Survey, lockfile: Lockfile, known: set[tuple[str, str]]
    ) -> Iterator[Finding]:
        """Ask for each digest that is new whether its tag gives it."""
        new: dict[tuple[str, str], tuple[Place | None, str | None]] = {}
        for seen in survey.occurrences:
            if isinstance(seen, Found) and seen.reference.digest:
                pin = (str(seen.reference.without_digest()), seen.reference.digest)
                if pin not in known:
                    new.setdefault(pin, (seen.place, None))
        for image in lockfile.images:
            pin = (_name(image.reference), image.digest)
            if pin not in known:
                place = new[pin][0] if pin in new else None
                new[pin] = (place, image.platform)
        questions = {pin: _question(pin, platform) for pin, (_, platform) in new.items()}
        answers = (
            self.make_resolver().resolve(list(questions.values()))
            if self.make_resolver is not None and questions
            else {}
        )
        for pin, (place, _) in new.items():
            found = self._judge(pin, answers.get(questions[pin]))
            if found is not None:
                name, level, message = found
                file = self.surveyor.settings.lockfile
                yield (
                    finding_at(name, place, message, level=level, reference=pin[0])
                    if place
                    else _at_file(name, file, message, level)
                )

    def _judge(
        self, pin: tuple[str, str], answer: Answer | RegistryError | None
    ) -> tuple[FindingName, Level, str] | None:
        reference, digest = pin
        shown = ImageReference.parse(reference).familiar
        tagged = ImageReference.parse(reference).tag is not None
        if answer is None:
            message = f"{digest} of {shown} is new since {self.name}; no registry was asked"
            return FindingName.NEW_DIGEST, Level.WARNING, message
        if isinstance(answer, NotFoundError):
            message = f"{digest} of {shown} is new since {self.name}, and not there: {answer}"
            return FindingName.NEW_DIGEST, Level.ERROR, message
        if isinstance(answer, RegistryError):
            return FindingName.UNREACHABLE, Level.ERROR, str(answer)
        if tagged and answer.digest != digest:
            message = f"{digest} of {shown} is new since {self.name}, but the tag gives"
            return FindingName.NEW_DIGEST, Level.ERROR, f"{message} {answer.digest}"
        if not tagged:
            message = f"{digest} of {shown} is new since {self.name}, and no tag vouches for it"
            return FindingName.NEW_DIGEST, Level.WARNING, message
        return None


def known_pins(survey: Survey, lockfile: Lockfile) -> set[tuple[str, str]]:
    """Give the references and digests that a revision has, in files or lockfile."""
    locked = {(_name(image.reference), image.digest) for image in lockfile.images}
    written = {
        (str(seen.reference.without_digest()), seen.reference.digest)
        for seen in survey.occurrences
        if isinstance(seen, Found) and seen.reference.digest
    }
    return locked | written


def _name(reference: str) -> str:
    return reference.partition("@")[0]


def _question(pin: tuple[str, str], platform: str | None) -> Question:
    reference = ImageReference.parse(pin[0])
    if reference.tag is None:
        return Question(reference.with_digest(pin[1]))
    return Question(reference, Platform.parse(platform) if platform else None)


def _is_ignored(seen: object) -> bool:
    return isinstance(seen, Skipped) and seen.reason is Reason.IGNORED


def _shown(level: Level | None) -> str:
    return level.value if level else "off"


def _last_day(seen: Found | Skipped) -> str:
    """Give the last day on which something is ignored, as 2027-01-01; what sorts behind all."""
    ignore = seen.ignore if isinstance(seen, Skipped) else None
    return ignore.until if ignore and ignore.until else _NO_END


def _ignored(seen: Found | Skipped) -> tuple[str, str]:
    reference = seen.reference.without_digest() if seen.reference else seen.place.text
    return seen.place.file, str(reference)


def _at_file(name: FindingName, file: str, message: str, level: Level = Level.ERROR) -> Finding:
    return Finding(
        name=name, level=level, file=file, line=0, column=0, end_column=0, message=message
    )

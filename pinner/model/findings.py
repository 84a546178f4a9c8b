"""What an operation has to say: findings about the project, outcomes of what was done."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pinner.model.occurrence import Edit, Place, Problem


class Level(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class FindingName(StrEnum):
    """The stable names of findings; docs/findings.md explains each."""

    UNPINNED = "unpinned"
    NOT_LOCKED = "not-locked"
    DIGEST_MISMATCH = "digest-mismatch"
    STALE_ENTRY = "stale-entry"
    UNSET_VARIABLE = "unset-variable"
    TEMPLATED = "templated"
    INVALID_REFERENCE = "invalid-reference"
    UNSUPPORTED_EDIT = "unsupported-edit"
    PLATFORM_VARIABLE = "platform-variable"
    AMBIGUOUS_STAGE = "ambiguous-stage"
    CHART_DECIDES = "chart-decides"
    LOCKED_ONLY = "locked-only"
    SINGLE_PLATFORM = "single-platform"
    REGISTRY_NOT_ALLOWED = "registry-not-allowed"
    TAG_REQUIRED = "tag-required"
    UNREADABLE = "unreadable"
    MISSING_FILE = "missing-file"
    OUTSIDE = "outside"
    UNKNOWN_DIRECTIVE = "unknown-directive"
    IGNORE_EXPIRES = "ignore-expires"
    IGNORE_EXPIRED = "ignore-expired"
    WEAKENED = "weakened"
    NEW_DIGEST = "new-digest"
    UNTRUSTED = "untrusted"
    MOVED = "moved"
    GONE = "gone"
    UNREACHABLE = "unreachable"


SUMMARIES = {
    FindingName.UNPINNED: "An image reference has no digest.",
    FindingName.NOT_LOCKED: "A reference has no entry in the lockfile.",
    FindingName.DIGEST_MISMATCH: "A file and the lockfile name different digests.",
    FindingName.STALE_ENTRY: "The lockfile has an entry that nothing uses.",
    FindingName.UNSET_VARIABLE: "A reference needs a variable that has no value.",
    FindingName.TEMPLATED: "A template supplies the reference.",
    FindingName.INVALID_REFERENCE: "This is not an image reference.",
    FindingName.UNSUPPORTED_EDIT: "No edit of this text can hold a digest.",
    FindingName.PLATFORM_VARIABLE: "The reference differs from platform to platform.",
    FindingName.AMBIGUOUS_STAGE: "This may be a stage of another Dockerfile.",
    FindingName.CHART_DECIDES: "Helm values name an image without a tag.",
    FindingName.LOCKED_ONLY: "Only the lockfile holds the digest.",
    FindingName.SINGLE_PLATFORM: "The digest is of one platform only.",
    FindingName.REGISTRY_NOT_ALLOWED: "The policy does not allow this registry.",
    FindingName.TAG_REQUIRED: "The policy requires a tag to be written.",
    FindingName.UNREADABLE: "A file cannot be read.",
    FindingName.WEAKENED: "Less is checked than at the revision that is compared with.",
    FindingName.NEW_DIGEST: "A digest is new, and its tag does not give it.",
    FindingName.UNTRUSTED: "A digest does not prove what a rule of trust asks for.",
    FindingName.MISSING_FILE: "A file that another one names is not there.",
    FindingName.OUTSIDE: "A file that another one names is outside the project.",
    FindingName.UNKNOWN_DIRECTIVE: "A comment for pinner says nothing that it knows.",
    FindingName.IGNORE_EXPIRES: "An ignore comment ends within four weeks.",
    FindingName.IGNORE_EXPIRED: "The date of an ignore comment has passed.",
    FindingName.MOVED: "The tag points to another digest now.",
    FindingName.GONE: "The registry no longer has the digest.",
    FindingName.UNREACHABLE: "The registry gave no answer.",
}


# What no configuration changes: it would be let pass by what it looks for.
GUARDS = frozenset(
    {
        FindingName.UNREADABLE.value,
        FindingName.WEAKENED.value,
        FindingName.NEW_DIGEST.value,
        FindingName.UNREACHABLE.value,
        FindingName.UNTRUSTED.value,
    }
)
_NOTES = frozenset({FindingName.CHART_DECIDES, FindingName.LOCKED_ONLY})
_WARNINGS = frozenset(
    {
        FindingName.UNSET_VARIABLE,
        FindingName.TEMPLATED,
        FindingName.INVALID_REFERENCE,
        FindingName.UNSUPPORTED_EDIT,
        FindingName.PLATFORM_VARIABLE,
        FindingName.AMBIGUOUS_STAGE,
        FindingName.SINGLE_PLATFORM,
        FindingName.IGNORE_EXPIRES,
        FindingName.MOVED,
    }
)


def default_level(name: FindingName) -> Level:
    """Give the level that a finding has where nothing says another; the highest of several."""
    if name in _NOTES:
        return Level.NOTE
    return Level.WARNING if name in _WARNINGS else Level.ERROR


class Replacement(Struct, frozen=True):
    """New text for a range of a file's text; lines and columns are 1-based.

    Columns count code points, lines end with a line feed, and a byte order mark is no column.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


class Finding(Struct, frozen=True, kw_only=True):
    """Something that is not as it should be; line and columns are 1-based, 0 if unknown.

    `end_column` is the column behind the last character. `subject` tells it from other findings of
    its name in its file, wherever they stand. `edits` would mend it, if `pinner lock` knew no
    better, by bytes of the file; `fix` is the same by lines and columns, where that was asked for.
    """

    name: FindingName
    level: Level
    file: str
    line: int
    column: int
    end_column: int
    message: str
    reference: str | None = None
    subject: str = ""
    edits: tuple[Edit, ...] = ()
    fix: tuple[Replacement, ...] = ()

    @property
    def identity(self) -> tuple[str, str, str]:
        """What stays the same where the finding moves to another line: name, file and subject."""
        return (self.name.value, self.file, self.subject or self.reference or self.message)

    @property
    def location(self) -> str:
        """Say where, as compilers do."""
        if not self.line:
            return self.file
        column = f":{self.column}" if self.column else ""
        return f"{self.file}:{self.line}{column}"


def finding_at(  # noqa: PLR0913 - fields of the value
    name: FindingName,
    place: Place,
    message: str,
    *,
    level: Level = Level.ERROR,
    reference: str | None = None,
    subject: str = "",
    edits: tuple[Edit, ...] = (),
) -> Finding:
    """Make a finding of the text at a place, or of its first line."""
    first_line = place.text.partition("\n")[0]
    return Finding(
        name=name,
        level=level,
        file=place.file,
        line=place.line,
        column=place.column,
        end_column=place.column + len(first_line),
        message=message,
        reference=reference,
        subject=subject,
        edits=edits,
    )


class PassedOver(Struct, frozen=True):
    """What was not looked at: files by their number, repositories inside this one by name.

    `unread` counts those that seem to hold references in a place that is not read.
    """

    copied: int = 0
    excluded: int = 0
    foreign: tuple[str, ...] = ()
    unread: int = 0


class Tally(Struct, frozen=True, kw_only=True):
    """How many references were verified, and what was let be: references and files.

    `sources` counts the answers of those who were asked.
    """

    references: int = 0
    ignored: int = 0
    built_locally: int = 0
    locked_only: int = 0
    accepted: int = 0
    switched_off: int = 0
    passed_over: PassedOver = PassedOver()
    sources: Mapping[str, int] = field(default_factory=dict)

    def plus(self, other: Tally, shown: Callable[[str], str]) -> Tally:
        """Add another project's tally, whose paths are written anew."""
        mine, its = self.passed_over, other.passed_over
        return Tally(
            references=self.references + other.references,
            ignored=self.ignored + other.ignored,
            built_locally=self.built_locally + other.built_locally,
            locked_only=self.locked_only + other.locked_only,
            accepted=self.accepted + other.accepted,
            switched_off=self.switched_off + other.switched_off,
            sources={
                name: self.sources.get(name, 0) + other.sources.get(name, 0)
                for name in (*self.sources, *other.sources)
            },
            passed_over=PassedOver(
                copied=mine.copied + its.copied,
                excluded=mine.excluded + its.excluded,
                foreign=(*mine.foreign, *map(shown, its.foreign)),
                unread=mine.unread + its.unread,
            ),
        )


class Action(StrEnum):
    """What was done about a reference."""

    PINNED = "pinned"
    MOVED = "moved"
    ADOPTED = "adopted"
    KEPT = "kept"
    REMOVED = "removed"
    UNPINNED = "unpinned"
    SKIPPED = "skipped"
    HELD = "held"
    LEFT = "left"
    FAILED = "failed"


class Outcome(Struct, frozen=True, kw_only=True):
    """What was done about one reference, and why."""

    action: Action
    reference: str
    digest: str | None = None
    previous: str | None = None
    places: tuple[str, ...] = ()
    detail: str = ""


class FileChange(Struct, frozen=True, kw_only=True):
    """A file's content before and after, for a diff."""

    file: str
    before: bytes
    after: bytes
    is_new: bool = False


class Result(Struct, frozen=True, kw_only=True):
    """What an operation did or would do; `problems` are files that could not be read."""

    outcomes: tuple[Outcome, ...]
    problems: tuple[Problem, ...] = ()
    changes: tuple[FileChange, ...] = ()

    @property
    def has_failures(self) -> bool:
        """Say whether some reference could not be resolved."""
        return any(outcome.action is Action.FAILED for outcome in self.outcomes)

"""Occurrences: the image references that stand in files, and where an edit would touch them.

Offsets are bytes of the file; lines and columns are 1-based, columns count characters.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from pinner.model.reference import ImageReference  # noqa: TC001 - decoded by these annotations


class Reason(StrEnum):
    """Why an occurrence cannot be pinned."""

    UNSET_VARIABLE = "unset-variable"
    PLATFORM_VARIABLE = "platform-variable"
    AMBIGUOUS_STAGE = "ambiguous-stage"
    BUILT_LOCALLY = "built-locally"
    TEMPLATED = "templated"
    INVALID_REFERENCE = "invalid-reference"
    IGNORED = "ignored"
    UNSUPPORTED_EDIT = "unsupported-edit"
    CHART_DECIDES = "chart-decides"
    REPLACED = "replaced"
    UNREAD = "unread"


class Span(Struct, frozen=True, order=True):
    """A half-open range of bytes."""

    start: int
    end: int


class Edit(Struct, frozen=True):
    """New text for a span."""

    span: Span
    text: str


class Place(Struct, frozen=True, kw_only=True):
    """Where a reference stands: the text at line and column that an edit would touch."""

    file: str
    line: int
    column: int
    scanner: str
    where: str
    text: str


class DigestField(Struct, frozen=True, kw_only=True):
    """A field of its own for the digest of a reference whose parts stand in several fields.

    `span` covers its value, or is empty where the field is written with it: then `before` and
    `after` stand around the digest. `is_bare` is one without `sha256:`, `is_set` says that a digest
    stands there. `removal` covers what goes when the digest goes; the value alone where it is None.
    """

    span: Span
    before: str = ""
    after: str = ""
    is_bare: bool = False
    is_set: bool = False
    removal: Span | None = None


class TagPart(Struct, frozen=True):
    """A stretch of a tag, and every place where it is written: file and range.

    It has none where no edit can change it; several where it is written more than once.
    """

    text: str
    places: tuple[tuple[str, Span], ...] = ()


class Site(Struct, frozen=True, kw_only=True):
    """How a reference is edited.

    `end` is where `@digest` is inserted.
    `digest` covers the digest that stands there, with its `@` unless that stands elsewhere.
    `tag` covers `:tag` where it stands whole right before the end or the digest;
    with `tag_alone` it covers the tag without its colon, which stands elsewhere.
    `implied_tag` says that no tag is written at all.
    `composed` says that variables supply parts of the reference, and the digest follows them all.
    `field` is where the digest goes in place of the end, `tag` then the tag alone.
    `lock_only` says that the format breaks where a digest stands in the file.
    `parts` are those of a tag that does not stand whole at the site: variables supply some.
    """

    end: int
    digest: Span | None = None
    has_at: bool = True
    tag: Span | None = None
    tag_alone: bool = False
    implied_tag: bool = False
    composed: bool = False
    field: DigestField | None = None
    lock_only: bool = False
    parts: tuple[TagPart, ...] = ()

    @property
    def key(self) -> tuple[int, int]:
        """What tells this site from any other of its file."""
        if self.field is not None:
            return (self.field.span.start, self.field.span.end)
        return (self.digest.start, self.digest.end) if self.digest else (self.end, self.end)


class Problem(Struct, frozen=True, tag=True):
    """A part of a file that could not be read; `name` is that of the finding."""

    file: str
    line: int
    message: str
    name: str = "unreadable"


class Ignore(Struct, frozen=True):
    """What a comment says that ignores a reference: why, and the last day, as 2027-01-01."""

    reason: str = ""
    until: str = ""


class Found(Struct, frozen=True, tag=True):
    """A reference that is pinned or can be.

    `site` is None where the digest that stands there cannot be edited.
    `remark` is about a comment beside it.
    """

    place: Place
    reference: ImageReference
    site: Site | None
    remark: Problem | None = None


class Skipped(Struct, frozen=True, tag=True):
    """A reference that cannot be pinned, and why; `missing` names variables without a value.

    `ignore` is what the comment says that ignores it; where that ends on a day, `otherwise` is
    what it is from then on. `remark` is about a comment beside it.
    """

    place: Place
    reason: Reason
    reference: ImageReference | None = None
    missing: tuple[str, ...] = ()
    ignore: Ignore | None = None
    otherwise: Found | Skipped | None = None
    remark: Problem | None = None


Occurrence = Found | Skipped

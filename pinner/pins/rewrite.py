"""Edits to bytes: write a digest to a site, take one out, and splice edits into content."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from pinner.model.occurrence import Edit, Span
from pinner.model.reference import DEFAULT_TAG

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pinner.model.occurrence import DigestField, Site


class Style(StrEnum):
    """How a pinned reference is written."""

    TAG_AND_DIGEST = "tag-and-digest"
    DIGEST_ONLY = "digest-only"


class OverlappingEditsError(ValueError):
    """Two edits want the same bytes."""


def splice(content: bytes, edits: Iterable[Edit]) -> bytes:
    """Apply edits, given by spans of the content; raises OverlappingEditsError."""
    parts: list[bytes] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: edit.span):
        if edit.span.start < at:
            raise OverlappingEditsError(f"edits overlap at byte {edit.span.start}")
        parts += [content[at : edit.span.start], edit.text.encode()]
        at = edit.span.end
    return b"".join([*parts, content[at:]])


def pin_edits(site: Site, digest: str, style: Style) -> tuple[Edit, ...]:
    """Write a digest to a site.

    A tag that variables supply cannot be dropped: there, digest-only keeps the tag.
    """
    if site.field is not None:
        return (_field_edit(site.field, digest),)
    sign = "@" if site.has_at else ""
    start = site.digest.start if site.digest else site.end
    end = site.digest.end if site.digest else site.end
    if style is Style.DIGEST_ONLY and site.tag is not None and not site.tag_alone:
        return (Edit(Span(site.tag.start, end), f"@{digest}"),)
    if site.digest is None and site.implied_tag and style is Style.TAG_AND_DIGEST:
        sign = f":{DEFAULT_TAG}@"
    return (Edit(Span(start, end), f"{sign}{digest}"),)


def _field_edit(field: DigestField, digest: str) -> Edit:
    written = digest.partition(":")[2] if field.is_bare else digest
    return Edit(field.span, f"{field.before}{written}{field.after}")


def move_edits(site: Site, tag: str, digest: str | None) -> tuple[Edit, ...]:
    """Write a new tag and its digest to a site; nothing where the tag stands elsewhere.

    Without a digest the tag alone is written.
    """
    if site.field is not None:
        pinned = (_field_edit(site.field, digest),) if digest else ()
        return (Edit(site.tag, tag), *pinned) if site.tag else ()
    end = site.digest.end if site.digest and digest else site.end
    pin = f"@{digest}" if digest else ""
    if site.tag is not None and site.has_at:
        colon = "" if site.tag_alone else ":"
        return (Edit(Span(site.tag.start, end), f"{colon}{tag}{pin}"),)
    if site.implied_tag and site.digest is None:
        return (Edit(Span(site.end, end), f":{tag}{pin}"),)
    return ()


def unpin_edit(site: Site, tag: str | None) -> Edit | None:
    """Take the digest out of a site; `tag` is written in its stead where none stands there.

    None where the `@` stands apart from the digest, or where no tag would be left.
    """
    if site.field is not None:
        return Edit(site.field.removal or site.field.span, "") if site.field.is_set else None
    if site.digest is None or not site.has_at:
        return None
    return Edit(site.digest, f":{tag}" if tag is not None else "")


def untag_edit(site: Site) -> Edit | None:
    """Take tag and digest out of a site; None where they do not stand there side by side."""
    if site.digest is None or site.tag is None or site.tag_alone or not site.has_at:
        return None
    return Edit(Span(site.tag.start, site.digest.end), "")

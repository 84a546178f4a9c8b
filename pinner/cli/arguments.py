"""Texts that users give, as values; raises UsageError where they make no sense."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from pinner.model.platforms import Platform
    from pinner.project.project import Project


def parse_platforms(texts: Sequence[str] | None) -> tuple[Platform, ...]:
    """Parse platforms."""
    if not texts:
        return ()
    from pinner.model import platforms

    return platforms.parse_platforms(texts)


def parse_platform(text: str | None) -> Platform | None:
    """Parse a platform if one is named."""
    return parse_platforms([text])[0] if text else None


def known_scanner(project: Project, name: str | None) -> str | None:
    """Check that a scanner is there."""
    if name is not None and name not in project.scanners:
        raise UsageError(f"{name!r} is no scanner; there are {', '.join(project.scanners)}")
    return name


def parse_min_age(text: str) -> timedelta:
    """Parse an age, as 3d."""
    from pinner.project.settings import parse_age

    try:
        return parse_age(text)
    except ValueError as error:
        raise UsageError(f"--min-age: {error}") from error


def parse_day(text: str) -> str:
    """Take the day, in UTC, of a moment that tests pass in, as 2027-01-01."""
    from datetime import UTC

    return parse_moment(text).astimezone(UTC).date().isoformat()


def parse_moment(text: str | None) -> datetime:
    """Take the clock's moment, or the one that tests pass in."""
    from datetime import UTC, datetime

    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--now: {text!r} is no moment") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

"""Whether digests are old enough: by what earlier runs saw, or by an image's own date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.model.errors import RegistryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pinner.model.image_details import ImageDetails
    from pinner.model.reference import ImageReference
    from pinner.model.resolver import Observer
    from pinner.project.seen_digests import SeenDigests

# A reference with its tag, and the platform whose manifest it is pinned to, if it is to one.
Track = tuple[str, str | None]

# A date before containers is that of a reproducible build, not of the image.
_EARLIEST = datetime(2013, 1, 1, tzinfo=UTC)


class Age(Struct, frozen=True, kw_only=True):
    """Whether a digest is old enough, and what counted."""

    is_enough: bool
    words: str


class Ages(Struct, frozen=True):
    """Judges ages at the moment `now`."""

    resolver: Observer
    seen: SeenDigests
    now: datetime

    def judge(
        self, asked: Mapping[Track, tuple[ImageReference, timedelta | None]]
    ) -> dict[Track, Age]:
        """Judge what tracks give now: references with tag and digest; what is seen is kept."""
        for track, (exact, _) in asked.items():
            self.seen.see(_name(track), str(exact.digest), self.now)
        dated = [
            exact
            for track, (exact, min_age) in asked.items()
            if min_age is not None and self._is_first(track, str(exact.digest))
        ]
        created = self.created(dated)
        return {
            track: self._age(track, exact, created.get(exact), min_age)
            for track, (exact, min_age) in asked.items()
        }

    def _age(
        self,
        track: Track,
        exact: ImageReference,
        created: datetime | None,
        min_age: timedelta | None,
    ) -> Age:
        if min_age is None:
            return Age(is_enough=True, words="")
        first = self.seen.of(_name(track))[str(exact.digest)].first
        by_sight = f"first seen {day(first)} by an earlier run"
        if self.now - first >= min_age:
            return Age(is_enough=True, words=by_sight)
        if created is not None:
            words = f"created {day(created)} by its own word"
            return Age(is_enough=self.now - created >= min_age, words=words)
        if first < self.now:
            return Age(is_enough=False, words=by_sight)
        return Age(is_enough=False, words="first seen now")

    def _is_first(self, track: Track, digest: str) -> bool:
        """Say whether nothing else of a track was seen before: then an image's own date counts.

        What took the place of another between two runs is no older than that, whatever it says.
        """
        seen = self.seen.of(_name(track))
        return min(row.first for row in seen.values()) == seen[digest].first

    def earlier(
        self, track: Track, reference: ImageReference, before: str, min_age: timedelta
    ) -> list[tuple[str, bool]]:
        """Give the digests of a track that are old enough, the newest first.

        None is given that was first seen before the one in use; True beside those that were first
        seen after it, not in the same run.
        """
        seen = self.seen.of(_name(track))
        in_use = seen[before].first
        found = sorted(
            ((row.first, digest) for digest, row in seen.items() if row.first >= in_use),
            reverse=True,
        )
        dated = [digest for first, digest in found if self._is_first(track, digest)]
        created = self.created(reference.with_digest(digest) for digest in dated)
        return [
            (digest, first > in_use)
            for first, digest in found
            if digest != before
            and self._age(
                track,
                exact := reference.with_digest(digest),
                created.get(exact),
                min_age,
            ).is_enough
        ]

    def created(self, images: Iterable[ImageReference]) -> dict[ImageReference, datetime | None]:
        """Give the newest created date of an image's platforms, if it can be one."""
        wanted = list(dict.fromkeys(images))
        details = self.resolver.details(wanted) if wanted else {}
        found: dict[ImageReference, datetime | None] = {}
        for exact in wanted:
            one = details[exact]
            found[exact] = None if isinstance(one, RegistryError) else created_of(one)
        return found

    def note_in_use(self, track: Track, digest: str) -> None:
        """Note a digest that is in use: what was first seen before would be a step back."""
        self.seen.see(_name(track), digest, self.now)


def created_of(details: ImageDetails) -> datetime | None:
    """Give the newest created date of an image's platforms, if each has one that can be."""
    dates = [_moment(platform.created) for platform in details.platforms]
    known = [date for date in dates if date is not None]
    return max(known) if known and len(known) == len(dates) else None


def _name(track: Track) -> str:
    reference, platform = track
    return f"{reference} {platform}" if platform else reference


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if moment >= _EARLIEST else None


def day(moment: datetime) -> str:
    """Write a moment, in UTC, to the minute."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")

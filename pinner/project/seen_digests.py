"""Which digests each tag was seen to give, and when, in a small file that jobs keep between runs.

It may be lost, then an image's own date counts until the next runs have seen it; and it may be
written by two jobs at once, whose sightings are put together.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec

from pinner.model.errors import StateError, WriteError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VERSION: Final = 2
MOST_DIGESTS = 50
MOST_TAGS = 20_000
FORGOTTEN_AFTER = timedelta(days=400)
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Sighting(msgspec.Struct, frozen=True, array_like=True):
    """When a tag was first and last seen to give a digest, in UTC.

    To the microsecond: two runs within a second are two runs, and what came second is newer.
    """

    first: _Moment
    last: _Moment

    def joined(self, other: Sighting | None) -> Sighting:
        """Put two jobs' sightings together."""
        if other is None:
            return self
        return Sighting(min(self.first, other.first), max(self.last, other.last))


_Seen = dict[str, dict[str, Sighting]]


class _State(msgspec.Struct, frozen=True):
    version: Literal[2]
    seen: _Seen


class _FirstState(msgspec.Struct, frozen=True):
    """What versions before kept: one moment for each reference and digest."""

    version: Literal[1]
    seen: dict[str, _Moment]


class _Version(msgspec.Struct, frozen=True):
    version: int


class SeenDigests:
    """The sightings, by reference and digest."""

    def __init__(self, file: Path) -> None:
        """Read the file if it is there; raises StateError where it is damaged."""
        self._file = file
        self._seen = _read(file)

    def see(self, reference: str, digest: str, now: datetime) -> datetime | None:
        """Note that a tag gives a digest; give when it first did, None if that is now."""
        now = now.astimezone(UTC)
        digests = self._seen.setdefault(reference, {})
        known = digests.get(digest)
        digests[digest] = Sighting(now, now).joined(known)
        return known.first if known else None

    def of(self, reference: str) -> Mapping[str, Sighting]:
        """Give what a tag was seen to give: digests and when."""
        return self._seen.get(reference, {})

    def save(self, now: datetime) -> None:
        """Write what this and other runs saw, as far as it is of use; raises StateError."""
        temporary = self._file.with_name(f".{self._file.name}.{os.getpid()}.tmp")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with ExitStack() as stack:
                self._lock(stack)
                state = _State(VERSION, _bounded(_joined(_read(self._file), self._seen), now))
                text = msgspec.json.format(msgspec.json.encode(state), indent=1) + b"\n"
                temporary.write_bytes(text)
                temporary.replace(self._file)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise StateError(f"{self._file} cannot be written: {error.strerror}") from error

    def _lock(self, stack: ExitStack) -> None:
        """Keep others from writing meanwhile; where that cannot be had, sightings may be lost."""
        from pinner.project.transaction import project_lock  # noqa: PLC0415 - start-up

        with suppress(WriteError):
            file = self._file.with_name(f".{self._file.name}.lock")
            stack.enter_context(project_lock((file,), lambda: None))


def _joined(one: _Seen, other: _Seen) -> _Seen:
    return {
        reference: {
            digest: sighting.joined(one.get(reference, {}).get(digest))
            for digest, sighting in {**one.get(reference, {}), **other.get(reference, {})}.items()
        }
        for reference in sorted(one.keys() | other.keys())
    }


def _bounded(seen: _Seen, now: datetime) -> _Seen:
    """Forget what was not seen for long, and the oldest of what is too much."""
    kept = {}
    for reference, digests in seen.items():
        known = sorted(digests.items(), key=lambda item: (item[1].last, item[1].first))
        fresh = [(key, row) for key, row in known if now - row.last <= FORGOTTEN_AFTER]
        if fresh:
            kept[reference] = dict(sorted(fresh[-MOST_DIGESTS:]))
    by_age = sorted(kept, key=lambda name: max(row.last for row in kept[name].values()))
    for reference in by_age[: len(kept) - MOST_TAGS] if len(kept) > MOST_TAGS else ():
        del kept[reference]
    return kept


def _read(file: Path) -> _Seen:
    try:
        content = file.read_bytes()
        if msgspec.json.decode(content, type=_Version).version == 1:
            return _from_first(msgspec.json.decode(content, type=_FirstState))
        return msgspec.json.decode(content, type=_State).seen
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StateError(f"{file} cannot be read: {error.strerror}") from error
    except msgspec.ValidationError as error:
        raise StateError(
            f"{file} is no state file of this pinner ({error}); delete it to begin anew"
        ) from error
    except (ValueError, RecursionError) as error:
        raise StateError(f"{file} is not JSON; delete it to begin anew") from error


def _from_first(state: _FirstState) -> _Seen:
    seen: _Seen = {}
    for key, moment in state.seen.items():
        reference, _, digest = key.partition("@")
        seen.setdefault(reference, {})[digest] = Sighting(moment, moment)
    return seen

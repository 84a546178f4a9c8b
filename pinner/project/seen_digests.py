"""When each digest was first seen, in a small file that scheduled jobs keep between runs."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec

from pinner.model.errors import StateError

if TYPE_CHECKING:
    from pathlib import Path

VERSION: Final = 1
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _State(msgspec.Struct, frozen=True):
    version: Literal[1]
    seen: dict[str, _Moment]


class SeenDigests:
    """The moments by reference and digest; those that are not asked for again are forgotten."""

    def __init__(self, file: Path) -> None:
        """Read the file if it is there; raises StateError where it is damaged."""
        self._file = file
        self._known = _read(file)
        self._kept: dict[str, datetime] = {}

    def first_seen(self, reference: str, digest: str, now: datetime) -> datetime | None:
        """Give the moment of an earlier run; None if this is the first to see the digest."""
        key = f"{reference}@{digest}"
        known = self._known.get(key)
        self._kept[key] = known or now.astimezone(UTC).replace(microsecond=0)
        return known

    def save(self) -> None:
        """Write what this run has asked for; raises StateError."""
        state = _State(VERSION, dict(sorted(self._kept.items())))
        text = msgspec.json.format(msgspec.json.encode(state), indent=1) + b"\n"
        temporary = self._file.with_name(f".{self._file.name}.{os.getpid()}.tmp")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(text)
            temporary.replace(self._file)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise StateError(f"{self._file} cannot be written: {error.strerror}") from error


def _read(file: Path) -> dict[str, datetime]:
    try:
        state = msgspec.json.decode(file.read_bytes(), type=_State)
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
    return state.seen

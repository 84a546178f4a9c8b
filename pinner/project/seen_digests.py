"""When each digest was first seen, in a small file that scheduled jobs keep between runs."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pinner.model.errors import StateError

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 1


class SeenDigests:
    """The moments by reference and digest; those that are not asked for again are forgotten."""

    def __init__(self, file: Path) -> None:
        """Read the file if it is there; raises StateError where it is damaged."""
        self._file = file
        self._known = _read(file)
        self._kept: dict[str, str] = {}

    def first_seen(self, reference: str, digest: str, now: datetime) -> datetime | None:
        """Give the moment of an earlier run; None if this is the first to see the digest."""
        key = f"{reference}@{digest}"
        known = self._known.get(key)
        self._kept[key] = known or now.astimezone(UTC).isoformat(timespec="seconds")
        return datetime.fromisoformat(known) if known else None

    def save(self) -> None:
        """Write what this run has asked for; raises StateError."""
        data = {"version": VERSION, "seen": dict(sorted(self._kept.items()))}
        temporary = self._file.with_name(f".{self._file.name}.{os.getpid()}.tmp")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
            temporary.replace(self._file)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise StateError(f"{self._file} cannot be written: {error.strerror}") from error


def _read(file: Path) -> dict[str, str]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StateError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise StateError(f"{file} is not JSON; delete it to begin anew") from error
    seen = data.get("seen") if isinstance(data, dict) else None
    if not isinstance(seen, dict) or data.get("version") != VERSION:
        raise StateError(f"{file} is no state file of this pinner; delete it to begin anew")
    for text in seen.values():
        if not _is_moment(text):
            raise StateError(f"{file} holds {text!r}, no moment; delete it to begin anew")
    return {str(key): str(text) for key, text in seen.items()}


def _is_moment(text: object) -> bool:
    try:
        return datetime.fromisoformat(str(text)).tzinfo is not None
    except ValueError:
        return False

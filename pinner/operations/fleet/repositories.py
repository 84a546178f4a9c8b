"""The repositories of a fleet: where they are, as they are written down."""

from __future__ import annotations

import glob
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_URL = re.compile(r"(?:https|ssh|file)://[^\s/]*/?\S*|(?:[\w.-]+@)?[\w.-]+:(?!//|:)[^\s\\]+")
_SCHEME = re.compile(r"[A-Za-z][\w+.-]*:(?://|:)")
_KEYS = {"repository", "ref", "labels"}


class Repository(Struct, frozen=True, kw_only=True):
    """A folder, a bare repository or an address; `ref` is a branch, a tag or a commit.

    Without one it is the work tree of a folder, and what HEAD names elsewhere.
    """

    location: str
    ref: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str | None]:
        """What tells it from others."""
        return self.location, self.ref

    @property
    def is_address(self) -> bool:
        """Say whether git has to fetch it."""
        return bool(_URL.fullmatch(self.location)) and not Path(self.location).exists()


def named_repositories(words: Iterable[str]) -> Iterator[Repository]:
    """Give the repositories that words name: folders, patterns of folders, addresses.

    Raises UsageError for what is none of these.
    """
    for word in words:
        if word and Path(word).exists():
            yield Repository(location=str(Path(word).resolve()))
        elif glob.has_magic(word) and not _SCHEME.match(word):
            names = glob.glob(word, recursive=True)  # noqa: PTH207 - the pattern may be absolute
            found = sorted(path for path in map(Path, names) if is_repository(path))
            if not found:
                raise UsageError(f"{word}: no repository matches")
            yield from (Repository(location=str(path.resolve())) for path in found)
        else:
            yield Repository(location=_address(word))


def is_repository(path: Path) -> bool:
    """Say whether a folder is a repository, with a work tree or without."""
    return (path / ".git").exists() or is_bare(path)


def is_bare(path: Path) -> bool:
    """Say whether a folder is a repository without a work tree."""
    return all((path / name).exists() for name in ("HEAD", "objects", "refs"))


def listed_repositories(text: str, origin: str) -> Iterator[Repository]:
    """Read a list: a line each, as `LOCATION [REF]` or a JSON object; `#` begins a comment.

    An object has `repository`, and perhaps `ref` and `labels`, which are texts by name. Paths are
    below the folder of the list. Raises UsageError naming the line.
    """
    folder = Path(origin).resolve().parent
    for number, line in enumerate(text.splitlines(), 1):
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        try:
            yield _row(words, folder) if words.startswith("{") else _line(words, folder)
        except (ValueError, UsageError) as error:
            raise UsageError(f"{origin}:{number}: {error}") from error


def _line(words: str, folder: Path) -> Repository:
    location, *others = words.split()
    if len(others) > 1:
        raise ValueError("write a location, and a ref behind it if it has one; or a JSON object")
    return Repository(location=_located(location, folder), ref=_ref(others[0]) if others else None)


def _row(words: str, folder: Path) -> Repository:
    try:
        row = json.loads(words)
    except json.JSONDecodeError as error:
        raise ValueError(f"is no JSON: {error.msg}") from error
    if unknown := sorted(row.keys() - _KEYS):
        raise ValueError(f"has an unknown key {unknown[0]!r}; there are repository, ref and labels")
    location, ref, labels = row.get("repository"), row.get("ref"), row.get("labels") or {}
    if not isinstance(location, str) or not location:
        raise ValueError("has no `repository`")
    if not (ref is None or isinstance(ref, str)):
        raise ValueError("has a `ref` that is no text")
    if not (isinstance(labels, dict) and all(isinstance(text, str) for text in labels.values())):
        raise ValueError("has `labels` that are not texts by name")
    return Repository(
        location=_located(location, folder), ref=_ref(ref) if ref else None, labels=labels
    )


def _located(location: str, folder: Path) -> str:
    path = Path(folder, Path(location).expanduser())
    return str(path.resolve()) if path.exists() else _address(location)


def _address(word: str) -> str:
    if word.startswith("-") or not _URL.fullmatch(word):
        known = "a folder, a bare repository, or an address of https://, ssh:// or file://"
        raise UsageError(f"{word!r} is no repository: name {known}")
    return word


def _ref(text: str) -> str:
    if text.startswith("-") or not text.isprintable() or " " in text:
        raise ValueError(f"{text!r} is no ref")
    return text


def distinct(repositories: Iterable[Repository]) -> list[Repository]:
    """Leave out what is named twice; the first stays."""
    found: dict[tuple[str, str | None], Repository] = {}
    for repository in repositories:
        found.setdefault(repository.key, repository)
    return list(found.values())

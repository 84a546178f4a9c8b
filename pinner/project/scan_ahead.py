"""Scan what the lockfile names in another process, which gets ready before it is told what.

In CI nothing of a project was ever scanned, and another processor has nothing to do: it reads what
surely has to be read, while the other files are looked for. What it finds counts only where the
same is asked; nothing is lost if it fails.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import msgpack

from pinner.model.errors import ScanError
from pinner.project.cache_folder import cache_folder
from pinner.project.scan_cache import cache_file
from pinner.project.scanning import FileReader, Job, Scanned, scan_each
from pinner.project.second_process import Helper, processors
from pinner.project.workspace import Workspace
from pinner.scanners.all_scanners import BUILT_IN
from pinner.scanners.scanner import ScanOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

# Where settings name no other.
_LOCKFILE = "pinner.lock"
# A smaller lockfile, in bytes, names fewer files than pay for another process.
LARGE_LOCKFILE = 4_000
_YAML = (b'.yaml"', b'.yml"')


class Ahead:
    """A process that scans files with the built-in scanners, once it is told which."""

    def __init__(self, *, reads_yaml: bool = False) -> None:
        """Begin; with `reads_yaml` a parser is imported before any file is known."""
        asked, question = os.pipe()

        def answer() -> list[Scanned]:
            os.close(question)
            return _answer(asked, reads_yaml=reads_yaml)

        self.jobs: Sequence[Job] = ()
        self._asked: tuple[str, ScanOptions] | None = None
        self._helper: Helper | None = Helper(answer)
        os.close(asked)
        self._question = question

    def ask(self, root: str, options: ScanOptions, jobs: Sequence[Job]) -> None:
        """Tell it what to scan below a root."""
        self._asked, self.jobs = (root, options), jobs
        with suppress(BrokenPipeError), open(self._question, "wb") as pipe:
            pipe.write(msgpack.encode((root, options, jobs)))

    def results(self, root: str, options: ScanOptions) -> dict[Job, Scanned]:
        """Wait for what was found; nothing where the process failed, or for other questions."""
        helper, self._helper = self._helper, None
        if helper is None:
            return {}
        try:
            found = helper.results(list[Scanned])
        finally:
            helper.stop()
        if found is None or self._asked != (root, options):
            return {}
        return dict(zip(self.jobs, found, strict=True))

    def drop(self) -> None:
        """End the process before it was asked anything."""
        os.close(self._question)
        if self._helper is not None:
            self._helper.stop()


def begin_early() -> Ahead | None:
    """Begin where the current folder's lockfile names YAML, and nothing was ever scanned."""
    if processors() == 1:
        return None
    try:
        root = os.getcwd()
        content = Workspace(root).read(_LOCKFILE)
        is_of_use = len(content) >= LARGE_LOCKFILE and any(end in content for end in _YAML)
        if not is_of_use or os.path.lexists(cache_file(cache_folder(), root)):
            return None
        return Ahead(reads_yaml=True)
    except (OSError, ScanError):
        return None


def _answer(asked: int, *, reads_yaml: bool) -> list[Scanned]:
    """Get ready, read what is asked, and scan."""
    if reads_yaml:
        from pinner.spans.yaml_nodes import import_parser  # noqa: PLC0415 - for YAML alone

        import_parser()
    with open(asked, "rb") as pipe:
        question = pipe.read()
    root, options, jobs = msgpack.decode(question, type=tuple[str, ScanOptions, list[Job]])
    return scan_each(FileReader(Workspace(root), BUILT_IN, options, {}, {}), jobs)

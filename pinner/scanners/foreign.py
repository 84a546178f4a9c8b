"""Scanners that other packages bring: what fails in them is said of them."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from pinner.model.errors import ConfigError, ScanError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.embedded import Embedded
    from pinner.scanners.scanner import Scanner, ScanOptions
    from pinner.spans.source import Source


class ForeignScanner:
    """Another package's scanner, whose failures are those of the file that it was given."""

    def __init__(self, scanner: Scanner, package: str) -> None:
        """Take a scanner and the name of its package."""
        self._scanner = scanner
        self._package = package

    def __getattr__(self, name: str) -> Any:
        """Answer as the scanner does, everything but what is below."""
        return getattr(self._scanner, name)

    def may_hold(self, content: bytes, options: ScanOptions) -> bool:
        """Say whether a scan could find anything; so it may where that cannot be told."""
        try:
            return self._scanner.may_hold(content, options)
        except Exception:  # noqa: BLE001 - whatever that package does wrong
            return True

    def scan(
        self, source: Source, options: ScanOptions
    ) -> Iterator[Occurrence | Problem | Embedded]:
        """Find every reference; raises ScanError for whatever fails."""
        try:
            yield from self._scanner.scan(source, options)
        except ScanError:
            raise
        except Exception as error:
            words = f"{type(error).__name__}: {error}".partition("\n")[0]
            message = f"the scanner {self.name} of the package {self._package} failed: {words}"
            raise ScanError(source.path, 0, message) from error


def foreign_scanners(group: str) -> Iterator[Any]:
    """Give the scanners of all packages; raises ConfigError for one that cannot be imported."""
    for entry in entry_points(group=group):
        package = entry.dist.name if entry.dist else entry.module
        yield ForeignScanner(_loaded(entry, package), package)


def _loaded(entry: EntryPoint, package: str) -> Scanner:
    try:
        scanner: Scanner = entry.load()
        _ = scanner.name, scanner.patterns, scanner.companions, scanner.may_hold, scanner.scan
    except Exception as error:
        raise ConfigError(
            f"the scanner {entry.name} of the package {package} cannot be used: {error}"
        ) from error
    return scanner

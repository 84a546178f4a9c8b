"""Everything pinner refuses to do, as one family of exceptions.

PinnerError              exit 2
├── UsageError           a wrong argument
├── ConfigError          pinner.toml or [tool.pinner]
├── LockfileError        pinner.lock
├── GitError             git gives no answer that could be relied on
├── ScanError            a file that cannot be read as what it is
├── WriteError           a write that was refused or undone
├── ReportError          a report that could not be written
├── StateError           a state file that could not be read or written
└── RegistryError        exit 3: no answer, or not the one needed
    ├── UnreachableError     no connection, a time-out, a server error
    ├── AccessError          401, 403, or a token refused
    ├── NotFoundError        no such repository, tag or digest
    ├── AnswerError          an answer that breaks the protocol
    └── UntrustedError       a digest that does not prove what a rule asks for
"""

from __future__ import annotations


class PinnerError(Exception):
    """An expected failure: its text is the whole message for the user."""

    exit_code = 2


def lacks_library(what: str, library: str, extra: str) -> str:
    """Say that something needs a library that an extra of the package brings."""
    return (
        f"{what} needs the library {library}, which is not installed; "
        f"install pinner with it: pip install 'pinner-lock[{extra}]'"
    )


class UsageError(PinnerError):
    """An argument makes no sense."""


class ConfigError(PinnerError):
    """The configuration is wrong."""


class LockfileError(PinnerError):
    """The lockfile is damaged, or of a version this program does not know."""


class ScanError(PinnerError):
    """A file cannot be read as what its name says it is."""

    def __init__(self, file: str, line: int, message: str) -> None:
        """Name the 1-based line, or 0 where the whole file is meant."""
        self.file = file
        self.line = line
        self.message = message
        super().__init__(f"{file}:{line}: {message}" if line else f"{file}: {message}")


class GitError(PinnerError):
    """Git gives no answer, or one that cannot be relied on."""


class WriteError(PinnerError):
    """A write was refused, or failed and was undone."""


class ReportError(PinnerError):
    """A report could not be made or written."""


class StateError(PinnerError):
    """A state file is damaged, or could not be written."""


class RegistryError(PinnerError):
    """A registry gave no usable answer for a reference."""

    exit_code = 3


class UnreachableError(RegistryError):
    """No connection, a time-out, or a server that keeps failing."""


class AccessError(RegistryError):
    """The registry or its token server refuses access."""


class NotFoundError(RegistryError):
    """The registry has no such repository, tag or digest."""


class AnswerError(RegistryError):
    """The registry's answer breaks the protocol."""


class UntrustedError(RegistryError):
    """A digest does not prove what a rule of trust asks for."""

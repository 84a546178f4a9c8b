"""The one boundary for errors: whatever a command meets becomes a message and an exit code."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from pinner.model.errors import PinnerError
from pinner.model.shown import escaped, escaped_lines

if TYPE_CHECKING:
    from collections.abc import Callable

FINDINGS, INCOMPLETE, INTERRUPTED, TERMINATED, BUG = 1, 3, 130, 143, 70


def set_up() -> None:
    """Prepare the process for a command."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def run_guarded(
    command: Callable[[], int], *, is_foreign: Callable[[Exception], bool] = lambda _: False
) -> int:
    """Run a command and give its exit code; every error is said on standard error.

    `is_foreign` tells the exceptions that whoever parsed the arguments deals with.
    """
    try:
        return command()
    except PinnerError as error:
        _say(f"error: {escaped_lines(str(error))}")
        return error.exit_code
    except KeyboardInterrupt:
        _say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has gone; what is left of it must not raise at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if is_foreign(error):
            raise
        if "--debug" in sys.argv:
            import traceback

            traceback.print_exc()
        _say(f"internal error: {type(error).__name__}: {escaped(str(error))}")
        _say("this is a bug of pinner; run again with --debug and report what it prints")
        return BUG


def _say(text: str) -> None:
    from pinner.cli.output import say

    say(text)

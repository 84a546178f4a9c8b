"""Colour and progress, where somebody looks at a terminal; nothing but text anywhere else."""

from __future__ import annotations

import os
import re
import sys
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, TextIO

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from pinner.operations.asking import Asking
    from pinner.project.project import Project


class Color(StrEnum):
    """When there is colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Manner(Struct):
    """How this run speaks: in which colour, and whether it says only what it has to."""

    color: Color = Color.AUTO
    is_quiet: bool = False


manner = Manner()
_NARROW = 40
_PATTERNS = (
    r"(?m)^(?P<good>pinned|moved|adopted|unpinned)(?= )",
    r"(?m)^(?P<quiet>kept|removed|skipped)(?= )",
    r"(?m)^(?P<waits>held|left)(?= )",
    r"(?m)(?:^|: )(?P<bad>error|internal error)(?=: )",
    r"(?m)(?:^|: )(?P<waits>warning)(?=: )",
    r"(?m)(?:^|: )(?P<quiet>note)(?=: )",
    r"(?P<digest>sha256:[0-9a-f]+)",
    r"(?m) (?P<waits>unpinned)$",
    r"(?m) (?P<quiet>skipped: .*)$",
    r"(?m)(?P<quiet>\[[a-z-]+\])$",
    r"(?P<link>https://\S+)",
)
_DIFF = (
    r"(?m)^(?P<title>(?:---|\+\+\+) .*)$",
    r"(?m)^(?P<added>\+(?!\+\+ ).*)$",
    r"(?m)^(?P<gone>-(?!-- ).*)$",
    r"(?m)^(?P<digest>@@ .*)$",
)
_STYLES = {
    "good": "green", "quiet": "dim", "waits": "yellow", "bad": "bold red", "digest": "cyan",
    "link": "underline", "title": "bold", "added": "green", "gone": "red",
}  # fmt: skip


def has_color(stream: TextIO) -> bool:
    """Say whether a stream gets colour: as asked, by FORCE_COLOR and NO_COLOR, or on terminals."""
    if manner.color is not Color.AUTO:
        return manner.color is Color.ALWAYS
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def write_colored(text: str, stream: TextIO, *, is_diff: bool = False) -> None:
    """Write text, in colour where that is wanted; without it the text is written as it is."""
    patterns = _DIFF if is_diff else _PATTERNS
    if not has_color(stream) or not any(re.search(pattern, text) for pattern in patterns):
        stream.write(text)
        return
    from rich.text import Text

    shown = Text(text)
    for pattern in patterns:
        shown.highlight_regex(pattern, style_prefix="pinner.")
    _console(stream).print(shown, end="", soft_wrap=True)


def _console(stream: TextIO) -> Console:
    from rich.console import Console
    from rich.theme import Theme

    theme = Theme({f"pinner.{name}": style for name, style in _STYLES.items()})
    return Console(
        file=stream,
        theme=theme,
        highlight=False,
        markup=False,
        emoji=False,
        color_system="standard",
        force_terminal=True,
        no_color=False,
    )


def shows_progress() -> bool:
    """Say whether somebody watches what is said about a run."""
    return sys.stderr.isatty() and not manner.is_quiet and os.environ.get("TERM") != "dumb"


@contextmanager
def progress() -> Iterator[Callable[[int, int, str], None]]:
    """Show how many of how many questions are answered, and what was asked last."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    console = Console(stderr=True, no_color=not has_color(sys.stderr))
    bar = [] if console.width < 2 * _NARROW else [BarColumn(20)]
    columns = (SpinnerColumn(), MofNCompleteColumn(), *bar, TextColumn("{task.description}"))
    room = max(8, console.width - 16 - 22 * len(bar))
    with Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task("", total=None)

        def tell(done: int, total: int, name: str) -> None:
            words = name if len(name) <= room else f"…{name[1 - room :]}"
            shown.update(task, completed=done, total=total, description=words)

        yield tell


@contextmanager
def asking() -> Iterator[Callable[[Project], Asking]]:
    """Give what makes the way to a project's registries; progress is shown where one watches."""
    with ExitStack() as stack:

        def way_of(project: Project) -> Asking:
            from pinner.operations.asking import Asking

            return Asking(
                project, lambda: stack.enter_context(progress()) if shows_progress() else None
            )

        yield way_of

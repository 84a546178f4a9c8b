"""Options that every command has, and how the command line begins and ends."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from pinner.cli.boundary import run_guarded
from pinner.cli.terminal import Color, manner


class Command(TyperCommand):
    """A command with the options that all have."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        """Add the options behind the command's own."""
        super().__init__(*arguments, **named)
        self.params += [
            _option("--quiet", "-q", callback=_be_quiet, is_flag=True, help="Say errors alone."),
            _option(
                "--color",
                callback=_choose_color,
                metavar="WHEN",
                help="auto (on terminals), always or never.",
            ),
        ]


class Boundary(TyperGroup):
    """Leaves with the exit code that a command gives, and turns every error into a message."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        invoke = super().invoke
        raise typer.Exit(run_guarded(lambda: invoke(ctx) or 0, is_foreign=_is_typers))


def _is_typers(error: Exception) -> bool:
    return type(error).__module__.startswith(("typer", "click"))


def _option(*names: str, **named: Any) -> TyperOption:
    return TyperOption(param_decls=list(names), expose_value=False, is_eager=True, **named)


def _be_quiet(_context: Any, _option: Any, value: Any) -> None:
    manner.is_quiet = bool(value)


def _choose_color(_context: Any, _option: Any, value: Any) -> None:
    if value is None:
        return
    if value not in tuple(Color):
        raise typer.BadParameter(f"{value!r} is not one of {', '.join(Color)}.")
    manner.color = Color(value)

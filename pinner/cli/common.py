"""What every command has: the same options, and one way to end."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer
from typer.core import TyperGroup

from pinner.cli.boundary import run_guarded
from pinner.cli.terminal import Color, manner

if TYPE_CHECKING:
    from collections.abc import Callable

_OPTIONS = {
    "quiet": Annotated[bool, typer.Option("--quiet", "-q", help="Say errors alone.")],
    "color": Annotated[Color, typer.Option(help="When to write in colour.")],
}
_DEFAULTS = {"quiet": False, "color": Color.AUTO}


class Boundary(TyperGroup):
    """Leaves with the exit code that a command gives, and turns every error into a message."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        invoke = super().invoke
        raise typer.Exit(run_guarded(lambda: invoke(ctx) or 0, is_foreign=_is_typers))


def _is_typers(error: Exception) -> bool:
    return type(error).__module__.startswith(("typer", "click"))


def with_common_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that all commands have behind those of one."""

    @functools.wraps(command)
    def run(*arguments: Any, quiet: bool, color: Color, **named: Any) -> Any:
        manner.is_quiet, manner.color = quiet, color
        return command(*arguments, **named)

    hints = get_type_hints(command, include_extras=True)
    signature = inspect.signature(command)
    own = [
        parameter.replace(annotation=hints[name])
        for name, parameter in signature.parameters.items()
    ]
    common = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=_DEFAULTS[name], annotation=annotation
        )
        for name, annotation in _OPTIONS.items()
    ]
    run.__signature__ = signature.replace(parameters=[*own, *common])  # type: ignore[attr-defined]
    run.__annotations__ = {**hints, **_OPTIONS}
    return run

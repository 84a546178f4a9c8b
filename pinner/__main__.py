"""Where the program begins: `pinner`, and `python -m pinner`."""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

gc.disable()  # a run is short, and the nodes of large files are many


def main() -> None:
    """Run a command; it leaves by SystemExit."""
    arguments = sys.argv[1:]
    try:
        _import_msgspec()
        if _is_plain_verify(arguments):
            from pinner.cli.boundary import run_guarded, set_up  # noqa: PLC0415
            from pinner.cli.commands.verify import verify  # noqa: PLC0415

            set_up()
            code = run_guarded(lambda: verify(arguments[1:]))
            sys.stdout.flush()
            # No thread, no open file and nobody waits: taking all apart would be for nothing.
            os._exit(code)
        from pinner.cli.main import run  # noqa: PLC0415

        run()
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        gc.freeze()  # what is in memory goes with the process; nobody need look through it


def _import_msgspec() -> None:
    """Import msgspec without two modules whose imports take longer than its own.

    What it wants of typing_extensions stands in typing since Python 3.11, where it turns if there
    is no such module. What uuid wants of platform is the name of the system, for which it does not
    ask on Linux from Python 3.13 on.
    """
    stand_ins: dict[str, Any] = {"typing_extensions": None}
    if sys.platform == "linux" and sys.version_info < (3, 13):
        stand_ins["platform"] = _Platform
    for name in sys.modules.keys() & stand_ins:
        del stand_ins[name]
    sys.modules.update(stand_ins)
    import msgspec  # noqa: F401, PLC0415

    for name in stand_ins:
        del sys.modules[name]


class _Platform:
    @staticmethod
    def system() -> str:
        return "Linux"


def _is_plain_verify(arguments: Sequence[str]) -> bool:
    """Recognise the commonest call, which is spared the parser: importing it takes longest.

    Where the shell expands no patterns, the parser does.
    """
    return (
        arguments[:1] == ["verify"]
        and not any(word.startswith("-") for word in arguments)
        and sys.platform != "win32"
    )


if __name__ == "__main__":
    main()

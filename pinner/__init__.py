"""Pin container images by digest, with a lockfile.

    from pinner import Project, Registry

    for finding in Project.open("shop").verify():
        print(finding.file, finding.line, finding.message)
    Registry().head("alpine:3.19").digest

Nothing of this is imported before it is used.
"""

import sys  # built in: no file of that name could stand for it

# `python -m pinner` puts the current folder before everything else, and that is the folder which
# is checked: nothing in it may be imported in a library's stead.
if sys.argv[:1] == ["-m"] and not sys.flags.safe_path:
    del sys.path[0]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pinner.api.project import Project
    from pinner.api.registry import Registry
    from pinner.api.values import (
        Finding,
        Head,
        Listing,
        LockResult,
        Outcome,
        Problem,
        Reference,
    )
    from pinner.model.errors import (
        AccessError,
        AnswerError,
        ConfigError,
        GitError,
        LockfileError,
        NotFoundError,
        PinnerError,
        RegistryError,
        UnreachableError,
        UntrustedError,
        UsageError,
        WriteError,
    )

__version__ = "0.1.0"
__all__ = [
    "AccessError",
    "AnswerError",
    "ConfigError",
    "Finding",
    "GitError",
    "Head",
    "Listing",
    "LockResult",
    "LockfileError",
    "NotFoundError",
    "Outcome",
    "PinnerError",
    "Problem",
    "Project",
    "Reference",
    "Registry",
    "RegistryError",
    "UnreachableError",
    "UntrustedError",
    "UsageError",
    "WriteError",
]
_MODULES = {"Project": "api.project", "Registry": "api.registry"}


if not TYPE_CHECKING:  # checkers know the names by the imports above

    def __getattr__(name: str) -> object:
        """Import what is asked for."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415 - start-up

        home = _MODULES.get(name, "model.errors" if name.endswith("Error") else "api.values")
        return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    """Name what is offered."""
    return sorted([*globals(), *__all__])

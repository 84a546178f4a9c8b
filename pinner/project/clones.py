"""Shallow clones of addresses, in the user's own folder, without a work tree.

git reaches the network here, by the user's own configuration and credentials, and by the protocols
https, ssh and file alone. Nothing of the repository is run: no hooks, no filters, no submodules; a
clone has no configuration but the one that git wrote here itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pinner.model.errors import GitError
from pinner.project.git import GitDirectory
from pinner.project.scan_cache import content_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

PROTOCOLS = ("https", "ssh", "file")
_SECONDS = 600
_DROPPED = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR",
            "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES")  # fmt: skip
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "fetch.recurseSubmodules=false",
    "gc.auto=0",
    "protocol.allow=never",
    *(f"protocol.{name}.allow=always" for name in PROTOCOLS),
    "submodule.recurse=false",
    "transfer.bundleURI=false",
    "fetch.bundleURI=",
)


def fetch(address: str, ref: str | None, folder: str) -> tuple[GitDirectory, str]:
    """Fetch one revision of an address into a clone below a folder; give the clone and a name.

    Branches of ours, `pinner/*`, are fetched too, so that updates see them. Raises GitError with
    git's own words, without credentials.
    """
    place = Path(folder, "clones", content_hash(address.encode())[:32])
    clone = GitDirectory(place)
    if not (place / "HEAD").exists():
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        _run(["init", "--quiet", "--bare", "--template=", clone], address)
    wanted = ref or "HEAD"
    name = "refs/pinner/fetched"
    _run(["--git-dir", clone, "fetch", "--quiet", "--depth=1", "--no-tags", "--force", "--prune",
          "--no-write-fetch-head", "--end-of-options", address, f"+{wanted}:{name}",
          "+refs/heads/pinner/*:refs/heads/pinner/*"], address)  # fmt: skip
    return clone, name


def push(clone: GitDirectory, address: str, branch: str, former: str | None) -> None:
    """Push a branch, if it is there what it was; raises GitError."""
    lease = f"--force-with-lease=refs/heads/{branch}:{former or ''}"
    _run(["--git-dir", clone, "push", "--quiet", "--no-verify", lease, "--end-of-options", address,
          f"refs/heads/{branch}:refs/heads/{branch}"], address)  # fmt: skip


def _run(arguments: list[str], address: str) -> None:
    options = [word for setting in _SETTINGS for word in ("-c", setting)]
    try:
        done = subprocess.run(  # noqa: S603
            [_git(), *options, *arguments],
            env=_environment(os.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise GitError(f"{shown(address)}: git gave no answer in {_SECONDS} s") from error
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror}") from error
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines() or [""]
        said = next((line for line in words if line.startswith(("fatal:", "error:"))), words[0])
        raise GitError(f"{shown(address)}: {said.replace(address, shown(address))}")


def shown(address: str) -> str:
    """Write an address without the credentials that it may hold."""
    scheme, mark, rest = address.partition("://")
    if not mark:
        return address
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def _git() -> str:
    if sys.platform != "win32":
        return "git"
    from pinner.project.other_systems import program  # noqa: PLC0415 - there only

    return program("git")


def _environment(own: Mapping[str, str]) -> dict[str, str]:
    kept = {name: text for name, text in own.items() if name not in _DROPPED}
    return {
        **kept,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "LC_ALL": "C",
    }

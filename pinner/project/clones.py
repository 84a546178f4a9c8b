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
OUR_BRANCHES = "pinner/*"
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


def fetch(
    address: str, ref: str | None, folder: str, *, with_branches: bool = False
) -> tuple[GitDirectory, str]:
    """Fetch one revision of an address into a clone below a folder; give the clone and a name.

    With `with_branches` the clone has our branches, `pinner/*`, as they are there. Raises GitError
    with git's own words, without credentials.
    """
    place = Path(folder, "clones", content_hash(address.encode())[:32])
    clone = GitDirectory(place)
    if not (place / "HEAD").exists():
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        _run(["init", "--quiet", "--bare", "--template=", clone], address)
    name = "refs/pinner/fetched"
    options = ["--git-dir", clone, "fetch", "--quiet", "--depth=1", "--no-tags", "--force",
               "--no-write-fetch-head"]  # fmt: skip
    _run([*options, "--end-of-options", address, f"+{ref or 'HEAD'}:{name}"], address)
    if with_branches:
        _fetch_ours(clone, address, options)
    return clone, name


def _fetch_ours(clone: GitDirectory, address: str, options: list[str]) -> None:
    """Bring our branches to what they are at an address; those that are gone there go."""
    pattern = f"refs/heads/{OUR_BRANCHES}"
    listed = _run(["ls-remote", "--end-of-options", address, pattern], address)
    there = {line.partition("\t")[2] for line in listed.splitlines()}
    here = _run(["--git-dir", clone, "for-each-ref", "--format=%(refname)", pattern], address)
    for gone in set(here.split()) - there:
        _run(["--git-dir", clone, "update-ref", "-d", gone], address)
    if there:  # git fails where a shallow fetch finds nothing
        names = [f"+{name}:{name}" for name in sorted(there)]
        _run([*options, "--end-of-options", address, *names], address)


def push(clone: GitDirectory, address: str, branch: str, former: str | None) -> None:
    """Push a branch, if it is there what it was; raises GitError."""
    lease = f"--force-with-lease=refs/heads/{branch}:{former or ''}"
    _run(["--git-dir", clone, "push", "--quiet", "--no-verify", lease, "--end-of-options", address,
          f"refs/heads/{branch}:refs/heads/{branch}"], address)  # fmt: skip


def _run(arguments: list[str], address: str) -> str:
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
    return os.fsdecode(done.stdout)


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

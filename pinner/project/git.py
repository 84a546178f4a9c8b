"""Ask git about a work tree, and make one commit of some files."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.model.errors import WriteError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Set by git for its hooks; they would point a `git` in another folder to the wrong place.
_HOOK_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
_MOST_WORDS = 65_536


class GitAnswer(Struct, frozen=True):
    """What a git command wrote to its standard output and error, and its exit code."""

    code: int
    output: bytes
    words: bytes


def begin_listing(root: str, pathspecs: Sequence[str]) -> Callable[[], list[str] | None]:
    """Begin to list tracked and untracked files, ignored ones left out; give what ends it.

    That gives None where git does not answer.
    """
    command = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *pathspecs]
    try:
        finish = _begin(root, "-c", "core.fsmonitor=false", *command)
    except OSError:
        return lambda: None

    def listed() -> list[str] | None:
        answer = finish()
        return os.fsdecode(answer.output).split("\0")[:-1] if answer.code == 0 else None

    return listed


def changed_files(root: str, files: Sequence[str]) -> list[str]:
    """Name those of some files that differ from the last commit; raises WriteError outside git."""
    output = _run(root, "status", "--porcelain", "-z", "--untracked-files=all", "--", *files)
    return [row[3:] for row in output.split("\0") if row[3:]]


def commit_files(root: str, files: Sequence[str], message: str) -> None:
    """Commit just these files on the current branch; raises WriteError with git's own words."""
    _run(root, "add", "--", *files)
    _run(root, "commit", "--quiet", "--only", "--message", message, "--", *files)


def _run(root: str, *arguments: str) -> str:
    try:
        done = _ask(root, "--literal-pathspecs", *arguments)
    except OSError as error:
        raise WriteError(f"git cannot be run: {error.strerror}") from error
    if done.code:
        said = os.fsdecode(done.words).strip() or os.fsdecode(done.output).strip()
        raise WriteError(f"git {arguments[0]} failed: {said.partition(chr(10))[0]}")
    return os.fsdecode(done.output)


def _ask(root: str, *arguments: str) -> GitAnswer:
    """Run git in a folder; raises OSError where it cannot be run."""
    return _begin(root, *arguments)()


def _begin(root: str, *arguments: str) -> Callable[[], GitAnswer]:
    """Start git in a folder, and give what waits for its answer; raises OSError."""
    command = ["git", "-C", root, *arguments]
    environment = {key: value for key, value in os.environ.items() if key not in _HOOK_VARIABLES}
    if sys.platform == "linux":
        return _spawn(command, environment)
    import subprocess  # noqa: PLC0415 - start-up

    def wait() -> GitAnswer:
        done = subprocess.run(command, env=environment, capture_output=True, check=False)  # noqa: S603
        return GitAnswer(done.returncode, done.stdout, done.stderr)

    return wait


def _spawn(command: list[str], environment: dict[str, str]) -> Callable[[], GitAnswer]:
    """Start a program without subprocess, whose import takes longer than git does.

    Its words go to memory and not through a second pipe, so that neither can block the other.
    """
    reader, writer = os.pipe()
    words = os.memfd_create("words")
    try:
        child = os.posix_spawnp(
            command[0],
            command,
            environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, writer, 1),
                (os.POSIX_SPAWN_DUP2, words, 2),
            ],
        )
    except OSError:
        os.close(reader)
        os.close(words)
        raise
    finally:
        os.close(writer)

    def wait() -> GitAnswer:
        with open(reader, "rb") as output, open(words, "rb") as said:
            content = output.read()
            _, status = os.waitpid(child, 0)
            said.seek(0)
            return GitAnswer(os.waitstatus_to_exitcode(status), content, said.read(_MOST_WORDS))

    return wait

"""Ask git, in a way in which nothing of the repository can start a program or reach a network.

What is switched off for every call, and why:

- `safe.bareRepository=explicit`: plain files that form a bare repository are not taken for one;
- `core.fsmonitor`, `core.hooksPath`, `core.pager`, `core.editor`, `core.sshCommand`,
  `core.askPass`, `core.gitProxy`, `credential.helper`, `diff.external`, `commit.gpgSign` with
  `gpg.program`, and every configured filter: they name programs;
- `protocol.allow=never`, `GIT_NO_LAZY_FETCH`, `GIT_ALLOW_PROTOCOL`: an object that is missing in
  a partial clone would be fetched, by whatever program the configuration names;
- `submodule.recurse`, `fetch.*`: nothing goes into other repositories by itself;
- replaced objects and grafts, which would show another history than the one that was signed;
- optional locks, prompts and pagers, so that asking changes nothing and waits for nobody.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from msgspec import Struct

from pinner.model.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# Set by git for its hooks; they would point a `git` in another folder to the wrong place.
_HOOK_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR")
_EXTERNAL_PROGRAMS = (
    "GIT_EXTERNAL_DIFF", "GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "GIT_PAGER", "GIT_PROXY_COMMAND",
    "GIT_SSH", "GIT_SSH_COMMAND", "GIT_TRACE2_EVENT", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
)  # fmt: skip
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_ASKPASS": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
    "SSH_ASKPASS": "",
}
_SETTINGS = (
    "safe.bareRepository=explicit",
    "commit.gpgSign=false",
    "core.askPass=",
    "core.attributesFile=/dev/null",
    "core.editor=false",
    "core.fsmonitor=false",
    "core.gitProxy=",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.sshCommand=false",
    "credential.helper=",
    "diff.external=",
    "gpg.program=false",
    "protocol.allow=never",
    "submodule.recurse=false",
)
_OPTIONS = tuple(word for setting in _SETTINGS for word in ("-c", setting))
_MOST_WORDS = 65_536
_UNOPENED = r"could not open directory '(.*?)/?'"


class GitDirectory(str):
    """A repository without a work tree, whom somebody named: it stands where a top does.

    One that is only found, among the files of another, is never taken for one.
    """

    __slots__ = ()


class GitAnswer(Struct, frozen=True):
    """What a git command wrote to its standard output and error, and its exit code."""

    code: int
    output: bytes
    words: bytes

    @property
    def said(self) -> str:
        """The first line of its words."""
        text = os.fsdecode(self.words).strip() or os.fsdecode(self.output).strip()
        return text.partition("\n")[0]


class Entry(Struct, frozen=True):
    """A path of the index or of a commit: its mode, as `100644`, and its object."""

    path: str
    mode: str
    object_id: str


def find_top(folder: str) -> str | None:
    """Find the nearest folder upward that holds `.git`; None outside any work tree."""
    candidate = folder
    while not os.path.lexists(os.path.join(candidate, ".git")):
        parent = os.path.dirname(candidate)
        if parent == candidate:
            return None
        candidate = parent
    return candidate


def begin_listing(top: str, pathspecs: Sequence[str]) -> Callable[[], tuple[list[str], list[str]]]:
    """Begin to list tracked and untracked files, ignored ones left out; give what ends it.

    That gives the files and the folders that cannot be opened, or raises GitError.
    An untracked repository inside this one ends with `/`.
    """
    command = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *pathspecs)
    finish = _begin(top, command)

    def listed() -> tuple[list[str], list[str]]:
        answer = finish()
        files = _lines(_checked(answer, top, "ls-files"))
        return files, re.findall(_UNOPENED, os.fsdecode(answer.words)) if answer.words else []

    return listed


def list_index(top: str, pathspecs: Sequence[str]) -> list[Entry]:
    """List what is in the index; raises GitError. Of conflicting entries the first is given."""
    rows = _lines(ask_git(top, "ls-files", "-z", "--stage", "--", *pathspecs, own_index=True))
    entries: dict[str, Entry] = {}
    for row in rows:
        head, _, path = row.partition("\t")
        mode, object_id, _ = head.split(" ")
        entries.setdefault(path, Entry(path, mode, object_id))
    return list(entries.values())


def list_commit(top: str, commit: str, folder: str) -> list[Entry]:
    """List the files of a commit below a folder; raises GitError."""
    below = ("--", f"{folder}/") if folder else ()
    rows = _lines(ask_git(top, "ls-tree", "-r", "-z", "--full-tree", commit, *below))
    entries = []
    for row in rows:
        head, _, path = row.partition("\t")
        mode, _, object_id = head.split(" ")
        entries.append(Entry(path, mode, object_id))
    return entries


def find_commit(top: str, name: str) -> str:
    """Give the object ID of a commit; raises GitError for a name that is none."""
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    answer = _begin(top, words)()
    found = os.fsdecode(answer.output).strip()
    if answer.code or not found:
        raise GitError(
            f"{name!r} is no commit that this clone has; fetch it first "
            "(with actions/checkout: `fetch-depth: 0`)"
        )
    return found


def read_blobs(top: str, object_ids: Iterable[str]) -> dict[str, bytes]:
    """Read objects by their IDs; raises GitError where one is missing."""
    wanted = list(dict.fromkeys(object_ids))
    if not wanted:
        return {}
    asked = "".join(f"{object_id}\n" for object_id in wanted).encode()
    output = ask_git(top, "cat-file", "--batch", given=asked)
    found, at = {}, 0
    for object_id in wanted:
        end = output.index(b"\n", at)
        head = output[at:end].split(b" ")
        if len(head) != 3:
            raise GitError(f"{top}: git does not have the object {object_id}")
        size = int(head[2])
        found[object_id] = output[end + 1 : end + 1 + size]
        at = end + size + 2
    return found


def unchecked_files(top: str, paths: Sequence[str]) -> set[str]:
    """Name those of some tracked files that git was told not to check out."""
    rows = _lines(ask_git(top, "--literal-pathspecs", "ls-files", "-z", "-t", "--", *paths))
    return {row[2:] for row in rows if row.startswith("S ")}


def without_filters(top: str) -> tuple[str, ...]:
    """Switch off every filter that is configured, for commands that would run them."""
    answer = _begin(top, ("config", "--name-only", "-z", "--get-regexp", r"^filter\."))()
    names = {name.rpartition(".")[0] for name in _lines(answer.output)}
    kinds = ("clean=", "smudge=", "process=", "required=false")
    return tuple(
        word for name in sorted(names) for kind in kinds for word in ("-c", f"{name}.{kind}")
    )


def ask_git(
    top: str,
    *arguments: str,
    given: bytes = b"",
    own_index: bool = False,
    index: str | None = None,
) -> bytes:
    """Run git at the top of a work tree and give its output; raises GitError.

    With `own_index` the index is the one that git names to its hooks, or else the file `index`.
    """
    name = next(word for word in arguments if word[0] != "-" and "=" not in word)
    begun = _begin(top, arguments, given=given, own_index=own_index, index=index)
    return _checked(begun(), top, name)


def _checked(answer: GitAnswer, top: str, name: str) -> bytes:
    if answer.code:
        raise GitError(f"git {name} failed in {top}: {answer.said}{_advice(answer.said)}")
    return answer.output


def _advice(said: str) -> str:
    if "dubious ownership" in said:
        return (
            "; the folder belongs to another user: run as that user, or allow it with "
            "`git config --global --add safe.directory FOLDER`"
        )
    return "; --no-git looks through the folder without git"


def _lines(output: bytes) -> list[str]:
    return os.fsdecode(output).split("\0")[:-1]


def _begin(
    top: str,
    arguments: Sequence[str],
    *,
    given: bytes = b"",
    own_index: bool = False,
    index: str | None = None,
) -> Callable[[], GitAnswer]:
    """Start git at a top, and give what waits for its answer; raises GitError."""
    place = ("--git-dir", top) if isinstance(top, GitDirectory) else ("-C", top)
    command = ["git", *_OPTIONS, *place, *arguments]
    environment = _environment(own_index=own_index)
    if index is not None:
        environment["GIT_INDEX_FILE"] = index
    try:
        start = _spawn if sys.platform == "linux" else _run
        return start(command, environment, given)
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror}{_advice('')}") from error


def _environment(*, own_index: bool) -> dict[str, str]:
    dropped = {*_HOOK_VARIABLES, *_EXTERNAL_PROGRAMS} - ({"GIT_INDEX_FILE"} if own_index else set())
    kept = {key: value for key, value in os.environ.items() if key not in dropped}
    return {**kept, **_ENVIRONMENT}


def _run(command: list[str], environment: dict[str, str], given: bytes) -> Callable[[], GitAnswer]:
    import subprocess  # noqa: PLC0415 - start-up

    from pinner.project.other_systems import program  # noqa: PLC0415 - there only

    done = subprocess.run(  # noqa: S603
        [program(command[0]), *command[1:]],
        env=environment,
        input=given,
        capture_output=True,
        check=False,
    )
    answer = GitAnswer(done.returncode, done.stdout, done.stderr)
    return lambda: answer


def _spawn(
    command: list[str], environment: dict[str, str], given: bytes
) -> Callable[[], GitAnswer]:
    """Start a program without subprocess, whose import takes longer than git does.

    What it is given and its words go through memory, not through further pipes, so that none
    can block another.
    """
    if sys.platform != "linux":
        raise NotImplementedError
    reader, writer = os.pipe()
    words, asked = os.memfd_create("words"), os.memfd_create("given")
    try:
        with open(asked, "wb", closefd=False) as memory:
            memory.write(given)
        os.lseek(asked, 0, os.SEEK_SET)
        actions = [
            (os.POSIX_SPAWN_DUP2, asked, 0),
            (os.POSIX_SPAWN_DUP2, writer, 1),
            (os.POSIX_SPAWN_DUP2, words, 2),
        ]
        child = os.posix_spawnp(command[0], command, environment, file_actions=actions)
    except OSError:
        os.close(reader)
        os.close(words)
        raise
    finally:
        os.close(writer)
        os.close(asked)

    def wait() -> GitAnswer:
        with open(reader, "rb") as output, open(words, "rb") as said:
            content = output.read()
            _, status = os.waitpid(child, 0)
            said.seek(0)
            return GitAnswer(os.waitstatus_to_exitcode(status), content, said.read(_MOST_WORDS))

    return wait

"""Writes that a crash cannot spoil: killed at every step, undone on failure, one at a time."""

import os
import signal
import stat
import subprocess
import sys
import time

import pytest

DIGEST = "sha256:" + "d" * 64
# Runs `pinner lock` and kills the process before, or after, the n-th of the calls that matter.
KILLER = """
import itertools, os, pathlib, signal, sys
number, when = int(sys.argv.pop(1)), sys.argv.pop(1)
steps = itertools.count(1)  # flushes run side by side; a count is taken in one step
def wrap(owner, name):
    original = getattr(owner, name)
    def call(*arguments, **options):
        step = next(steps)
        if step == number and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*arguments, **options)
        if step == number and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(owner, name, call)
import pinner.project.transaction as transaction
class Watched:
    def __getattr__(self, name):
        return getattr(os, name)
transaction.os = Watched()
transaction.os.fsync = os.fsync
transaction.os.open = os.open
wrap(transaction.os, "fsync")
wrap(transaction.os, "open")
wrap(pathlib.Path, "replace")
from pinner.__main__ import main
main()
"""


@pytest.fixture
def shop(project, everything_is_dddd):
    mirror = f'[registries."docker.io"]\nmirrors = ["{everything_is_dddd.host}"]\n'
    project.write("pinner.toml", mirror)
    project.write("Dockerfile", "FROM alpine:3.19\n")
    project.write("compose.yaml", "services:\n  a:\n    image: redis:7\n")
    project.write("deep/er/Dockerfile", "FROM nginx:1.25\r\nFROM alpine:3.19")
    return project


def after_lock(shop, tmp_path):
    """The files as one undisturbed run leaves them."""
    before = shop.snapshot()
    assert shop.pinner("lock").code == 0
    after = shop.snapshot()
    for path, content in before.items():
        shop.write(path, content)
    (shop.root / "pinner.lock").unlink()
    return before, after


def run_script(shop, script):
    """Run `pinner lock` after a script has changed something about it."""
    return subprocess.run(
        [sys.executable, "-c", f"{script}from pinner.__main__ import main\nmain()\n", "lock"],
        cwd=shop.root,
        capture_output=True,
        check=False,
    )


def leftovers(shop):
    return [path for path in shop.snapshot() if path.endswith(".pinner-tmp")]


def test_killed_at_every_step(shop, tmp_path, everything_is_dddd):
    before, after = after_lock(shop, tmp_path)
    kills = 0
    for number in range(1, 60):
        for when in ("before", "after"):
            for path, content in before.items():
                shop.write(path, content)
            (shop.root / "pinner.lock").unlink(missing_ok=True)
            done = subprocess.run(
                [sys.executable, "-c", KILLER, str(number), when, "lock"],
                cwd=shop.root,
                capture_output=True,
                check=False,
            )
            if done.returncode != -signal.SIGKILL:
                assert done.returncode == 0, done.stderr
                break
            kills += 1
            is_locked = (shop.root / "pinner.lock").exists()
            asked = len(everything_is_dddd.seen)
            again = shop.pinner("lock", *(["--offline"] if is_locked else []))
            assert again.code == 0, (number, when, again)
            assert shop.snapshot() == after, (number, when)
            assert leftovers(shop) == []
            if is_locked:
                assert len(everything_is_dddd.seen) == asked
        else:
            continue
        break
    assert kills > 20


def test_two_at_once(shop, tmp_path):
    _, after = after_lock(shop, tmp_path)
    command = [sys.executable, "-m", "pinner", "lock"]
    running = [subprocess.Popen(command, cwd=shop.root, stdout=-1, stderr=-1) for _ in range(4)]
    ends = [process.communicate(timeout=60) for process in running]
    assert [process.returncode for process in running] == [0] * 4, ends
    assert shop.snapshot() == after


def test_waiting_is_said(shop):
    from filelock import FileLock

    from pinner.project.opening import open_project

    lock_file = open_project([str(shop.root)]).lock_files[0]
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock_file):
        process = subprocess.Popen(
            [sys.executable, "-m", "pinner", "lock"], cwd=shop.root, stdout=-1, stderr=-1
        )
        time.sleep(1.5)
        assert process.poll() is None
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"waiting for another pinner" in err


def test_source_changed_in_between(shop, monkeypatch):
    """A source that changes while registries are asked is not overwritten, nor is anything."""
    changer = (
        "import pathlib, pinner.operations.lock as lock\n"
        "original = lock.answer_all\n"
        "def answer_all(*arguments):\n"
        "    answers = original(*arguments)\n"
        "    pathlib.Path('compose.yaml').write_text('services: {a: {image: redis:8}}')\n"
        "    return answers\n"
        "lock.answer_all = answer_all\n"
    )
    before = shop.snapshot()
    done = run_script(shop, changer)
    assert done.returncode == 2
    assert b"compose.yaml changed while pinner ran; nothing was written" in done.stderr
    assert shop.snapshot() == {**before, "compose.yaml": b"services: {a: {image: redis:8}}"}


def test_modes_and_links_inside_the_project_stay(shop):
    (shop.root / "Dockerfile").chmod(0o640)
    shop.write("real/Containerfile", "FROM busybox:1\n").chmod(0o755)
    (shop.root / "Containerfile").symlink_to("real/Containerfile")
    assert shop.pinner("lock").code == 0
    assert stat.S_IMODE((shop.root / "Dockerfile").stat().st_mode) == 0o640
    assert (shop.root / "Containerfile").is_symlink()
    assert stat.S_IMODE((shop.root / "real/Containerfile").stat().st_mode) == 0o755
    assert shop.read("real/Containerfile") == f"FROM busybox:1@{DIGEST}\n"
    before = shop.snapshot()
    assert shop.pinner("verify").code == 0
    assert shop.pinner("lock").code == 0
    assert shop.snapshot() == before


def test_lockfile_that_is_a_link_out_of_the_project(shop, tmp_path):
    (tmp_path / "elsewhere").write_text("version = 1\n")
    (shop.root / "pinner.lock").symlink_to(tmp_path / "elsewhere")
    done = shop.pinner("lock")
    assert done.code == 2
    assert "is a link that leads out of the project" in done.err
    assert (tmp_path / "elsewhere").read_text() == "version = 1\n"


def test_read_only_file(shop):
    (shop.root / "compose.yaml").chmod(0o444)
    before = shop.snapshot()
    done = shop.pinner("lock")
    assert done.code == 2
    assert "compose.yaml is read-only; nothing was written" in done.err
    assert shop.snapshot() == before


def test_full_disk(shop):
    """A file-size limit fails as a full disk does, in the middle of a write."""
    full = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "import pinner.operations.lock as lock\n"
        "original = lock.answer_all\n"
        "def answer_all(*arguments):\n"
        "    answers = original(*arguments)\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "    return answers\n"
        "lock.answer_all = answer_all\n"
    )
    before = shop.snapshot()
    done = run_script(shop, full)
    assert done.returncode == 2, done
    words = b"pinner.lock cannot be written: File too large; all files are as they were"
    assert words in done.stderr
    assert shop.snapshot() == before


def test_failing_rename_is_undone(shop):
    """The third rename fails: the two before it are taken back."""
    failing = (
        "import pathlib\n"
        "original, number = pathlib.Path.replace, 0\n"
        "def replace(self, target):\n"
        "    global number\n"
        "    number += str(self).endswith('.pinner-tmp')\n"
        "    if number == 3:\n"
        "        number += 1\n"
        "        raise PermissionError(13, 'Permission denied')\n"
        "    return original(self, target)\n"
        "pathlib.Path.replace = replace\n"
    )
    before = shop.snapshot()
    done = run_script(shop, failing)
    assert done.returncode == 2, done
    assert b"compose.yaml cannot be written: Permission denied" in done.stderr
    assert shop.snapshot() == before


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"]
)
def test_interrupted_while_it_asks(project, serve, number, code):
    from scripted_server import Reply

    server = serve(lambda seen: Reply(raw=lambda handler: time.sleep(20)))
    project.write("Dockerfile", f"FROM {server.host}/a/b:1\n")
    before = project.snapshot()
    process = subprocess.Popen(
        [sys.executable, "-m", "pinner", "lock"], cwd=project.root, stdout=-1, stderr=-1
    )
    for _ in range(200):
        time.sleep(0.05)
        if server.seen:
            break
    os.kill(process.pid, number)
    _, err = process.communicate(timeout=10)
    assert process.returncode == code
    assert b"Traceback" not in err
    assert project.snapshot() == before


def test_interrupted_between_renames(shop):
    """Ctrl-C in the middle of the swap: all as before."""
    interrupting = (
        "import pathlib\n"
        "original, number = pathlib.Path.replace, 0\n"
        "def replace(self, target):\n"
        "    global number\n"
        "    result = original(self, target)\n"
        "    number += str(self).endswith('.pinner-tmp')\n"
        "    if number == 2:\n"
        "        number += 1\n"
        "        raise KeyboardInterrupt\n"
        "    return result\n"
        "pathlib.Path.replace = replace\n"
    )
    before = shop.snapshot()
    done = run_script(shop, interrupting)
    assert done.returncode == 130, done
    assert shop.snapshot() == before


def test_a_user_without_a_folder_of_their_own(shop):
    (shop.root.parent / "nothing").write_text("a file where the home should be")
    done = shop.pinner("lock", env={"HOME": str(shop.root.parent / "nothing")})
    assert done.code == 0, done
    assert shop.pinner("verify").code == 0

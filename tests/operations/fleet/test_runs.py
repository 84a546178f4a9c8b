"""What happens to a run: workers, the scheduler or the client die, and it goes on from its file."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from fleets import fleet, git, make_repository, rows_of
from scripted_server import Reply, ScriptedServer

# A format of somebody else's that waits, or takes its process along.
FORMAT = """
import os, pathlib, signal, time
from pinner.api.scanners import TextFormat

def find(text):
    here = pathlib.Path(os.environ["SEEN"])
    if "kill" in text:
        (here / f"killed-{os.getpid()}").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if "once" in text and not (here / "once").exists():
        (here / "once").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if "crash" in text:
        raise ValueError("no such thing")
    if "slow" in text:
        (here / f"slow-{os.getpid()}-{time.time()}").touch()
        while not (here / "go").exists():
            time.sleep(0.05)
    return [(0, len(text.split()[0]), "line")]

FORMAT = TextFormat(name="odd", title="", files="", places="", patterns=("odd.txt",),
                    words=(b"",), find=find)
"""


@pytest.fixture
def odd(tmp_path):
    """Give a folder for repositories, and an environment in which the format is installed."""
    info = tmp_path / "site/odd-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[pinner.scanners]\nodd = odd_format:FORMAT\n")
    (tmp_path / "site/odd_format.py").write_text(FORMAT)
    (tmp_path / "seen").mkdir()
    (tmp_path / "fleet").mkdir()
    return tmp_path / "fleet", {
        "PYTHONPATH": str(tmp_path / "site"),
        "SEEN": str(tmp_path / "seen"),
        "PINNER_CACHE_DIR": str(tmp_path / "cache"),
    }


def repositories(folder, count, odd=()):
    for number in range(count):
        files = {"Dockerfile": f"FROM alpine:3.{number}\n"}
        if number < len(odd):
            files["odd.txt"] = f"alpine:1 {odd[number]}\n"
        make_repository(folder / f"r{number:02}", files)


def begin(*arguments, cwd, env):
    return subprocess.Popen(
        [sys.executable, "-m", "pinner", "fleet", *arguments],
        cwd=cwd, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip


def wait_for(condition):
    for _ in range(6000):
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError("it never came to that")


def names(rows):
    return sorted(row["repository"].rpartition("/")[2] for row in rows)


def test_a_worker_that_dies_costs_a_retry(odd):
    folder, env = odd
    repositories(folder, 6, odd=["once"])
    done = fleet("inventory", "--offline", "--workers", 2, "r*", cwd=folder, env=env)
    rows = rows_of(done.stdout)
    assert done.returncode == 0, done.stderr
    assert {row["status"] for row in rows} == {"done"}
    assert names(rows) == [f"r{number:02}" for number in range(6)]


def test_a_repository_that_kills_workers_costs_its_row_and_one_that_crashes_a_problem(odd):
    folder, env = odd
    repositories(folder, 8, odd=["kill", "crash"])
    done = fleet("verify", "--workers", 2, "r*", cwd=folder, env=env)
    rows = {row["repository"].rpartition("/")[2]: row for row in rows_of(done.stdout)}
    assert done.returncode == 3
    assert [name for name, row in rows.items() if row["status"] == "failed"] == ["r00"]
    assert "died" in rows["r00"]["error"]
    assert "scanner odd" in rows["r01"]["problems"][0]["message"]
    assert len(rows) == 8
    assert "1 failed" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_a_client_that_is_ended_leaves_a_file_to_go_on_from(odd, number):
    folder, env = odd
    repositories(folder, 12, odd=["slow"])
    running = begin("inventory", "--offline", "--workers", "2", "--output", "out.jsonl", "r*",
                    cwd=folder, env=env)  # fmt: skip
    file = folder / "out.jsonl"
    wait_for(lambda: file.exists() and len(file.read_text().splitlines()) >= 8)
    running.send_signal(number)
    _, said = running.communicate(timeout=300)
    assert running.returncode == {signal.SIGINT: 130}.get(number, running.returncode)
    assert running.returncode != 0
    if number == signal.SIGINT:
        assert "--resume goes on from out.jsonl" in said
    assert "Traceback" not in said
    partial = rows_of(file.read_text())
    assert "r00" not in names(partial)
    file.write_bytes(file.read_bytes() + b'{"kind":"repos')  # as it may be cut off

    (folder.parent / "seen/go").touch()
    done = fleet("inventory", "--offline", "--output", "out.jsonl", "--resume", "r*",
                 cwd=folder, env=env)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"{len(partial)} known from before" in done.stderr
    after = rows_of(file.read_text())
    whole = fleet("inventory", "--offline", "r*", cwd=folder, env=env)
    key = lambda row: row["repository"]  # noqa: E731
    assert sorted(after, key=key) == sorted(rows_of(whole.stdout), key=key)
    assert json.loads(file.read_text().splitlines()[-1])["kind"] == "end"


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def cluster(folder, env):
    """A scheduler that stands, and two workers."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    dask = [sys.executable, "-m", "dask"]
    options = {"cwd": folder, "env": {**os.environ, **env}, "stdout": subprocess.DEVNULL,
               "stderr": subprocess.DEVNULL}  # fmt: skip
    scheduler = subprocess.Popen(
        [*dask, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"],
        **options,
    )
    workers = [
        subprocess.Popen(
            [*dask, "worker", address, "--nthreads", "1", "--no-dashboard", "--death-timeout", "20",
             "--local-directory", str(folder.parent / f"worker-{number}")],
            **options,
        )
        for number in range(2)
    ]  # fmt: skip
    try:
        yield address, scheduler, workers
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()


def test_a_scheduler_that_stands_and_dies(odd):
    folder, env = odd
    repositories(folder, 12, odd=["slow"])
    arguments = ("verify", "--output", "out.jsonl")
    with cluster(folder, env) as (address, scheduler, _):
        running = begin(*arguments, "--scheduler", address, "r*", cwd=folder, env=env)
        file = folder / "out.jsonl"
        wait_for(lambda: file.exists() and len(file.read_text().splitlines()) >= 8)
        scheduler.kill()
        _, said = running.communicate(timeout=300)
    assert running.returncode == 3, said
    assert "scheduler is gone" in said
    assert "--resume goes on from out.jsonl" in said
    assert "Traceback" not in said
    partial = rows_of(file.read_text())
    assert 8 <= len(partial) < 12

    (folder.parent / "seen/go").touch()
    with cluster(folder, env) as (address, _, workers):
        done = fleet(*arguments, "--scheduler", address, "--resume", "r*", cwd=folder, env=env)
        assert done.returncode == 1, done.stderr
        assert names(rows_of(file.read_text())) == [f"r{number:02}" for number in range(12)]
        # One worker is enough.
        workers[0].kill()
        again = fleet("inventory", "--offline", "--scheduler", address, "r*", cwd=folder, env=env)
        assert again.returncode == 0, again.stderr
        assert len(rows_of(again.stdout)) == 12


def test_a_scheduler_that_is_not_there(odd):
    folder, env = odd
    repositories(folder, 1)
    address = f"tcp://127.0.0.1:{free_port()}"
    env = {**env, "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "2s"}
    done = fleet("verify", "--scheduler", address, "r*", cwd=folder, env=env)
    assert done.returncode == 3
    assert f"{address}: no scheduler answers there" in done.stderr


@pytest.mark.parametrize("count", [2, 9])
def test_each_tag_is_asked_for_once_however_many_repositories_use_it(odd, count):
    folder, env = odd
    asked = []

    def answer(seen):
        asked.append((seen.method, seen.path))
        return Reply(
            headers={
                "Docker-Content-Digest": "sha256:" + "d" * 64,
                "Content-Type": "application/vnd.oci.image.index.v1+json",
            }
        )

    server = ScriptedServer(answer)
    try:
        for number in range(count):
            make_repository(folder / f"r{number}", {
                "pinner.toml": f'[registries."{server.host}"]\nplain-http = true\n',
                "Dockerfile": f"FROM {server.host}/a:1\nFROM {server.host}/a:2\n",
                "compose.yaml": f"services: {{x: {{image: '{server.host}/b:1'}}}}\n",
            })  # fmt: skip
        done = fleet("inventory", "r*", cwd=folder, env=env)
    finally:
        server.stop()
    assert done.returncode == 0, done.stderr
    tags = rows_of(done.stdout, "tag")
    assert sorted(row["reference"].rpartition("/")[2] for row in tags) == ["a:1", "a:2", "b:1"]
    assert all(row["digest"] == "sha256:" + "d" * 64 for row in tags)
    manifests = [path for method, path in asked if "/manifests/" in path]
    assert len(manifests) == len(set(manifests)) == 3


def test_verify_online_is_what_the_single_command_says(odd, registry):
    from images import Image

    folder, env = odd
    old = registry.push("fleet/app:1", Image(content="old"))
    config = f'[registries."{registry.host}"]\nplain-http = true\n'
    for number in range(3):
        make_repository(folder / f"r{number}", {
            "pinner.toml": config, "Dockerfile": f"FROM {registry.host}/fleet/app:1\n",
        })  # fmt: skip
        subprocess.run([sys.executable, "-m", "pinner", "lock"], cwd=folder / f"r{number}",
                       check=True, capture_output=True)  # fmt: skip
        git(folder / f"r{number}", "add", ".")
    assert old in (folder / "r0/Dockerfile").read_text()
    registry.push("fleet/app:1", Image(content="new"))
    done = fleet("verify", "--online", "r*", cwd=folder, env=env)
    single = subprocess.run(
        [sys.executable, "-m", "pinner", "verify", "--online", "--format", "json"],
        cwd=folder / "r0", capture_output=True, check=False,
    )  # fmt: skip
    found = json.loads(single.stdout)["findings"]
    assert [one["name"] for one in found] == ["moved"]
    assert [row["findings"] for row in rows_of(done.stdout)] == [found] * 3
    assert (done.returncode, single.returncode) == (0, 0)


def test_without_the_extra_it_is_named(odd, tmp_path):
    folder, env = odd
    code = (
        "import importlib.util as u, sys; real = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'distributed' else real(name, *rest)\n"
        "sys.argv[:] = ['pinner', 'fleet', 'verify', '.']\n"
        "from pinner.__main__ import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True,
                          env={**os.environ, **env}, check=False)  # fmt: skip
    assert done.returncode == 2
    assert "pip install 'pinner-lock[fleet]'" in done.stderr


@pytest.mark.parametrize(
    "arguments, words",
    [
        ((), "name repositories"),
        (("--from", "nowhere"), "cannot be read"),
        (("--resume", "."), "name it with --output"),
        (("--output", "no/such/folder", "r0"), "cannot be written"),
        (("nothing*",), "no repository matches"),
    ],
)
def test_what_makes_no_sense(odd, arguments, words):
    folder, env = odd
    make_repository(folder / "r0", {"Dockerfile": "FROM a\n"})
    done = fleet("verify", *arguments, cwd=folder, env=env)
    assert done.returncode == 2
    assert words in done.stderr


def test_a_file_of_something_else_is_not_overwritten_by_a_resumed_run(odd):
    folder, env = odd
    make_repository(folder / "r0", {"Dockerfile": "FROM a\n"})
    (folder / "notes").write_text("precious\n")
    done = fleet("verify", "--output", "notes", "--resume", "r0", cwd=folder, env=env)
    assert done.returncode == 2
    assert "notes:1: is no row of a fleet" in done.stderr
    assert (folder / "notes").read_text() == "precious\n"

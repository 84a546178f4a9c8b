"""Files that several processes scan: all are there, in order, whatever happens to a process."""

import json
import os
import signal
import threading

import pytest
from msgspec.structs import replace

from pinner.project import scanning, second_process
from pinner.project.scanning import FileReader, scan_all
from pinner.project.workspace import Workspace
from pinner.scanners.all_scanners import all_scanners
from pinner.scanners.scanner import ScanOptions

COUNT = 620


@pytest.fixture
def reader(tmp_path, monkeypatch):
    for number in range(COUNT):
        (tmp_path / f"{number}.Dockerfile").write_text(f"FROM x:{number}\n")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
    monkeypatch.setattr(second_process, "_has_threads", lambda: False)  # those of other tests
    return FileReader(Workspace(str(tmp_path)), all_scanners(), ScanOptions((), True), {}, {}, {})


def found(reader):
    jobs = [(f"{number}.Dockerfile", ("dockerfile",)) for number in range(COUNT)]
    return [str(scanned.results[0].reference) for scanned in scan_all(reader, jobs)]


EXPECTED = [f"docker.io/library/x:{number}" for number in range(COUNT)]


def test_several_processes(reader):
    assert found(reader) == EXPECTED


@pytest.mark.parametrize("end", [
    lambda: os.kill(os.getpid(), signal.SIGKILL),
    lambda: os.kill(os.getpid(), signal.SIGINT),
    lambda: (_ for _ in ()).throw(MemoryError),
    lambda: os._exit(3),
])  # fmt: skip
def test_a_process_that_does_not_come_back(reader, monkeypatch, end):
    """What it took is scanned once more."""
    parent, scan_each = os.getpid(), scanning._scan_each  # noqa: SLF001

    def fail(*arguments):
        if os.getpid() != parent:
            end()
        return scan_each(*arguments)

    monkeypatch.setattr(scanning, "_scan_each", fail)
    assert found(reader) == EXPECTED


def test_no_process_is_left(reader, monkeypatch):
    """Those of a run have ended, and the next run has the system forget them."""
    children, fork = [], os.fork

    def noting():
        children.append(fork())
        return children[-1]

    monkeypatch.setattr(os, "fork", noting)
    found(reader)
    assert len(children) == 2
    for child in children:
        assert os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT).si_pid == child
    found(reader)
    for child in children[:2]:
        with pytest.raises(ChildProcessError):
            os.waitpid(child, os.WNOHANG)


def test_beside_threads_nothing_is_forked(reader, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("forked"))
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    thread.start()
    try:
        assert found(reader) == EXPECTED
    finally:
        go.set()
        thread.join()


def cold(project, monkeypatch, tmp_path):
    """A project of many manifests, locked, and nothing cached."""
    monkeypatch.setenv("PINNER_CACHE_DIR", str(tmp_path / "cache"))
    for number in range(60):
        project.write(f"p{number}.yaml", POD.format(image=f"x:{number}@{DIGEST}"))
    rows = "".join(
        f'\n[[image]]\nreference = "docker.io/library/x:{n}"\ndigest = "{DIGEST}"\n'
        f'media-type = "m"\nfiles = ["p{n}.yaml"]\n'
        for n in range(60)
    )
    project.write("pinner.lock", f"version = 1\n{rows}")


POD = "apiVersion: v1\nkind: Pod\nspec: {{containers: [{{image: '{image}'}}]}}\n"
DIGEST = "sha256:" + "a" * 64


def findings(project, *arguments):
    done = project.pinner("verify", "--format", "json", *arguments)
    return done.code, [(row["file"], row["name"]) for row in json.loads(done.out)["findings"]]


def test_scanned_ahead_or_not_is_the_same(project, monkeypatch, tmp_path):
    cold(project, monkeypatch, tmp_path)
    project.write("p7.yaml", POD.format(image="x:7"))
    project.write("p8.yaml", POD.format(image="x:8").replace("}]}", "}"))
    (project.root / "p9.yaml").unlink()
    project.write("new.yaml", POD.format(image="new:1"))
    first = findings(project)
    assert first == findings(project)
    assert first == findings(project, "--no-cache")
    assert first[0] == 1
    assert {("p7.yaml", "unpinned"), ("p8.yaml", "unreadable"), ("new.yaml", "unpinned")} < set(
        first[1]
    )


def test_scanned_ahead_by_other_settings_counts_for_nothing(project, monkeypatch, tmp_path):
    cold(project, monkeypatch, tmp_path)
    project.write("pinner.toml", '[kubernetes]\nimage-paths = ["spec.other"]\n')
    project.write("p7.yaml", POD.format(image=f"x:7@{DIGEST}").replace("}\n", ", other: 'y:1'}\n"))
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message=before")
    project.write("pinner.toml", "")
    assert ("p7.yaml", "unpinned") in findings(project, "--since", "HEAD", "--offline")[1]


@pytest.mark.parametrize("end", [lambda: os.kill(os.getpid(), signal.SIGKILL), lambda: os._exit(3)])
def test_what_was_begun_and_fails_is_done_again(reader, monkeypatch, end):
    parent, scan_each = os.getpid(), scanning._scan_each  # noqa: SLF001

    def fail(*arguments):
        if os.getpid() != parent:
            end()
        return scan_each(*arguments)

    monkeypatch.setattr(scanning, "_scan_each", fail)
    jobs = [(f"{number}.Dockerfile", ("dockerfile",)) for number in range(COUNT)]
    ahead = scanning.Ahead("/", reader, jobs)
    assert ahead.results("/", reader.options) == {}
    assert ahead.results("/", reader.options) == {}


def test_what_was_found_counts_for_the_same_questions_alone(reader):
    jobs = [("1.Dockerfile", ("dockerfile",))]

    other = replace(reader.options, by_content=False)
    assert list(scanning.Ahead("/", reader, jobs).results("/", reader.options)) == jobs
    assert scanning.Ahead("/", reader, jobs).results("/else", reader.options) == {}
    assert scanning.Ahead("/", reader, jobs).results("/", other) == {}

"""Files that several processes scan: all are there, in order, whatever happens to a process."""

import os
import threading

import pytest

from pinner.project import scanning
from pinner.project.scanning import FileReader, scan_all
from pinner.project.workspace import Workspace
from pinner.scanners.all_scanners import all_scanners
from pinner.scanners.scanner import ScanOptions

COUNT = 620


@pytest.fixture
def reader(tmp_path, three_processors):
    for number in range(COUNT):
        (tmp_path / f"{number}.Dockerfile").write_text(f"FROM x:{number}\n")
    return FileReader(Workspace(str(tmp_path)), all_scanners(), ScanOptions((), True), {}, {})


def found(reader):
    jobs = [(f"{number}.Dockerfile", ("dockerfile",)) for number in range(COUNT)]
    return [str(scanned.results[0].reference) for scanned in scan_all(reader, jobs)]


EXPECTED = [f"docker.io/library/x:{number}" for number in range(COUNT)]


def test_several_processes(reader):
    assert found(reader) == EXPECTED


def test_a_process_that_does_not_come_back(reader, fail_elsewhere):
    """What it took is scanned once more."""
    fail_elsewhere(scanning, "scan_each")
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

"""What is scanned ahead, in another process: the same as here, and nothing is left of it."""

import json
import os
import stat
from pathlib import Path

import pytest
from msgspec.structs import replace

from pinner.cli.commands import verify
from pinner.project import scan_ahead
from pinner.project.scan_ahead import Ahead, begin_early
from pinner.scanners.scanner import ScanOptions

POD = "apiVersion: v1\nkind: Pod\nspec: {{containers: [{{image: '{image}'}}]}}\n"
DIGEST = "sha256:" + "a" * 64
COUNT = 60
JOBS = [(f"p{number}.yaml", ("kubernetes",)) for number in range(COUNT)]
OPTIONS = ScanOptions()


@pytest.fixture
def cold(project, three_processors, monkeypatch, tmp_path):
    """A project of many manifests, locked, and nothing cached; the tests are run in its folder."""
    monkeypatch.setenv("PINNER_CACHE_DIR", str(tmp_path / "cache"))
    for number in range(COUNT):
        project.write(f"p{number}.yaml", POD.format(image=f"x:{number}@{DIGEST}"))
    rows = "".join(
        f'\n[[image]]\nreference = "docker.io/library/x:{n}"\ndigest = "{DIGEST}"\n'
        f'media-type = "m"\nfiles = ["p{n}.yaml"]\n'
        for n in range(COUNT)
    )
    project.write("pinner.lock", f"version = 1\n{rows}")
    monkeypatch.chdir(project.root)
    return project


@pytest.fixture
def nothing_left_open(cold):
    """Nothing may be open after a test that was not before it."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    yield
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def findings(project, *arguments):
    done = project.pinner("verify", "--format", "json", *arguments)
    return done.code, [(row["file"], row["name"]) for row in json.loads(done.out)["findings"]]


def references(scanned):
    return [found.results[0].reference.tag for found in scanned.values()]


@pytest.mark.parametrize("lockfile", ["pinner.lock", "other.lock"])
def test_scanned_ahead_or_not_is_the_same(cold, lockfile):
    """The settings may name another lockfile than the one that something began for."""
    if lockfile != "pinner.lock":
        cold.write("pinner.toml", f'lockfile = "{lockfile}"\n')
        cold.write(lockfile, (cold.root / "pinner.lock").read_text())
        cold.write("pinner.lock", "-" * 5_000 + '".yaml"')
    cold.write("p7.yaml", POD.format(image="x:7"))
    cold.write("p8.yaml", POD.format(image="x:8").replace("}]}", "}"))
    (cold.root / "p9.yaml").unlink()
    cold.write("new.yaml", POD.format(image="new:1"))
    first = findings(cold)
    assert first == findings(cold)
    assert first == findings(cold, "--no-cache")
    assert first[0] == 1
    assert {("p7.yaml", "unpinned"), ("p8.yaml", "unreadable"), ("new.yaml", "unpinned")} < set(
        first[1]
    )


def test_scanned_ahead_by_other_settings_counts_for_nothing(cold):
    cold.write("pinner.toml", '[kubernetes]\nimage-paths = ["spec.other"]\n')
    cold.write("p7.yaml", POD.format(image=f"x:7@{DIGEST}").replace("}\n", ", other: 'y:1'}\n"))
    cold.git("add", "--all")
    cold.git("commit", "--quiet", "--message=before")
    cold.write("pinner.toml", "")
    assert ("p7.yaml", "unpinned") in findings(cold, "--since", "HEAD", "--offline")[1]


def test_settings_that_are_wrong_are_said_as_ever(cold):
    cold.write("pinner.toml", "nonsense = 1\n")
    done = cold.pinner("verify")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: pinner.toml:1: ")


@pytest.mark.usefixtures("cold")
def test_verify_begins_before_it_knows_what_to_ask(monkeypatch, capsys):
    told = []

    def begin():
        told.append("begun")
        return begin_early()

    def ask(self, root, options, jobs):
        told.append([job for job, _ in jobs] == sorted(job for job, _ in JOBS))
        own(self, root, options, jobs)

    own = Ahead.ask
    monkeypatch.setattr(verify, "begin_early", begin)
    monkeypatch.setattr(Ahead, "ask", ask)
    assert verify.verify() == 0
    assert told == ["begun", True]
    assert "all 60 references are pinned" in capsys.readouterr().err


@pytest.mark.usefixtures("nothing_left_open")
@pytest.mark.parametrize("reads_yaml", [True, False])
def test_what_was_asked_is_answered(cold, reads_yaml):
    ahead = Ahead(reads_yaml=reads_yaml)
    ahead.ask(str(cold.root), OPTIONS, JOBS)
    found = ahead.results(str(cold.root), OPTIONS)
    assert list(found) == JOBS
    assert references(found) == [str(number) for number in range(COUNT)]
    assert ahead.results(str(cold.root), OPTIONS) == {}


@pytest.mark.usefixtures("nothing_left_open")
@pytest.mark.parametrize(
    ("root", "options"), [("/else", OPTIONS), (None, replace(OPTIONS, by_content=False))]
)
def test_what_was_found_counts_for_the_same_questions_alone(cold, root, options):
    ahead = Ahead()
    ahead.ask(str(cold.root), OPTIONS, JOBS)
    assert ahead.results(root or str(cold.root), options) == {}


@pytest.mark.usefixtures("nothing_left_open")
@pytest.mark.parametrize("step", ["_answer", "scan_each"])
def test_a_process_that_fails_has_no_answer(cold, fail_elsewhere, step):
    """Before it was asked, or after: whoever asks is not hurt."""
    fail_elsewhere(scan_ahead, step)
    ahead = Ahead()
    if step == "_answer":
        os.waitid(os.P_PID, ahead._helper._process, os.WEXITED | os.WNOWAIT)  # noqa: SLF001
    ahead.ask(str(cold.root), OPTIONS, JOBS)
    assert ahead.results(str(cold.root), OPTIONS) == {}


@pytest.mark.usefixtures("nothing_left_open")
def test_a_long_question(cold):
    """More than a pipe holds."""
    jobs = [(f"{'long/' * 50}{number}.yaml", ("kubernetes",)) for number in range(2_000)]
    ahead = Ahead()
    ahead.ask(str(cold.root), OPTIONS, jobs)
    found = ahead.results(str(cold.root), OPTIONS)
    assert len(found) == 2_000
    assert all(scanned.is_absent for scanned in found.values())


@pytest.mark.usefixtures("nothing_left_open")
def test_a_process_that_nobody_asks_is_ended(cold):
    ahead = begin_early()
    assert ahead is not None
    process = ahead._helper._process  # noqa: SLF001
    ahead.drop()
    status = os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    assert status.si_pid == process


def test_a_process_whose_parent_is_gone_ends(cold):
    """It is not left behind, waiting for a question."""
    reader, writer = os.pipe()
    parent = os.fork()
    if parent == 0:
        ahead = begin_early()
        os.write(writer, b"begun" if ahead else b"not begun")
        os._exit(0)
    os.close(writer)
    os.waitpid(parent, 0)
    with os.fdopen(reader, "rb") as told:
        assert told.read() == b"begun"  # it holds the writing end, and ends too


def small(project):
    project.write("pinner.lock", "version = 1\n")


def of_other_files(project):
    text = (project.root / "pinner.lock").read_text()
    project.write("pinner.lock", text.replace(".yaml", ".Dockerfile"))


def pipe(project):
    (project.root / "pinner.lock").unlink()
    os.mkfifo(project.root / "pinner.lock")
    assert stat.S_ISFIFO((project.root / "pinner.lock").stat().st_mode)


def outside(project):
    (project.root / "pinner.lock").rename(project.root.parent / "pinner.lock")
    (project.root / "pinner.lock").symlink_to("../pinner.lock")


def known(project):
    assert project.pinner("verify").code == 0


@pytest.mark.parametrize("change", [small, of_other_files, pipe, outside, known])
def test_nothing_begins_where_it_is_of_no_use(cold, monkeypatch, change):
    change(cold)
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("forked"))
    assert begin_early() is None


@pytest.mark.usefixtures("cold")
def test_nothing_begins_in_a_folder_that_is_gone(monkeypatch, tmp_path):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert begin_early() is None


@pytest.mark.usefixtures("cold")
def test_one_processor(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("forked"))
    assert begin_early() is None

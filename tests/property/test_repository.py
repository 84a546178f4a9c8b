"""Edits, locks, moved tags, unpins, crashes and merges: verify always tells the truth."""

import os
import re
import shutil
import subprocess
import tempfile
import tomllib
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pinner.model.errors import LockfileError, NotFoundError
from pinner.model.resolver import Answer
from pinner.operations.changes import write_changes
from pinner.operations.lock import lock
from pinner.operations.unpin import unpin
from pinner.operations.verify import verify
from pinner.pins.wishes import Wishes
from pinner.project.scan_cache import ScanCache
from pinner.project.settings import Settings
from pinner.project.surveyor import Surveyor
from pinner.project.workspace import Workspace
from pinner.scanners.all_scanners import BUILT_IN

pytestmark = pytest.mark.property

COUNT = int(os.environ.get("PINNER_EXAMPLES", "150")) // 10
INDEX = "application/vnd.oci.image.index.v1+json"
NAMES = [f"docker.io/library/{name}:1" for name in ("alpine", "nginx", "redis", "node")]
FILES = ["Dockerfile", "a/Dockerfile", "b/Containerfile", "c/x.Dockerfile"]
LINE = re.compile(r"^FROM ([^@\s]+)(?:@(\S+))?$", re.MULTILINE)


def digest(number):
    return f"sha256:{number:064x}"


class Registry:
    """A registry in a dictionary; it keeps what tags gave before."""

    def __init__(self):
        self.tags = dict.fromkeys(NAMES, 1)
        self.held = {1}
        self.asked = 0

    def move(self, name):
        self.tags[name] = max(self.held) + 1
        self.held.add(self.tags[name])

    def resolve(self, questions):
        answers = {}
        for question in questions:
            self.asked += 1
            reference = question.reference
            wanted = reference.digest or digest(self.tags[str(reference)])
            known = wanted in map(digest, self.held)
            answers[question] = Answer(wanted, INDEX) if known else NotFoundError(f"{reference}")
        return answers

    def child_digests(self, reference):
        return {}


class Repository(RuleBasedStateMachine):
    """What people and bots do to a repository."""

    @initialize()
    def begin(self):
        self.root = Path(tempfile.mkdtemp())
        self.registry = Registry()
        self.git("init", "--quiet", "--initial-branch=main")
        self.write("Dockerfile", [(NAMES[0], None)])
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=first")

    def teardown(self):
        shutil.rmtree(self.root)

    def git(self, *arguments, check=True):
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        return subprocess.run(
            ["git", *identity, *arguments], cwd=self.root, check=check, capture_output=True
        )

    @property
    def surveyor(self):
        return Surveyor(
            Workspace(str(self.root)), BUILT_IN, Settings(), lambda: ScanCache(None, str)
        )

    def write(self, file, rows):
        lines = [f"FROM {name}@{held}\n" if held else f"FROM {name}\n" for name, held in rows]
        path = self.root / file
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(lines))

    def rows(self):
        """What files hold, read without pinner."""
        found = []
        for file in FILES:
            path = self.root / file
            for name, held in LINE.findall(path.read_text()) if path.exists() else ():
                found.append((file, canonical(name), held or None))
        return found

    def entries(self):
        path = self.root / "pinner.lock"
        data = tomllib.loads(path.read_text()) if path.exists() else {}
        return {image["reference"]: image for image in data.get("image", [])}

    def run_lock(self, **options):
        result = lock(self.surveyor, lambda: self.registry, Wishes(), **options)
        write_changes(Workspace(str(self.root)), result.changes)
        return result

    @rule(file=st.sampled_from(FILES), names=st.lists(st.sampled_from(NAMES), max_size=3))
    def edit_file(self, file, names):
        self.write(file, [(name, None) for name in names])

    @rule(file=st.sampled_from(FILES))
    def delete_file(self, file):
        (self.root / file).unlink(missing_ok=True)

    @rule(name=st.sampled_from(NAMES))
    def move_tag(self, name):
        self.registry.move(name)

    @rule(file=st.sampled_from(FILES), number=st.integers(0, 5))
    def change_digest(self, file, number):
        """A bot, or a mistake, writes another digest."""
        path = self.root / file
        if path.exists():
            path.write_text(re.sub(r"@sha256:\S+", f"@{digest(number)}", path.read_text(), count=1))

    @rule()
    def lock_everything(self):
        result = self.run_lock()
        if not result.has_failures:
            assert verify(self.surveyor, Wishes()).findings == ()
            asked = self.registry.asked
            assert self.run_lock().changes == ()
            assert self.registry.asked == asked

    @rule(file=st.sampled_from(FILES))
    def lock_one_file(self, file):
        if (self.root / file).exists():
            before = {row for row in self.rows() if row[0] != file}
            self.run_lock(scopes=(file,))
            assert {row for row in self.rows() if row[0] != file} == before

    @rule()
    def unpin_everything(self):
        before = (self.root / "pinner.lock").exists() and (self.root / "pinner.lock").read_bytes()
        result = unpin(self.surveyor)
        write_changes(Workspace(str(self.root)), result.changes)
        assert all(held is None for _, _, held in self.rows())
        after = (self.root / "pinner.lock").exists() and (self.root / "pinner.lock").read_bytes()
        assert before == after

    @rule(steps=st.integers(0, 4))
    def crash_while_locking(self, steps):
        """Only the first writes happen; another run mends it, without network."""
        result = lock(self.surveyor, lambda: self.registry, Wishes())
        write_changes(Workspace(str(self.root)), result.changes[:steps])
        if steps and result.changes and not result.has_failures:
            self.check_truth()
            asked = self.registry.asked
            self.run_lock()
            if result.changes[0].file == "pinner.lock":
                assert self.registry.asked == asked
            assert verify(self.surveyor, Wishes()).findings == ()

    @rule(
        ours=st.tuples(st.sampled_from(FILES[:2]), st.sampled_from(NAMES)),
        theirs=st.tuples(st.sampled_from(FILES[2:]), st.sampled_from(NAMES)),
    )
    def merge_two_branches(self, ours, theirs):
        self.run_lock()
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=base")
        self.git("checkout", "--quiet", "-b", "theirs")
        self.commit_image(*theirs)
        self.git("checkout", "--quiet", "main")
        self.commit_image(*ours)
        merged = self.git("merge", "--quiet", "--no-edit", "theirs", check=False)
        self.git("branch", "-D", "theirs")
        if merged.returncode:
            assert b"CONFLICT" in merged.stdout, merged
            with pytest.raises(LockfileError, match="merge conflict is not resolved"):
                verify(self.surveyor, Wishes())
            self.git("checkout", "--ours", "pinner.lock")
            self.git("add", "--all")
            self.git("commit", "--quiet", "--no-edit")
        self.check_truth()
        result = self.run_lock()
        if not result.has_failures:
            assert verify(self.surveyor, Wishes()).findings == ()

    def commit_image(self, file, name):
        self.write(file, [(name, None)])
        self.run_lock()
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=image")

    @invariant()
    def check_truth(self):
        if not hasattr(self, "root"):
            return
        verdict = verify(self.surveyor, Wishes())
        errors = {
            (finding.file, finding.reference, finding.name.value)
            for finding in verdict.findings
            if finding.level.value == "error"
        }
        entries, rows = self.entries(), self.rows()
        expected = set()
        for file, name, held in rows:
            locked = entries.get(name, {}).get("digest")
            if held is None:
                expected.add((file, name, "unpinned"))
            elif locked is None:
                expected.add((file, name, "not-locked"))
            elif locked != held:
                expected.add((file, name, "digest-mismatch"))
        used = {name for _, name, _ in rows}
        expected |= {("pinner.lock", name, "stale-entry") for name in entries if name not in used}
        assert errors == expected
        self.check_online(rows, entries)

    def check_online(self, rows, entries):
        verdict = verify(self.surveyor, Wishes(), make_resolver=lambda: self.registry)
        found = {
            (finding.reference, finding.name.value)
            for finding in verdict.findings
            if finding.name.value in ("moved", "gone")
        }
        expected = set()
        for _, name, _ in rows:
            locked = entries.get(name, {}).get("digest")
            if locked and locked not in map(digest, self.registry.held):
                expected.add((name, "gone"))
            elif locked and locked != digest(self.registry.tags[name]):
                expected.add((name, "moved"))
        assert found == expected


def canonical(name):
    return name if name.startswith("docker.io/") else f"docker.io/library/{name}"


Repository.TestCase.settings = settings(max_examples=COUNT, stateful_step_count=15, deadline=None)
TestRepository = Repository.TestCase

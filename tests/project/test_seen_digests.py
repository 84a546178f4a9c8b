"""The state file: what it keeps, joins and forgets."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from pinner.model.errors import StateError
from pinner.project.seen_digests import FORGOTTEN_AFTER, MOST_DIGESTS, SeenDigests

DAY = datetime(2024, 5, 1, 4, 17, tzinfo=UTC)


def test_first_and_last_are_kept(tmp_path):
    file = tmp_path / "deep" / "seen.json"
    for day in range(3):
        seen = SeenDigests(file)
        first = seen.see("a:1", "sha256:x", DAY + timedelta(day))
        assert first == (DAY if day else None)
        seen.save(DAY + timedelta(day))
    row = json.loads(file.read_text())["seen"]["a:1"]["sha256:x"]
    assert row == ["2024-05-01T04:17:00Z", "2024-05-03T04:17:00Z"]


def test_runs_within_a_second_are_told_apart(tmp_path):
    file = tmp_path / "seen.json"
    moments = [DAY + timedelta(milliseconds=number) for number in (0, 1, 999)]
    for number, now in enumerate(moments):
        seen = SeenDigests(file)
        assert seen.see("a:1", f"sha256:{number}", now) is None
        seen.save(now)
    found = SeenDigests(file).of("a:1")
    assert [found[digest].first for digest in sorted(found)] == moments


def test_two_jobs_lose_nothing(tmp_path):
    file = tmp_path / "seen.json"
    one, other = SeenDigests(file), SeenDigests(file)
    one.see("a:1", "sha256:x", DAY)
    other.see("a:1", "sha256:x", DAY + timedelta(1))
    other.see("a:1", "sha256:y", DAY)
    other.save(DAY)
    one.save(DAY)
    found = SeenDigests(file).of("a:1")
    assert {digest: (row.first - DAY, row.last - DAY) for digest, row in found.items()} == {
        "sha256:x": (timedelta(0), timedelta(1)),
        "sha256:y": (timedelta(0), timedelta(0)),
    }


def test_it_is_bounded(tmp_path):
    file = tmp_path / "seen.json"
    seen = SeenDigests(file)
    seen.see("old:1", "sha256:x", DAY - FORGOTTEN_AFTER - timedelta(1))
    for day in range(MOST_DIGESTS + 10):
        seen.see("a:1", f"sha256:{day:04}", DAY - timedelta(day))
    seen.save(DAY)
    kept = SeenDigests(file)
    assert not kept.of("old:1")
    assert len(kept.of("a:1")) == MOST_DIGESTS
    assert "sha256:0000" in kept.of("a:1")


def test_the_first_form_is_read(tmp_path):
    file = tmp_path / "seen.json"
    moment = "2024-05-01T04:17:00Z"
    file.write_text(json.dumps({"version": 1, "seen": {"h:5000/a:1@sha256:x": moment}}))
    assert SeenDigests(file).see("h:5000/a:1", "sha256:x", DAY + timedelta(9)) == DAY


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"version": 3}', '{"version": 2, "seen": {"a": {"b": ["x", "y"]}}}']
)
def test_what_is_damaged_is_said_and_left(tmp_path, content):
    file = tmp_path / "seen.json"
    file.write_text(content)
    with pytest.raises(StateError, match=r"seen\.json"):
        SeenDigests(file)
    assert file.read_text() == content

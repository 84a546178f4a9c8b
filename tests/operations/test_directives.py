"""Comments for pinner: reasons, dates, and words with typing mistakes."""

import json

import pytest

from pinner.model.occurrence import Ignore
from pinner.spans.directives import UnknownDirective, read_directive

NOON = "T12:00:00Z"


def compose(comment, image="x:1"):
    return f"services:\n  a:\n    image: {image}  # pinner: {comment}\n"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (" ignore", Ignore()),
        ("ignore", Ignore()),
        (" ignore - because", Ignore()),
        (" ignore # more", Ignore()),
        (" ignore, see #3", Ignore()),
        (" ignore\rx", Ignore()),
        (" ignore[we build it]", Ignore("we build it")),
        (" ignore [ why ] - x", Ignore("why")),
        (" ignore until 2027-01-01", Ignore("", "2027-01-01")),
        (" ignore[a: b, c] until 2028-02-29 # x", Ignore("a: b, c", "2028-02-29")),
    ],
)
def test_what_is_understood(said, expected):
    assert read_directive(f"# pinner:{said}\nuntil x", 9) == expected


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (" ignroe", "did you mean `ignore`?"),
        (" Ignore", "did you mean `ignore`?"),
        (" ignored", "did you mean `ignore`?"),
        (" ignore-next-line", "there is `ignore`"),
        (" skip", "there is `ignore`"),
        ("", "followed by nothing"),
        (" ignore please", "there is `until 2027-01-01`"),
        (" ignore untill 2027-01-01", "did you mean `until 2027-01-01`?"),
        (" ignore until", "did you mean `until 2027-01-01`?"),
        (" ignore[open", "`ignore` is followed by '[open'"),
        (" ignore until tomorrow", "'tomorrow' is no date"),
        (" ignore until 2027-02-29", "'2027-02-29' is no date"),
        (" ignore until 2027-1-1", "is no date"),
        (" ignore until 20270101", "is no date"),
        (" ignore until 2027-01-01T00:00", "is no date"),
        (" ignore until ٢٠٢٧-01-01", "is no date"),
        (" ignore until 2027-01-01 or so", "followed by 'or'"),
    ],
)
def test_what_is_not(said, words):
    found = read_directive(f"# pinner:{said}\n", 9)
    assert isinstance(found, UnknownDirective)
    assert words in found.message


def names(project, day=None, *arguments):
    when = ("--now", f"{day}{NOON}") if day else ()
    done = project.pinner("verify", "--format", "json", *when, *arguments)
    return [row["name"] for row in json.loads(done.out)["findings"]]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-12-03", []),
        ("2026-12-04", ["ignore-expires"]),
        ("2027-01-01", ["ignore-expires"]),
        ("2027-01-02", ["ignore-expired", "unpinned"]),
    ],
)
@pytest.mark.parametrize("first", ["2020-01-01", "2030-01-01"])
def test_an_ignore_ends(project, first, day, expected):
    """Whatever the day on which the scan was kept."""
    project.write("compose.yaml", compose("ignore[soon] until 2027-01-01"))
    names(project, first)
    assert names(project, day) == expected
    assert names(project, day, "--no-cache") == expected


def test_what_has_ended_is_locked(project, everything_is_dddd):
    image = f"{everything_is_dddd.host}/x:1"
    project.write("compose.yaml", compose("ignore until 2020-01-01", image))
    assert project.pinner("lock").code == 0
    assert f"{image}@sha256:" in project.read("compose.yaml")
    assert names(project) == ["ignore-expired"]


def test_a_comment_with_a_mistake_ignores_nothing(project):
    project.write("compose.yaml", compose("ignroe"))
    assert names(project) == ["unknown-directive", "unpinned"]
    assert names(project) == ["unknown-directive", "unpinned"]
    project.write("compose.yaml", "x: 'a # pinner: ignroe'\n" + compose("ignore"))
    assert names(project) == []
    project.write("Dockerfile", "FROM scratch\nADD http://pinner:80/x y\n")
    assert names(project) == []


def test_the_list_says_why_and_until_when(project):
    project.write("compose.yaml", compose("ignore[we \u202e build it] until 2999-01-01"))
    project.write("b/compose.yaml", compose("ignore"))
    rows = json.loads(project.pinner("list", "--format", "json").out)["references"]
    assert [row["ignore"] for row in rows] == [
        {"reason": None, "until": None},
        {"reason": "we \u202e build it", "until": "2999-01-01"},
    ]
    assert "skipped: ignored until 2999-01-01 (we \\u202e build it)\n" in project.pinner("list").out


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        ("ignore until 2999-01-01", "ignore until 2999-01-02", ["weakened"]),
        ("ignore until 2999-01-01", "ignore", ["weakened"]),
        ("ignore until 2020-01-01", "ignore until 2999-01-01", ["weakened"]),
        ("ignore until 2999-01-01", "ignore[x] until 2998-01-01", []),
        ("ignore", "ignore until 2999-01-01", []),
    ],
)
def test_a_longer_ignore_is_weaker(project, then, now, expected):
    project.write("compose.yaml", compose(then))
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "base")
    project.write("compose.yaml", compose(now))
    assert names(project, None, "--since", "HEAD", "--offline") == expected

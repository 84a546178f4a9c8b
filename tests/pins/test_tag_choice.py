"""Bounds, names and rules of the choice of a tag."""

from pathlib import Path

import pytest
from bounds import in_bounded_time

from pinner.pins.reach import Level
from pinner.pins.tag_choice import is_version, names_of, successors
from pinner.pins.tag_patterns import compile_pattern
from pinner.pins.tag_rules import TagRule, check_pattern, check_scheme

MAJOR = TagRule(level=Level.MAJOR)


@pytest.mark.parametrize(
    ("current", "tags", "at_most", "found"),
    [
        ("1.0", "1.1 1.2 2.0", "1.2", ["1.2", "1.1"]),
        ("1.0", "1.1 1.2 2.0", "1.2.7", ["1.2", "1.1"]),
        ("1.0-slim", "1.1-slim 2.0-slim", "1.1.4", ["1.1-slim"]),
        ("1", "2 3", "2.4.1", ["2"]),
        ("v1.0", "v1.1 v2.0", "1.1", ["v1.1"]),
        ("1.0", "1.1 2.0", None, ["2.0", "1.1"]),
        ("1.0", "1.1 2.0", "edge", ["2.0", "1.1"]),
        ("1.0", "1.1 2.0", "20240101", ["2.0", "1.1"]),
        ("1.0", "1.1 2.0", "1.0-alpine", ["2.0", "1.1"]),
        # Who is past it already goes no further than this major version.
        ("2.0", "2.1 3.0", "1.9", ["2.1"]),
        ("bookworm-20240101", "bookworm-20240201", "12.4", ["bookworm-20240201"]),
    ],
)
def test_never_past_latest(current, tags, at_most, found):
    assert successors(current, tags.split(), MAJOR, at_most=at_most) == found


def test_newest_first():
    tags = [
        "1.2.0-alpine3.19",
        "1.2.0-alpine3.18",
        "1.1.0-alpine3.20",
        "1.3.0-alpine3.17",
        "1.10.0",
    ]
    assert successors("1.0.0-alpine3.18", tags, MAJOR) == ["1.2.0-alpine3.18", "1.1.0-alpine3.20"]


@pytest.mark.parametrize(
    ("current", "tags", "names"),
    [
        ("8", "8.17.0 8.17 8.16.2 8-alpine 8.17.0-alpine 9.0.0 8 80.1", ["8.17.0", "8.17",
                                                                        "8.16.2"]),
        ("3.12-slim", "3.12.7-slim 3.12.7 3.12.6-slim 3.13.0-slim 3.12-slim", ["3.12.7-slim",
                                                                             "3.12.6-slim"]),
        ("3.12-slim", "3.12.7-slim-bookworm 3.12.7-slim", ["3.12.7-slim", "3.12.7-slim-bookworm"]),
        ("22-alpine", "22.1.0-alpine 22.1.0-alpine3.20 22-alpine3.20", ["22.1.0-alpine",
                                                                       "22.1.0-alpine3.20",
                                                                       "22-alpine3.20"]),
        ("1.2.3", "1.2.3-debian-12-r4 1.2.3-debian-12-r10 1.2.4", ["1.2.3-debian-12-r10",
                                                                  "1.2.3-debian-12-r4"]),
        ("latest", "latest 1 1.27 1.27.3 1.27.3-alpine 1.28.0-rc1", ["1.27.3", "1.27", "1"]),
        ("lts-alpine", "22.1.0-alpine 22-alpine 22.1.0 lts", ["22.1.0-alpine", "22-alpine"]),
        ("slim", "3.12.7-slim 3.12.7 slim", ["3.12.7-slim"]),
        ("bookworm-slim", "bookworm-20241111-slim bookworm-20241111", ["bookworm-20241111-slim"]),
        ("bookworm", "bookworm-20241111-slim bookworm-20241111", ["bookworm-20241111"]),
        ("8.17.0", "8.17.0 8.17 8", []),
        ("sha-abc", "1.0 sha-abcd", []),
    ],
)  # fmt: skip
def test_names(current, tags, names):
    assert names_of(current, tags.split()) == names


@pytest.mark.parametrize("tag", ["1.0", "v1", "16-alpine", "bookworm-20240101", "python-3.8"])
def test_versions(tag):
    assert is_version(tag, MAJOR)


@pytest.mark.parametrize(
    "tag", ["latest", "lts-jdk17", "jdk17", "ltsc2022", "pr-12", "main", "a" * 200]
)
def test_no_versions(tag):
    assert not is_version(tag, MAJOR)
    assert successors(tag, ["1.0", "lts-jdk21", "jdk21", "ltsc2025", "pr-13"], MAJOR) == []


def test_a_scheme_decides_what_a_version_is():
    rule = TagRule(level=Level.MAJOR, scheme=r"build-(?P<version>\d+)-(?P<system>[a-z]+)")
    tags = ["build-10-a", "build-11-b", "build-9-a", "build-12-a-x", "12"]
    assert successors("build-8-a", tags, rule) == ["build-10-a", "build-9-a"]
    assert not is_version("1.0", rule)


GOOD = [
    r"^1[67]\.",
    r"(\d+\.)+\d+",
    r"(?i)^V\d",
    r"a{2,3}|b+?",
    r"[^-]+$",
    r"\A\d+\Z",
    r"x?y*",
    r"\w\.\D",
]
BAD = [
    ("(", "no regular expression"), (r"(?=a)", "look-ahead"), (r"(?<!a)b", "look-behind"),
    (r"(a)\1", "reference to a group"), (r"\bx", r"\\b"), ("a" * 501, "longer than"),
    ("(" * 240 + "a" + "){9}" * 20, "no regular expression"), ("((a{99}){99}){99}", "too large"),
    ("(?i:a)", "options inside"), ("[", "no regular expression"), ("*", "no regular expression"),
]  # fmt: skip


@pytest.mark.parametrize("text", GOOD)
def test_patterns(text):
    check_pattern(text)


@pytest.mark.parametrize(("text", "message"), BAD, ids=range(len(BAD)))
def test_patterns_that_cannot_be_used(text, message):
    with pytest.raises(ValueError, match=message):
        check_pattern(text)


@pytest.mark.parametrize("text", [r"\d+", r"(?P<build>\d+)", r"(\d+)"])
def test_a_scheme_needs_a_version(text):
    with pytest.raises(ValueError, match=r"no group for the version"):
        check_scheme(text)


@pytest.mark.parametrize(
    "text", [r"(a+)+$", r"(a|a)*$", r"(.*)*(.*)*(.*)*x", r"(\w+\d*)+-", "a*" * 200 + "b"]
)
def test_no_pattern_hangs(text):
    """Python's own matcher would take years for some of these."""

    def search():
        pattern = compile_pattern(text)
        for number in range(200):
            pattern.search("a" * 120 + str(number))

    in_bounded_time(search)


def test_long_lists_of_hostile_tags():
    """A hundred thousand tags are read in linear time."""
    tags = [f"{'1-' * 40}{number}" for number in range(30_000)]
    tags += [f"{number}.{number}.0-alpine3.18-r{number}" for number in range(30_000)]
    tags += [f"v{'9' * 120}{number % 10}" for number in range(10_000)]
    tags += ["\u0661.\u0662", "x" * 5_000, "", "-1"] * 1_000
    rule = TagRule(level=Level.MAJOR, allow=r"(\d+\.)+", scheme=r"(?P<version>(\d+\.)+\d+)-.*")
    for chosen in (MAJOR, rule):
        assert in_bounded_time(lambda: successors("1.0.0-alpine3.18-r1", tags, chosen), 3000)  # noqa: B023


RECIPES = {
    "Ubuntu's LTS only": (
        r"^\d*[02468]\.04$", None, "20.04", ["20.10", "21.04", "22.04", "22.10", "23.10"], "22.04",
    ),
    "even majors": (
        r"^\d*[02468]{1}(?:\D|$)", None, "18-slim", ["19-slim", "20-slim", "21-slim"],
        "20-slim",
    ),
    "not 9.x": (None, r"^9\.", "8.1.0", ["8.2.0", "9.0.0", "9.1.2"], "8.2.0"),
}  # fmt: skip


@pytest.mark.parametrize("name", RECIPES)
def test_the_recipes_of_the_docs(name):
    allow, except_, current, tags, expected = RECIPES[name]
    text = (Path(__file__).parents[2] / "docs/updates.md").read_text().replace("\\|", "|")
    assert f"'{allow or except_}'" in text
    rule = TagRule(level=Level.MAJOR, allow=allow, except_=except_)
    assert successors(current, tags, rule)[0] == expected

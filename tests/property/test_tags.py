"""Laws of the choice of a tag, for every list."""

import os
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tag_lists import load_lists

from pinner.pins.reach import Level
from pinner.pins.tag_choice import names_of, successors
from pinner.pins.tag_patterns import compile_pattern
from pinner.pins.tag_rules import TagRule
from pinner.pins.tag_versions import parse_tag

pytestmark = pytest.mark.property

COUNT = int(os.environ.get("PINNER_EXAMPLES", "150"))
examples = settings(max_examples=COUNT, deadline=None, suppress_health_check=[HealthCheck.too_slow])

numbers = st.integers(0, 30) | st.integers(0, 10**6) | st.just(20240111)
versions = st.lists(numbers, min_size=1, max_size=4).map(lambda found: ".".join(map(str, found)))
words = st.sampled_from([
    "slim", "alpine", "alpine3.", "debian-1", "r", "ls", "jdk17", "rc1", "beta", "bookworm", "v",
    "k3s1", "ce.", "990", "ged5bcde", "-", ".", "_", "", "-r", "-ls", "-alpine3.", "-debian-1",
    "-2024011", "bookworm-2024010",
])  # fmt: skip
made = st.lists(versions | words, min_size=1, max_size=6).map("".join)
real = st.sampled_from(sorted({tag for row in load_lists() for tag in row["tags"]}))
tags = made | real
levels = st.sampled_from(list(Level))


@st.composite
def variations(draw):
    """Tags that differ from one another in their numbers, most of them by a little."""
    shapes = draw(st.lists(tags, min_size=1, max_size=3))
    found = [
        re.sub(r"[0-9]+", lambda match: str(draw(changed(int(match[0])))), shape)
        for shape in shapes
        for _ in range(draw(st.integers(1, 6)))
    ]
    return found + shapes


def changed(number):
    return (
        st.just(number)
        | st.integers(0, 3).map(lambda step: number + step)
        | st.integers(0, 300)
        | numbers
    )


@st.composite
def situations(draw):
    """A tag in use and a list, which need not have it."""
    found = draw(
        variations()
        | st.lists(tags, max_size=20)
        | st.sampled_from([r["tags"] for r in load_lists()])
    )
    current = draw(st.sampled_from(found) | tags) if found else draw(tags)
    return current, found


def skeleton(tag):
    """The tag without its numbers, commits and stages: what all of a scheme share."""
    text = re.sub(r"(?<![a-z0-9])g?(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{7,40}(?![A-Za-z0-9])", "", tag)
    text = re.sub(
        r"(?i)[-._]?(rc|alpha|beta|preview|pre|dev|snapshot|nightly|canary|ea|m|a|b)"
        r"(?![a-z])([-._]?\d+)*",
        "",
        text,
    )
    return re.sub(r"\d+", "", text)


@given(situations(), levels)
@examples
def test_never_backwards_and_never_another_scheme(situation, level):
    current, tags = situation
    found = successors(current, tags, TagRule(level=level))
    now = parse_tag(current)
    for tag in found:
        later = parse_tag(tag)
        assert tag in tags
        assert tag != current
        assert later > now
        assert later.scheme == now.scheme
        assert skeleton(tag) == skeleton(current)
        assert later.is_final or not now.is_final
        assert later.distribution >= now.distribution


@given(situations())
@examples
def test_levels_keep_their_numbers(situation):
    current, tags = situation
    found = {level: successors(current, tags, TagRule(level=level)) for level in Level}
    assert set(found[Level.PATCH]) <= set(found[Level.MINOR]) <= set(found[Level.MAJOR])
    now = parse_tag(current)
    for level, kept in ((Level.PATCH, 2), (Level.MINOR, 1)):
        for tag in found[level]:
            assert parse_tag(tag).numbers[:kept] == now.numbers[:kept]


@given(situations(), levels, st.randoms())
@examples
def test_the_order_of_the_list_does_not_matter(situation, level, random):
    current, tags = situation
    other = [*tags, *tags[:3]]
    random.shuffle(other)
    rule = TagRule(level=level)
    assert successors(current, tags, rule) == successors(current, other, rule)


@given(situations(), levels)
@examples
def test_a_move_ends_or_leads_further_up(situation, level):
    current, tags = situation
    rule = TagRule(level=level)
    steps = [current]
    while found := successors(steps[-1], tags, rule):
        assert found[0] not in steps
        assert parse_tag(found[0]) > parse_tag(steps[-1])
        steps.append(found[0])


@given(situations(), levels, tags)
@examples
def test_a_bound_only_leaves_tags_out(situation, level, bound):
    current, tags = situation
    rule = TagRule(level=level)
    everything = successors(current, tags, rule)
    found = successors(current, tags, rule, at_most=bound)
    assert [tag for tag in everything if tag in found] == found


@given(situations())
@examples
def test_names_are_tags_of_the_list(situation):
    current, tags = situation
    assert set(names_of(current, tags)) <= set(tags) - {current}


@given(st.text(max_size=200))
@examples
def test_any_text_is_read(text):
    version = parse_tag(text)
    assert version is None or version.tag == text


pieces = st.sampled_from([
    "a", "b", "1", r"\d", r"\w", "[a-c]", "[^1]", ".", "ab", "(a|b1)", "(?:1a)", "(a*)", "",
    "a{1,3}", "b{2}",
])  # fmt: skip
patterns = st.lists(
    st.tuples(pieces, st.sampled_from(["", "*", "+", "?"])).map(
        lambda pair: f"(?:{pair[0]}){pair[1]}" if pair[0] else ""
    ),
    max_size=5,
).map("".join)
anchored = st.tuples(st.sampled_from(["", "^"]), patterns, st.sampled_from(["", "$"])).map("".join)


@given(anchored, st.text("ab1c.", max_size=8))
@examples
def test_patterns_mean_what_python_means(pattern, text):
    assert compile_pattern(pattern).search(text) == bool(re.search(pattern, text))
    named = f"(?P<first>{patterns_only(pattern)})(?P<rest>[ab]*)"
    match = re.fullmatch(named, text)
    expected = None if match is None else match.groupdict()
    assert compile_pattern(named).fullmatch(text) == expected


def patterns_only(pattern):
    return pattern.removeprefix("^").removesuffix("$")

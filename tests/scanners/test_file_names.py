"""File names are matched as fnmatch does, whatever shortcut serves a pattern."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.scanners.all_scanners import BUILT_IN
from pinner.scanners.file_names import name_matcher

PARTS = ("Dockerfile", "compose", ".", "-", "*", "?", "[._-]", "[0-9]*", "yaml", "prod", "x")
words = st.lists(st.sampled_from(PARTS), min_size=1, max_size=5).map("".join)
names = st.lists(st.sampled_from([p for p in PARTS if p[0] not in "*?["] + ["3"])).map("".join)


@given(st.lists(words, max_size=4), st.lists(words, max_size=2), names)
def test_as_fnmatch_does(included, excluded, name):
    patterns = (*included, *(f"!{pattern}" for pattern in excluded))
    expected = any(fnmatchcase(name, pattern) for pattern in included)
    expected = expected and not any(fnmatchcase(name, pattern) for pattern in excluded)
    assert name_matcher(patterns)(name) == expected


@pytest.mark.parametrize("scanner", BUILT_IN)
def test_of_the_scanners(scanner):
    assert not name_matcher(BUILT_IN[scanner].patterns)("main.py")

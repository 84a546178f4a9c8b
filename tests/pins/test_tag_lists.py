"""The table of tag lists, shaped like the real ones: what must and must not be chosen."""

import pytest
from tag_lists import LEVELS, load_lists

from pinner.pins.reach import Level
from pinner.pins.tag_choice import successors
from pinner.pins.tag_rules import TagRule

LISTS = load_lists()
ROWS = [
    pytest.param(row, case, id=f"{number} {row['image']}:{case['current']}")
    for number, row in enumerate(LISTS)
    for case in row["cases"]
]


def test_the_table_is_long_enough():
    assert len(LISTS) >= 150
    assert all(8 <= len(row["tags"]) <= 60 for row in LISTS)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("row", "case"), ROWS)
def test_choice(row, case, level):
    given = {key.replace("except", "except_"): text for key, text in case.get("rule", {}).items()}
    found = successors(case["current"], row["tags"], TagRule(level=Level(level), **given))
    assert (found[0] if found else None) == case[level]
    assert not set(found) & set(case.get("never", ()))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("row", "case"), ROWS)
def test_a_list_without_the_current_tag(row, case, level):
    """Registries remove tags; what comes next stays the same."""
    given = {key.replace("except", "except_"): text for key, text in case.get("rule", {}).items()}
    rule = TagRule(level=Level(level), **given)
    tags = [tag for tag in row["tags"] if tag != case["current"]]
    assert successors(case["current"], tags, rule)[:1] == [tag for tag in [case[level]] if tag]

"""Which tag comes next, over lists as real images have them."""

import pytest
from cases import load_rows

from pinner.pins.reach import Level
from pinner.pins.tag_choice import next_tag
from pinner.pins.tag_versions import most_specific, parse_tag

ROWS = load_rows("tag-lists")


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("row", ROWS, ids=[f"{n} {row['current']}" for n, row in enumerate(ROWS)])
def test_table(row, level):
    assert next_tag(row["current"], row["tags"], level) == row[level.value]


def test_the_table_is_long_enough():
    assert len(ROWS) >= 60


def test_order_of_the_list_does_not_matter():
    for row in ROWS:
        found = next_tag(row["current"], reversed(row["tags"]), Level.MAJOR)
        assert found == row["major"]


@pytest.mark.parametrize("tag", ["latest", "", "x", "sha-1", "-1", "v", "..", "_", "é1"])
def test_what_is_no_version(tag):
    assert parse_tag(tag) is None


def test_names_for_latest():
    tags = ["latest", "1", "1.27", "1.27.3", "1.27.3-alpine", "1.26.2", "1.28.0-rc1", "20241125"]
    assert most_specific(tags) == ["1.27.3", "1.27", "1.26.2", "1"]

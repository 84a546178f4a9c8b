"""Laws of the further formats, for texts made of the examples' own."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scanning import pinned, scan_bytes

from pinner.model.errors import ScanError
from pinner.model.occurrence import Found
from pinner.scanners.all_scanners import BUILT_IN
from pinner.scanners.file_names import name_chooser

pytestmark = pytest.mark.property
COUNT = int(os.environ.get("PINNER_EXAMPLES", "50"))
examples = settings(max_examples=COUNT, deadline=None, suppress_health_check=[HealthCheck.too_slow])

SHOP = Path(__file__).parents[2] / "examples/shop"
NAMES = [path.relative_to(SHOP).as_posix() for path in SHOP.rglob("*") if path.is_file()]
READERS = name_chooser({name: own.patterns for name, own in BUILT_IN.items()})
# A file for each format; one that several read is tried with each.
EXAMPLES = sorted(
    (scanner, name)
    for name in NAMES
    if not name.startswith("images/")
    for scanner in READERS(name)
    if scanner not in ("dockerfile", "compose", "mentioned")
)
SNIPPETS = (
    " ", "\n", "\t", "  ", "#", "//", '"', "'", "{", "}", "[", "]", ":", ",", "\\", "&a ", "*a",
    "<<: ", "${X}", "{{ x }}", "$", "|\n", "---\n", "é", "\0", "\r", "x:1", "@", "image", "null",
    "sha256:" + "a" * 64,
)  # fmt: skip


@st.composite
def mutated(draw, text):
    """A text with some pieces taken out, doubled, or put in."""
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(text)))
        to = min(len(text), at + draw(st.integers(0, 12)))
        how = draw(st.integers(0, 2))
        if how == 0:
            text = text[:at] + text[to:]
        elif how == 1:
            text = text[:to] + text[at:to] + text[to:]
        else:
            text = text[:at] + draw(st.sampled_from(SNIPPETS)) + text[at:]
    return text


def read(scanner, text, path):
    try:
        return scan_bytes(BUILT_IN[scanner], text.encode(), path)
    except ScanError:
        return None


def references(found):
    """What is found that an edit can touch, in order, without digests."""
    return [
        str(seen.reference.without_digest())
        for seen in found
        if isinstance(seen, Found) and seen.site is not None
    ]


def test_every_format_has_an_example():
    assert {scanner for scanner, _ in EXAMPLES} == set(BUILT_IN) - {
        "dockerfile", "compose", "mentioned",
    }  # fmt: skip


@pytest.mark.parametrize(("scanner", "name"), EXAMPLES)
def test_pinning_is_stable_and_raises_nothing_else(scanner, name):
    example = (SHOP / name).read_text()

    @examples
    @given(st.data())
    def law(data):
        text = data.draw(mutated(example), label="text")
        found = read(scanner, text, name)
        if found is None:
            return
        made = pinned(found, text, name)
        again = read(scanner, made, name)
        assert again is not None
        assert references(again) == references(found)
        assert pinned(again, made, name) == made

    law()

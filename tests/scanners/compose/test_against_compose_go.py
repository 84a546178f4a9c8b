"""What compose-go said of compose files, as recorded in tests/data/compose_go.json."""

import base64
import json

import pytest
from cases import DATA
from scanning import scan_content

from pinner.model.errors import ScanError
from pinner.model.occurrence import Found, Problem, Reason, Skipped
from pinner.model.reference import ImageReference, ReferenceSyntaxError
from pinner.scanners.compose import scan as compose

ROWS = json.loads((DATA / "compose_go.json").read_text(encoding="utf-8"))["cases"]
LOADED = [row for row in ROWS if "error" not in row]
# Found although compose-go drops what it takes for a date, and what a later document takes away.
MORE = {"docker.io/library/2020-01-01:latest", "docker.io/library/x:latest"}


def canonical(words):
    """References as ours print; an image that is no reference is pulled by nobody."""
    found = set()
    for word in words:
        try:
            found.add(str(ImageReference.parse(word).tagged()))
        except ReferenceSyntaxError:
            continue
    return found


def read(row):
    content = base64.b64decode(row["base64"]) if "base64" in row else row["text"].encode()
    try:
        found = scan_content(compose, content, env=row.get("env"))
    except ScanError:
        return None
    # An inline Dockerfile is not compose-go's.
    return [seen for seen in found if isinstance(seen, Problem) or "inline" not in seen.place.where]


@pytest.mark.parametrize("row", LOADED, ids=lambda row: row.get("text", row.get("base64")))
def test_what_is_pulled_is_found(row):
    found = read(row)
    if found is None or any(isinstance(seen, Problem) for seen in found):
        return  # refused by name: the gate is red
    let_be = () if "# pinner: ignore" in row.get("text", "") else (Reason.IGNORED,)
    let_be = (*let_be, Reason.BUILT_LOCALLY)
    said = [seen for seen in found if not (isinstance(seen, Skipped) and seen.reason in let_be)]
    references = {str(seen.reference) for seen in said if seen.reference}
    pulled, built = canonical(row["images"]), canonical(row["built"])
    unset = sum(isinstance(seen, Skipped) and not seen.reference for seen in said)
    assert len(pulled - references) <= unset
    usable = {str(seen.reference) for seen in found if isinstance(seen, Found)}
    assert usable <= pulled | built | MORE


def test_few_of_what_loads_is_refused():
    refused = [row for row in LOADED if read(row) is None]
    assert len(refused) * 50 < len(LOADED), refused


def test_the_record_holds_enough():
    assert len(LOADED) > 300
    assert sum(bool(row["built"]) for row in ROWS) > 20
    assert sum("env" in row for row in LOADED) > 60
    assert any("base64" in row for row in LOADED)

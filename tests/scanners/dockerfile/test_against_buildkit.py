"""What BuildKit's own packages said that a build pulls, as recorded in tests/data/buildkit.json."""

import json

import pytest
from cases import DATA
from scanning import scan

from pinner.model.errors import ScanError
from pinner.model.occurrence import Skipped
from pinner.model.reference import ImageReference, ReferenceSyntaxError
from pinner.scanners.dockerfile import scan as dockerfile

ROWS = json.loads((DATA / "buildkit.json").read_text(encoding="utf-8"))["cases"]
BUILT = [row for row in ROWS if "error" not in row]
BASE_ARM = {"docker.io/library/base-arm:latest"}
REFUSED = [row for row in ROWS if "error" in row]


def canonical(words):
    """References as ours print; an image that is no reference ends the build."""
    found = set()
    for word in words or ():
        try:
            found.add(str(ImageReference.parse(word).tagged()))
        except ReferenceSyntaxError:
            continue
    return found


def frontend(row):
    return canonical([row["frontend"]] if row.get("frontend") else [])


@pytest.mark.parametrize("row", BUILT, ids=lambda row: row["text"])
def test_what_is_pulled_is_found(row):
    found = scan(dockerfile, row["text"])
    references = {str(seen.reference) for seen in found if seen.reference}
    amd64, arm = canonical(row["images"]["amd64"]), canonical(row["images"]["arm"])
    reasons = [seen.reason for seen in found if isinstance(seen, Skipped) and not seen.reference]
    everywhere = frontend(row) | canonical(row["triggers"]) | (amd64 & arm)
    # What is made of a platform's variable, or of one without a value, is said to be that.
    unknown = reasons.count("platform-variable") + reasons.count("unset-variable")
    assert len(everywhere - references) <= unknown
    assert references <= everywhere
    # A name that is a stage on amd64 and arm64 is taken for one on 32-bit ARM too.
    assert amd64 == arm - BASE_ARM or "platform-variable" in reasons


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row["text"])
def test_a_frontend_is_found_in_what_is_refused(row):
    try:
        found = scan(dockerfile, row["text"])
    except ScanError:
        return
    assert frontend(row) <= {str(seen.reference) for seen in found if seen.reference}


def test_the_record_holds_enough():
    assert len(BUILT) > 300
    assert any(row["images"]["amd64"] != row["images"]["arm"] for row in BUILT)
    assert sum(bool(row.get("frontend")) for row in ROWS) > 30
    assert sum(bool(row["triggers"]) for row in ROWS) > 20

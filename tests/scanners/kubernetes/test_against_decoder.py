"""What Kubernetes' own decoders said, as recorded in tests/data/kubernetes_decoder.json."""

import base64
import json

import pytest
from cases import DATA
from scanning import scan_content

from pinner.model.errors import ScanError
from pinner.model.occurrence import Found, Problem, Reason, Skipped
from pinner.model.reference import ImageReference, ReferenceSyntaxError
from pinner.scanners.kubernetes import scan as kubernetes

ROWS = json.loads((DATA / "kubernetes_decoder.json").read_text(encoding="utf-8"))["cases"]
PULLING = [row for row in ROWS if row["images"]]
# Something else supplies these before a kubelet sees them.
PLACEHOLDERS = {"auto"}


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
        return scan_content(kubernetes, content)
    except ScanError:
        return None


def is_refused(found):
    return found is None or any(isinstance(seen, Problem) for seen in found)


@pytest.mark.parametrize("row", PULLING, ids=lambda row: row.get("text", row.get("base64")))
def test_what_is_pulled_is_found(row):
    found = read(row)
    if is_refused(found):
        return  # by name: the gate is red
    let_be = () if "# pinner: ignore" in row.get("text", "") else (Reason.IGNORED,)
    let_be = (*let_be, Reason.BUILT_LOCALLY, Reason.TEMPLATED)
    said = [seen for seen in found if not (isinstance(seen, Skipped) and seen.reason in let_be)]
    references = {str(seen.reference) for seen in said if seen.reference}
    assert canonical(set(row["images"]) - PLACEHOLDERS) <= references
    assert all(isinstance(seen, Found | Skipped) for seen in found)


def test_few_of_what_decodes_is_refused():
    decoded = [row for row in PULLING if "error" not in row]
    refused = [row for row in decoded if is_refused(read(row))]
    assert len(refused) * 8 < len(decoded), refused


def test_the_record_holds_enough():
    assert len(PULLING) > 250
    assert sum(len(row["images"]) > 1 for row in ROWS) > 60
    assert any("base64" in row for row in PULLING)

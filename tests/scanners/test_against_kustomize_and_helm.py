"""What kustomize and Helm made of files before and after pinning (tests/data/gitops.json)."""

import json

import pytest
from cases import DATA
from gitops_cases import cases
from scanning import DIGEST, pinned, scan_bytes

from pinner.model.occurrence import Found
from pinner.scanners.all_scanners import BUILT_IN

ROWS = json.loads((DATA / "gitops.json").read_text(encoding="utf-8"))["cases"]


def test_every_case_is_recorded():
    assert [(row["kind"], row["text"]) for row in ROWS] == [
        (kind, files[path]) for kind, files, path in cases()
    ]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["text"][-60:])
def test_the_images_are_the_same_but_for_their_digests(row):
    path = {"kustomize": "kustomization.yaml", "helm": "values.yaml"}[row["kind"]]
    found = scan_bytes(BUILT_IN[row["kind"]], row["text"].encode(), path)
    assert pinned(found, row["text"], path) == row["pinned"]
    before, after = row["before"], row["after"]
    assert not before.get("error")
    assert not after.get("error")
    assert after["labels"] == before["labels"]
    edited = [seen for seen in found if isinstance(seen, Found) and not seen.site.lock_only]
    fresh = [image for image in after["images"] if image.endswith(f"@{DIGEST}")]
    names = {name(image) for image in fresh}
    assert names <= {name(image) for image in before["images"]}
    kept = [image for image in after["images"] if not image.endswith(f"@{DIGEST}")]
    assert all(image in before["images"] for image in kept)
    for seen in edited:
        if seen.reference.tag and any(name(x) == seen.reference.familiar for x in before["images"]):
            assert seen.reference.without_digest().familiar in names


def name(image):
    return image.partition("@")[0]

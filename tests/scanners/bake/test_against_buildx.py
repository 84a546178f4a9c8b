"""What bake made of files before and after pinning (tests/data/bake.json)."""

import json
import re

import pytest
from bake_cases import cases
from cases import DATA
from scanning import DIGEST, pinned, scan_bytes

from pinner.model.occurrence import Found, Skipped
from pinner.model.reference import ImageReference
from pinner.scanners.all_scanners import BUILT_IN
from pinner.scanners.dockerfile.references import find_references
from pinner.spans.traced import Traced
from pinner.spans.variables import Literal, Region, Value

ROWS = json.loads((DATA / "bake.json").read_text(encoding="utf-8"))["cases"]
SCHEME = "docker-image://"
# What pinner cannot tell, and says so.
REFUSED = {"templated", "unset-variable"}
# Where not all that is written is built.
UNUSED = {"a condition", "a block again", "an override's inline Dockerfile"}


def test_every_case_is_recorded():
    assert [(row["name"], row["text"]) for row in ROWS] == [
        (name, files[path]) for name, files, path in cases()
    ]


@pytest.mark.parametrize(
    "row, files, path",
    [(row, files, path) for row, (_, files, path) in zip(ROWS, cases(), strict=True)],
    ids=[row["name"] for row in ROWS],
)
def test_bake_makes_the_same_of_it_but_for_digests(row, files, path):
    found = scan_bytes(BUILT_IN["bake"], row["text"].encode(), path)
    assert pinned(found, row["text"], path) == row["pinned"]
    before, after = row["before"], row["after"]
    assert not before.get("error")
    assert not after.get("error")
    assert without_digests(after) == without_digests(before)
    others = [scan_bytes(BUILT_IN["bake"], files[other].encode(), other) for other in files]
    told = {seen.reference.without_digest() for own in others for seen in own if seen.reference}
    edited = {seen.reference.without_digest() for seen in found if isinstance(seen, Found)}
    reasons = {seen.reason.value for seen in found if isinstance(seen, Skipped)}
    pulled = {(one.without_digest(), one.digest) for one in images(after)}
    assert {one.without_digest() for one in images(before)} == {one for one, _ in pulled}
    for reference, digest in pulled:
        if digest == DIGEST:
            assert reference in edited
        elif digest is None:
            assert reasons & REFUSED or reference in told - (edited if len(files) == 1 else set())
    if row["name"] not in UNUSED:
        assert edited <= {reference for reference, digest in pulled if digest}


def without_digests(answer):
    """Without implied tags, too: locking writes them."""
    return re.sub(r"(:latest)?@sha256:[0-9a-f]{64}|:latest", "", json.dumps(answer))


def images(answer):
    """Give what builds of the targets pull."""
    found = []
    for target in answer["targets"].values():
        contexts = target.get("contexts", {})
        texts = [one.removeprefix(SCHEME) for one in contexts.values() if one.startswith(SCHEME)]
        texts += [one["generator"] for one in target.get("attest", ()) if "generator" in one]
        found += [ImageReference.parse(text).tagged() for text in texts]
        found += [
            seen.reference
            for seen in dockerfile(target)
            if seen.reference.familiar.removesuffix(":latest") not in contexts
        ]
    return found


def dockerfile(target):
    region = Region("Dockerfile", 0, 0)
    given = {
        name: Value(name, (Literal(Traced.of(text)),), region)
        for name, text in target.get("args", {}).items()
    }
    found, _ = find_references(Traced.of(target.get("inline", "")), "Dockerfile", given)
    return [seen for seen in found if seen.reference is not None]

"""References: the grammar, normal forms, and what they print."""

import pytest
from cases import parameters

from pinner.model.reference import (
    ImageReference,
    ReferenceSyntaxError,
    is_digest,
    split_reference,
)


@pytest.mark.parametrize("row", parameters("reference", "input"))
def test_grammar(row):
    if row["error"]:
        with pytest.raises(ReferenceSyntaxError):
            split_reference(row["input"])
        return
    written = split_reference(row["input"])
    parts = (written.domain, written.repository, written.tag, written.digest)
    assert parts == (row["domain"], row["repository"], row["tag"], row["digest"])


@pytest.mark.parametrize("row", parameters("reference_normalised", "input"))
def test_normal_form(row):
    if row["canonical"] is None:
        with pytest.raises(ReferenceSyntaxError):
            ImageReference.parse(row["input"])
        return
    reference = ImageReference.parse(row["input"]).tagged()
    assert str(reference) == row["canonical"]
    assert ImageReference.parse(row["canonical"]).tagged() == reference


@pytest.mark.parametrize(
    ("text", "familiar"),
    [
        ("docker.io/library/nginx:1.25", "nginx:1.25"),
        ("index.docker.io/grafana/grafana:11", "grafana/grafana:11"),
        ("ghcr.io/a/b:1", "ghcr.io/a/b:1"),
        ("localhost/x:1", "localhost/x:1"),
    ],
)
def test_familiar_form(text, familiar):
    assert ImageReference.parse(text).familiar == familiar


def test_digest_algorithms():
    assert is_digest("sha256:" + "a" * 64)
    assert is_digest("sha512:" + "0" * 128)
    assert not is_digest("sha256:" + "A" * 64)
    assert not is_digest("sha256:" + "a" * 63)
    assert not is_digest("md5:" + "a" * 32)

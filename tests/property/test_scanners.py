"""Laws that hold for every text: edits touch nothing else, and a second round changes nothing."""

import os
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from strategies import compose_files, damaged, dockerfiles, manifests

from pinner.model.errors import ScanError
from pinner.model.occurrence import Found, Problem, Skipped
from pinner.pins.rewrite import Style, pin_edits, splice, unpin_edit
from pinner.scanners.all_scanners import BUILT_IN
from pinner.scanners.compose import scan as compose
from pinner.scanners.dockerfile import scan as dockerfile
from pinner.scanners.embedded import read_embedded
from pinner.scanners.kubernetes import scan as kubernetes
from pinner.scanners.scanner import ScanOptions
from pinner.spans.source import decode_source

pytestmark = pytest.mark.property

NEW = "sha256:" + "e" * 64
FORMATS = {
    "dockerfile": (dockerfile, dockerfiles(), "Dockerfile"),
    "compose": (compose, compose_files(), "compose.yaml"),
    "kubernetes": (kubernetes, manifests(), "deploy.yaml"),
}
by_format = pytest.mark.parametrize("name", FORMATS)
# `make test` tries a few hundred; name more to look harder.
COUNT = int(os.environ.get("PINNER_EXAMPLES", "150"))
examples = settings(max_examples=COUNT, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def scan(name, content):
    scanner, _, path = FORMATS[name]
    if not scanner.may_hold(content, ScanOptions()):
        return []
    source = decode_source(path, content)
    found = scanner.scan(source, ScanOptions())
    return list(read_embedded(found, source, BUILT_IN, scanner.name))


def pin_all(content, found, style=Style.TAG_AND_DIGEST):
    sites = [o.site for o in found if isinstance(o, Found) and o.site is not None]
    return splice(content, [edit for site in sites for edit in pin_edits(site, NEW, style)])


def gist(seen):
    """What has to be the same after an edit: everything but tag and digest."""
    if isinstance(seen, Problem):
        return (seen.message.partition(":")[0],)
    reason = seen.reason if isinstance(seen, Skipped) else None
    return (seen.place.where, seen.reference.name if seen.reference else None, reason)


@by_format
def test_edits_keep_everything_else(name):
    @examples
    @given(FORMATS[name][1])
    def law(text):
        content = text.encode()
        try:
            found = scan(name, content)
        except ScanError:
            return
        assert splice(content, []) == content
        pinned = pin_all(content, found)
        again = scan(name, pinned)
        assert list(map(gist, again)) == list(map(gist, found))
        for seen in again:
            if isinstance(seen, Found) and seen.site is not None:
                assert seen.reference.digest == NEW
        assert pin_all(pinned, again) == pinned
        without = re.compile(rb":latest|@sha256:[0-9a-f]{64}")
        assert without.sub(b"", pinned) == without.sub(b"", content)

    law()


@by_format
def test_unpinning_gives_back_the_text(name):
    @examples
    @given(FORMATS[name][1])
    def law(text):
        content = text.encode()
        try:
            found = [o for o in scan(name, content) if isinstance(o, Found) and o.site]
        except ScanError:
            return
        if any(seen.reference.digest or seen.site.implied_tag for seen in found):
            return
        pinned = pin_all(content, found)
        again = [o for o in scan(name, pinned) if isinstance(o, Found) and o.site]
        edits = [unpin_edit(seen.site, None) for seen in again]
        assert splice(pinned, [edit for edit in edits if edit]) == content

    law()


@by_format
def test_digest_only_is_stable_too(name):
    @examples
    @given(FORMATS[name][1])
    def law(text):
        content = text.encode()
        try:
            found = scan(name, content)
        except ScanError:
            return
        pinned = pin_all(content, found, Style.DIGEST_ONLY)
        again = scan(name, pinned)
        assert [gist(seen) for seen in again] == [gist(seen) for seen in found]
        assert pin_all(pinned, again, Style.DIGEST_ONLY) == pinned

    law()


@by_format
def test_no_input_raises_anything_else(name):
    texts = FORMATS[name][1]

    @examples
    @given(st.one_of(damaged(texts).map(lambda t: t.encode(errors="replace")), st.binary()))
    def law(content):
        try:
            found = scan(name, content)
        except ScanError:
            return
        again = scan(name, pin_all(content, found))
        assert list(map(gist, again)) == list(map(gist, found))

    law()


def scalars(node):
    if isinstance(node, dict):
        return [item for pair in node.items() for part in pair for item in scalars(part)]
    if isinstance(node, list):
        return [item for part in node for item in scalars(part)]
    return [node]


@pytest.mark.parametrize("name", ["compose", "kubernetes"])
def test_parsed_yaml_differs_only_in_pinned_scalars(name):
    @examples
    @given(FORMATS[name][1])
    def law(text):
        content = text.encode()
        try:
            found = scan(name, content)
        except ScanError:
            return
        pinned = pin_all(content, found)
        loader = YAML(typ="safe", pure=True)
        try:
            before = [item for doc in loader.load_all(text) for item in scalars(doc)]
        except Exception:  # noqa: BLE001 - not YAML, so read line by line
            return
        after = [item for doc in loader.load_all(pinned.decode()) for item in scalars(doc)]
        assert len(before) == len(after)
        for old, new in zip(before, after, strict=True):
            if old != new:
                assert isinstance(old, str)
                assert new.count(NEW) >= 1
                cut = re.compile(r":latest|@sha256:[0-9a-f]{64}")
                assert cut.sub("", new) == cut.sub("", old)

    law()

"""ko: base images."""

import pytest
from scanning import check, gists, scan_bytes

from pinner.scanners.all_scanners import BUILT_IN

PATH = ".ko.yaml"


def found(text):
    return gists(scan_bytes(BUILT_IN["ko"], text.encode(), PATH))


@pytest.mark.parametrize("after", [
    "defaultBaseImage: cgr.dev/chainguard/static:latest@D\n",
    "defaultBaseImage: 'a:1@D'  # small\nbaseImageOverrides:\n  github.com/a/b: alpine:3.19@D\n  github.com/a/c: \"a/b:1@D\"\n",
    "baseImageOverrides: {github.com/a/b: alpine:3.19@D}\r\n",
    "defaultbaseimage: a:1@D\nBASEIMAGEOVERRIDES: {x: b:1@D}\n",
    "defaultBaseImage: &b a:1@D\nbaseImageOverrides: {x: *b}\n",
])  # fmt: skip
def test_found(after):
    check("ko", PATH, after.replace("@D", ""), after)


@pytest.mark.parametrize("text", [
    "builds:\n- {id: image, main: ./cmd, ldflags: [-X, image=a:1]}\n",
    "defaultPlatforms: [linux/amd64]\n# defaultBaseImage: a:1\n",
    "baseImageOverrides:\n",
    "baseImageOverrides: {}\ndefaultBaseImage: ''\n",
    "kind: {defaultBaseImage: a:1}\n",
    "image: a:1\n",
])  # fmt: skip
def test_left_alone(text):
    assert not found(text)


def test_templated():
    assert found("defaultBaseImage: $BASE\n") == [(1, None, "templated")]

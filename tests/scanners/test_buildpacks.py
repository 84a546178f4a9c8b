"""Buildpacks' `project.toml`: builders, and buildpacks that are images."""

import pytest
from scanning import bounded, check, gists, scan_bytes

from pinner.model.errors import ScanError
from pinner.scanners.all_scanners import BUILT_IN

SCANNER = BUILT_IN["buildpacks"]
PATH = "project.toml"


@pytest.mark.parametrize("after", [
    '[io.buildpacks]\nbuilder = "heroku/builder:24@D" # why\n',
    "[io.buildpacks]\nbuilder = 'heroku/builder:24@D'\n",
    'io.buildpacks.builder = "a:1@D"\n',
    'io = { buildpacks = { builder = "a:1@D", x = [1, 2] } }\n',
    '[[io.buildpacks.group]]\nuri = "docker://a/b:1@D"\n[[io.buildpacks.group]]\nuri = "docker://c:1@D"\n',
    '[io.buildpacks]\ngroup = [ # why\n  { uri = "docker://a:1@D" },\n  { id = "x" },\n]\n',
    '[[io.buildpacks.pre.group]]\nuri = "docker://a:1@D"\n',
    '[build]\nbuilder = "a:1@D"\n[[build.buildpacks]]\nuri = "docker://b:1@D"\n',
    '[ io . "buildpacks" ]\n"b\\u0075ilder" = "a\\u003a1@D"\n',
    '[io.buildpacks]\r\nbuilder = "a:1@D"\r\n',
    '\ufeff[io.buildpacks]\nbuilder = """\na:1@D"""\n',
    "x = 1979-05-27 07:32:00\ny = '''it's \"\"\" '''\n[io.buildpacks]\nbuilder = 'a:1@D'",
])  # fmt: skip
def test_found(after):
    check("buildpacks", PATH, after.replace("@D", ""), after)


@pytest.mark.parametrize("text", [
    '[[io.buildpacks.group]]\nuri = "urn:cnb:registry:docker/builder@1"\n',
    '[[io.buildpacks.group]]\nid = "docker://a:1"\nuri = "./builder"\n',
    '[[io.buildpacks.build.env]]\nname = "builder"\nvalue = "docker://a:1"\n',
    '[builder]\nbuilder = "a:1"\n',
    '[io.buildpacks.x]\nbuilder = "a:1"\n',
    '[project]\nbuilder = "a:1" # build\n',
    '# [io.buildpacks]\n# builder = "a:1"\n',
    'x = """\n[io.buildpacks]\nbuilder = "a:1"\n"""\n',
    "x = '''\n[io.buildpacks]\nbuilder = \"a:1\"\n'''\n",
    '[io.buildpacks]\nbuilder = ""\n',
    "[io.buildpacks]\nbuilder = 1\n",
    '[io.buildpacks]\nbuilder = ["a:1"]\n',
])  # fmt: skip
def test_left_alone(text):
    assert not scan_bytes(SCANNER, text.encode(), PATH)


@pytest.mark.parametrize("value, gist", [
    ('"${BUILDER}"', (2, None, "templated")),
    ('"A B"', (2, None, "invalid-reference")),
    ('"a:1" # pinner: ignore', (2, "a:1", "ignored")),
    ('"a:1"\nx = "# pinner: ignore"', (2, "a:1", None)),
])  # fmt: skip
def test_reasons(value, gist):
    text = f"[io.buildpacks]\nbuilder = {value}\n"
    assert gists(scan_bytes(SCANNER, text.encode(), PATH)) == [gist]


@pytest.mark.parametrize("text, line", [
    ('[io.buildpacks\nbuilder = "a:1"\n', 1),
    ('[io.buildpacks]\nbuilder = "a:1\n', 2),
    ("[io.buildpacks]\nbuilder\n", 2),
    ("[io.buildpacks]\nbuilder =\n", 2),
    ('[io.buildpacks]\nbuilder = ["a" "b"]\n', 2),
    ('[io.buildpacks]\nbuilder = "a:1" x = 1\n', 2),
    ("= build builder\n", 1),
])  # fmt: skip
def test_refused(text, line):
    with pytest.raises(ScanError) as caught:
        scan_bytes(SCANNER, text.encode(), PATH)
    assert caught.value.line == line


BIG = 300_000


@pytest.mark.parametrize("text", [
    'builder = "a:1"\n' * (BIG // 16),
    "x = " + "[" * BIG,
    "x = " + "{a = " * (BIG // 5),
    "x = [" + '"a",' * (BIG // 4) + "]",
    'x = "' + "\\u0061" * (BIG // 6) + '"',
    'x = """' + '""' * (BIG // 2),
    'x = """' + 'a"' * (BIG // 2),
    "x = '''" + "''a" * (BIG // 3),
    'x = "' + "a" * BIG,
    "# pinner: ignore\n" * (BIG // 17),
    "x." * (BIG // 2),
    "[x]\n" * (BIG // 4),
    "x = " + "a" * BIG,
])  # fmt: skip
def test_large_texts_take_bounded_time(text):
    bounded(lambda: scan_bytes(SCANNER, f"[io.buildpacks]\n{text}".encode(), PATH))

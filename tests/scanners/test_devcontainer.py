"""Development containers: JSON with comments that names an image, a build or compose files."""

import pytest
from scanning import bounded, check, gists, listed, scan_bytes

from pinner.model.errors import ScanError
from pinner.scanners.all_scanners import BUILT_IN
from pinner.spans.source import decode_source

SCANNER = BUILT_IN["devcontainer"]
PATH = ".devcontainer/devcontainer.json"


@pytest.mark.parametrize("path", [
    PATH, ".devcontainer/python/devcontainer.json", ".devcontainer.json", "a/.devcontainer.json",
    "a/.devcontainer/devcontainer.json",
])  # fmt: skip
def test_files(path):
    check("devcontainer", path, '{"image": "x:1"}', '{"image": "x:1@D"}')


@pytest.mark.parametrize("after", [
    '{\n  "image": "mcr.microsoft.com/devcontainers/python:3.12@D",\n}\n',
    '// a\n{ /* b */ "name": "x", // c\n\t"image" /* d */ : /* e */ "x:1@D" // f\n, }\n// g',
    '{"image": "ghcr.io\\/a\\/b:1@D"}',
    '{"im\\u0061ge": "x:\\u0031@D"}',
    '\ufeff{\r\n  "image": "x:1@D"\r\n}\r\n',
    '{"customizations": {"vscode": {"extensions": ["a", "b",],},}, "image": "x:1@D"}',
    '{"image": "x:1@D", "image": "y:1@D"}',
    '{"name": "// not a comment", "image": "x:1@D"}',
    '{"name": "\\" /*", "image": "x:1@D"}',
])  # fmt: skip
def test_found(after):
    check("devcontainer", PATH, after.replace("@D", ""), after)


@pytest.mark.parametrize("text", [
    '{"features": {"ghcr.io/devcontainers/features/node:1": {"image": "x:1"}}}',
    '{"build": {"image": "x:1", "cacheFrom": "me/image:1", "args": {"VARIANT": "3.12"}}}',
    '{"build": {"dockerfile": "image"}}',
    '{"image": null}',
    '{"image": 1}',
    '{"image": ""}',
    '{"image": {"image": "x:1"}}',
    '{/* "image": "x:1" */}',
    '{// "image": "x:1"\n}',
    '{"name": "image", "postCreateCommand": "docker run x:1"}',
    '{"customizations": {"image": "x:1"}}',
    '["image", {"image": "x:1"}]',
    '{"name": "\\"image\\": \\"x:1\\""}',
])  # fmt: skip
def test_left_alone(text):
    assert not scan_bytes(SCANNER, text.encode(), PATH)


@pytest.mark.parametrize("image", [
    "${localEnv:IMAGE}", "x:${templateOption:imageVariant}", "x:${localEnv:TAG:3}",
])  # fmt: skip
def test_templated(image):
    found = scan_bytes(SCANNER, f'{{"image": "{image}"}}'.encode(), PATH)
    assert gists(found) == [(1, None, "templated")]


@pytest.mark.parametrize("text, reason", [
    ('{\n"image": "x:1" // pinner: ignore\n}', "ignored"),
    ('{\n// pinner: ignore\n"image": "x:1"\n}', "ignored"),
    ('{\n"image": "x:1" /* # pinner: ignore */\n}', "ignored"),
    ('{\n"image": "x:1", "name": "// pinner: ignore"\n}', None),
])  # fmt: skip
def test_ignored(text, reason):
    assert gists(scan_bytes(SCANNER, text.encode(), PATH))[0][1:] == ("x:1", reason)


@pytest.mark.parametrize("text, line", [
    ('{\n"image": "x:1"\n', 1),
    ('{\n"image": x:1\n}', 2),
    ('{"image": "x:1"}\n/* open', 2),
    ('{"image": "x:1"}\n{}', 2),
    ('{"image": "a\n"}', 1),
    ("// image\n", 1),
    ("# image\n{}", 1),
])  # fmt: skip
def test_refused(text, line):
    with pytest.raises(ScanError) as caught:
        scan_bytes(SCANNER, text.encode(), PATH)
    assert caught.value.line == line


def test_comments_are_no_json_elsewhere(project):
    project.write(
        "pod.json",
        '{"apiVersion": "v1", "kind": "Pod", // a\n "spec": {"containers": [{"image": "x:1"}]}}',
    )
    assert project.pinner("list").code != 0


def test_builds_are_followed(project):
    project.write(
        PATH, '{"build": {"dockerfile": "../Base", "args": {"BASE": "a:1", "V": "${x}"}}}'
    )
    project.write("Base", "ARG BASE\nARG V=2\nFROM ${BASE}\nFROM b:$V\n")
    assert listed(project) == [
        (PATH, "docker.io/library/a:1", None),
        ("Base", "docker.io/library/b:2", None),
    ]


@pytest.mark.parametrize("text, expected", [
    ('{"dockerFile": "Base"}', [(".devcontainer/Base", "dockerfile")]),
    ('{"build": {"dockerfile": "../Base"}, "dockerFile": "x"}', [("Base", "dockerfile")]),
    ('{"dockerComposeFile": "a.yml"}', [(".devcontainer/a.yml", "compose")]),
    ('{"dockerComposeFile": ["../a.yml", "${localEnv:X}", "b.yml", 1]}',
     [("a.yml", "compose"), (".devcontainer/b.yml", "compose")]),
    ('{"build": {"dockerfile": "${localEnv:X}"}}', []),
    ('{"build": "Base", "dockerComposeFile": {}}', []),
    ("{", []),
])  # fmt: skip
def test_mentions(text, expected):
    found = SCANNER.mentions(decode_source(PATH, text.encode()))
    assert [(mention.path, mention.format) for mention in found] == expected


BIG = 300_000


@pytest.mark.parametrize("text", [
    "[" * BIG,
    '{"image":' * (BIG // 9),
    '{"image": "' + "a" * BIG + '"}',
    '{"image": "' + "\\u0061" * (BIG // 6) + '"}',
    "// image\n" * (BIG // 9) + "{}",
    "/**/" * (BIG // 4) + '{"image": "x:1"}',
    "/*" * (BIG // 2),
    "{" + '"image":"x:1",' * (BIG // 14) + "}",
    '{"image":"x:1","a":[' + "1," * (BIG // 2) + "]}",
    '{"image":"x:1"}' + "// pinner: ignore " * (BIG // 18),
    '"image' + "\\" * BIG,
    " " * BIG + "image",
])  # fmt: skip
def test_large_texts_take_bounded_time(text):
    bounded(lambda: scan_bytes(SCANNER, text.encode(), PATH))
    bounded(lambda: list(SCANNER.mentions(decode_source(PATH, text.encode()))))

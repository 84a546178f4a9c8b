"""pre-commit: the images that hooks of `language: docker_image` run."""

import pytest
from scanning import check, gists, scan_bytes

from pinner.scanners.all_scanners import BUILT_IN

PATH = ".pre-commit-config.yaml"


def hook(entry, language="docker_image"):
    return f"repos:\n- repo: local\n  hooks:\n  - id: a\n    language: {language}\n    entry: {entry}\n"


def found(text, path=PATH):
    return gists(scan_bytes(BUILT_IN["pre-commit"], text.encode(), path))


@pytest.mark.parametrize("entry", [
    "koalaman/shellcheck:v0.10.0@D",
    "koalaman/shellcheck:v0.10.0@D  # the newest",
    "ghcr.io/o/x:1@D --check --image y:1",
    "--entrypoint x ghcr.io/o/x:1@D -v",
    "--entrypoint=x o/x:1@D",
    "'--entrypoint /bin/sh -e A=b -eC=d -it --rm --init -v /a:/b --network none o/x:1@D lint'",
    "\"--entrypoint '/bin/my tool' o/x:1@D\"",
    "\"--env A=\\\"b c\\\" 'o/x:1@D'\"",
    ">-\n      --rm\n      o/x:1@D\n      lint",
    "&e o/x:1@D",
])  # fmt: skip
def test_found(entry):
    check("pre-commit", PATH, hook(entry.replace("@D", "")), hook(entry))
    crlf = hook(entry).replace("\n", "\r\n")
    check("pre-commit", PATH, crlf.replace("@D", ""), crlf)


def test_found_where_hooks_are_offered():
    text = "- {id: a, name: a, language: docker_image, entry: o/x:1@D}\n"
    check("pre-commit", ".pre-commit-hooks.yaml", text.replace("@D", ""), text)


@pytest.mark.parametrize("text", [
    hook("o/x:1", "docker"),
    hook("o/x:1", "system"),
    hook("docker run o/x:1", "script  # docker_image"),
    hook("--rm --entrypoint x"),
    hook("''"),
    hook("'--rm'"),
    "repos:\n- repo: https://x/y\n  rev: v1\n  hooks:\n  - {id: docker_image, args: [--entry, o/x:1]}\n",
    "repos:\n- repo: local\n  hooks:\n  - {id: a, language: docker_image, args: [entry, o/x:1]}\n",
    "default_language_version: {docker_image: o/x:1}\nrepos: []\n# entry\n",
    "ci: {hooks: [{language: docker_image, entry: o/x:1}]}\n",
    "- hooks: [{language: docker_image, entry: o/x:1}]\n",
])  # fmt: skip
def test_left_alone(text):
    assert not found(text)


@pytest.mark.parametrize("entry, reason", [
    ("o/x:$TAG", "templated"),
    ("'{{ image }}'", "templated"),
    ("UPPER", "invalid-reference"),
    ("a\n      b", "unsupported-edit"),
])  # fmt: skip
def test_refused(entry, reason):
    assert [row[1:] for row in found(hook(entry))] == [(None, reason)]

"""Compose files and manifests made to take long: each is judged, or refused, in bounded time."""

import pytest
from scanning import bounded, scan

from pinner.scanners.compose import scan as compose
from pinner.scanners.kubernetes import scan as kubernetes

SIZE = 300_000
FORMATS = {"compose": compose, "kubernetes": kubernetes}
SERVICE = "services:\n  a:\n    image: x:1\n"
POD = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: x:1\n"
MARK = "x:\n{{- y }}\n"


def many(unit, size=SIZE):
    return unit * (size // len(unit))


def numbered(text, count):
    return "".join(text.replace("#", str(n)).replace("<", str(n - 1)) for n in range(1, count + 1))


TEXTS = {
    "comments of a template that are open": MARK + many("{{/*"),
    "comments of a template": MARK + many("{{/* */}}"),
    "comments of Jinja": MARK + many("{#"),
    "blanks in a template": MARK + "image: a" + " " * SIZE + "b\n",
    "lines of blanks in a template": MARK + many("image: a" + " " * 9000 + "b\n"),
    "blanks before a template's key": MARK + many(" " * 900 + "image: x:1\n"),
    "images of a template": MARK + many("image: x:1\n"),
    "images of a template in flow style": MARK + many("{image: x:1} "),
    "dashes in a template": MARK + many("- " * 4000 + "image: x:1\n"),
    "keys below keys in a template": MARK + "".join(f"{' ' * n}a:\n" for n in range(700)),
    "quotes in a template": MARK + many("image: \"x:1'\n"),
    "a line of a template": MARK + "image: " + many("x "),
    "flow style": "x: [" + many("{a: b:1},") + "]\n",
    "flow style that libyaml refuses": "x: [" + many("{image: x:1},") + "]\n",
    "documents that libyaml refuses": many("--- {image: x:1}\n"),
    "documents": many("---\na: b\n"),
    "empty documents": many("---\n"),
    "documents with a tab": many("---\na:\tb\n"),
    "a tab in flow style that is refused": "x: [" + many("{a:\tb:1},") + "]]\n",
    "tabs": "x:\ty\nz: [" + many("\ta,\t") + "]\n",
    "aliases": "x: &x [a]\ny: [" + many("*x,") + "]\n",
    "aliases of aliases": "x0: &x0 [a]\n" + numbered("x#: &x# [*x<,*x<,*x<,*x<,*x<]\n", 5000),
    "merges": "x: &x {image: x:1}\ny:\n  <<: [" + many("*x,") + "]\n",
    "merges of merges": "x0: &x0 {image: x:1}\n" + numbered("x#: &x# {<<: *x<, k#: v}\n", 8000),
    "merges of many": "x: &x {" + numbered("k#: v,", 9000) + "}\n" + numbered("y#: {<<: *x}\n", 9000),
    "merges of merges of many": "x0: &x0 {" + numbered("k#: v,", 5000) + "}\n"
    + numbered("x#: &x# {<<: [*x<,*x<,*x<]}\n", 5000),
    "equal keys": many("image: x:1\n"),
    "keys": numbered("k#: v\n", 20_000),
    "deep": "x: " + "[" * 100_000,
    "deep mappings": "".join(f"{' ' * n}a:\n" for n in range(700)),
    "deep in JSON": '{"x": ' + "[" * 100_000,
    "explicit keys": many("? a\n"),
    "explicit keys in keys": many("? "),
    "quotes": "x: '" + many("''") + "'\n",
    "escapes": 'x: "' + many("\\x41") + '"\n',
    "lines of a quoted text": 'x: "' + many("\n\n") + '"\n',
    "a text that never ends": 'x: "' + many("a\n"),
    "a block": "x: |\n" + many("  a\n"),
    "a folded block": "x: >\n" + many("  a\n"),
    "blank lines of a folded block": "x: >\n" + many("  a\n\n"),
    "anchors": many("&a "),
    "tags": numbered("k#: !t# v\n", 15_000),
    "binary": "x: !!binary " + "A" * SIZE + "\n",
    "binaries": numbered("k#: !!binary eDox\n", 12_000),
    "comments": many("#\n"),
    "marks of ignoring": many("# pinner: ignore\n"),
    "marks in a row": many("# pinner: ignore "),
    "variables": "x: " + many("${A}") + "\n",
    "byte order marks": many("\ufeff"),
    "line ends of other systems": many("a: b\r"),
    "JSON": '{"x": [' + many('{"image": "x:1"},') + "1]}\n",
    "JSON values": many('{"a": 1} '),
    "JSON that ends badly": '{"x": [' + many('{"image": "x:1"},') + "}\n",
    "directives": many("%YAML 1.2\n"),
    "tag handles": many("%TAG !a! b\n"),
}  # fmt: skip
OWN = {
    "compose": {
        "images": "services:\n" + numbered("  s#: {image: 'x:#'}\n", 12_000),
        "images with variables": "services:\n" + numbered("  s#: {image: '${R:-r}/x:${V#:-#}'}\n", 6000),
        "one image of many": "services:\n  a: {image: &i 'x:1'}\n" + numbered("  s#: {image: *i}\n", 9000),
        "deep defaults": SERVICE + "    x: 1\n  b:\n    image: " + "${A:-" * 30_000 + "x" + "}" * 30_000 + "\n",
        "open braces": "services:\n  b:\n    image: " + "${" * 100_000 + "\n",
        "open defaults": "services:\n  b:\n    image: " + many("${A:-") + "\n",
        "variables of an image": "services:\n  b:\n    image: " + many("${A}") + "\n",
        "braces that never balance": "services:\n  b:\n    image: " + many("${A{}") + "\n",
        "built": "services:\n" + numbered("  s#: {image: 'x:#', build: ., pull_policy: build}\n", 5000),
        "services that extend": "services:\n  s0: {image: 'x:1', build: ., pull_policy: always}\n"
        + numbered("  s#: {extends: s<}\n", 9000),
        "inline Dockerfiles": "services:\n"
        + numbered("  s#: {build: {dockerfile_inline: 'FROM x:#'}}\n", 5000),
        "an inline Dockerfile": "services:\n  a:\n    build:\n      dockerfile_inline: |\n"
        + "        FROM x:1\n" * 9000,
        "contexts": "services:\n  a:\n    build:\n      additional_contexts:\n"
        + numbered("      - c#=docker-image://x:#\n", 9000),
        "volumes": "services:\n  a:\n    volumes:\n" + numbered("    - {type: image, source: 'x:#'}\n", 7000),
    },
    "kubernetes": {
        "containers": POD + numbered("  - image: x:#\n", 12_000),
        "pods": numbered(POD.replace(":1", ":#") + "---\n", 4000),
        "items": "apiVersion: v1\nkind: PodList\nitems:\n"
        + numbered("- spec: {containers: [{image: 'x:#'}]}\n", 6000),
        "lists of lists": "apiVersion: v1\nkind: List\nitems: " + "[" * 190 + "]" * 190 + "\n",
        "an ignored pod": numbered("# pinner: ignore\n" + POD + "---\n", 2500),
        "stars of a name": POD.replace("x:1", "a" * 200_000),
        "underscores of a name": POD.replace("x:1", "_" * 200_000),
        "brackets of a name": POD.replace("x:1", "<" + "a " * 100_000),
        "at signs of a name": POD.replace("x:1", "'" + "@a" * 100_000 + "'"),
    },
}  # fmt: skip


@pytest.mark.parametrize("place", ["before", "behind"])
@pytest.mark.parametrize("scanner", FORMATS)
@pytest.mark.parametrize("name", TEXTS)
def test_texts(scanner, name, place):
    first = {"compose": SERVICE, "kubernetes": POD}[scanner]
    text = first + TEXTS[name] if place == "before" else TEXTS[name] + first
    bounded(lambda: scan(FORMATS[scanner], text))


@pytest.mark.parametrize("scanner, name", [(kind, name) for kind in OWN for name in OWN[kind]])
def test_texts_of_one_format(scanner, name):
    bounded(lambda: scan(FORMATS[scanner], OWN[scanner][name]))


@pytest.mark.parametrize(
    "env",
    [
        "A=x\nT=" + "${A}" * 6000 + "\n",
        numbered("A#=${A<}${A<}\n", 5000),
        numbered("A#=${A<:-${A<:-${A<}}}\n", 5000),
        "T=" + "${A:-" * 30_000 + "\n",
        "T=" + "${" * 100_000 + "\n",
        'T="' + "\\a" * 100_000 + '"\n',
        "T='" * 100_000,
        "T=1\n" * 60_000,
        "export " * 40_000,
        " " * SIZE,
        "#\n" * 100_000,
        "a" * SIZE,
    ],
    ids=lambda env: repr(env[:20]),
)  # fmt: skip
def test_env_files(env):
    bounded(lambda: scan(compose, "services: {a: {image: $T}}\n", beside={".env": env}))


@pytest.mark.parametrize(
    "pattern", ["**.**.**.**.**.**.**.**.**.**.**.**.x", "*.a.*.a.*.a.*.a.*.b"]
)
def test_paths_of_the_configuration(pattern):
    deep = "apiVersion: a.b/v1\nkind: X\nimage: y\nspec: " + "{a: " * 150 + "x:1" + "}" * 150 + "\n"
    bounded(lambda: scan(kubernetes, deep, image_paths=[pattern]))
    wide = "apiVersion: a.b/v1\nkind: X\nimage: y\nspec:\n" + numbered("  k#: x\n", 9000)
    bounded(lambda: scan(kubernetes, wide, image_paths=[pattern]))

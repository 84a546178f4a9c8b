"""Ways to hide an image in a compose file that compose would still pull.

Each text is caught, and its twin, the same with a digest, is found pinned.
"""

import base64

import pytest
from scanning import scan_content

from pinner.model.errors import ScanError
from pinner.model.occurrence import Problem, Skipped
from pinner.scanners.compose import scan as compose

IMAGE = "registry.example.com/x:1"
DIGEST = "@sha256:" + "a" * 64
A = "services:\n  a:\n"


def binary(text):
    return "!!binary " + base64.b64encode(text.encode()).decode()


def hidden(image):
    """Inputs that name an image, by what hides it."""
    split = f'"{image[:9]}\\\n      {image[9:]}"'
    wide = "".join(f"\\u{ord(sign):04x}" for sign in image)
    return {
        "encoding: little endian": f"{A}    image: {image}\n".encode("utf-16"),
        "encoding: big endian": b"\xfe\xff" + f"{A}    image: {image}\n".encode("utf-16-be"),
        "encoding: UTF-8 with a mark": b"\xef\xbb\xbf" + f"{A}    image: {image}\n".encode(),
        "encoding: CRLF": f"{A}    image: {image}\n".replace("\n", "\r\n"),
        "encoding: CR": f"{A}    image: {image}\n".replace("\n", "\r"),
        "escaped keys: hexadecimal": f'{A}    "\\x69mage": {image}\n',
        "escaped keys: of a service": f'"s\\U00000065rvices":\n  a:\n    image: {image}\n',
        "escaped keys: folded, explicit": f'{A}    ? "im\\\n      age"\n    : {image}\n',
        "escaped keys: by another end of a line": f'{A}    ? "im\\\u2028      age"\n    : {image}\n',
        "escaped keys: base64": f"{A}    {binary('image')}: {image}\n",
        "escaped keys: base64 by a handle": "%TAG !b! tag:yaml.org,2002:bin\n---\n"
        f"{A}    !b!ary {binary('image')[9:]}: {image}\n",
        "escaped values: all of it": f'{A}    image: "{wide}"\n',
        "escaped values: in two": f"{A}    image: {split}\n",
        "escaped values: base64": f"{A}    image: {binary(image)}\n",
        "build: reset": f"{A}    build: !reset null\n    image: {image}\n",
        "build: reset by an alias": f"x: &r !reset null\n{A}    build: *r\n    image: {image}\n",
        "build: reset in a second document": f"{A}    build: .\n    image: {image}\n---\n{A}    build: !reset\n",
        "build: a policy in a second document": f"{A}    build: .\n    image: {image}\n---\n{A}    pull_policy: always\n",
        "build: a policy": f"{A}    build: .\n    image: {image}\n    pull_policy: missing\n",
        "build: a policy of time": f"{A}    build: .\n    image: {image}\n    pull_policy: every_12h\n",
        "build: a policy from a default": f"{A}    build: .\n    image: {image}\n    pull_policy: ${{P:-always}}\n",
        "build: a policy merged": f"x: &x {{pull_policy: daily}}\n{A}    <<: *x\n    build: .\n    image: {image}\n",
        "build: a service that extends it": f"{A}    build: .\n    image: {image}\n  b: {{extends: a, pull_policy: always}}\n",
        "build: one that extends one that extends": f"{A}    build: .\n    image: {image}\n"
        "  b: {extends: {service: a}}\n  c: {extends: {service: b}, build: !reset null}\n",
        "build: pulled by another service": f"{A}    build: .\n    image: {image}\n"
        f"  b: {{image: '{image}', pull_policy: always}}\n",
        "build: a step that pulls": f"{A}    build: .\n    image: {image}\n    pre_start: [{{pull_policy: always}}]\n",
        "build: null": f"{A}    build: null\n    image: {image}\n",
        "reset: uncovers what is merged": f"x: &x {{image: '{image}'}}\n{A}    <<: *x\n    image: !reset null\n",
        "reset: override": f"{A}    image: !override {image}\n",
        "reset: a key with the tag": f"{A}    !reset image: {image}\n",
        "interpolated: a scheme": f"{A}    build:\n      additional_contexts: {{b: '${{X:-docker-image://}}{image}'}}\n",
        "interpolated: a scheme in a list": f"{A}    build:\n      additional_contexts: ['b=${{X:-docker-image://{image}}}']\n",
        "interpolated: half of a scheme": f"{A}    build:\n      additional_contexts: {{b: 'docker-${{X:-image}}://{image}'}}\n",
        "interpolated: a type": f"{A}    volumes: [{{type: '${{X:-image}}', source: '{image}', target: /x}}]\n",
        "interpolated: an empty default": f"{A}    image: {image}${{X-}}\n",
        "interpolated: an alternative": f"{A}    image: {image}${{X:+y}}\n",
        "tags: one of nobody": f"{A}    image: !mine {image}\n",
        "tags: one that begins like another": f"{A}    image: !!integer {image}\n",
        "tags: a sequence's": f"{A}    image: !!seq {image}\n",
        "tags: a merge's": f"{A}    image: !!merge {image}\n",
        "tags: spelled out": f"{A}    image: !<tag:yaml.org,2002:str> {image}\n",
        "tags: of the key": f"{A}    !mine image: {image}\n",
        "half-read: a tab behind a colon": f"name:\tx\nservices: {{a: {{image: '{image}'}}}}\n",
        "half-read: a tab behind a dash": f"x-a:\n-\tb\nservices: {{a: {{image: '{image}'}}}}\n",
        "half-read: a tab in flow style": f"services: {{a: {{image:\t'{image}'}}}}\n",
        "half-read: a variable, broken": f"x: ${{X}}\n  y: 1\nservices: {{a: {{image: {image}}}}}\n",
        "half-read: a mark in a comment": f"x: \"\\'\" # {{{{ x }}}}\nservices: {{a: {{image: {image}}}}}\n",
        "half-read: a mark in a text": f"x: '{{{{ x }}}}'\ny: \"\\'\"\nservices: {{a: {{image: {image}}}}}\n",
        "half-read: a mark in the text that is refused": f"x: \"{{{{ \\' }}}}\"\nservices: {{a: {{image: {image}}}}}\n",
        "half-read: a mark in a block": f"x: |\n  {{{{ x }}}}\ny: \"\\'\"\nservices: {{a: {{image: {image}}}}}\n",
        "half-read: deep": f"x: {'[' * 300}{']' * 300}\n# {{{{\n{A}    image: {image}\n",
        "merges: a tag": f"x: &x {{image: '{image}'}}\n{A}    !!merge <<: *x\n",
        "merges: a tag with quotes": f"x: &x {{image: '{image}'}}\n{A}    !!merge '<<': *x\n",
        "merges: a tag alone": f"x: &x {{image: '{image}'}}\n{A}    !!merge any: *x\n",
        "merges: the tag of nobody": f"x: &x {{image: '{image}'}}\n{A}    ! <<: *x\n",
        "merges: a list": f"x: &x [{{y: z}}, {{image: '{image}'}}]\n{A}    <<: *x\n",
        "merges: twice": f"{A}    <<: {{image: '{image}'}}\n    <<: {{image: '{image}'}}\n",
        "merges: an equal key": f"{A}    image: {image}\n    'image': {image}\n",
        "prefilter: a comment behind an explicit key": f"{A}    ? image # x\n    : {image}\n",
        "prefilter: an anchor as the key": f"x: &k image\n{A}    ? *k\n    : {image}\n",
        "prefilter: a model": f"models:\n  m:\n    model: {image}\n",
        "prefilter: a model's base64": f"models:\n  m:\n    {binary('model')}: {image}\n",
        "prefilter: a job": f"jobs:\n  j:\n    image: {image}\n",
        "prefilter: a step": f"{A}    pre_start:\n    - image: {image}\n",
        "prefilter: a step's volume": f"{A}    pre_start: [{{volumes: [{{type: image, source: '{image}'}}]}}]\n",
        "ignore: in a text": f"{A}    image: {image}\n    x: '# pinner: ignore'\n".replace("\n    x", " \n    x"),
        "ignore: in a text of the line": f"services: {{a: {{x: '# pinner: ignore', image: '{image}'}}}}\n",
        "ignore: in a block": f"x: |\n  # pinner: ignore\n\nservices: {{a: {{image: '{image}'}}}}\n",
        "ignore: in a block, right before": f"{A}    x: |\n      # pinner: ignore\n    image: {image}\n",
        "ignore: slashes": f"{A}    image: {image} #// pinner: ignore\n".replace(" #", "\n    #"),
        "ignore: no blank before": f"{A}    labels: {{x: a#pinner:ignore, image: '{image}'}}\n    image: {image}\n",
        "ignore: before another end of a line": f"{A}    command: a # pinner: ignore\r    image: {image}\n",
    }  # fmt: skip


# Never found pinned: compose refuses the whole file, or we do; the gate stays red.
REFUSED = {
    "half-read: a variable, broken", "half-read: a mark in a comment", "half-read: a mark in a text",
    "half-read: a mark in the text that is refused", "half-read: a mark in a block", "half-read: deep",
    "merges: twice", "merges: an equal key",
}  # fmt: skip


def read(text):
    content = text if isinstance(text, bytes) else text.encode()
    try:
        found = scan_content(compose, content)
    except ScanError:
        return None
    assert not any(isinstance(seen, Problem) for seen in found)
    return [seen for seen in found if "registry" in str(seen.reference)]


def is_open(found, name):
    """Nothing is let be, but for the name of what one service builds and another pulls."""
    skipped = [seen.reason.value for seen in found if isinstance(seen, Skipped)]
    return skipped == (["built-locally"] if name == "build: pulled by another service" else [])


@pytest.mark.parametrize("name", hidden(IMAGE))
def test_caught(name):
    found = read(hidden(IMAGE)[name])
    assert (found is None) == (name in REFUSED)
    if found is None:
        return
    assert {str(seen.reference) for seen in found} == {IMAGE}
    assert is_open(found, name)


@pytest.mark.parametrize("name", [name for name in hidden(IMAGE) if name not in REFUSED])
def test_the_pinned_twin(name):
    found = read(hidden(IMAGE + DIGEST)[name])
    assert {str(seen.reference) for seen in found} == {IMAGE + DIGEST}
    assert is_open(found, name)

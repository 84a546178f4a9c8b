"""Ways to hide an image in a manifest that Kubernetes would still pull.

Each text is caught, and its twin, the same with a digest, is found pinned.
"""

import base64
import json

import pytest
from scanning import scan_content

from pinner.model.errors import ScanError
from pinner.model.occurrence import Found, Problem
from pinner.scanners.kubernetes import scan as kubernetes

IMAGE = "registry.example.com/x:1"
DIGEST = "@sha256:" + "a" * 64
HEAD = "apiVersion: v1\nkind: Pod\n"
POD = f"{HEAD}spec:\n  containers:\n  - name: a\n    "


def binary(text):
    return "!!binary " + base64.b64encode(text.encode()).decode()


def hidden(image):
    """Inputs that name an image, by what hides it."""
    spec = f"spec: {{containers: [{{image: '{image}'}}]}}\n"
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": image}]}}
    text = json.dumps(pod)
    whole = f"{POD}image: {image}\n"
    return {
        "encoding: big endian": b"\xfe\xff" + whole.encode("utf-16-be"),
        "encoding: little endian": whole.encode("utf-16"),
        "encoding: a mark behind a separator": f"a: b\n---\n\ufeff{whole}",
        "encoding: marks before": b"\xef\xbb\xbf" + whole.encode(),
        "encoding: CR": whole.replace("\n", "\r"),
        "encoding: another end of a line": f"{POD}args: [a]\x85    image: {image}\n",
        "escaped keys: of the kind": whole.replace("kind", '"k\\x69nd"'),
        "escaped keys: of the version": whole.replace("apiVersion", '"\\u0061piVersion"'),
        "escaped keys: of containers": whole.replace("containers", '"\\U00000063ontainers"'),
        "escaped keys: folded": whole.replace("image:", '? "im\\\n      age"\n    :'),
        "escaped keys: base64": whole.replace("kind", binary("kind")),
        "escaped keys: in JSON": text.replace("image", "im\\u0061ge"),
        "escaped keys: all in JSON": text.replace("image", "".join(f"\\u{ord(c):04x}" for c in "image")),
        "escaped values: the kind": whole.replace("Pod", '"P\\x6fd"'),
        "escaped values: base64": whole.replace(image, binary(image)),
        "escaped values: the kind's base64": whole.replace("Pod", binary("Pod")),
        "tags: one of nobody": whole.replace(image, f"!mine {image}"),
        "tags: one that begins like another": whole.replace(image, f"!!floating {image}"),
        "tags: a sequence's": whole.replace(image, f"!!seq {image}"),
        "tags: a time's": whole.replace(image, f"!!timestamp {image}"),
        "half-read: a tab behind a dash": whole.replace("  - name", "  -\tname"),
        "half-read: a tab behind a colon": whole.replace("image: ", "image:\t"),
        "half-read: tabs before a comment": whole.replace(": a", ":\ta\t# {{ x }}"),
        "half-read: a mark in a comment": f"x: \"\\'\" # {{{{ x }}}}\n{HEAD}{spec}",
        "half-read: a mark in a text": f"x: \"{{{{ \\' }}}}\"\n{HEAD}{spec}",
        "half-read: a mark in a block": f"x: |\n  {{{{ y }}}}\nz: \"\\'\"\n{HEAD}{spec}",
        "half-read: a mark behind a document": f"{text}\n{{{{ x }}}}\n",
        "half-read: a mark behind an end": f"{whole}...\n--- x\n{{{{ x }}}}\n",
        "half-read: JSON behind JSON": text + text.replace("Pod", "Pod "),
        "half-read: a mark in JSON, twice": text.replace("v1", "v1") + '{"x": "{{"}',
        "half-read: a comma too many": text.replace("]}}", "]},}"),
        "half-read: YAML behind JSON": f"{text}\n{whole}",
        "half-read: deep": f"# {{{{\nx: {'[' * 300}{']' * 300}\n{whole}",
        "merges: after the key": f"x: &x {{image: '{image}'}}\n{POD}image: {image}\n    <<: *x\n",
        "merges: twice": f"{POD}<<: {{image: '{image}'}}\n    <<: {{image: '{image}'}}\n",
        "merges: a tag": f"{POD}!!merge <<: {{image: '{image}'}}\n",
        "merges: a tag and quotes": f"{POD}!!merge '<<': {{image: '{image}'}}\n",
        "merges: of the head": f"<<: {{apiVersion: v1, kind: Pod}}\n{spec}",
        "merges: equal keys": f"{POD}image: {image}\n    image: {image}\n",
        "merges: equal kinds": f"apiVersion: v1\nkind: ConfigMap\nkind: Pod\n{spec}",
        "merges: equal keys in JSON": text.replace('"image"', f'"image": "{image}", "image"'),
        "prefilter: words in an annotation": f"{HEAD}metadata: {{annotations: {{a: 'kind: CustomResourceDefinition'}}}}\n{spec}",
        "prefilter: words in a block": f"{HEAD}metadata:\n  annotations:\n    a: |\nkind: CustomResourceDefinition\n".replace(
            "|\nkind", "|\n      kind") + spec,
        "prefilter: a schema that turns": f"kind: CustomResourceDefinition\n{HEAD}{spec}",
        "prefilter: a schema that turns at a CR": f"kind: CustomResourceDefinition\nmetadata: x\rkind: Pod\napiVersion: v1\n{spec}",
        "prefilter: a schema that turns at another end": f"kind: CustomResourceDefinition\nmetadata: x\x85kind: Pod\napiVersion: v1\n{spec}",
        "prefilter: a schema that turns in flow style": "{kind: CustomResourceDefinition, apiVersion: v1, kind: Pod, "
        + spec.strip() + "}\n",
        "prefilter: an explicit kind": f"apiVersion: v1\n? kind # x\n: Pod\n{spec}",
        "prefilter: a kind with quotes": f"'apiVersion': v1\n\"kind\": Pod\n{spec}",
        "lists: without kinds": f"apiVersion: v1\nkind: PodList\nitems:\n- {spec}",
        "lists: without a version": f"kind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  {spec}",
        "lists: that say ConfigMap": f"apiVersion: v1\nkind: ConfigMap\nitems:\n- apiVersion: v1\n  kind: Pod\n  {spec}",
        "lists: that say Pod": f"apiVersion: v1\nkind: Pod\nitems:\n- {spec}",
        "lists: of a group of one's own": f"apiVersion: a.k8s.io/v1\nkind: XList\nitems:\n- {{agent: {{image: '{image}'}}}}\n",
        "groups: that end like built-in ones": f"apiVersion: a.k8s.io/v1\nkind: X\nagent: {{image: '{image}'}}\n",
        "names: with underscores": whole.replace("/x", "/x__a__b"),
        "names: with two underscores": whole.replace("/x", "/foo__bar"),
        "ignore: in JSON": text.replace('"v1"', '"v1", "x": "// pinner: ignore"'),
        "ignore: in JSON, with a number sign": text.replace('"v1"', '"v1", "x": "# pinner: ignore"'),
        "ignore: in a block right before": f"{POD}args:\n    - |\n      # pinner: ignore\n    image: {image}\n",
        "ignore: slashes": f"{POD}args: [a] # // pinner:  ignored\n    image: {image}\n",
        "ignore: in a text of the line": f"{HEAD}x: '# pinner: ignore'\n{spec}",
    }  # fmt: skip


# Never found pinned: kubectl refuses it or reads a part, and we refuse it; the gate stays red.
REFUSED = {
    "half-read: a mark in a comment", "half-read: a mark in a text", "half-read: a mark in a block",
    "half-read: a mark behind a document", "half-read: YAML behind JSON", "half-read: deep",
}  # fmt: skip


def read(text):
    """Give what was found, or None where anything was refused."""
    content = text if isinstance(text, bytes) else text.encode()
    try:
        found = scan_content(kubernetes, content)
    except ScanError:
        return None
    return None if any(isinstance(seen, Problem) for seen in found) else found


@pytest.mark.parametrize("name", hidden(IMAGE))
def test_caught(name):
    found = read(hidden(IMAGE)[name])
    assert (found is None) == (name in REFUSED)
    if found is not None:
        assert found
        assert all(isinstance(seen, Found) for seen in found), found
        assert all(seen.reference.digest is None for seen in found)


@pytest.mark.parametrize("name", [name for name in hidden(IMAGE) if name not in REFUSED])
def test_the_pinned_twin(name):
    found = read(hidden(IMAGE + DIGEST)[name])
    assert found
    assert all(isinstance(seen, Found) and seen.reference.digest for seen in found), found

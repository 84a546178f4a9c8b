"""Terraform and Nomad as python-hcl2 reads them: the literals there are what is found.

python-hcl2 gives functions, conditions and heredocs as they are written; in those the images are
looked for by their keys. It takes no byte order mark, and no attribute in quotes as of HCL 1.
"""

import json
import random
import re

import hcl2
import pytest
import test_nomad
import test_terraform
from scanning import DIGEST, pinned, scan_bytes

from pinner.model.occurrence import Found
from pinner.model.reference import ImageReference
from pinner.scanners.all_scanners import BUILT_IN

_CONTAINER = r"(?:init_)?containers?|dynamic\.(?:init_)?container\.content"
PLACES = re.compile(
    rf"""resource\.(?:
      docker_image\.\w+\.name | docker_container\.\w+\.image
    | docker_service\.(?:\w+\.)+container_spec\.image
    | kubernetes_manifest\.\w+\.manifest\.(?:\w+\.)*(?:c|initC|ephemeralC)ontainers\.image
    | (?:kubernetes_(?!manifest\.)|google_cloud_run|azurerm_container_)\w+\.(?:\w+\.)+(?:{_CONTAINER})\.image
    | aws_lambda_function\.\w+\.image_uri
    | aws_apprunner_service\.\w+\.image_repository\.image_identifier
    | aws_ecs_task_definition\.\w+\.container_definitions
    | aws_batch_job_definition\.\w+\.container_properties
    ) | job\.(?:\w+\.)+(?:task\.\w+|sidecar_task)\.config\.image""",
    re.VERBOSE,
)
_INNER = re.compile(r'\bimage"?\s*[=:]\s*"([^"$]+)"')
HOLDERS = ("container_definitions", "container_properties")
OTHER_DRIVERS = ('"qemu"', '"exec"')
SUFFIXES = {"terraform": "tf", "nomad": "nomad"}
NUMBER = 30
LITERALS = ('"x:1"', '"ghcr.io/a/b:1.2"', '"\\u0078/y:1"', '"localhost:5000/a:1"', '("a/b:1")')
COMMENTS = ("", " # why", " // why", " /* why */")
OTHERS = (
    'a = [for n in ["a", "b"] : n]',
    "b = { for k, v in { a = 1, b = 2 } : k => v if v > 1 }",
    'c = var.x == "image" ? -1 : length(var.l[*].n) + 2 * 3',
    'd = <<-E\n    image = "no:1" ${var.x} $${y}\n  E',
    'e = "}${join(",", [for s in var.l : "{${s}"])}{"',
    'f = { image = 1, "k" : [1, 2, ], }',
    '/* image = "no:1"\n  } */',
    "# } image",
    "lifecycle {\n    ignore_changes = [image]\n  }",
    'g = "a\\\\\\"b\\n" // "',
    'h = f(var.a, "%{ if true }x%{ endif }")',
)  # fmt: skip
TERRAFORM = (
    ("docker_image", "name = {}"),
    ("docker_container", "image = {}"),
    ("docker_service", "task_spec {{\n    container_spec {{\n      image = {}\n    }}\n  }}"),
    ("kubernetes_pod", "spec {{\n    container {{\n      image = {}\n    }}\n  }}"),
    ("kubernetes_job_v1", 'spec {{\n    dynamic "container" {{\n      content {{\n        image = {}\n      }}\n    }}\n  }}'),
    ("azurerm_container_group", "container {{\n    image = {}\n  }}"),
    ("aws_lambda_function", "image_uri = {}"),
    ("aws_instance", "image = {}"),
    ("helm_release", "set {{\n    image = {}\n  }}"),
)  # fmt: skip


def generated():
    chosen = random.Random(7)
    for at in range(NUMBER):
        parts = []
        for name in range(chosen.randrange(1, 4)):
            kind, line = chosen.choice(TERRAFORM)
            value = chosen.choice(LITERALS) + chosen.choice(COMMENTS)
            lines = [line.format(value), *chosen.sample(OTHERS, chosen.randrange(5))]
            chosen.shuffle(lines)
            inner = "".join(f"  {one}\n" for one in lines)
            parts.append(f'resource "{kind}" "r{name}" {{\n{inner}}}\n')
        yield pytest.param("terraform", "\n".join(parts), id=f"generated {at}")


def cases():
    for name, module in (("terraform", test_terraform), ("nomad", test_nomad)):
        for text in (*module.FOUND, *module.LEFT_ALONE):
            if '      "image" =' not in text:
                yield pytest.param(name, text.replace("@D", ""), id=text[:60])
    yield from generated()


@pytest.mark.parametrize("name, text", list(cases()))
def test_the_literals_are_what_is_found(name, text):
    path = f"a.{SUFFIXES[name]}"
    found = scan_bytes(BUILT_IN[name], text.encode(), path)
    after = pinned(found, text, path)
    before_leaves, after_leaves = leaves(text), leaves(after)
    assert [(where, without_digests(value)) for where, value in after_leaves] == before_leaves
    references = [seen.reference for seen in found if isinstance(seen, Found)]
    assert sorted(map(str, references)) == sorted(map(str, images(before_leaves)))
    edited = images(after_leaves)
    assert all(one.digest == DIGEST for one in edited)
    assert after.count(DIGEST) == len(edited)


def leaves(text):
    """Give what python-hcl2 reads, with its keys in a row."""
    found = []
    walk(hcl2.loads(text.removeprefix("\ufeff")), (), found)
    return found


def walk(node, keys, found):
    if isinstance(node, dict):
        for key, value in node.items():
            if not key.startswith("__"):
                walk(value, (*keys, key.strip('"')), found)
    elif isinstance(node, list):
        for value in node:
            walk(value, keys, found)
    else:
        found.append((".".join(keys), node))


def images(read):
    if any(where.endswith(".driver") and value in OTHER_DRIVERS for where, value in read):
        return []
    return [
        ImageReference.parse(text.removeprefix("docker://")).tagged()
        for where, value in read
        if isinstance(value, str) and PLACES.fullmatch(where)
        for text in texts(where, value)
        if text and not text.startswith("docker-archive:")
    ]


def texts(where, value):
    if where.endswith(HOLDERS):
        return _INNER.findall(value.replace('\\"', '"'))
    literal = value.removeprefix("${(").removesuffix(")}")
    return [json.loads(literal)] if literal.startswith('"') else []


def without_digests(value):
    return value.replace(f"@{DIGEST}", "") if isinstance(value, str) else value

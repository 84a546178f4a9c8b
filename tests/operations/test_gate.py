"""What strangers send: an image that an engine would pull without a digest turns the gate red."""

import base64
import json
from pathlib import Path

import pytest
from cases import DATA

D = "sha256:" + "d" * 64
IMAGE = "registry.example.com/x:1"
CASES = json.loads((DATA / "gate.json").read_text())["cases"]


def lay(project, case, content=lambda text: text):
    for path, text in case["files"].items():
        project.write(path, content(text))
    for path, text in case["base64"].items():
        project.write(path, base64.b64decode(text))
    for path, target in case["links"].items():
        Path(project.root / path).symlink_to(target)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_red(project, case):
    lay(project, case)
    done = project.pinner("verify", *(["--strict"] if case["strict"] else []))
    assert done.code == 1, done
    named = [*case["files"], *case["base64"], *case["links"]]
    assert any(name in done.out for name in named), done


# Kinds that this file tries with inputs of its own; the scanners' tests have those of one format.
OWN = {
    "an escaped key with a folded line": ("compose.yaml", 'services:\n  a:\n    ? "im\\\n      age"\n    : IMAGE\n'),
    "an explicit key with a comment": ("compose.yaml", "services:\n  a:\n    ? image # x\n    : IMAGE\n"),
    "an escaped service": ("compose.yml", '"s\\x65rvices": {a: {image: "IMAGE"}}\n'),
    "a tag of the core schema, spelled out": (
        "compose.yaml", "services:\n  a:\n    image: !<tag:yaml.org,2002:str> IMAGE\n",
    ),
    "a tag that is an application's": ("compose.yaml", "services: {a: {image: !mine 'IMAGE'}}\n"),
    "a build that is null": ("compose.yaml", "services: {a: {build: ~, image: 'IMAGE'}}\n"),
    "a build that is pulled daily": (
        "compose.yaml",
        "services: {a: {build: {dockerfile_inline: FROM scratch}, pull_policy: daily, image: 'IMAGE'}}\n",
    ),
    "a job": ("compose.yaml", "jobs:\n  a:\n    image: IMAGE\n"),
    "a volume whose type is interpolated": (
        "compose.yaml",
        "services:\n  a:\n    build: {dockerfile_inline: FROM scratch}\n"
        "    volumes: [{type: '${T:-image}', source: 'IMAGE', target: /x}]\n",
    ),
    "a tab behind a dash": ("p.yaml", "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  -\tname: a\n    image: IMAGE\n"),
    "a tab in flow style": ("compose.yaml", "services: {a: {image:\t'IMAGE'}}\n"),
    "a merge after the key": (
        "p.yaml",
        "apiVersion: v1\nkind: Pod\nspec:\n  x: &x {image: 'IMAGE'}\n  containers:\n"
        "  - image: scratch/x@sha256:" + "d" * 64 + "\n    <<: *x\n",
    ),
    "a kind in an explicit key": (
        "p.yaml", "apiVersion: v1\n? kind # x\n: Pod\nspec: {containers: [{image: 'IMAGE'}]}\n",
    ),
    "items of a list without a kind": (
        "p.yaml", "apiVersion: v1\nkind: PodList\nitems:\n- spec: {containers: [{image: 'IMAGE'}]}\n",
    ),
    "a schema that turns into a Pod": (
        "p.yaml",
        "apiVersion: v1\nkind: CustomResourceDefinition\n'kind': Pod\nspec: {containers: [{image: 'IMAGE'}]}\n",
    ),
    "a name with underscores": (
        "p.yaml", "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: 'reg.example/x__a__b:1'}]}\n",
    ),
    "a template mark in a comment of what is no YAML": (
        "p.yaml", "# {{ x }}\napiVersion: v1\nkind: Pod\nspec: {containers: [{image: 'IMAGE'}]\n",
    ),
    "variables in what is no YAML": (
        "compose.yaml", "services:\n  a:\n    image: IMAGE\n    x: ${Y}\n   z: 1\n",
    ),
    "an ignore in a YAML string": (
        "compose.yaml", "services:\n  a: {image: 'IMAGE', x: '# pinner: ignore'}\n",
    ),
    "an ignore in a block": (
        "p.yaml",
        "apiVersion: v1\nkind: Pod\nspec:\n  x: |\n    # pinner: ignore\n  containers: [{image: 'IMAGE'}]\n",
    ),
    "a link of a Dockerfile's name": ("real.txt", "FROM IMAGE\n"),
    "big endian": ("compose.yaml", "services:\n  a:\n    image: IMAGE\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", OWN)
def test_red_of_our_own(project, name):
    path, text = OWN[name]
    text = text.replace("IMAGE", IMAGE)
    project.write(path, text.encode("utf-16") if name == "big endian" else text)
    if name.startswith("a link"):
        (project.root / "Dockerfile").symlink_to(path)
    done = project.pinner("verify", "--strict")
    assert done.code == 1, done
    assert path in done.out
    if "string" not in name and "no YAML" not in name:
        assert project.pinner("verify").code == 1


@pytest.mark.parametrize("name", [n for n in OWN if "no YAML" not in n])
def test_the_pinned_twin_is_green(project, name):
    path, text = OWN[name]
    text = text.replace("IMAGE", f"{IMAGE}@{D}").replace("x__a__b:1", f"x__a__b:1@{D}")
    project.write(path, text.encode("utf-16") if name == "big endian" else text)
    if name.startswith("a link"):
        (project.root / "Dockerfile").symlink_to(path)
    done = project.pinner("verify", "--format", "json")
    found = {row["name"] for row in json.loads(done.out)["findings"]}
    assert found <= {"not-locked"}, done  # bears a digest; the lockfile is not there


ACROSS = {
    "args in a list": (
        {"compose.yaml": "services:\n  a:\n    build:\n      context: .\n      args: ['BASE=IMAGE']\n",
         "Dockerfile": "ARG BASE=scratch\nFROM ${BASE}\n"}, "compose.yaml:5",
    ),
    "args without a default": (
        {"compose.yaml": "services:\n  a:\n    build: {context: web, args: {B: 'IMAGE'}}\n",
         "web/Dockerfile": "ARG B\nFROM $B\n"}, "compose.yaml:3",
    ),
    "a tag in args": (
        {"compose.yaml": "services:\n  a:\n    build: {context: ., args: {V: '1'}}\n",
         "Dockerfile": "ARG V\nFROM registry.example.com/x:${V}\n"}, "compose.yaml:3",
    ),
    "args by way of a variable": (
        {"compose.yaml": "services:\n  a:\n    build: {context: ., args: {B: '${C:-IMAGE}'}}\n",
         "Dockerfile": "ARG B=scratch\nFROM $B\n"}, "compose.yaml:3",
    ),
    "a Dockerfile of another name": (
        {"compose.yaml": "services:\n  a:\n    build: {context: web, dockerfile: build.txt}\n",
         "web/build.txt": "FROM IMAGE\n"}, "web/build.txt:1",
    ),
    "a service that extends": (
        {"compose.yaml": "services:\n  a:\n    extends: {file: base/x.yml, service: b}\n",
         "base/x.yml": "services:\n  b:\n    image: IMAGE\n"}, "base/x.yml:3",
    ),
    "an include of an include": (
        {"compose.yaml": "include: [{path: [a.inc]}]\nservices: {}\n", "a.inc": "include: [b.inc]\n",
         "b.inc": "services: {x: {image: 'IMAGE'}}\n"}, "b.inc:1",
    ),
    "by content, with an extension of its own": (
        {"deploy/all.yml": "x-y: {}\nservices: {a: {image: 'IMAGE'}}\n"}, "deploy/all.yml:2",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ACROSS)
def test_across_files(project, everything_is_dddd, name):
    files, place = ACROSS[name]
    for path, text in files.items():
        project.write(path, text.replace("IMAGE", IMAGE))
    done = project.pinner("verify")
    assert done.code == 1, done
    assert place in done.out
    assert "registry.example.com/x" in done.out
    project.write(
        "pinner.toml",
        f'[registries."registry.example.com"]\nmirrors = ["{everything_is_dddd.host}"]\n',
    )
    locked = project.pinner("lock")
    if "variable" in name:
        return  # it is found, but no edit reaches it
    assert locked.code == 0, locked
    done = project.pinner("verify")
    assert done.code == 0, done
    assert project.pinner("lock", "--check").code == 0
    unpinned = project.pinner("unpin")
    assert unpinned.code == 0, unpinned
    for path, text in files.items():
        assert project.read(path) == text.replace("IMAGE", IMAGE)


def test_what_is_built_here_is_not_pulled(project):
    project.write(
        "compose.yaml",
        "services:\n  a:\n    build: {context: ., additional_contexts: {base: ./base}}\n"
        "    image: me/app\n",
    )
    project.write("Dockerfile", "FROM base\n")
    project.write("other/Dockerfile", "FROM docker.io/me/app:latest\n")
    done = project.pinner("verify", "--strict")
    assert done.code == 0, done
    assert "3 built locally" in done.err

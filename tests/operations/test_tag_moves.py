"""Tags that move wherever they stand: in variables, in files beside, in fields of their own."""

import json

import pytest
from images import Image

pytestmark = pytest.mark.registry


class Shop:
    """A repository of the test's own, with tags and their digests."""

    def __init__(self, registry, name):
        self.registry, self.name = registry, f"{registry.host}/{name}"
        self.digests = {}

    def push(self, *references, **options):
        for reference in references:
            repository, _, tag = reference.partition(":")
            target = f"{self.name}/{repository}:{tag}".partition("/")[2]
            image = Image(content=f"{self.name} {reference}", **options)
            self.digests[reference] = self.registry.push(target, image)

    def filled(self, text):
        """Fill in the repository's name for N, and a digest for each <name:tag>."""
        for reference, digest in self.digests.items():
            text = text.replace(f"<{reference}>", digest)
        return text.replace("N/", f"{self.name}/")


@pytest.fixture
def shop(registry, request):
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name.lower())
    return Shop(registry, name.strip("-").replace("--", "-"))


def update(project, *arguments):
    done = project.pinner("update", "--format", "json", *arguments)
    return done, json.loads(done.out)


def check(project, shop, before, after, *arguments):
    """Lock files, update, and compare; a further update has nothing to do."""
    for path, text in before.items():
        project.write(path, shop.filled(text))
    locked = project.pinner("lock")
    assert locked.code == 0, locked
    done, data = update(project, *(arguments or ("--tags", "minor")))
    assert done.code == 0, done
    for path, text in after.items():
        assert project.read(path) == shop.filled(text), path
    assert project.pinner("verify", "--online").code == 0
    again, second = update(project, *(arguments or ("--tags", "minor")))
    assert (again.code, second["status"]) == (0, "unchanged"), again
    return data


MOVES = {
    "a version in the middle": (
        {"Dockerfile": "ARG V=20.1.0\nFROM N/node:${V}-alpine\n"},
        {"Dockerfile": "ARG V=20.2.0\nFROM N/node:${V}-alpine@<node:20.2.0-alpine>\n"},
    ),
    "several words": (
        {"Dockerfile": "ARG V=20.1.0\nFROM N/node:$V-alpine AS a\nFROM N/node:${V}-slim\n"
                       "RUN echo $V\n"},
        {"Dockerfile": "ARG V=20.2.0\nFROM N/node:$V-alpine@<node:20.2.0-alpine> AS a\n"
                       "FROM N/node:${V}-slim@<node:20.2.0-slim>\nRUN echo $V\n"},
    ),
    "two variables": (
        {"Dockerfile": "ARG MAJOR=20\nARG MINOR=1.0\nFROM N/node:$MAJOR.$MINOR-alpine\n"},
        {"Dockerfile": "ARG MAJOR=20\nARG MINOR=2.0\n"
                       "FROM N/node:$MAJOR.$MINOR-alpine@<node:20.2.0-alpine>\n"},
    ),
    "a value in a value": (
        {"Dockerfile": "ARG V=20.1.0\nARG TAG=${V}-alpine\nFROM N/node:$TAG AS a\n"
                       "FROM N/node:${V}-slim\n"},
        {"Dockerfile": "ARG V=20.2.0\nARG TAG=${V}-alpine@<node:20.2.0-alpine>\n"
                       "FROM N/node:$TAG AS a\nFROM N/node:${V}-slim@<node:20.2.0-slim>\n"},
    ),
    "an ARG declared again": (
        {"Dockerfile": "ARG V=20.1.0\nFROM N/node:${V}-slim\nARG V\nARG V=3\n"
                       "COPY --from=N/node:20.1.0-alpine / /\n"},
        {"Dockerfile": "ARG V=20.2.0\nFROM N/node:${V}-slim@<node:20.2.0-slim>\nARG V\nARG V=3\n"
                       "COPY --from=N/node:20.2.0-alpine@<node:20.2.0-alpine> / /\n"},
    ),
    "a default in the word": (
        {"Dockerfile": "FROM N/node:${V:-20.1.0}-alpine\n"},
        {"Dockerfile": "FROM N/node:${V:-20.2.0}-alpine@<node:20.2.0-alpine>\n"},
    ),
    "another name of the same version": (
        {"Dockerfile": "ARG V=20.1.0\nFROM N/node:${V}-alpine\nFROM N/npm:v${V}\n"},
        {"Dockerfile": "ARG V=20.2.0\nFROM N/node:${V}-alpine@<node:20.2.0-alpine>\n"
                       "FROM N/npm:v${V}@<npm:v20.2.0>\n"},
    ),
    "compose and .env": (
        {".env": "V='20.1.0' # of node\n",
         "compose.yaml": "services:\n  a:\n    image: N/node:${V}-alpine\n  b:\n"
                         "    image: N/node:${V:-9}-slim\n"},
        {".env": "V='20.2.0' # of node\n",
         "compose.yaml": "services:\n  a:\n    image: N/node:${V}-alpine@<node:20.2.0-alpine>\n"
                         "  b:\n    image: N/node:${V:-9}-slim@<node:20.2.0-slim>\n"},
    ),
    "a compose default": (
        {"compose.yaml": 'services:\n  a:\n    image: "N/node:${V:-20.1.0}-alpine"\n'},
        {"compose.yaml": "services:\n  a:\n"
                         '    image: "N/node:${V:-20.2.0}-alpine@<node:20.2.0-alpine>"\n'},
    ),
    "compose args": (
        {"Dockerfile": "ARG V\nFROM N/node:${V}-alpine\n",
         "compose.yaml": "services:\n  a:\n    build:\n      context: .\n      args:\n"
                         "        V: 20.1.0\n"},
        {"Dockerfile": "ARG V\nFROM N/node:${V}-alpine@<node:20.2.0-alpine>\n",
         "compose.yaml": "services:\n  a:\n    build:\n      context: .\n      args:\n"
                         "        V: 20.2.0\n"},
    ),
    "compose args and a default that agree": (
        {"Dockerfile": "ARG V=20.1.0\nFROM N/node:${V}-alpine\n",
         "compose.yaml": "services:\n  a:\n    build:\n      context: .\n      args: [V=20.1.0]\n"},
        {"Dockerfile": "ARG V=20.2.0\nFROM N/node:${V}-alpine@<node:20.2.0-alpine>\n",
         "compose.yaml": "services:\n  a:\n    build:\n      context: .\n      args: [V=20.2.0]\n"},
    ),
    "compose args from .env": (
        {"Dockerfile": "ARG V=20.1.0\nFROM N/node:${V}-alpine\n", ".env": "NODE=20.1.0\n",
         "compose.yaml": "services:\n  a:\n    build:\n      context: .\n"
                         "      args:\n        V: ${NODE}\n"},
        {"Dockerfile": "ARG V=20.2.0\nFROM N/node:${V}-alpine@<node:20.2.0-alpine>\n",
         ".env": "NODE=20.2.0\n"},
    ),
    "bake variables": (
        {"Dockerfile": "ARG V\nFROM N/node:${V}-alpine\n",
         "docker-bake.hcl": 'variable "V" {\n  default = "20.1.0"\n}\ntarget "a" {\n'
                            '  args = { V = V }\n  contexts = {\n'
                            '    x = "docker-image://N/node:${V}-slim"\n  }\n}\n'},
        {"Dockerfile": "ARG V\nFROM N/node:${V}-alpine@<node:20.2.0-alpine>\n",
         "docker-bake.hcl": 'variable "V" {\n  default = "20.2.0"\n}\ntarget "a" {\n'
                            '  args = { V = V }\n  contexts = {\n'
                            '    x = "docker-image://N/node:${V}-slim@<node:20.2.0-slim>"\n'
                            '  }\n}\n'},
    ),
    "GitLab variables": (
        {".gitlab-ci.yml": "variables:\n  V: '20.1.0'\na:\n  image: N/node:$V-alpine\n"
                           "  script: [x]\nb:\n  image: N/node:${V}-slim\n  script: [x]\n"},
        {".gitlab-ci.yml": "variables:\n  V: '20.2.0'\na:\n"
                           "  image: N/node:$V-alpine@<node:20.2.0-alpine>\n  script: [x]\nb:\n"
                           "  image: N/node:${V}-slim@<node:20.2.0-slim>\n  script: [x]\n"},
    ),
    "kustomize": (
        {"kustomization.yaml": "images:\n- name: node\n  newName: N/node\n"
                               "  newTag: 20.1.0-alpine # x\n"},
        {"kustomization.yaml": "images:\n- name: node\n  newName: N/node\n"
                               "  newTag: 20.2.0-alpine # x\n  digest: <node:20.2.0-alpine>\n"},
    ),
}  # fmt: skip
NODE = ("20.1.0-alpine", "20.1.0-slim", "20.2.0-alpine", "20.2.0-slim")


@pytest.mark.parametrize("case", MOVES)
def test_tags_move_where_they_stand(project, shop, case):
    before, after = MOVES[case]
    shop.push(*(f"node:{tag}" for tag in NODE), "npm:v20.1.0", "npm:v20.2.0")
    check(project, shop, before, after)


CHART = {"Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n"}


def test_helm_tags_move(project, shop):
    shop.push("node:20.1.0", "node:20.2.0")
    project.write("Chart.yaml", CHART["Chart.yaml"])
    text = 'image:\n  repository: N/node\n  tag: 20.1.0\n  digest: ""\n'
    new = text.replace("20.1.0", "20.2.0").replace('""', '"<node:20.2.0>"')
    check(project, shop, {"values.yaml": text}, {"values.yaml": new})


def test_helm_tags_without_a_digest_move_with_the_lockfile(project, shop):
    shop.push("node:20.1.0", "node:20.2.0")
    text = 'image:\n  repository: N/node\n  tag: "20.1.0" # x\n'
    files = {**CHART, "values.yaml": text}
    check(project, shop, files, {"values.yaml": text.replace("20.1.0", "20.2.0")})
    assert shop.digests["node:20.2.0"] in project.read("pinner.lock")


STUCK = {
    "another image has no such tag": (
        "ARG V=20.1.0\nFROM N/node:${V}-alpine\nFROM N/old:${V}\n", "share",
    ),
    "part of the value is used, too": (
        "ARG V=20.1.0\nFROM N/node:${V}-alpine\nFROM N/old:${V%.0}\n", "in other ways",
    ),
    "half a number stands elsewhere": (
        "ARG V=0.1.0\nFROM N/node:2${V}-alpine\n", None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", STUCK)
def test_a_value_that_cannot_move_stays_and_is_said(project, shop, case):
    text, words = STUCK[case]
    shop.push(*(f"node:{tag}" for tag in NODE), "old:20.1.0", "old:20.1")
    project.write("Dockerfile", shop.filled(text))
    assert project.pinner("lock").code == 0
    before = project.snapshot()
    done, data = update(project, "--tags", "minor")
    assert done.code == 0
    if words is None:
        assert "ARG V=0.2.0" in project.read("Dockerfile")
        return
    assert project.snapshot() == before
    (left,) = [row for row in data["outcomes"] if row["action"] == "left"]
    assert "20.2.0-alpine is there, but" in left["detail"]
    assert words in left["detail"]
    shown = project.pinner("update", "--tags", "minor")
    assert "left" in shown.out
    assert "20.2.0-alpine is there" in shown.out


def test_the_newest_value_that_all_have_is_taken(project, shop):
    shop.push("node:20.1.0-a", "node:20.2.0-a", "node:20.3.0-a", "npm:20.1.0", "npm:20.2.0")
    before = {"Dockerfile": "ARG V=20.1.0\nFROM N/node:${V}-a\nFROM N/npm:${V}\n"}
    after = {"Dockerfile": "ARG V=20.2.0\nFROM N/node:${V}-a@<node:20.2.0-a>\n"
                           "FROM N/npm:${V}@<npm:20.2.0>\n"}  # fmt: skip
    for path, text in before.items():
        project.write(path, shop.filled(text))
    assert project.pinner("lock").code == 0
    assert update(project, "--tags", "minor")[0].code == 0
    assert project.read("Dockerfile") == shop.filled(after["Dockerfile"])

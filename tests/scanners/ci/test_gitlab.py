"""GitLab CI: images and services of jobs, their variables, and local includes."""

import pytest
from pipeline_schemas import complaints
from scanning import check, gists, scan_bytes

from pinner.scanners.all_scanners import BUILT_IN
from pinner.spans.source import decode_source

PATH = ".gitlab-ci.yml"
SCRIPT = "  script: [x]\n"


def found(text):
    return gists(scan_bytes(BUILT_IN["gitlab-ci"], text.encode(), PATH))


def mentioned(text):
    source = decode_source(PATH, text.encode())
    return [(said.path, said.pattern) for said in BUILT_IN["gitlab-ci"].mentions(source)]


FOUND = [
    "image: node:20@D\nservices:\n- postgres:16@D  # the newest\n- name: 'redis:7@D'\n  alias: cache\n",
    "default:\n  image: {name: \"ruby:3.2@D\", entrypoint: ['']}\n  services: [docker:dind@D]\n",
    "a:\n  image:\n    name: node:20@D\n    docker: {platform: linux/arm64}\n" + SCRIPT,
    "a:\r\n  image: node:20@D\r\n  services:\r\n  - redis:7@D\r\n  script: [x]\r\n",
    ".base:\n  image: &img node:20@D\na:\n  extends: .base\n  image: *img\n" + SCRIPT,
    ".base: &base\n  image: node:20@D\na:\n  <<: *base\n" + SCRIPT,
    ".images:\n- &node node:20@D\na:\n  image: *node\n" + SCRIPT,
    "pages:\n  image: node:20@D\n" + SCRIPT,
    "a:\n  image: node:20\n  image: node:22@D\n".replace("20", "20@D") + SCRIPT,
    "a:\n  image: >-\n    node:20@D\n" + SCRIPT,
]  # fmt: skip
VARIABLES = [
    "variables: {X: node:20@D}\na:\n  image: $X\n" + SCRIPT,
    "variables:\n  X: {value: 'node:20@D', description: d}\ndefault:\n  image: ${X}\n",
    'variables:\n  X: "node:20@D"\n  Y: 1\na:\n  services: [name: $X]\n  script: [echo $Y]\n',
    "variables: {X: 'node:20@D'}\na:\n  image: '%X%'\n  services: [$X]\n" + SCRIPT,
    "variables: {X: a:1@D}\na:\n  image: $X\n  script: [x]\nb:\n  variables: {X: b:1@D}\n  image: $X\n  script: [x]\n",
    ".b:\n  image: $X\n  script: [x]\na: {extends: .b, variables: {X: a:1@D}}\nb: {extends: [.b], variables: {X: b:1@D}}\n",
    "default: {image: $X}\na: {variables: {X: a:1@D}, script: x}\nb: {variables: {X: b:1@D}, script: x}\n",
    "a: {extends: .b, script: x}\n.b: {extends: .c, image: $X}\n.c: {variables: {X: a:1@D}}\n",
    "variables: {R: r.example.com, X: $R/x:1@D}\na:\n  image: $X\n" + SCRIPT,
    "variables: {X: a:1@D, Y: $X}\na:\n  image: $Y\n".replace("a:1@D, Y: $X", "a:1, Y: $X@D") + SCRIPT,
    "variables: {V: 20@D}\na:\n  image: node:$V\n  script: [x]\nb:\n  image: node:${V}\n  script: [x]\n",
    "a: {image: 'node:$V', variables: {V: '20@D'}, script: x}\nb: {image: 'node:$V', variables: {V: '20@D'}, script: x}\n",
    # what something else reads too stays as it is, and the digest follows the word
    "variables: {X: node:20}\na:\n  image: $X@D\n  script: [docker run $X]\n",
    "variables: {X: node:20}\na:\n  image: $X@D\n  script: ['docker run ${X}']\n",
    "variables: {X: node:20}\na:\n  image: $X@D\n  script: [x]\n  rules: [if: $X == 'y']\n",
    "variables: {X: node:20}\na:\n  image: $X@D\n  script: [x]\nb:\n  trigger: {project: a/b}\n  variables: {Y: $X}\n",
    "variables: {X: node:20}\na:\n  image: $X@D\n  services: ['$X-slim@D']\n" + SCRIPT,
    "variables: {V: 20}\na:\n  image: node:$V@D\n  services: ['redis:$V@D']\n" + SCRIPT,
    "variables: {V: 20}\na:\n  image: node:$V-slim@D\n" + SCRIPT,
    "variables: {V: {value: '2$$0', expand: false}, W: '20'}\na:\n  image: node:$W@D\n  script: echo $W\n",
    # other files may read a tag as a part of another reference
    "include: [a.yml]\nvariables: {V: 20, X: a:1@D}\na:\n  image: node:$V@D\n  services: [$X]\n" + SCRIPT,
    # the proxies are mirrors of Docker Hub
    "a:\n  image: $CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX/node:20@D\n" + SCRIPT,
    "workflow: {rules: [{if: $X, variables: {CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX: docker.io}}]}\n"
    "a:\n  image: $CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX/node:20@D\n" + SCRIPT,
    "a:\n  image: '${CI_DEPENDENCY_PROXY_DIRECT_GROUP_IMAGE_PREFIX}/grafana/k6:1@D'\n" + SCRIPT,
    "variables: {X: '$CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX/node:20@D'}\na:\n  image: $X\n" + SCRIPT,
]  # fmt: skip


@pytest.mark.parametrize("after", [*FOUND, *VARIABLES])
def test_found(after):
    before = after.replace("@D", "")
    assert not complaints("gitlab-ci", before)
    check("gitlab-ci", PATH, before, after)


@pytest.mark.parametrize(
    "path", [".gitlab-ci.yaml", "ci/build.gitlab-ci.yml", "sub/.gitlab-ci.yml"]
)
def test_files(path):
    check("gitlab-ci", path, "image: a:1\n", "image: a:1@D\n")


def test_a_tag_in_a_file_that_others_include_is_not_edited():
    text = "variables: {V: 20}\na: {image: 'node:$V@D'}\n"
    check("gitlab-ci", "ci/build.gitlab-ci.yml", text.replace("@D", ""), text)


@pytest.mark.parametrize("text, reference", [
    ("a: {image: '$CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX/node:20'}", "node:20"),
    ("a: {image: '$CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX/grafana/k6:1'}", "grafana/k6:1"),
    ("variables: {X: '%Y%:1', Y: a}\na: {image: $X}", "a:1"),
    ("variables: {V: 1.5}\na: {image: 'a:$V'}", "a:1.5"),
    ("variables: {X: a:1, Y: b:1}\na: {inherit: {variables: [X]}, image: $X}", "a:1"),
])  # fmt: skip
def test_what_variables_come_to(text, reference):
    assert [row[1:] for row in found(f"{text}\n")] == [(reference, None)]


LEFT_ALONE = [
    "a:\n  script:\n  - docker run alpine:3.19\n  variables: {image: x:1}\n",
    "variables:\n  image: x:1\n  services: {value: x:1}\na:\n" + SCRIPT,
    "a:\n  image: !reference [.base, image]\n  services: !reference [.base, services]\n",
    "a:\n  image: {name: !reference [.base, image, name]}\n  services: [!reference [.base, services]]\n",
    "a:\n  image: ''\n  services: []\n",
    "a:\n  image:\n  # image: x:1\n" + SCRIPT,
    "include: {project: a/image, file: x:1}\n",
    "cache: {key: image, paths: [x:1]}\n",
    "workflow: {name: image, rules: [{if: $X, variables: {image: x:1}}]}\n",
    "spec: {inputs: {image: {default: x:1}}}\n---\na:\n" + SCRIPT,
    "a:\n  environment: {name: image, url: 'http://x:1'}\n" + SCRIPT,
    "a:\n  artifacts: {paths: [image], reports: {junit: x:1}}\n" + SCRIPT,
    "a:\n  script: [x]\n  parallel: {matrix: [{image: [x:1]}]}\n",
    "a:\n  secrets: {image: {vault: x:1}}\n" + SCRIPT,
    "stages: [image, services]\n",
    ".x: [image, x:1]\n",
    "image\n",
]  # fmt: skip


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_left_alone(text):
    assert not found(text)


@pytest.mark.parametrize("text, reason", [
    ("a: {image: $CI_REGISTRY_IMAGE/x:1}", "unset-variable"),
    ("a: {image: 'x:$CI_COMMIT_SHA'}", "unset-variable"),
    ("a: {image: 'x:1$SUFFIX'}", "unset-variable"),
    ("a: {image: 'x:${V:-1}'}\nvariables: {V: 1}", "unset-variable"),
    ("a: {image: 'x:%V%'}", "unset-variable"),
    ("variables: {X: $X}\na: {image: $X}", "unset-variable"),
    ("variables: {X: $Y, Y: $X}\na: {image: $X}", "unset-variable"),
    ("variables: {V: 1.10}\na: {image: 'x:$V'}", "unset-variable"),
    ("variables: {X: x:1}\na: {image: $X, inherit: {variables: false}}", "unset-variable"),
    ("variables: {X: x:1}\na: {image: $X, inherit: {variables: [Y]}}", "unset-variable"),
    ("a: {image: $X, parallel: {matrix: [{X: [x:1, x:2]}]}}", "unset-variable"),
    ("a: {image: $X}\nb: {variables: {X: x:1}}", "unset-variable"),
    ("a: {image: '$[[ inputs.image ]]'}", "templated"),
    ("a: {image: '{{ image }}'}", "templated"),
    ("a: {image: 'x y'}", "invalid-reference"),
    ("a: {image: '$$X'}", "invalid-reference"),
])  # fmt: skip
def test_refused(text, reason):
    assert [row[1:] for row in found(f"{text}\n")] == [(None, reason)]


@pytest.mark.parametrize("text", [
    "variables: {V: 2}\n.b: {image: 'x:$V', script: echo $V}\na: {extends: .b, variables: {V: 1}}",
    "variables: {X: x:1}\na: {image: $X, rules: [{if: $CI, variables: {X: x:2}}]}",
    "variables: {X: x:1}\na: {image: $X, parallel: {matrix: [{X: [x:1, x:2]}]}}",
    "variables: {X: x:1}\nworkflow: {rules: [{if: $CI, variables: {X: x:2}}]}\na: {image: $X}",
    "variables: {X: {value: x:1, options: [x:1, x:2]}}\na: {image: $X}",
    "variables: {V: 1, X: 'x:$V'}\na: {image: $X, rules: [{if: $CI, variables: {V: 2}}]}",
])  # fmt: skip
def test_what_comes_to_several_references_is_not_edited(text):
    assert [row[1:] for row in found(f"{text}\n")] == [("x:1", "unsupported-edit")]


@pytest.mark.parametrize("text, expected", [
    # a runs with what the project's settings may say
    ("default: {image: $X}\na: {script: x}\nb: {variables: {X: b:1}, script: x}", [(None, "unset-variable"), ("b:1", None)]),
    (".d: {image: $X}\na: {extends: .d}\nb: {extends: .d, variables: {X: b:1}}", [(None, "unset-variable"), ("b:1", None)]),
    ("image: 'x:$V'\na: {script: x}\nb: {variables: {V: 1}, script: echo $V}", [("x:1", "unsupported-edit")]),
    ("image: $X\n.a: {script: x}\nb: {variables: {X: b:1}, script: x}", [("b:1", None)]),
    (".d: {image: $X}\n.e: {extends: .d}", [(None, "unset-variable")]),
])  # fmt: skip
def test_a_job_without_a_value_is_not_passed_over(text, expected):
    assert [row[1:] for row in found(f"{text}\n")] == expected


@pytest.mark.parametrize("text, paths", [
    ("include: /ci/a.yml", [("ci/a.yml", "")]),
    ("include: [a.yml, 'https://x/b.yml', {local: c.yml}]", [("a.yml", ""), ("c.yml", "")]),
    ("include: {local: ci/./a.yml}", [("ci/a.yml", "")]),
    ("include: [{local: ci/*.yml}]", [("ci/*.yml", r"ci/[^/]*\.yml")]),
    ("include: [{local: 'ci/**/*.yml'}]", [("ci/**/*.yml", r"ci/.*/[^/]*\.yml")]),
    ("a: {trigger: {include: child.yml}}", [("child.yml", "")]),
    ("a: {trigger: {include: [{local: /child.yml}]}}", [("child.yml", "")]),
    ("include: [{local: '*/*/*/*/*/*.yml'}]", [("*/*/*/*/*/*.yml", "")]),
])  # fmt: skip
def test_includes(text, paths):
    assert mentioned(f"{text}\n") == paths


@pytest.mark.parametrize("text", [
    "include: {project: a/b, ref: main, file: x.yml}",
    "include: [{remote: 'https://x/y.yml'}, {component: x/y@1}, {template: Jobs/SAST.gitlab-ci.yml}]",
    "include: [{local: $FOLDER/x.yml}]",
    "a: {trigger: {include: [{artifact: x.yml, job: b}]}}",
    "a: {trigger: {project: a/b}}",
    "variables: {include: x.yml}",
    "include: [",
])  # fmt: skip
def test_what_is_not_a_local_include(text):
    assert not mentioned(f"{text}\n")


def test_included_files_are_read_whatever_their_names(project):
    import json

    project.write(PATH, "include: [{local: ci/*.yml}, {local: /more/x.inc}]\n")
    project.write("ci/a.yml", "a: {image: a:1}\ninclude: ci/deep/b.yml\n")
    project.write("ci/deep/b.yml", "b: {services: [b:1]}\n")
    project.write("ci/deep/c.yml", "c: {image: c:1}\n")
    project.write("more/x.inc", "d: {image: d:1}\n")
    rows = json.loads(project.pinner("list", "--format", "json").out)["references"]
    assert [(row["file"], row["scanner"]) for row in rows] == [
        ("ci/a.yml", "gitlab-ci"), ("ci/deep/b.yml", "gitlab-ci"), ("more/x.inc", "gitlab-ci"),
    ]  # fmt: skip
    project.write("more/x.inc", "include: [../up.yml, gone.yml]\n")
    done = project.pinner("verify")
    assert "outside the project" in done.out + done.err
    assert "gone.yml, which is not there" in done.out + done.err


@pytest.mark.parametrize("text", [
    "\n".join(f"j{n}: {{extends: [{', '.join(f'j{m}' for m in range(n))}]}}" for n in range(600)),
    "\n".join(f"j{n}: {{variables: {{V: {n}}}}}" for n in range(500)) + "\nservices: [" + "x:$V, " * 500 + "]",
    "variables: {" + ", ".join(f"V{n}: $V{n + 1}$V{n + 1}" for n in range(3000)) + "}\nimage: $V0",
])  # fmt: skip
def test_what_multiplies_ends_soon(text):
    assert scan_bytes(BUILT_IN["gitlab-ci"], f"{text}\n# image\n".encode(), PATH)

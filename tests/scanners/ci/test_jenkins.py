"""Jenkinsfiles: agents, `docker.image`, container templates, and pods in texts."""

import pytest
from scanning import bounded, check, gists, listed, scan_bytes

from pinner.model.errors import ScanError
from pinner.scanners.all_scanners import BUILT_IN
from pinner.spans.source import decode_source

SCANNER = BUILT_IN["jenkins"]
PATH = "Jenkinsfile"


def agent(text):
    return f"pipeline {{\n  agent {{ {text} }}\n}}\n"


def pod(image, quotes="'''"):
    return (
        f"podTemplate(yaml: {quotes}\n    spec:\n      containers:\n      - name: a\n"
        f"        image: {image}\n    {quotes}) {{ }}\n"
    )


@pytest.mark.parametrize("path", [
    PATH, "ci/Jenkinsfile.release", "a.jenkinsfile", "a.Jenkinsfile", "vars/build.groovy",
    "lib/vars/build.groovy",
])  # fmt: skip
def test_files(path):
    check("jenkins", path, agent("docker 'x:1'"), agent("docker 'x:1@D'"))


@pytest.mark.parametrize("after", [
    agent("docker { image 'maven:3.9@D' }"),
    agent("docker {\n image \"maven:3.9@D\"\n args '-v x:/y'\n}"),
    agent("docker { image('maven:3.9@D') }"),
    agent("docker 'node:20@D'"),
    agent("docker('node:20@D')"),
    agent("docker image: 'node:20@D', args: '-u 0'"),
    agent("docker(image: 'node:20@D')"),
    agent("kubernetes { containerTemplate { name 'a'\n image 'a:1@D' } }"),
    "node { docker.image('redis:7@D').inside('-v a:1') { sh 'x' } }\n",
    'node { docker . image ( "redis:7@D" ).withRun { c -> } }\n',
    "def c = docker.image 'redis:7@D'\n",
    "docker.withRegistry('https://r.example', 'id') {\n  docker.image('''a:1@D''').pull()\n}\n",
    "podTemplate(containers: [containerTemplate(name: 'a', image: 'a:1@D', ttyEnabled: true),\n"
    "  containerTemplate(image: \"b:1@D\", name: 'b')]) { }\n",
    "withDockerContainer(image: 'a:1@D', toolName: 'x') { }\n",
    pod("a:1@D"),
    pod("a:1@D", '"""'),
    pod("'a:1@D' # why"),
    pod('\\"a:1@D\\"', '"""'),
    agent("kubernetes {\n yaml '''\nkind: Pod\nspec:\n  initContainers:\n  - {image: a:1@D}\n'''\n}"),
    "def yaml = '''{containers: [{image: a:1@D}]}'''\n",
    agent("docker 'ngin\\u0078:1.25@D'"),
    "#!/usr/bin/env groovy\n" + agent("docker 'x:1@D'"),
    "// it's\n/* \" */\n" + agent("docker 'x:1@D'"),
    "def a = b =~ /it's \\/ \"/\ndef c = $/it's \"/$\n" + agent("docker 'x:1@D'"),
    "def a = x / y / 2\n" + agent("docker 'x:1@D'"),
    "sh \"\"\"it's ${a.collect { \"'$it'\" }.join('\"')} $b.c \\$d\"\"\"\n" + agent("docker 'x:1@D'"),
    agent("docker 'x:1@D'").replace("\n", "\r\n"),
    "\ufeff" + agent("docker 'x:1@D'"),
])  # fmt: skip
def test_found(after):
    check("jenkins", PATH, after.replace("@D", ""), after)


@pytest.mark.parametrize("text", [
    "// " + agent("docker 'x:1'").replace("\n", " "),
    "/* " + agent("docker 'x:1'") + "*/",
    agent("any") + "// docker image",
    agent("docker { label 'x:1'\n args 'image' }"),
    agent("dockerfile { filename 'x:1'\n additionalBuildArgs 'image' }"),
    agent("label 'docker'") + "// image",
    "docker.withRegistry('https://x:1', 'image') { }\n",
    "docker.build('me/image:1')\n",
    "docker.withServer('tcp://x:1') { image 'x:1' }\n",
    "sh 'docker run image:1'\nsh \"docker pull ${image}\"\n",
    "environment { docker = 'image:1' }\n",
    "def image = 'x:1' // docker\n",
    "stage('docker') { image 'x:1' }\n",
    "echo 'agent { docker { image \"x:1\" } }'\n",
    "tools { docker 'x:1' } // image\n",
    "other.image('x:1') // docker\n",
    "podTemplate(containers: [other(image: 'x:1')]) { } // docker\n",
    "writeYaml(file: 'docker', data: [image: 'x:1'])\n",
    "yamlFile 'image.yaml'\n",
    "podTemplate(yaml: 'kind: Pod', name: 'image')\n",
    "podTemplate(yaml: '''\ndata:\n  image: x:1\n# - image: y:1\n''')\n",
    "def x = $/docker.image('x:1')/$\n",
    "def x = ~/docker.image('x:1')/\n",
    agent("docker { image '' }"),
])  # fmt: skip
def test_left_alone(text):
    assert not scan_bytes(SCANNER, text.encode(), PATH)


@pytest.mark.parametrize("text, gist", [
    (agent('docker { image "x:${v}" }'), (2, None, "templated")),
    (agent('docker "$IMAGE"'), (2, None, "templated")),
    (agent("docker { image env.IMAGE }"), (2, None, "templated")),
    (agent("docker { image 'x:' + env.TAG }"), (2, None, "templated")),
    ("docker.image(name).inside { }\n", (1, None, "templated")),
    ('docker.image("x:${v ? "a" : \'b\'}").run()\n', (1, None, "templated")),
    ("docker.image(ok ? 'a:1' : 'b:1')\n", (1, None, "templated")),
    ("containerTemplate(image: IMAGE)\n", (1, None, "templated")),
    (pod("${image}", '"""'), (5, None, "templated")),
    (pod("x:${image ? \"a\" : 'b'}", '"""'), (5, None, "templated")),
    (pod("x:1", '"""').replace("spec:", "spec: ${x}\n${y}"), (6, "x:1", None)),
    (pod("a:1 # pinner: ignore"), (5, "a:1", "ignored")),
    (pod("'a:1#pinner: ignore'"), (5, None, "invalid-reference")),
    (agent("docker 'x:1' } // pinner: ignore\n{"), (2, "x:1", "ignored")),
    (agent("\n// pinner: ignore\ndocker 'x:1'"), (4, "x:1", "ignored")),
    (agent("docker 'x:1' } ; a { b '// pinner: ignore'"), (2, "x:1", None)),
    (agent("docker 'X Y'"), (2, None, "invalid-reference")),
    (agent("docker '${x}'"), (2, None, "templated")),
])  # fmt: skip
def test_reasons(text, gist):
    assert gists(scan_bytes(SCANNER, text.encode(), PATH)) == [gist]


@pytest.mark.parametrize("text, line", [
    ("docker.image('x:1\n')\n", 1),
    ("docker.image('x:1'\n", 1),
    ("docker.image('x:1')\n}\n", 2),
    ("docker.image('x:1']\n", 1),
    ("docker.image('''x:1\n", 1),
    ('// image\ndocker "${x\n', 2),
    ("docker.image('x:1') /* open\n", 1),
    ("docker.im\\u0061ge('x:1')\n", 1),
    ("// docker image\ndef x = $/ open\n", 2),
    ("podTemplate(yaml: '''\n  a: [image\n''')\n", 2),
])  # fmt: skip
def test_refused(text, line):
    with pytest.raises(ScanError) as caught:
        scan_bytes(SCANNER, text.encode(), PATH)
    assert caught.value.line == line


def test_what_is_built_is_not_pulled(project):
    project.write(
        PATH, "docker.build('me/x:1')\ndocker.build(\"me/${y}\")\ndocker.image('me/x:1')\n"
    )
    assert listed(project) == [(PATH, "docker.io/me/x:1", "built-locally")]


def test_nothing_is_built_by_what_cannot_be_read():
    assert not list(SCANNER.mentions(decode_source(PATH, b"docker.build('x:1'")))


BIG = 300_000


def many(unit):
    return unit * (BIG // len(unit))


LARGE = {
    "images": many("docker.image('x:1')\n"),
    "names": many("image "),
    "signs": many(". "),
    "brackets": many("("),
    "pairs": many("()"),
    "quotes": many("''"),
    "triple quotes": many('"""a"""'),
    "a text": "docker.image('" + "a" * BIG + "')",
    "escapes": "docker.image('" + many("\\u0061") + "')",
    "dollars": 'docker.image("' + many("$ ") + '")',
    "holes": 'docker.image("' + many("${x}") + '")',
    "nested holes": many('"${'),
    "braces of a hole": '"' + "${" + many("{") + '"',
    "slashes": many("=/"),
    "slashes of texts": many("= /a/ "),
    "dollar slashes": many("$/"),
    "comments": many("/**/"),
    "open comments": many("/* "),
    "line comments": many("// pinner: ignore\n") + "docker.image('x:1')",
    "a pod": "podTemplate(yaml: '''containers:\n" + many("- image: x:1\n") + "''')",
    "pods": many("podTemplate(yaml: '''containers: [{image: 'x:1'}]''')\n"),
    "pods that are not YAML": many('podTemplate(yaml: """a: [image: $x""")\n'),
    "a pod of comments": "podTemplate(yaml: '''image:\n" + many("# pinner: ignore\n") + "''')",
    "escapes of a pod": "podTemplate(yaml: '''image: \"" + many("\\\\u0061") + "\"''')",
}


@pytest.mark.parametrize("name", LARGE)
def test_large_texts_take_bounded_time(name):
    text = f"// docker image\n{LARGE[name]}".encode()
    bounded(lambda: scan_bytes(SCANNER, text, PATH))

"""Bake files: contexts, inline Dockerfiles, generators, and what variables supply."""

import json

import pytest
from scanning import bounded, check, gists, listed, scan_bytes

from pinner.model.errors import ScanError
from pinner.scanners.all_scanners import BUILT_IN
from pinner.scanners.mentions import BuiltImage
from pinner.spans.source import decode_source

SCANNER = BUILT_IN["bake"]
PATH = "docker-bake.hcl"


def target(*lines):
    return 'target "a" {\n' + "".join(f"  {line}\n" for line in lines) + "}\n"


def contexts(*values):
    return target("contexts = {", *(f"  c{at} = {value}" for at, value in enumerate(values)), "}")


def variable(name, default):
    return f'variable "{name}" {{\n  default = {default}\n}}\n'


@pytest.mark.parametrize("path", [
    PATH, "ci/docker-bake.override.hcl", "docker-bake.dev.hcl", "app.bake.hcl",
])  # fmt: skip
def test_files(path):
    check("bake", path, contexts('"docker-image://x:1"'), contexts('"docker-image://x:1@D"'))


@pytest.mark.parametrize("after", [
    contexts('"docker-image://alpine:3.19@D"', '"target:b"', '"../x"'),
    target('contexts = { "base" : "docker-image://a:1@D", b = "docker-image://b:1@D" }'),
    target('contexts = merge({ a = "docker-image://a:1@D" }, { b = X })'),
    target('contexts = USE ? { a = "docker-image://a:1@D" } : {}'),
    contexts('"docker-image://gh\\u0063r.io/a/b:\\u0031@D"'),
    contexts('"docker-image://x:1@D" # why', '"docker-image://y:1@D" // why',
             '/* why */ "docker-image://z:1@D"'),
    target('attest = ["type=provenance", "type=sbom,generator=a/b:1@D"]'),
    target('attest = ["generator=a/b:1@D,type=sbom"]'),
    target('attest = [{ type = "sbom", generator = "a/b:1@D" }]'),
    target('attest = ["type=sbom,\\"generator=a/b:1@D\\",x=y"]'),
    variable("G", '["type=sbom,generator=a/b:1@D"]') + target("attest = G"),
    variable("C", '{ x = "docker-image://x:1@D" }') + target("contexts = C"),
    target('contexts = { for n in ["a", "b"] : n => "docker-image://x:1@D" }'),
    target('contexts = merge([for n in ["a", "b"] : { (n) = "docker-image://x:1@D" }]...)'),
    target('args = { V = "2@D" }', 'dockerfile-inline = "ARG V=1\\nFROM a:$V"'),
    target('args = { B = "b:2@D" }', 'dockerfile-inline = "ARG B\\nFROM $B"'),
    target('args = { V = "2" }', 'dockerfile-inline = "ARG V=1\\nFROM a:$V@D\\nFROM b:$V@D"'),
    target("args = { V = null }", 'dockerfile-inline = "ARG V=1@D\\nFROM a:$V"'),
    target('dockerfile-inline = "ARG V=1\\nFROM a:$V"') + target('args = { V = "2@D" }'),
    target("dockerfile-inline = <<EOT", "FROM alpine:3.19@D", "COPY --from=busybox:1.36@D /a /b", "EOT"),
    target("dockerfile-inline = <<-EOT", "    FROM alpine:3.19@D AS a", "    FROM a", "  EOT"),
    target('dockerfile-inline = "FROM alpine:3.19@D\\nRUN echo \\"$${x}\\""'),
    target("dockerfile-inline = <<EOT\nARG V=1@D\nFROM a:$${V}\nEOT"),
    contexts('"docker-image://x:1@D"').replace("\n", "\r\n"),
    "\ufeff" + contexts('"docker-image://x:1@D"'),
    'target "a" { contexts = { x = "docker-image://x:1@D" } }',
    target('description = "a } b { \\"c"', 'contexts = { x = "docker-image://x:1@D" }'),
])  # fmt: skip
def test_found(after):
    check("bake", PATH, after.replace("@D", ""), after)


@pytest.mark.parametrize("before, after", [
    (variable("B", '"alpine:3.19"') + contexts('"docker-image://${B}"'),
     variable("B", '"alpine:3.19@D"') + contexts('"docker-image://${B}"')),
    (variable("B", '"docker-image://alpine:3.19"') + contexts("B"),
     variable("B", '"docker-image://alpine:3.19@D"') + contexts("B")),
    ('B = "alpine:3.19"\n' + contexts('"docker-image://${ B }"'),
     'B = "alpine:3.19@D"\n' + contexts('"docker-image://${ B }"')),
    (variable("V", '"3.19"') + contexts('"docker-image://alpine:${V}"'),
     variable("V", '"3.19@D"') + contexts('"docker-image://alpine:${V}"')),
    (variable("V", '"3.19"') + contexts('"docker-image://alpine:${V}"') + target('tags = ["a:${V}"]'),
     variable("V", '"3.19"') + contexts('"docker-image://alpine:${V}@D"') + target('tags = ["a:${V}"]')),
    (variable("V", '"3"') + contexts('"docker-image://alpine:${V}"', '"docker-image://b:${V}"'),
     variable("V", '"3"') + contexts('"docker-image://alpine:${V}@D"', '"docker-image://b:${V}@D"')),
    (variable("B", '"a:1"') + variable("C", '"${B}"') + contexts('"docker-image://${C}"'),
     variable("B", '"a:1@D"') + variable("C", '"${B}"') + contexts('"docker-image://${C}"')),
    (variable("R", '"ghcr.io"') + target('dockerfile-inline = "FROM ${R}/a:1"'),
     variable("R", '"ghcr.io"') + target('dockerfile-inline = "FROM ${R}/a:1@D"')),
    (variable("R", '"ghcr.io"') + contexts('"docker-image://${R}/a:1"'),
     variable("R", '"ghcr.io"') + contexts('"docker-image://${R}/a:1@D"')),
])  # fmt: skip
def test_variables(before, after):
    check("bake", PATH, before, after)


@pytest.mark.parametrize("after", [
    '{"target": {"a": {"contexts": {"x": "docker-image://x:1@D"}}}}',
    '{"target": [{"a": [{"contexts": {"x": "docker-image://x:1@D"}}]}]}',
    '{"target": {"a": {"dockerfile-inline": "FROM x:1@D\\nFROM y:1@D"}}}',
    '{"target": {"a": {"attest": ["type=sbom,generator=x:1@D", {"generator": "y:1@D"}]}}}',
    '{"variable": {"V": {"default": "1@D"}}, "target": {"a": {"contexts": {"x": "docker-image://x:${V}"}}}}',
    '{"target": {"a": {"dockerfile-inline": "FROM x:1@D\\nRUN echo $${x}"}}}',
    '{"target": {"a": {"args": {"V": "2@D"}, "dockerfile-inline": "ARG V=1\\nFROM a:$V"}}}',
    '{"target": {"a": {"dockerfile-inline": "FROM x:1@D\\nRUN echo $${ {y} }"}}}',
    '{\n\t"target": {"a": {"c\\u006fntexts": {"x": "docker-image:\\/\\/x:1@D"}}}}',
])  # fmt: skip
def test_found_in_json(after):
    check("bake", "docker-bake.json", after.replace("@D", ""), after)


@pytest.mark.parametrize("text", [
    target('tags = ["me/a:1"]', 'output = ["type=image,name=contexts/x:1"]'),
    target('cache-from = ["type=registry,ref=x:1"]', 'cache-to = ["x:1"] # contexts'),
    contexts('"target:b"', '"https://example.com/a.git"', '"./docker-image"', '"x:1"'),
    contexts('"oci-layout://x:1"', '"DOCKER-IMAGE://x:1"'),
    contexts("1", "true", "null", "[]", '""'),
    target('attest = ["type=sbom", "type=provenance,mode=max"]', 'x = "generator=x:1"'),
    target('attest = ["type=sbom,mygenerator=x:1", {type = "sbom"}]'),
    target('labels = { contexts = "docker-image://x:1", image = "x:1" }'),
    target('dockerfile-inline = "FROM scratch"'),
    target('dockerfile-inline = ""'),
    target('contexts = { "a:1" = "target:x" }', 'dockerfile-inline = "FROM a:1 AS b\\nFROM scratch"')
    .replace("a:1 AS", "scratch AS"),
    target('# contexts = { x = "docker-image://x:1" }', '/* dockerfile-inline = "FROM x:1" */'),
    'group "a" {\n  contexts = { x = "docker-image://x:1" }\n}\n',
    'contexts = { x = "docker-image://x:1" }\n',
    variable("contexts", '"docker-image://x:1"'),
    target('args = { contexts = "x:1" }'),
    target("dockerfile-inline = <<-EOT", "# FROM x:1", "RUN <<E", "FROM x:1", "E", "EOT"),
    "",
])  # fmt: skip
def test_left_alone(text):
    found = scan_bytes(SCANNER, text.encode(), PATH)
    assert not [seen for seen in found if seen.reference is not None]
    assert gists(found) == []


@pytest.mark.parametrize("text", [
    contexts('USE ? "docker-image://x:1" : "docker-image://y:1"'),
    contexts('"docker-image://${lower(X)}:1"'),
    contexts('format("docker-image://%s", X)'),
    contexts('"docker-image://x:${item}"'),
    variable("X", 'notequal("", Y) ? "a" : "b"') + contexts('"docker-image://x:${X}"'),
    variable("X", '"${Y}"') + variable("Y", '"${X}"') + contexts('"docker-image://x:${X}"'),
    target('dockerfile-inline = "FROM ${lower(X)}"'),
    contexts('"docker-image://x:${v}"') + variable("v", '"0"') + target('matrix = { v = ["1", "2"] }'),
    variable("V", '"0"') + target('contexts = merge([for V in ["1", "2"] : { (V) = "docker-image://x:${V}" }]...)'),
    variable("C", 'format("docker-image://%s", X)') + contexts("C"),
    'function "f" {\n  params = [v]\n  result = "docker-image://x:${v}"\n}\n' + contexts('f("1")'),
    target('attest = ["type=sbom,generator=${X}"]'),
    target('attest = [{type = "sbom", generator = X}]'),
    target('dockerfile-inline = "FROM x:1%{ if X }\\nFROM y:1%{ endif }"'),
])  # fmt: skip
def test_templated(text):
    found = scan_bytes(SCANNER, text.encode(), PATH)
    assert [reason for _, _, reason in gists(found)] == ["templated"]


@pytest.mark.parametrize("text, gist", [
    (variable("V", "null") + contexts('"docker-image://x:${V}"'), (6, None, "unset-variable")),
    ('variable "V" {}\n' + contexts('"docker-image://${V}"'), (4, None, "unset-variable")),
    (variable("V", '"docker-image://x:1"') + contexts("V") + target("x = V"),
     (6, "x:1", "unsupported-edit")),
    (variable("B", '"x:1"') + variable("C", "B") + contexts('"docker-image://${C}"') + target("x = B"),
     (5, "x:1", "unsupported-edit")),
    (variable("F", '"FROM x:1\\nRUN y"') + target("dockerfile-inline = F"), (5, "x:1", "unsupported-edit")),
    (variable("F", '"FROM x:1\\nRUN y"') + target('dockerfile-inline = "${F}"'), (5, "x:1", "unsupported-edit")),
    (variable("B", '"x:1"') + target("x = B", "args = { B = B }", 'dockerfile-inline = "ARG B\\nFROM $B"'),
     (6, "x:1", "unsupported-edit")),
    (target("args = { V = f(X) }", 'dockerfile-inline = "ARG V=1\\nFROM a:$V"'), (3, None, "unset-variable")),
    (target("args = { V = v }", 'matrix = { v = ["1"] }', 'dockerfile-inline = "ARG V=1\\nFROM a:$V"'),
     (4, None, "unset-variable")),
    (target('dockerfile-inline = "ARG V=1\\nFROM a:$V"')
     + 'target "b" {\n  inherits = ["a"]\n  args = { V = "2" }\n}\n', (2, None, "unset-variable")),
    ('target "p" {\n  args = { V = "2" }\n}\n'
     + target('inherits = ["p"]', 'dockerfile-inline = "ARG V=1\\nFROM a:$V"'), (2, "a:2", "unsupported-edit")),
    ('target "p" {\n  contexts = { b = "target:x" }\n}\n'
     + target('inherits = ["p"]', 'dockerfile-inline = "FROM b"'), (6, "b:latest", "built-locally")),
    (target('dockerfile-inline = "FROM b"') + target('contexts = { b = "target:x" }'),
     (2, "b:latest", "built-locally")),
    (contexts('"docker-image://"'), (3, None, "invalid-reference")),
    (contexts('"docker-image://x:1" # pinner: ignore'), (3, "x:1", "ignored")),
    (contexts('"docker-image://x:1"').replace("  contexts", "  // pinner: ignore\n  contexts"),
     (4, "x:1", None)),
    (target('contexts = { b = "target:x" }', 'dockerfile-inline = "FROM b"'), (3, "b:latest", "built-locally")),
])  # fmt: skip
def test_reasons(text, gist):
    assert gists(scan_bytes(SCANNER, text.encode(), PATH)) == [gist]


@pytest.mark.parametrize("path, text, line", [
    (PATH, 'target "a" {\n  contexts = {\n', 3),
    (PATH, 'target "a" {\n  contexts = "x\n"\n}\n', 2),
    (PATH, "# contexts\nfoo\n", 2),
    (PATH, "contexts = <<EOT\nx\n", 1),
    (PATH, 'contexts = "\\q"\n', 1),
    (PATH, "contexts = \n", 1),
    (PATH, "contexts = /* open\n", 1),
    (PATH, "contexts = [1 2]\n", 1),
    (PATH, "contexts = {1}\n", 1),
    (PATH, "contexts = {a = 1 b = 2}\n", 1),
    ("docker-bake.json", '{"contexts":\n', 1),
    ("docker-bake.json", '{"contexts": 1} // x', 1),
    (PATH, "# contexts\n" + 'target "a" {\n}\n' * 2001, 4002),
])  # fmt: skip
def test_refused(path, text, line):
    with pytest.raises(ScanError) as caught:
        scan_bytes(SCANNER, text.encode(), path)
    assert caught.value.line == line


def mentions(text, path=PATH):
    return list(SCANNER.mentions(decode_source(path, text.encode())))


@pytest.mark.parametrize("text, paths", [
    (target(), ["Dockerfile"]),
    (target('context = "web"'), ["web/Dockerfile"]),
    (target('context = "./web"', 'dockerfile = "../Base"'), ["Base"]),
    (variable("C", '"web"') + target("context = C", 'dockerfile = "${C}.df"'), ["web/web.df"]),
    ('target "p" {\n  dockerfile = "P"\n  context = "p"\n}\n' + target('inherits = ["p"]'),
     ["p/P", "p/P"]),
    ('target "p" {\n  dockerfile = "P"\n}\n' + target('inherits = ["p"]', 'dockerfile = "Q"'),
     ["P", "Q"]),
    (target('inherits = ["a"]'), ["Dockerfile"]),
    (target('context = "https://example.com/a.git"'), []),
    (target('context = "/srv"'), []),
    (target('context = "${X}"'), []),
    (target("dockerfile = X"), []),
    (target('dockerfile-inline = "FROM x:1"'), []),
    ("target", []),
])  # fmt: skip
def test_dockerfiles(text, paths):
    assert [one.path for one in mentions(text)] == paths


def test_paths_begin_beside_the_file_or_at_the_root():
    assert [one.path for one in mentions(target(), "ci/docker-bake.hcl")] == [
        "ci/Dockerfile",
        "Dockerfile",
    ]


def test_a_bare_variable_takes_no_digest(project):
    bake = variable("B", '"b:1"') + target("args = { B = B }", "labels = { b = B }")
    project.write(PATH, bake)
    project.write("Dockerfile", "ARG B\nFROM $B\n")
    found = json.loads(project.pinner("list", "--format", "json").out)["references"]
    assert [(row["reference"], row["reason"]) for row in found if row["file"] == PATH] == [
        ("docker.io/library/b:1", "unsupported-edit")
    ]


def test_tags_are_built_here():
    text = variable("V", '"1"') + target('tags = ["me/a:${V}", "me/b", "${lower(X)}", ""]')
    built = [str(one.reference) for one in mentions(text) if isinstance(one, BuiltImage)]
    assert built == ["docker.io/me/a:1", "docker.io/me/b:latest"]


def test_arguments_and_contexts_reach_the_dockerfile(project):
    bake = (
        variable("BASE", '"b:1"')
        + variable("V", '"2"')
        + 'target "p" {\n  args = { A = "a:1", D = "d:${V}" }\n}\n'
        + target('inherits = ["p"]', "args = { B = BASE }", 'contexts = { base = "target:c" }')
    )
    project.write(PATH, bake)
    dockerfile = "ARG A\nARG B\nARG D=d:1\nFROM $A\nFROM ${B}\nFROM base\nFROM me/x:1\nFROM $D\n"
    project.write("Dockerfile", dockerfile)
    project.write("b.bake.hcl", 'target "x" {\n  context = "nowhere"\n  tags = ["me/x:1"]\n}\n')
    rows = listed(project)
    assert ("Dockerfile", "docker.io/library/base:latest", "built-locally") in rows
    assert ("Dockerfile", "docker.io/me/x:1", "built-locally") in rows
    assert (PATH, "docker.io/library/a:1", None) in rows
    assert (PATH, "docker.io/library/b:1", None) in rows
    assert ("Dockerfile", "docker.io/library/d:1", None) in rows
    assert (PATH, "docker.io/library/d:2", None) in rows
    found = json.loads(project.pinner("list", "--format", "json").out)["references"]
    texts = {row["reference"]: row["text"] for row in found if row["file"] == PATH}
    assert texts["docker.io/library/a:1"] == "a:1"
    assert texts["docker.io/library/b:1"] == "b:1"


BIG = 300_000


def many(unit):
    return unit * (BIG // len(unit))


LARGE = {
    "targets": many('target "a" {\n}\n'),
    "contexts": 'target "a" {\n contexts = {\n' + many(' a = "docker-image://x:1"\n') + "}\n}\n",
    "variables": many('variable "V" {\n default = "x"\n}\n'),
    "variables of variables": 'V0 = "a:1"\n'
    + "".join(f'V{n} = "${{V{n - 1}}}"\n' for n in range(1, 15_000))
    + contexts('"docker-image://${V14999}"'),
    "holes": contexts('"docker-image://' + many("${V}") + '"') + 'V = "x"\n',
    "growing": "".join(f'V{n} = "${{V{n - 1}}}${{V{n - 1}}}"\n' for n in range(1, 9_000))
    + 'V0 = "x"\n' + contexts('"docker-image://${V60}"'),
    "inherited": "".join(
        f'target "t{n}" {{\n inherits = ["t{n - 1}"]\n args = {{ A{n} = "x" }}\n}}\n' for n in range(1, 800)
    ),
    "inherited by inline Dockerfiles": "".join(
        f'target "t{n}" {{\n inherits = ["t{n - 1}"]\n args = {{ A{n} = "x" }}\n dockerfile-inline = "FROM x:1"\n}}\n'
        for n in range(1, 2000)
    ),
    "heirs of an inline Dockerfile": target('dockerfile-inline = "FROM x:1"') + "".join(
        f'target "t{n}" {{\n inherits = ["a"]\n args = {{ A{n} = "x" }}\n}}\n' for n in range(1, 2000)
    ),
    "an inline Dockerfile": 'target "a" {\n dockerfile-inline = <<E\n' + many("FROM x:1\n") + "E\n}\n",
    "an escaped Dockerfile": 'target "a" {\n dockerfile-inline = "' + many("FROM x:1\\n") + '"\n}\n',
    "nested heredocs": "".join(f"a = <<E{n}\n${{\n" for n in range(90)) + many("x\n"),
    "heredocs in heredocs": "a = " + "".join(f"<<E{n}\n${{\n" for n in range(90)) + many("x +\n") + "1\n"
    + "".join(f"E{n}\n}}\n" for n in reversed(range(90))),
    "open comments": "a = 1 " + many("/* a "),
    "attest": 'target "a" {\n attest = ["' + many(",generator=x:1") + '"]\n}\n',
    "ignored": 'target "a" {\n contexts = { a = "docker-image://x:1" }\n} ' + many("# pinner: ignore "),
    "brackets": "a = " + many("["),
    "quotes": "a = " + many('"'),
    "conditions": "a = " + many("x ? "),
    "minus": "a = " + many("-"),
    "dollars": 'a = "' + many("$") + '"\n',
    "escaped dollars": 'a = "' + many("$${") + '"\n',
    "steps": "a = b" + many("[0]") + "\n",
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
def test_large_texts_take_bounded_time(name):
    text = f"# contexts\n{LARGE[name]}"
    bounded(lambda: scan_bytes(SCANNER, text.encode(), PATH))
    bounded(lambda: list(SCANNER.mentions(decode_source(PATH, text.encode()))))


@pytest.mark.parametrize("text", [
    '{"contexts":' + many("[") + "}",
    '{"target": {' + many('"a": {},') + '"b": {}}}',
    '{"target": {"a": {"contexts": {' + many('"a": "docker-image://x:1",') + '"b": ""}}}}',
    '{"contexts": "' + many("${") + '"}',
    '{"contexts": "' + many("${x}") + '"}',
    '{"contexts": "' + many("\\u0024") + '"}',
])  # fmt: skip
def test_large_json_takes_bounded_time(text):
    bounded(lambda: scan_bytes(SCANNER, text.encode(), "docker-bake.json"))

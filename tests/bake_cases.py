"""Bake files, for the real bake and for the scanner."""

D = "@sha256:" + "a" * 64


def target(*lines, name="a"):
    return f'target "{name}" {{\n' + "".join(f"  {line}\n" for line in lines) + "}\n"


def contexts(*values, name="a"):
    lines = (f"  c{at} = {value}" for at, value in enumerate(values))
    return target("contexts = {", *lines, "}", name=name)


def variable(name, default):
    return f'variable "{name}" {{\n  default = {default}\n}}\n'


def inline(*lines, sign="<<EOT"):
    return (f"dockerfile-inline = {sign}", *lines, "EOT")


HCL = {
    "contexts": contexts('"docker-image://alpine:3.19"', '"docker-image://x/y"', '"../x"', '"https://x.io/a.git"'),
    "a context that is pinned": contexts(f'"docker-image://x:1{D}"', '"docker-image://y:1"'),
    "colons and commas": target('contexts = { "base" : "docker-image://a:1", b = "docker-image://b:1", }'),
    "a target of one line": 'target "a" { contexts = { x = "docker-image://x:1" } }',
    "windows' line ends": contexts('"docker-image://x:1"').replace("\n", "\r\n"),
    "a heredoc on windows": target(*inline("FROM x:1", "COPY --from=y:1 /a /b")).replace("\n", "\r\n"),
    "escapes of characters": contexts('"docker-image://gh\\u0063r.io/a/b:\\u0031"', '"docker-\\u0069mage://x:1"'),
    "comments": "# a\n// b\n/* c\n d */\n" + contexts(
        '"docker-image://x:1" # why', '"docker-image://y:1" // why', '/* why */ "docker-image://z:1" /* so */'),
    "comments between": target("contexts = { # a", "  // b", '  x = "docker-image://x:1", # c', "  /* d */", "}"),
    "parentheses over lines": target("contexts = { x = ( # a", '"docker-image://x:1" // b', ") }"),
    "a heredoc": target(*inline("FROM alpine:3.19", "COPY --from=busybox:1.36 /a /b")),
    "an indented heredoc": target(
        "dockerfile-inline = <<-EOT", "    FROM alpine:3.19 AS a", "", "      RUN x", "    FROM a", "  EOT"),
    "a quoted Dockerfile": target('dockerfile-inline = "FROM alpine:3.19\\nRUN echo \\"$${x}\\"\\n"'),
    "a context in a heredoc": target("contexts = {", "x = trimspace(<<EOT", "docker-image://x:1", "EOT", ")", "}"),
    "escaped interpolation": target(*inline("ARG V=1", "FROM a:$${V}", "RUN echo %%{ if } $$x $x 5% $${y}")),
    "three dollars": target("labels = { a = " + '"$$${V}", b = "$$$${V}", c = "$$x$"' + " }")
    + variable("V", '"1"') + contexts('"docker-image://x:1"'),
    "a bare variable": target(*inline("ARG V=1", "FROM a:$V")),
    "a whole variable": variable("B", '"alpine:3.19"') + contexts('"docker-image://${B}"'),
    "a variable with the scheme": variable("B", '"docker-image://alpine:3.19"') + contexts("B"),
    "a variable in blanks": variable("B", '"alpine:3.19"') + contexts('"docker-image://${ B }"'),
    "a variable without a block": 'B = "alpine:3.19"\n' + contexts('"docker-image://${B}"'),
    "a variable's tag": variable("V", '"3.19"') + contexts('"docker-image://alpine:${V}"'),
    "a number": variable("V", "3") + contexts('"docker-image://alpine:${V}"'),
    "a fraction": variable("V", "3.20") + contexts('"docker-image://alpine:${V}"'),
    "a tag for more than images": variable("V", '"3"') + contexts('"docker-image://x:${V}"')
    + target('tags = ["me/a:${V}"]', 'labels = { v = "${V}" }'),
    "a tag of two images": variable("V", '"3"') + contexts('"docker-image://a:${V}"', '"docker-image://b:${V}"'),
    "a whole variable as label": variable("B", '"a:1"') + contexts('"docker-image://${B}"') + target("labels = { b = B }"),
    "a registry": variable("R", '"ghcr.io"') + contexts('"docker-image://${R}/a:1"')
    + target('dockerfile-inline = "FROM ${R}/b:1"', name="b"),
    "variables of variables": variable("B", '"a:1"') + variable("C", '"${B}"') + contexts('"docker-image://${C}"'),
    "a variable's variable in parts": variable("N", '"a"') + variable("V", '"1"') + variable("C", '"${N}:${V}"')
    + contexts('"docker-image://${C}"'),
    "a typed variable": 'variable "B" {\n  type = string\n  default = "a:1"\n'
    '  validation {\n    condition = B != ""\n    error_message = "No ${B}."\n  }\n}\n' + contexts('"docker-image://${B}"'),
    "a condition": variable("USE", "true")
    + target('contexts = USE ? { a = "docker-image://a:1" } : { a = "docker-image://b:1" }'),
    "merged contexts": target('contexts = merge({ a = "docker-image://a:1" }, { b = "docker-image://b:1" })'),
    "loops over two": variable("L", "2") + target('tags = [for n in ["a", "b"] : "me/${n}"]', 'contexts = merge([for L in ["1", "2"] : '
                                '{ "c${L}" = "docker-image://x:${L}", b = "docker-image://b:1" }]...)'),
    "directives over lists": contexts('"docker-image://x:1%{ for n in ["a", "b"] ~}-${n}%{ endfor }"', '"docker-image://b:1"'),
    "a variable of contexts": variable("C", '{ x = "docker-image://a:1" }') + target("contexts = C"),
    "a function's variable": variable("C", 'format("docker-image://a:%s", "1")') + contexts("C", '"docker-image://b:1"'),
    "a variable's name as default": variable("B", '"a:1"') + variable("C", "B") + contexts('"docker-image://${C}"')
    + target("labels = { b = B }"),
    "a variable's name as argument": variable("B", '"a:1"')
    + target("args = { B = B }", "labels = { b = B }", *inline("ARG B", "FROM $B")),
    "a Dockerfile in a variable": variable("F", '"FROM a:1\\nRUN x\\n"') + target("dockerfile-inline = F"),
    "a Dockerfile of variables": variable("F", '"FROM a:1\\nRUN x\\n"') + variable("L", '"FROM b:1"')
    + target('dockerfile-inline = "${F}RUN y\\n${L}"'),
    "loops": target('contexts = { for n in ["x"] : n => "docker-image://a:1" }'),
    "a function": variable("B", '"a:1"') + contexts('"docker-image://${lower(B)}"', '"docker-image://b:1"'),
    "functions of one's own": 'function "tag" {\n  params = [v]\n  result = "docker-image://a:${v}"\n}\n'
    + contexts('tag("1")', '"docker-image://b:1"'),
    "a condition in text": variable("V", '"1"') + contexts('"docker-image://x:1%{ if V == "" }-a%{ endif }"'),
    "inherited contexts": contexts('"docker-image://a:1"') + target('inherits = ["a"]', name="b")
    + target('inherits = ["a"]', 'contexts = { c0 = "docker-image://c:1" }', name="c"),
    "targets' contexts": target(*inline("FROM b AS x", "FROM c"), 'contexts = { b = "target:b" }')
    + target(*inline("FROM y:1"), name="b"),
    "inherited contexts in an inline Dockerfile": target('contexts = { b = "target:b" }', name="p")
    + target('inherits = ["p"]', *inline("FROM b")) + target(*inline("FROM y:1"), name="b"),
    "a context given later": target(*inline("FROM base:1")) + contexts('"docker-image://z:1"').replace("c0", '"base:1"'),
    "a block again": target(*inline("FROM x:1")) + target('tags = ["me/a:1"]') + target(*inline("FROM y:1")),
    "arguments": target('args = { V = "2" }', *inline("ARG V=1", "FROM a:$${V}")),
    "arguments with no default": target('args = { B = "b:2" }', *inline("ARG B", "FROM $B")),
    "a whole argument": target('args = { B = "b:2" }', *inline("ARG B=b:1", "FROM $B")),
    "an argument of two images": target('args = { V = "2" }', *inline("ARG V=1", "FROM a:$V", "FROM b:$V")),
    "an argument of null": target("args = { V = null }", *inline("ARG V=1", "FROM a:$V")),
    "a variable's argument": variable("V", '"2"') + target("args = { V = V }", *inline("ARG V=1", "FROM a:$V")),
    "a function's argument": variable("V", '"2"')
    + target('args = { V = upper("${V}-x") }', *inline("ARG V=1", "FROM a:$V", "FROM b:1")),
    "inherited arguments": target('args = { V = "2" }', name="p")
    + target('inherits = ["p"]', *inline("ARG V=1", "FROM a:$V")),
    "arguments of an heir": target(*inline("ARG V=1", "FROM a:$V", "FROM b:1"), name="p")
    + target('inherits = ["p"]', 'args = { V = "2" }'),
    "arguments of a block again": target(*inline("ARG V=1", "FROM a:$V")) + target('args = { V = "2" }'),
    "a matrix": target('name = "a-${v}"', 'matrix = { v = ["1", "2"] }', "args = { V = v }",
                       *inline("ARG V=0", "FROM a:$V", "FROM b:1")),
    "a matrix of contexts": target('name = "a-${v}"', 'matrix = { v = ["1", "2"] }',
                                   'contexts = { a = "docker-image://a:${v}", b = "docker-image://b:1" }'),
    "a matrix beside a variable": variable("v", '"0"') + target(
        'name = "a-${v}"', 'matrix = { v = ["1", "2"] }', 'contexts = { a = "docker-image://a:${v}" }'),
    "a matrix of objects": target("name = i.name", 'matrix = { i = [{ name = "x", tag = "1" }] }',
                                  'contexts = { a = "docker-image://a:${i.tag}" }'),
    "generators": target('attest = ["type=provenance,mode=max", "type=sbom,generator=a/b:1"]'),
    "generators first": target('attest = ["generator=a/b:1,type=sbom"]'),
    "a generator in quotes": target('attest = ["type=sbom,\\"generator=a/b:1\\""]'),
    "a variable of generators": variable("G", '["type=sbom,generator=a/b:1"]') + target("attest = G"),
    "objects of generators": target('attest = [{ type = "sbom", generator = "a/b:1" }, { type = "provenance" }]'),
    "a variable's generator": variable("G", '"a/b:1"') + target('attest = ["type=sbom,generator=${G}"]'),
    "inherited generators": target('attest = ["type=sbom,generator=a:1"]', name="p")
    + target('inherits = ["p"]', 'attest = ["type=sbom,generator=b:1"]'),
    "what a build makes": target('tags = ["me/a:1"]', 'output = ["type=image,name=me/b:1"]',
                                 'cache-from = ["type=registry,ref=me/c:1"]', 'contexts = { x = "docker-image://x:1" }'),
    "groups": 'group "default" {\n  targets = ["a", "b"]\n}\n' + contexts('"docker-image://x:1"')
    + contexts('"docker-image://x:1"', name="b"),
    "fields of targets": target('contexts = { x = "docker-image://x:1" }', name="b")
    + target("contexts = target.b.contexts"),
    "quoted keys": target('contexts = { "x" = "docker-image://x:1" }', '"tags" = ["me/a:1"]').replace('"tags"', "tags"),
    "keys of expressions": variable("K", '"x"') + target('contexts = { (K) = "docker-image://x:1", "${K}y" = "docker-image://y:1" }'),
    "upper case": contexts('"docker-image://x:1"', '"DOCKER-IMAGE://y:1"'),
    "an empty context": contexts('""', '"docker-image://x:1"'),
    "operators": variable("N", "1") + target(
        "no-cache = !(N > 2 && N < 1 || N == 4)", 'labels = { a = "${-N + 2 * 3 % 2}" }', 'contexts = { x = "docker-image://x:1" }'),
    "splats": variable("L", '[{ n = "a" }]') + target(
        "tags = L[*].n", 'labels = { a = L[0].n, b = join(",", [for x in L : x.n if x.n != ""]) }',
        'contexts = { x = "docker-image://x:1" }'),
}  # fmt: skip
JSON = {
    "JSON": '{"target": {"a": {"contexts": {"x": "docker-image://x:1"}}}}',
    "lists in JSON": '{"target": [{"a": [{"contexts": {"x": "docker-image://x:1"}}]}]}',
    "inline in JSON": '{"target": {"a": {"dockerfile-inline": "FROM x:1\\nFROM y:1\\nRUN echo $${x}"}}}',
    "generators in JSON": '{"target": {"a": {"attest": ["type=sbom,generator=x:1"]}}}',
    "objects of generators in JSON": '{"target": {"a": {"attest": [{"type": "sbom", "generator": "y:1"}]}}}',
    "variables in JSON": '{"variable": {"V": {"default": "1"}}, "target": {"a": {"contexts": {"x": "docker-image://x:${V}"}}}}',
    "a whole variable in JSON": '{"variable": {"B": {"default": "x:1"}}, "target": {"a": {"contexts": {"x": "docker-image://${B}"}}}}',
    "functions in JSON": '{"target": {"a": {"contexts": {"x": "docker-image://${lower(\\"A\\")}:1", "y": "docker-image://y:1"}}}}',
    "escapes in JSON": '{\n\t"target": {"a": {"c\\u006fntexts": {"x": "docker-image:\\/\\/x:1"}}}}',
    "arguments in JSON": '{"target": {"a": {"args": {"V": "2"}, "dockerfile-inline": "ARG V=1\\nFROM a:$V"}}}',
    "comments in JSON": '{"//": "a", "target": {"a": {"//": "b", "contexts": {"x": "docker-image://x:1"}}}}',
    "braces in JSON": '{"target": {"a": {"contexts": {"x": "docker-image://${ {a=\\"x\\"}.a }:1", "y": "docker-image://y:1"}}}}',
    "dollars in JSON": '{"target": {"a": {"labels": {"l": "$$${x} %%{y}"}, "contexts": {"x": "docker-image://x:1"}}},'
    ' "variable": {"x": {"default": "1"}}}',
}  # fmt: skip
BELOW = variable("V", '"1"') + target('args = { V = "1" }', *inline("ARG V=0", "FROM a:$V"))
BESIDE = {
    "an override's target": (BELOW, target('contexts = { x = "docker-image://x:1" }')),
    "an override's variable": (BELOW, variable("V", '"2"') + contexts('"docker-image://x:${V}"')),
    "an override's inline Dockerfile": (BELOW, target(*inline("FROM y:1"))),
}


def cases():
    """Give each case: its name, its files, and the path of the one that is pinned."""
    for name, text in HCL.items():
        yield name, {"docker-bake.hcl": text}, "docker-bake.hcl"
    for name, text in JSON.items():
        yield name, {"docker-bake.json": text}, "docker-bake.json"
    for name, (below, text) in BESIDE.items():
        files = {"docker-bake.hcl": below, "docker-bake.override.hcl": text}
        yield name, files, "docker-bake.override.hcl"

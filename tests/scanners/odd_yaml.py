"""YAML written as oddly as it can be: compose files and manifests whose images are hard to see."""

import base64

IMAGE = "registry.example.com/x"
BLANKS = (" ", " ", " ", "  ", "\t", " \t")
BINARY_TAGS = ("!!binary ", "!<tag:yaml.org,2002:binary> ")
STRING_TAGS = (
    "!!str ",
    "! ",
    "!mine ",
    "!!strx ",
    "!!integer ",
    "!override ",
    "!<tag:yaml.org,2002:str> ",
)
ENDS = ("\n", "\n", "\n", "\r\n")
BETWEEN = ("---\n", "...\n---\n", "--- # x\n", "---\t\n", "...\n", "--- |\n  a: b\n---\n")
ODD = ("", "", "", "x: [{}]\n", "x: 'a''b'\n", "? x\n", "x: &a [*a]\n", "x: |2\n   y\n", "x: >+\n  y\n\n", "\ty: 1\n",
       "x:\ty\n", 'x: "\\\n  y"\n', "x: @y\n", "x: `y\n", "x: %y\n", "x: a: b\n", "x: {a, b: c}\n", "x: [a: b]\n",
       "x: ? y\n", "x: - y\n", "x: 'a\n", "# \x07\n", "x: \x85y\n", "x: \u2028y\n", "x: y\u00a0# z\n", "x: !\n", "x: !!\n",
       "x: !a!b y\n", "x: *y\n", "x: {? y}\n", "x: {y:z}\n", "x: {y: z:1}\n", "x: ['y':z]\n", 'x: {"y":z}\n', "x: &é y\n",
       "x: &a&b y\n", "x: [a,]\n", "x: [,a]\n", "x: {,}\n", "x: - \n", "x:\n- y\n", "x:\n -\ty\n", 'x: "a"b\n', "x: y #z\n",
       "x: y\t#z\n", "x: |\t#z\n  y\n", "x: |#z\n  y\n", "x: |-1 \n y\n", "x:\r y\n", "x: \ufeffy\n", "x: >\n\ty\n", "<<: {y: z}\n",
       "<<: [{y: z}, {y: q}]\n", "!!binary eA==: y\n", "x: 0x1\nx: 2\n", "1: 2\n", "~: 2\n", "[a]: 2\n", "{a: b}: 2\n",
       "%YAML 1.1\n", "x: 'a' 'b'\n", "x: y: \n", 'x: "\\q"\n', 'x: "\\/"\n', "x: '\t'\n", "x: a\tb\n", "x:\n\n\t\n  y: z\n",
       "x: {a: 'b'\n}\n", "x: [\na\n]\n", "x: [\n\ta\n]\n", "x:    \n   - y\n", "x: \x7fy\n", "{{ x }}\n", "{% x %}\n",
       "x: {{ y }}\n", "x: '{{ y }}'\n", "x: <%= y %>\n", "# {{ x }}\n")  # fmt: skip


class Writer:
    """Writes plain values as YAML in any style; `odds` is the chance of an odd one."""

    def __init__(self, source, odds=0.2):
        self.source = source
        self.odds = odds
        self.anchors = []

    def rarely(self):
        return self.source.random() < self.odds

    def pick(self, *choices):
        return self.source.choice(choices)

    def scalar(self, text, *, key=False):
        if not self.rarely():
            return text if text and text[0] not in "{[&*!|>'\"%@`#$-? " else f"'{text}'"
        styles = (
            self.quoted,
            self.quoted,
            self.escaped,
            self.tagged,
            self.tagged,
            self.anchored,
            self.folded,
        )
        return (
            self.pick(*styles)(text)
            if key or self.source.random() < 0.9
            else f"!!str\n          {text}"
        )

    def quoted(self, text):
        return self.pick(f"'{text}'", f'"{text}"')

    def escaped(self, text):
        at = self.source.randrange(max(len(text), 1))
        code = self.pick(f"\\x{ord(text[at]):02x}", f"\\u{ord(text[at]):04x}")
        return f'"{text[:at]}{code}{text[at + 1 :]}"'

    def tagged(self, text):
        if self.source.random() < 0.5:
            return self.pick(*BINARY_TAGS) + base64.b64encode(text.encode()).decode()
        return self.pick(*STRING_TAGS) + text

    def anchored(self, text):
        name = f"n{len(self.anchors)}"
        self.anchors.append(name)
        return f"&{name} {text}"

    def folded(self, text):
        at = self.source.randrange(len(text))
        return f'"{text[:at]}\\\n      \t{text[at:]}"'

    def key(self, text, pad):
        if self.rarely() and self.rarely():
            return f"? {self.scalar(text, key=True)}{self.pick('', ' # x')}\n{pad}:"
        return self.scalar(text, key=True) + self.pick("", "", "", " ", "\t") * self.rarely() + ":"

    def gap(self):
        return self.pick(*BLANKS) if self.rarely() else " "

    def flow(self, value):
        if isinstance(value, dict):
            pairs = [
                f"{self.key(k, '').replace(chr(10), ' ')}{self.gap()}{self.flow(v)}"
                for k, v in value.items()
            ]
            return "{" + f",{self.gap()}".join(pairs) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(self.flow, value)) + self.pick("", ",") * self.rarely() + "]"
        return self.scalar(value)

    def block(self, value, depth=0):
        pad = "  " * depth
        if not value or isinstance(value, str):
            return (
                f" {self.scalar(value)}\n"
                if isinstance(value, str)
                else " " + self.flow(value) + "\n"
            )
        if self.rarely() and depth:
            return self.gap() + self.flow(value) + self.pick("\n", " # x\n", "\t# x\n")
        lines = ["\n" if depth else ""]
        if isinstance(value, list):
            for item in value:
                inner = self.block(item, depth + 1)
                if isinstance(item, dict) and inner.startswith("\n"):
                    inner = (
                        self.gap().ljust(1) + inner[1:].lstrip(" ") if not self.rarely() else inner
                    )
                lines.append(f"{pad}-{inner}")
            return "".join(lines)
        lines += [self.pair(key, each, depth, pad) for key, each in value.items()]
        if self.rarely() and self.rarely():
            self.source.shuffle(lines[1:])
            lines.append(self.source.choice(lines[1:]))
        return "".join(lines)

    def pair(self, key, value, depth, pad):
        written = f"{pad}{self.key(key, pad)}"
        if isinstance(value, str):
            if self.rarely() and self.rarely():
                return f"{written} {self.pick('|-', '>-', '|', '>', '|+2')}\n{pad}    {value}\n"
            if self.rarely() and self.rarely():
                merge = self.pick("<<", "!!merge <<", '!!merge "<<"', '"<<"', "! <<")
                extra = self.pick("", f"{pad}{key}: {IMAGE}:9\n")
                merged = f"{pad}{merge}: {{{key}: '{value}'}}\n"
                return self.pick(merged + extra, extra + merged)
            return written + self.gap() + self.scalar(value) + self.pick("", " # x", "\t# x") + "\n"
        return written + self.block(value, depth + 1)

    def finish(self, text):
        if self.rarely():
            at = text.find("\n", self.source.randrange(len(text))) + 1
            text = text[:at] + self.source.choice(ODD) + text[at:]
        if self.rarely():
            text = self.source.choice(ODD) + text
        if self.rarely():
            text += self.source.choice(ODD)
        if self.rarely() and self.anchors:
            text = text.replace(f"{IMAGE}:1", f"*{self.anchors[0]} ", 1)
        if self.rarely():
            text = text.replace("\n", self.pick(*ENDS))
        if self.rarely() and self.rarely():
            at = self.source.randrange(len(text))
            text = (
                text[:at]
                + self.pick("\t", " ", "\n", "'", '"', "#", "{", "}", "\\", "$", "!", "&a ", "\r")
                + text[at:]
            )
        return self.pick("", "", "", "\ufeff", "---\n", "%YAML 1.2\n---\n") * self.rarely() + text


def odd_compose(source):
    """Make a compose file of few services."""
    writer = Writer(source, source.choice((0.05, 0.2, 0.4)))
    tag = iter(range(1, 20))
    services = {}
    for name in ("a", "b", "c")[: source.randrange(1, 4)]:
        service = {"image": f"{IMAGE}:{next(tag)}"}
        extra = source.randrange(10)
        if extra == 0:
            service["build"] = source.choice([".", {"context": "."}])
            service["pull_policy"] = source.choice(
                ["always", "build", "never", "missing", "daily", "if_not_present"]
            )
        elif extra == 1:
            service["build"] = {
                "context": ".",
                "additional_contexts": {"x": f"docker-image://{IMAGE}:{next(tag)}"},
            }
        elif extra == 2:
            service["volumes"] = [
                {"type": "image", "source": f"{IMAGE}:{next(tag)}", "target": "/x"}
            ]
        elif extra == 3:
            service["pre_start"] = [{"image": f"{IMAGE}:{next(tag)}", "command": "true"}]
        elif extra == 4:
            service["environment"] = {"image": f"{IMAGE}:{next(tag)}"}
        elif extra == 5:
            service["image"] = source.choice(
                ["${T:-IMAGE}", "${T-IMAGE}", "$${T}", "IMAGE${T-}", "IMAGE${T+x}"]
            ).replace("IMAGE", service["image"])
        services[name] = service
    text = writer.block({"services": services})
    return writer.finish(text)


def odd_manifest(source):
    """Make a stream of few objects."""
    writer = Writer(source, source.choice((0.05, 0.2, 0.4)))
    documents = []
    for number in range(source.randrange(1, 3)):
        spec = {"containers": [{"name": "a", "image": f"{IMAGE}:{number * 3 + 1}"}]}
        if source.random() < 0.3:
            spec["initContainers"] = [{"image": f"{IMAGE}:{number * 3 + 2}"}]
        if source.random() < 0.2:
            spec["volumes"] = [{"name": "v", "image": {"reference": f"{IMAGE}:{number * 3 + 3}"}}]
        kind = source.choice(["Pod", "Deployment", "CronJob", "List", "PodList"])
        body = {
            "apiVersion": {"Deployment": "apps/v1", "CronJob": "batch/v1"}.get(kind, "v1"),
            "kind": kind,
        }
        pod = {"apiVersion": "v1", "kind": "Pod", "spec": spec}
        body |= {
            "Pod": {"spec": spec},
            "Deployment": {"spec": {"template": {"spec": spec}}},
            "CronJob": {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}},
            "List": {"items": [pod]},
            "PodList": {"items": [{"spec": spec}]},
        }[kind]
        if source.random() < 0.3:
            body = dict(reversed(body.items()))
        if source.random() < 0.15:
            documents.append(writer.flow(body) + "\n")
        else:
            documents.append(writer.block(body))
    return writer.finish(source.choice(BETWEEN).join(documents))

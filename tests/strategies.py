"""Generated Dockerfiles, compose files and manifests: valid ones, and anything at all."""

from __future__ import annotations

from hypothesis import strategies as st

DIGEST = "sha256:" + "c" * 64

names = st.sampled_from(
    ["alpine", "nginx", "library/redis", "quay.io/a/b", "localhost:5000/x/y", "ghcr.io/o/p-q_r"]
)
tags = st.sampled_from(["", ":1", ":3.19", ":1.25-alpine", ":v1_2.3", ":latest"])
digests = st.sampled_from(["", "", "", f"@{DIGEST}"])
references = st.builds("{}{}{}".format, names, tags, digests)
odd_words = st.sampled_from(
    ["$BASE", "${BASE}", "alpine:$V", "alpine:${V:-3.19}", "${X:-nginx:1}", "a/b:${V%.*}",
     "alpine:3.${MINOR:-19}", "$REG/x:1", "x-$TARGETARCH", "UPPER", "a b", "{{ .x }}", "'q:1'",
     '"q:1"', "alp\\ine:1", "scratch", "$", "${", "é:1", "a@b", "img:${V}@" + DIGEST]
)  # fmt: skip
words = st.one_of(references, references, odd_words)
blanks = st.sampled_from([" ", "  ", "\t", " \\\n  ", " \\\n# comment\n  "])
line_ends = st.sampled_from(["\n", "\r\n"])
comments = st.sampled_from(["", "", "# text", "# pinner: ignore", "# FROM x:1"])


@st.composite
def dockerfiles(draw):
    lines = []
    if draw(st.booleans()):
        lines.append(draw(st.sampled_from(["# syntax=docker/dockerfile:1", "# escape=`", "#x"])))
    for name in draw(st.lists(st.sampled_from(["BASE", "V", "REG", "MINOR"]), max_size=3)):
        value = draw(st.sampled_from(["alpine:3.19", "3.19", "docker.io", "19", "", "$V", "'1'"]))
        lines.append(f"ARG {name}={value}")
    for number in range(draw(st.integers(1, 3))):
        keyword = draw(st.sampled_from(["FROM", "from"]))
        platform = draw(st.sampled_from(["", "--platform=linux/amd64 ", "--platform=$V "]))
        stage = draw(st.sampled_from(["", f" AS stage{number}", " as base"]))
        lines.append(f"{keyword}{draw(blanks)}{platform}{draw(words)}{stage}")
        lines += draw(st.lists(instructions(), max_size=3))
    lines.append(draw(comments))
    text = draw(line_ends).join(lines)
    return draw(st.sampled_from(["", "\ufeff"])) + text + draw(st.sampled_from(["", "\n"]))


@st.composite
def instructions(draw):
    word = draw(words)
    return draw(
        st.sampled_from(
            [f"COPY --from={word} /a /b", f"RUN --mount=type=bind,from={word},target=/x true",
             "COPY --from=0 /a /b", f"ONBUILD COPY --from={word} / /", "ARG V", "ARG V=1",
             "RUN <<EOF\nFROM x:1\nEOF", f"RUN echo {word}", "ENV a=b", "", "# pinner: ignore",
             "HEALTHCHECK CMD x", "COPY <<A <<B /x\n1\nA\n2\nB"]
        )
    )  # fmt: skip


def _quoted(text, style):
    if style == "'":
        return "'" + text.replace("'", "''") + "'"
    if style == '"':
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text if text and text[0] not in "{[&*!|>'\"%@`#- ?" and ": " not in text else f"'{text}'"


styles = st.sampled_from(["", "'", '"'])
yaml_words = words.filter(lambda word: "\n" not in word and "'" not in word)


@st.composite
def compose_files(draw):
    lines = []
    if draw(st.booleans()):
        lines += ["x-base: &base", f"  image: {_quoted(draw(yaml_words), draw(styles))}"]
    has_base = bool(lines)
    lines.append("services:")
    for number in range(draw(st.integers(1, 4))):
        lines.append(f"  s{number}:")
        if has_base and draw(st.booleans()):
            lines.append("    <<: *base")
        if draw(st.booleans()):
            lines.append(f"    image: {_quoted(draw(yaml_words), draw(styles))}  {draw(comments)}")
        if draw(st.booleans()):
            lines.append(f"    command: {_quoted(draw(yaml_words), draw(styles))}")
        if draw(st.integers(0, 4)) == 0:
            lines += ["    build:", "      context: .", "      dockerfile_inline: |",
                      f"        FROM {draw(references)}", "        RUN x"]  # fmt: skip
        lines.append("    restart: always")
    return draw(line_ends).join(lines) + draw(st.sampled_from(["", "\n"]))


@st.composite
def manifests(draw):
    documents = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["Pod", "Deployment", "ConfigMap", "Prometheus"]))
        group = {"Deployment": "apps/v1", "Prometheus": "monitoring.coreos.com/v1"}.get(kind, "v1")
        lines = [f"apiVersion: {group}", f"kind: {kind}", "spec:"]
        if kind == "Prometheus":
            lines.append(f"  image: {_quoted(draw(yaml_words), draw(styles))}")
        lines += ["  template:", "    spec:", "      containers:"]
        for number in range(draw(st.integers(1, 3))):
            anchor = draw(st.sampled_from(["", "", f"&a{number} "]))
            value = anchor + _quoted(draw(yaml_words), draw(styles))
            lines += [f"      - name: c{number}", f"        image: {value} {draw(comments)}"]
        documents.append("\n".join(lines))
    return "\n---\n".join(documents) + draw(st.sampled_from(["", "\n"]))


def damaged(texts):
    """Texts with pieces cut out, doubled and replaced: anything that a person may leave behind."""

    @st.composite
    def damage(draw):
        text = draw(texts)
        for _ in range(draw(st.integers(1, 4))):
            start = draw(st.integers(0, len(text)))
            end = draw(st.integers(start, min(len(text), start + 12)))
            piece = draw(st.one_of(st.text(max_size=6), st.just(text[start:end] * 2)))
            text = text[:start] + piece + text[end:]
        return text

    return damage()

"""Dockerfiles: what is found, what is left alone, and where the digest goes."""

import pytest
from scanning import gists, locked, scan

from pinner.model.errors import ScanError
from pinner.scanners.dockerfile import scan as dockerfile

A = "alpine:3.19"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"FROM {A} as Base\nFROM base\n", f"FROM {A}@D as Base\nFROM base\n"),
        (f"FROM --platform=$BUILDPLATFORM {A}\n", f"FROM --platform=$BUILDPLATFORM {A}@D\n"),
        ("\ufeffFROM é:1\nFROM a:1 # é\n", "\ufeffFROM é:1\nFROM a:1 # é\n"),
        (f"# é\nFROM {A}\n", f"# é\nFROM {A}@D\n"),
        ("FROM alp\\\nine:3.19\n", "FROM alp\\\nine:3.19@D\n"),
        (f"FROM {A}\nRUN --mount=from=x:1,type=cache --mount=type=bind,FROM=y:2 z\n",
         f"FROM {A}@D\nRUN --mount=from=x:1@D,type=cache --mount=type=bind,FROM=y:2@D z\n"),
        (f'FROM {A}\nRUN --network=none --mount=from=x:1 ["a"]\n',
         f'FROM {A}@D\nRUN --network=none --mount=from=x:1@D ["a"]\n'),
        (f'FROM {A}\nCOPY --chown=1:1 --from=x:1 ["a", "b"]\n',
         f'FROM {A}@D\nCOPY --chown=1:1 --from=x:1@D ["a", "b"]\n'),
        (f'FROM {A}\nCOPY --from="x:1" a b\n', f'FROM {A}@D\nCOPY --from="x:1@D" a b\n'),
        (f"FROM {A}\nONBUILD RUN --mount=from=x/y z\n",
         f"FROM {A}@D\nONBUILD RUN --mount=from=x/y:latest@D z\n"),
        ("ARG a=1 V=3.19\nFROM alpine:$V\n", "ARG a=1 V=3.19@D\nFROM alpine:$V\n"),
        ("ARG V=3\nARG V=3.19\nFROM alpine:$V\n", "ARG V=3\nARG V=3.19@D\nFROM alpine:$V\n"),
        ("ARG V=3.19\nFROM alpine:$V\nFROM alpine:$V AS b\n",
         "ARG V=3.19@D\nFROM alpine:$V\nFROM alpine:$V AS b\n"),
        # The argument serves another use too, so the digest follows the word.
        ("ARG V=3.19\nFROM alpine:$V\nARG V\nRUN echo $V\n",
         "ARG V=3.19\nFROM alpine:$V@D\nARG V\nRUN echo $V\n"),
        ("ARG V=3.19\nARG W=$V-x\nFROM alpine:$V\nFROM b:$W\n",
         "ARG V=3.19\nARG W=$V-x@D\nFROM alpine:$V@D\nFROM b:$W\n"),
        ("ARG V=3.19\nFROM alpine:$V\nFROM alpine:$V-slim\n",
         "ARG V=3.19\nFROM alpine:$V@D\nFROM alpine:$V-slim@D\n"),
        ("ARG V=3.19\nFROM --platform=$V alpine:$V\n",
         "ARG V=3.19\nFROM --platform=$V alpine:$V@D\n"),
        ("ARG B=alpine:3.19\nFROM $B\nFROM ${B}-slim\n",
         "ARG B=alpine:3.19\nFROM $B@D\nFROM ${B}-slim@D\n"),
        ("ARG B='alpine:3.19'\nFROM $B AS x\nFROM ${B}\n",
         "ARG B='alpine:3.19@D'\nFROM $B AS x\nFROM ${B}\n"),
        ("ARG R=ghcr.io\nARG B=$R/x/y:1\nFROM $B\n", "ARG R=ghcr.io\nARG B=$R/x/y:1@D\nFROM $B\n"),
        ("ARG D=sha256:" + "a" * 64 + "\nFROM a:1@$D\n", "ARG D=D\nFROM a:1@$D\n"),
        ("ARG AT=@sha256:" + "a" * 64 + "\nFROM a:1$AT\n", "ARG AT=@D\nFROM a:1$AT\n"),
        ("FROM alpine:${V:-3.19}\n", "FROM alpine:${V:-3.19@D}\n"),
        ("FROM ${R:-docker.io}/x:${V:-1}\n", "FROM ${R:-docker.io}/x:${V:-1@D}\n"),
        ("FROM ${R:-docker.io}/x:1\n", "FROM ${R:-docker.io}/x:1@D\n"),
        ("FROM ${B:-${C:-a:1}}\n", "FROM ${B:-${C:-a:1@D}}\n"),
        ("ARG V=1\nFROM a:${V:+2}\n", "ARG V=1\nFROM a:${V:+2}@D\n"),
        ("ARG V=1.2.3\nFROM a:${V%.*}\n", "ARG V=1.2.3\nFROM a:${V%.*}@D\n"),
        ("ARG CUDA=12.4\nARG OS=ubuntu\nFROM n/cuda:${CUDA}-devel-${OS}\n",
         "ARG CUDA=12.4\nARG OS=ubuntu\nFROM n/cuda:${CUDA}-devel-${OS}@D\n"),
        ("ARG TARGETARCH=amd64\nFROM a:$TARGETARCH\n", "ARG TARGETARCH=amd64@D\nFROM a:$TARGETARCH\n"),
        ("FROM a:1\t\r\nRUN x\r\n", "FROM a:1@D\t\r\nRUN x\r\n"),
        ("FROM a:1\nRUN <<E\nFROM b:1\nE\nFROM c:1\n", "FROM a:1@D\nRUN <<E\nFROM b:1\nE\nFROM c:1@D\n"),
        ('FROM a:1\nCOPY <<-"E" <<F /x\n\tFROM b:1\n\tE\nFROM d:1\nF\nFROM c:1\n',
         'FROM a:1@D\nCOPY <<-"E" <<F /x\n\tFROM b:1\n\tE\nFROM d:1\nF\nFROM c:1@D\n'),
        ('FROM a:1\nRUN echo "<<E"\nFROM c:1\n', 'FROM a:1@D\nRUN echo "<<E"\nFROM c:1@D\n'),
        ("FROM a:1\nRUN echo $((1<<2))\nFROM c:1\n", "FROM a:1@D\nRUN echo $((1<<2))\nFROM c:1@D\n"),
        ("FROM a:1\nENV broken\nNONSENSE x\nFROM c:1\n", "FROM a:1@D\nENV broken\nNONSENSE x\nFROM c:1@D\n"),
        ("#syntax=a/b:1 extra\nFROM scratch\n", "#syntax=a/b:1@D extra\nFROM scratch\n"),
        (" # escape=`\nFROM a:1\nRUN x`\nFROM b:1\n", " # escape=`\nFROM a:1@D\nRUN x`\nFROM b:1\n"),
    ],
)  # fmt: skip
def test_locked(before, after):
    assert locked(scan(dockerfile, before), before) == after


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM scratch\n", []),
        ("FROM a:1 AS x\nFROM x\nCOPY --from=X / /\nCOPY --from=0 / /\n", [(1, "a:1", None)]),
        ("FROM a:1\nRUN --mount=from=0 x\n", [(1, "a:1", None), (2, "0:latest", None)]),
        ("FROM a:1 AS x\nRUN --mount=from=x y\n", [(1, "a:1", None)]),
        ("FROM a:1\nRUN --mount=type=secret,from=b:1 x\n", [(1, "a:1", None)]),
        ("FROM a:1 # x\n", [(1, None, "invalid-reference")]),
        ("FROM a:1 AS\n", [(1, None, "invalid-reference")]),
        ("FROM a:1 AS 1x\n", [(1, None, "invalid-reference")]),
        ("FROM Alpine\n", [(1, None, "invalid-reference")]),
        ("FROM\n", []),
        ("FROM base-$TARGETARCH\n", [(1, None, "platform-variable")]),
        # One platform has the stage; for the others it is an image.
        ("FROM a:1 AS base-amd64\nFROM base-$TARGETARCH\n", [(1, "a:1", None), (2, None, "platform-variable")]),
        ("FROM a:1 AS base-amd64\nFROM b:1 AS base-arm64\nFROM base-$TARGETARCH\n", [(1, "a:1", None), (2, "b:1", None)]),
        ("FROM a-$TARGETOS:1\n", [(1, None, "platform-variable")]),
        ("FROM $X\n", [(1, None, "unset-variable")]),
        ("ARG X\nFROM a:$X\n", [(2, None, "unset-variable")]),
        ("FROM a:${X:?say}\n", [(1, None, "unset-variable")]),
        ("FROM {{ .Image }}\n", [(1, None, "templated")]),
        ("FROM @IMAGE@\n", [(1, None, "templated")]),
        ("FROM a:1\nCOPY --from=$X / /\n", [(1, "a:1", None), (2, None, "invalid-reference")]),
        ("FROM a:1\nONBUILD COPY --from=b / /\n", [(1, "a:1", None), (2, "b:latest", "ambiguous-stage")]),
        ("FROM a:1\nONBUILD FROM b:1\n", [(1, "a:1", None)]),
        ("FROM a:1 # pinner: ignore\n", [(1, None, "ignored")]),
        ("# pinner: ignore\nFROM a:1\nFROM b:1\n", [(2, "a:1", "ignored"), (3, "b:1", None)]),
        ("ARG V=1 # pinner: ignore\nFROM a:$V\n", [(1, "a:1", "ignored")]),
        ("ARG V=1\n# pinner: ignore\nFROM a:$V\n", [(1, "a:1", "ignored")]),
        ('FROM a:1\nENV X=b:1\nLABEL image=c:1\nRUN docker pull d:1\nCMD ["e:1"]\n', [(1, "a:1", None)]),
        ("FROM a:1\nADD --from=b:1 / /\n", [(1, "a:1", None)]),
        ("\n# syntax=a/b:1\nFROM scratch\n", []),
        ("# x\n# syntax=a/b:1\nFROM scratch\n", []),
        (" # syntax=a/b:1\nFROM scratch\n", []),
        ("#!/usr/bin/env x\n# syntax=a/b:1\nFROM scratch\n", [(2, "a/b:1", None)]),
    ],
)  # fmt: skip
def test_found(text, expected):
    assert gists(scan(dockerfile, text)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FROM a:1\nRUN <<E\nx\n", "file:2: unterminated heredoc 'E'"),
        ("# escape=x\nFROM a:1\n", "invalid escape token"),
        ("# syntax=a\n# syntax=b\nFROM a:1\n", "only one syntax directive"),
        ("FROM a:1\n#" + "x" * 70_000, "file:2: a line is longer than"),
    ],
)
def test_refused(text, message):
    with pytest.raises(ScanError, match=message):
        scan(dockerfile, text)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("Dockerfile", True), ("Containerfile", True), ("Dockerfile.prod", True),
        ("app.Dockerfile", True), ("app.dockerfile", True), ("Containerfile.x", True),
        ("dockerfile", True), ("containerfile", True), ("Dockerfile-dev", True), ("Dockerfile_amd", True),
        ("Dockerfile2", True), ("Containerfile-x", True), ("a.Containerfile", True), ("Dockerfile-a.md", False),
        ("Dockerfile.dockerignore", False), ("Dockerfile.md", False), ("dockerfile.go", False),
        ("MyDockerfile", False), (".dockerignore", False),
    ],
)  # fmt: skip
def test_file_names(name, is_one):
    from pinner.scanners.file_names import name_matcher

    assert name_matcher(dockerfile.patterns)(name) == is_one

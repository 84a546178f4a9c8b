"""Earthfiles: images of `FROM` and of `WITH DOCKER`."""

import pytest
from scanning import bounded, check, gists, scan_bytes

from pinner.scanners.all_scanners import BUILT_IN

SCANNER = BUILT_IN["earthfile"]
PATH = "Earthfile"


@pytest.mark.parametrize("after", [
    "VERSION 0.8\nFROM alpine:3.19@D\nbuild:\n  FROM +base\n  FROM DOCKERFILE .\n",
    "a:\n  FROM --platform=linux/amd64 a:1@D\nb:\n\tFROM --platform linux/arm64 b:1@D\n",
    "FROM --allow-privileged --pass-args a:1@D\n",
    "FROM \\\n  # why\n  --platform=$P \\\n  a:1@D\n",
    "FROM \"a:1@D\"\nb:\n  FROM 'b:1@D' # why\n",
    "a:\n  WITH DOCKER --pull a:1@D --pull=b:1@D --load c:1=+c\n    RUN docker run a:1\n  END\n",
    "a:\n  WITH DOCKER \\\n      --compose x.yml \\\n      --pull a:1@D\n  END\n",
    "a:\n  IF [ 1 ]\n    FROM a:1@D\n  ELSE\n    FROM b:1@D\n  END\n",
    "FROM a:1@D\r\nb:\r\n  FROM \\\r\n  b:1@D\r\n",
    "\ufeffFROM a:1@D",
])  # fmt: skip
def test_found(after):
    check("earthfile", PATH, after.replace("@D", ""), after)


def test_files():
    check("earthfile", "lib/base.earth", "FROM a:1\n", "FROM a:1@D\n")


@pytest.mark.parametrize("text", [
    "FROM +base\n",
    "FROM ./lib+base\nb:\n  FROM github.com/a/b:v1+base\n",
    "FROM scratch\n",
    "# FROM\n\\\n \\\n",
    "FROM DOCKERFILE -f a/Dockerfile .\n",
    "# FROM a:1\nb:\n  # FROM a:1\n",
    "a:\n  RUN echo \\\n    FROM a:1\n",
    "a:\n  RUN echo \\\n    # why\n    FROM a:1\n",
    "a:\n  SAVE IMAGE --push FROM:1\n  COPY +x/FROM .\n",
    "a:\n  BUILD +b --FROM=a:1\n",
    "from a:1\nFROMAGE a:1\n",
    "a:\n  WITH DOCKER --load a:1=+a --compose docker.yml\n  END\n",
    "a:\n  WITH DOCKER --pull +b\n  END\n",
    "FROM\nFROM --platform\nFROM # a:1\n",
    "a:\n  WITH DOCKER --pull\n  END\n",
])  # fmt: skip
def test_left_alone(text):
    assert not scan_bytes(SCANNER, text.encode(), PATH)


@pytest.mark.parametrize("text, gist", [
    ("ARG V=1\nFROM a:$V\n", (2, None, "templated")),
    ("FROM ${BASE}\n", (1, None, "templated")),
    ("FROM $(cat base)\n", (1, None, "templated")),
    ("FROM A:1\n", (1, None, "invalid-reference")),
    ("FROM a:1 # pinner: ignore\n", (1, "a:1", "ignored")),
    ("# pinner: ignore\nFROM a:1\n", (2, "a:1", "ignored")),
])  # fmt: skip
def test_reasons(text, gist):
    assert gists(scan_bytes(SCANNER, text.encode(), PATH)) == [gist]


BIG = 300_000


@pytest.mark.parametrize("text", [
    "FROM a:1\n" * (BIG // 9),
    "FROM \\\n" * (BIG // 7),
    "FROM " + "--a " * (BIG // 4),
    "FROM " + "a" * BIG,
    "FROM '" + "a " * (BIG // 2),
    "WITH DOCKER " + "--pull a:1 " * (BIG // 11),
    "# pinner: ignore\n" * (BIG // 17) + "FROM a:1",
    "FROM " + "\\\n" * (BIG // 2) + "a:1",
    "WITH" + " " * BIG + "DOCKER",
])  # fmt: skip
def test_large_texts_take_bounded_time(text):
    bounded(lambda: scan_bytes(SCANNER, text.encode(), PATH))

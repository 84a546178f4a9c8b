"""The case tables through the program itself: what is found, why not, and the text after lock."""

import json

import pytest
from cases import DIGEST, load_rows

from pinner.model.reference import ImageReference

FORMATS = ("dockerfile", "compose", "kubernetes")
FILES = {"dockerfile": "Dockerfile", "compose": "compose.yaml", "kubernetes": "deploy.yaml"}


def list_and_mirror(project, server):
    """List the references, and let the server stand in for all of their registries."""
    listed = json.loads(project.pinner("list", "--format", "json").out)["references"]
    hosts = {row["reference"].partition("/")[0] for row in listed if row["reference"]}
    tables = (f'[registries."{host}"]\nmirrors = ["{server.host}"]\n' for host in hosts)
    project.write("pinner.toml", "".join(tables))
    return listed


def rows(prefix, name):
    return [
        pytest.param(kind, case, id=f"{kind}: {case[name]}")
        for kind in FORMATS
        for case in load_rows(f"{prefix}{kind}")
    ]


@pytest.mark.parametrize("kind, case", rows("", "name"))
def test_case(project, everything_is_dddd, kind, case):
    project.write(case["file"], case["text"])
    for path, text in case["beside"].items():
        project.write(path, text)
    listed = list_and_mirror(project, everything_is_dddd)
    found = [{key: row[key] for key in ("line", "reference", "reason")} for row in listed]
    assert found == case["references"]
    done = project.pinner("lock")
    assert done.code == 0, done
    assert project.read(case["file"]) == case["locked"]


# Rows whose answer differs from the design's, each with the section that decides.
ELSEWHERE = {
    "D011": "4, rule 4: the digest goes to the ARG that supplies the tag",
    "D015": "4, rule 3: into the default in the word",
    "D017": "4, rule 4: to the ARG that supplies the tag, whose default ends with its own text",
    "D121": "4, rule 3: into the default in the word",
    "C009": "4, rule 3: into the default at the end of the word",
    "C057": "4, rule 3: into the default at the end of the word",
    "C059": "4, rule 3: the digest stands in the default",
}
OTHERWISE = {
    "D091": ("the file is refused with an error, and nothing in it is listed", []),
    "D093": (
        "3: a bare name after ONBUILD is ambiguous-stage, whether or not a stage here uses it",
        ["docker.io/library/alpine:3.19"],
    ),
    "K039": ("4b: a kustomization is known by its name, which this is not", []),
    "K041": ("4b: values are known by their name, which this is not", []),
    "K019": (
        "9a: of equal keys either may count, by the engine: neither is dropped",
        ["docker.io/library/nginx:1.25", "docker.io/library/nginx:1.26"],
    ),
}


def expected(row):
    """Bring an answer to the canonical form; None where nothing is to be pinned."""
    if row["resolved"] is None:
        return None
    return str(ImageReference.parse(row["resolved"]).tagged().without_digest())


@pytest.mark.parametrize("kind, case", rows("more_", "id"))
def test_more(project, everything_is_dddd, kind, case):
    name = case.get("file") or FILES[kind]
    project.write(name, case["text"])
    if case.get("env"):
        values = case["env"]
        lines = values if isinstance(values, str) else "".join(
            f"{key}={value}\n" for key, value in values.items()
        )  # fmt: skip
        project.write(".env", lines)
    listed = list_and_mirror(project, everything_is_dddd)
    usable = [row for row in listed if row["status"] != "skipped"]
    if case["id"] in OTHERWISE:
        assert [row["reference"] for row in usable] == OTHERWISE[case["id"]][1]
        return
    wanted = [row for row in case["expect"] if expected(row)]
    assert sorted(row["reference"] for row in usable) == sorted(map(expected, wanted))
    if case["id"] in ELSEWHERE:
        return
    in_file = [row for row in usable if row["file"] == name]
    assert [(row["line"], row["text"]) for row in in_file] == [
        (row["line"], row["raw"]) for row in wanted if row in wanted and _is_here(row, usable, name)
    ]
    # The bytes: a digest is inserted at `end`, and nowhere else.
    assert project.pinner("lock").code in (0, 2, 3)
    text = case["text"].encode()
    for row in sorted(wanted, key=lambda row: row["end"], reverse=True):
        if "@" in row["raw"] or not _is_here(row, usable, name):
            continue
        bare = ":" not in row["raw"].rpartition("/")[2] and "$" not in row["raw"]
        inserted = f":latest@{DIGEST}" if bare else f"@{DIGEST}"
        text = text[: row["end"]] + inserted.encode() + text[row["end"] :]
    assert project.read(name).encode() == text


def _is_here(row, usable, name):
    """Whether the digest goes to the word itself, and not to another file."""
    return any(u["file"] == name and u["line"] == row["line"] for u in usable)


@pytest.mark.parametrize("table", [ELSEWHERE, OTHERWISE])
def test_departures_name_existing_rows(table):
    known = {case["id"] for kind in FORMATS for case in load_rows(f"more_{kind}")}
    assert table.keys() <= known

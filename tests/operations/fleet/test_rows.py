"""A fleet says of each repository what the commands say in it, whichever way it is read."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fleets import commit, fleet, git, make_repository, rows_of, shops
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[3]
COUNT = 60


def pinner(folder, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "pinner", *arguments],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def sixty(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fleet")
    return folder, shops(folder, COUNT)


def by_name(rows):
    return {Path(row["repository"]).name: row for row in rows}


def test_rows_are_those_of_the_single_commands(sixty):
    folder, repositories = sixty
    verified = by_name(rows_of(fleet("verify", "shop-*", cwd=folder).stdout))
    listed = by_name(rows_of(fleet("inventory", "--offline", "shop-*", cwd=folder).stdout))
    assert len(verified) == len(listed) == COUNT
    errors = 0
    for repository in repositories:
        code, out, err = pinner(repository, "list", "--format", "json")
        row = listed[repository.name]
        if row["status"] == "failed":
            # What cannot be read at all is said in the same words.
            broken, _, words = pinner(repository, "verify")
            assert (broken, f"error: {row['error']}") == (2, words.strip())
            assert verified[repository.name]["error"] == row["error"]
            errors += 1
            continue
        own = [
            {key: value for key, value in one.items() if key not in {"locked", "trust"}}
            for one in row["references"]
            if not one["file"].startswith("inner/")
        ]
        assert own == json.loads(out)["references"]
        assert len(row["problems"]) == (1 if code == 2 else 0), err
        _, out, _ = pinner(repository, "verify", "--format", "json")
        findings = sorted(verified[repository.name]["findings"], key=json.dumps)
        assert findings == sorted(json.loads(out)["findings"], key=json.dumps)
    assert errors == len(range(0, COUNT, 11))


def test_however_a_repository_is_read_its_rows_are_the_same(sixty, tmp_path):
    folder, repositories = sixty
    some = [one for one in repositories[:8] if int(one.name[-3:]) % 11]
    for repository in some:
        git(tmp_path, "clone", "--quiet", "--bare", str(repository), f"{repository.name}.git")
    addresses = [f"file://{repository}" for repository in some]
    (tmp_path / "list").write_text("".join(f"{repository} main\n" for repository in some))
    ways = [
        fleet("verify", *some, cwd=folder),
        fleet("verify", "*.git", cwd=tmp_path),
        fleet("verify", *addresses, cwd=folder),
        fleet("verify", "--from", "list", cwd=tmp_path),
    ]
    seen = []
    for done in ways:
        rows = sorted(rows_of(done.stdout), key=lambda row: Path(row["repository"]).stem)
        seen.append([(row["references"], row["findings"]) for row in rows])
        if done is not ways[0]:
            assert all(len(row["commit"]) == 40 for row in rows)
    assert seen[1:] == [seen[0]] * 3


def test_labels_refs_and_locked_digests(tmp_path):
    digest = "sha256:" + "a" * 64
    make_repository(tmp_path / "shop", {
        "Dockerfile": "FROM alpine:3.18\n",
        "pinner.lock": f'version = 1\n\n[[image]]\nreference = "docker.io/library/alpine:3.18"\n'
        f'digest = "{digest}"\nmedia-type = "application/vnd.oci.image.index.v1+json"\n'
        'files = ["Dockerfile"]\n',
    })  # fmt: skip
    git(tmp_path / "shop", "tag", "v1")
    (tmp_path / "shop/Dockerfile").write_text("FROM alpine:3.19\n")
    commit(tmp_path / "shop", "next")
    (tmp_path / "list").write_text(
        '{"repository": "shop", "ref": "v1", "labels": {"team": "web"}}\nshop\n'
    )
    done = fleet("inventory", "--offline", "--from", "list", cwd=tmp_path)
    first, second = sorted(rows_of(done.stdout), key=lambda row: row["ref"] or "~")
    assert (first["labels"], first["references"][0]["locked"]) == ({"team": "web"}, digest)
    assert first["references"][0]["reference"].endswith("alpine:3.18")
    assert (second["labels"], second["references"][0]["locked"]) == ({}, None)
    assert done.returncode == 0
    assert "0 of 2 references pinned in 2 repositories" in done.stderr


def test_rows_are_those_of_the_schema(sixty, tmp_path):
    folder, repositories = sixty
    schema = json.loads((ROOT / "schemas/fleet.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    check = Draft202012Validator(schema)
    done = fleet("inventory", *repositories[:12], cwd=folder)
    verified = fleet("verify", *repositories[:12], cwd=folder)
    lines = [*done.stdout.splitlines(), *verified.stdout.splitlines()]
    kinds = set()
    for line in lines:
        row = json.loads(line)
        kinds.add(row["kind"])
        check.validate(row)
    assert kinds == {"repository", "tag", "end"}
    for wrong in ({"kind": "repository"}, {"kind": "other"}, {**json.loads(lines[0]), "more": 1}):
        assert not check.is_valid(wrong)


def test_updates_are_those_of_the_single_command(sixty):
    """Of all sixty: what would move, and what is said of what does not."""
    folder, repositories = sixty
    done = fleet("update", "--dry-run", "--tags", "minor", "shop-*", cwd=folder)
    rows = by_name(rows_of(done.stdout, "update") + rows_of(done.stdout))
    assert len(rows) == COUNT
    for repository in repositories:
        row = rows[repository.name]
        code, out, err = pinner(
            repository, "update", "--dry-run", "--tags", "minor", "--format", "json"
        )
        if row["status"] == "failed":
            assert (code, err.strip()) == (2, f"error: {row['error']}")
            continue
        single = json.loads(out)
        outcomes = [
            {**one, "places": [place for place in one["places"] if "inner/" not in place]}
            for one in row["outcomes"]
        ]
        wanted = [
            {key: value for key, value in one.items() if key != "group"}
            for one in single["outcomes"]
        ]
        assert [one for one in outcomes if one in wanted] == wanted
        assert [file for file in row["files"] if "inner/" not in file] == single["files"]


def test_what_rules_of_trust_ask_for(tmp_path):
    make_repository(tmp_path / "shop", {
        "Dockerfile": "FROM alpine:3.18\nFROM busybox:1\n",
        "key.pub": _public_key(),
        "pinner.toml": '[[trust]]\nimages = ["alpine"]\nkey = "key.pub"\n',
    })  # fmt: skip
    (row,) = rows_of(fleet("inventory", "--offline", "shop", cwd=tmp_path).stdout)
    assert [one["trust"] for one in row["references"]] == ["unproven", None], row["error"]


def _public_key():
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = generate_private_key(SECP256R1()).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

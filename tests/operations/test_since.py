"""`verify --since REF`: by the settings of REF, and with an eye on what is weaker or new."""

import json

import pytest
from scripted_server import same_digest

A, B, D = ("sha256:" + letter * 64 for letter in "abd")
FROM = f"FROM alpine:3.19@{D}\n"


def lockfile(*rows):
    return "version = 1\n" + "".join(
        f'\n[[image]]\nreference = "{reference}"\ndigest = "{digest}"\n'
        f'media-type = "application/vnd.oci.image.index.v1+json"\nfiles = ["{file}"]\n'
        for reference, digest, file in rows
    )


ALPINE = ("docker.io/library/alpine:3.19", D, "Dockerfile")
BUSYBOX = ("docker.io/library/busybox:1", D, "b/Dockerfile")


@pytest.fixture
def reviewed(project, everything_is_dddd):
    """A project at its base branch, all of it pinned; the server has every tag with one digest."""
    project.write("Dockerfile", FROM)
    project.write("pinner.lock", lockfile(ALPINE))
    project.write("pinner.toml", mirror(everything_is_dddd.host))
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "base")
    project.git("tag", "base")
    return project


def mirror(host):
    return f'[registries."docker.io"]\nmirrors = ["{host}"]\n'


def names(project, *arguments):
    done = project.pinner("verify", "--since", "base", "--format", "json", *arguments)
    rows = json.loads(done.out)["findings"] if done.out else done.err
    return done.code, [row["name"] for row in rows]


def test_nothing_changed(reviewed, everything_is_dddd):
    asked = len(everything_is_dddd.seen)
    assert names(reviewed) == (0, [])
    assert len(everything_is_dddd.seen) == asked


def test_a_digest_that_its_tag_gives(reviewed):
    reviewed.write("b/Dockerfile", f"FROM busybox:1@{D}\n")
    reviewed.write("pinner.lock", lockfile(ALPINE, BUSYBOX))
    assert names(reviewed) == (0, [])
    assert names(reviewed, "--offline") == (0, ["new-digest"])


@pytest.mark.parametrize("digest", [A, B])
def test_a_digest_that_somebody_wrote(reviewed, digest):
    reviewed.write("Dockerfile", f"FROM alpine:3.19@{digest}\n")
    reviewed.write("pinner.lock", lockfile((ALPINE[0], digest, "Dockerfile")))
    assert reviewed.pinner("verify").code == 0
    assert names(reviewed) == (1, ["new-digest"])


def test_a_digest_in_the_lockfile_alone(reviewed, everything_is_dddd):
    reviewed.write("pinner.toml", f"rewrite = false\n{mirror(everything_is_dddd.host)}")
    reviewed.git("commit", "--all", "--quiet", "--message", "rewrite")
    reviewed.git("tag", "--force", "base")
    reviewed.write("Dockerfile", "FROM alpine:3.19\n")
    reviewed.write("pinner.lock", lockfile((ALPINE[0], B, "Dockerfile")))
    assert names(reviewed) == (1, ["locked-only", "new-digest"])


def test_a_registry_that_gives_no_answer(reviewed):
    reviewed.write("b/Dockerfile", f"FROM 127.0.0.1:9/x:1@{D}\n")
    reviewed.write("pinner.lock", lockfile(("127.0.0.1:9/x:1", D, "b/Dockerfile"), ALPINE))
    assert names(reviewed) == (3, ["unreachable"])


WEAKER = {
    "exclude": 'exclude = ["b/"]\n',
    "ignore": 'ignore = ["busybox*"]\n',
    "rewrite": "rewrite = false\n",
    "include": 'include = ["Dockerfile"]\n',
    "lockfile": 'lockfile = "other.lock"\n',
    "projects": 'projects = ["b"]\n',
    "policy": "[policy]\nrequire-tag = true\n",
    "composed": '[dockerfile]\ncomposed = "lock-only"\n',
    "a mirror": '[registries."quay.io"]\nmirrors = ["127.0.0.1:9"]\n',
}


@pytest.mark.parametrize("name", WEAKER)
def test_settings_of_the_checkout_are_not_in_force(reviewed, everything_is_dddd, name):
    text = WEAKER[name]
    own = mirror(everything_is_dddd.host)
    reviewed.write("pinner.toml", text + own if "[" not in text.split()[0] else own + text)
    reviewed.write("b/Dockerfile", "FROM busybox:1\n")
    reviewed.write("b/pinner.toml", 'exclude = ["*"]\n')
    code, found = names(reviewed)
    assert code == 1
    assert sorted(found) == ["unpinned", "weakened"], found


def test_a_new_ignore_comment(reviewed):
    reviewed.write("b/Dockerfile", "# pinner: ignore\nFROM busybox:1\n")
    assert reviewed.pinner("verify").code == 0
    assert names(reviewed) == (1, ["weakened"])
    reviewed.git("add", "--all")
    reviewed.git("commit", "--quiet", "--message", "reviewed")
    reviewed.git("tag", "--force", "base")
    assert names(reviewed) == (0, [])


def test_a_mirror_of_the_pull_request_is_not_asked(reviewed, serve):
    liar = serve(same_digest(B))
    reviewed.write("pinner.toml", mirror(liar.host))
    reviewed.write("Dockerfile", f"FROM alpine:3.19@{B}\n")
    reviewed.write("pinner.lock", lockfile((ALPINE[0], B, "Dockerfile")))
    code, found = names(reviewed)
    assert code == 1
    assert sorted(found) == ["new-digest", "weakened"]
    assert liar.seen == []


@pytest.mark.parametrize("name", ["nowhere", "--output=x", "HEAD:Dockerfile", ""])
def test_a_revision_that_is_none(reviewed, name):
    done = reviewed.pinner("verify", f"--since={name}")
    assert done.code == 2
    assert "is no commit" in done.err
    assert not (reviewed.root / "x").exists()


def test_staged_is_what_is_in_the_index(reviewed):
    reviewed.write("Dockerfile", "FROM alpine:3.19\n")  # not staged
    reviewed.write("new/Dockerfile", "FROM busybox:1\n")  # not tracked
    assert reviewed.pinner("verify", "--staged").code == 0
    assert reviewed.pinner("verify").code == 1
    reviewed.git("add", "new")
    (reviewed.root / "new/Dockerfile").unlink()
    done = reviewed.pinner("verify", "--staged")
    assert done.code == 1
    assert done.out.startswith("new/Dockerfile:1:6: error: busybox:1 has no digest")
    assert "alpine" not in done.out


def test_no_mirrors_asks_the_registry_itself(project, serve):
    liar, honest = serve(same_digest(A)), serve(same_digest(B))
    project.write("Dockerfile", f"FROM {honest.host}/x:1@{A}\n")
    project.write("pinner.toml", f'[registries."{honest.host}"]\nmirrors = ["{liar.host}"]\n')
    project.write("pinner.lock", lockfile((f"{honest.host}/x:1", A, "Dockerfile")))
    assert project.pinner("verify", "--online").code == 0
    done = project.pinner("verify", "--online", "--no-mirrors", "--fail-on", "moved")
    assert done.code == 1
    assert B in done.out

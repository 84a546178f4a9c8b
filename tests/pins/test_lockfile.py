"""The lockfile: the same bytes everywhere, two readers that agree, merges that work."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinner.model.errors import LockfileError
from pinner.model.resolver import PlatformDigests
from pinner.pins.lockfile import LockedImage, Lockfile
from pinner.pins.lockfile_text import dump_lockfile, load_lockfile

DIGEST = "sha256:" + "a" * 64
INDEX = "application/vnd.oci.image.index.v1+json"

digests = st.integers(0, 9).map(lambda number: f"sha256:{number:064x}")
names = st.sampled_from(
    ["docker.io/library/nginx:1.25", "docker.io/a/b-c_d:v1_2", "localhost:5000/x:1",
     "ghcr.io/o/p/q:latest", "quay.io/x/y", "registry.example.com/Z-1".lower() + ":1",
     "[::1]:80/x:1", "docker.io/library/x@sha256:" + "b" * 64]
)  # fmt: skip
paths = st.sampled_from(["Dockerfile", "a/b.yaml", 'odd "name".yaml', "é", "back\\slash", "a#b"])
platforms = st.dictionaries(
    st.sampled_from(["linux/amd64", "linux/arm/v7", "windows(10.0.1)/amd64"]),
    st.builds(PlatformDigests, digests, digests),
    max_size=2,
)


@st.composite
def lockfiles(draw):
    keys = draw(st.lists(st.tuples(names, st.sampled_from([None, "linux/arm64"])), unique=True))
    return Lockfile.of(
        LockedImage(
            reference=reference,
            platform=platform,
            digest=draw(digests),
            media_type=INDEX,
            files=tuple(sorted(draw(st.sets(paths)))),
            platforms=draw(platforms),
        )
        for reference, platform in keys
    )


@given(lockfiles())
@settings(deadline=None)
def test_what_is_written_is_read(lockfile):
    text = dump_lockfile(lockfile)
    assert load_lockfile(text, "pinner.lock") == lockfile
    # A blank at the top sends it to the reader of any TOML, which has to agree.
    assert load_lockfile(f"\n{text}", "pinner.lock") == lockfile
    assert dump_lockfile(load_lockfile(text, "pinner.lock")) == text


@given(lockfiles(), st.randoms())
@settings(deadline=None)
def test_order_does_not_matter(lockfile, shuffler):
    images = list(lockfile.images)
    shuffler.shuffle(images)
    assert dump_lockfile(Lockfile.of(images)) == dump_lockfile(lockfile)


@given(lockfiles(), st.integers(0, 10_000), st.text(max_size=3))
@settings(deadline=None)
def test_damage_is_an_error_with_a_line_or_none_at_all(lockfile, place, piece):
    text = dump_lockfile(lockfile)
    at = place % (len(text) + 1)
    damaged = text[:at] + piece + text[at + 1 :]
    try:
        load_lockfile(damaged, "pinner.lock")
    except LockfileError as error:
        shown = str(error)
    else:
        return
    assert shown.startswith("pinner.lock:")


def test_the_form_is_the_documented_one():
    image = LockedImage(
        reference="docker.io/library/nginx:1.25",
        digest=DIGEST,
        media_type=INDEX,
        files=("deploy/web.yaml", "web/Dockerfile"),
        platforms={"linux/amd64": PlatformDigests(DIGEST, DIGEST)},
    )
    assert dump_lockfile(Lockfile.of([image])) == (
        "# Written by pinner. Commit this file; "
        "change it with `pinner lock` and `pinner update`.\n"
        "version = 1\n\n"
        "[[image]]\n"
        'reference = "docker.io/library/nginx:1.25"\n'
        f'digest = "{DIGEST}"\n'
        f'media-type = "{INDEX}"\n'
        'files = ["deploy/web.yaml", "web/Dockerfile"]\n\n'
        '[image.platforms."linux/amd64"]\n'
        f'digest = "{DIGEST}"\n'
        f'image-id = "{DIGEST}"\n'
    )


def test_order_of_files_does_not_change_the_lockfile(project, everything_is_dddd):
    mirror = f'[registries."docker.io"]\nmirrors = ["{everything_is_dddd.host}"]\n'
    project.write("pinner.toml", mirror)
    texts = {f"{n}/Dockerfile": f"FROM a{n % 3}:1\nFROM b:{n}\n" for n in range(6)}
    written = set()
    for seed in range(3):
        order = list(texts)
        random.Random(seed).shuffle(order)
        for path in order:
            project.write(path, texts[path])
        (project.root / "pinner.lock").unlink(missing_ok=True)
        assert project.pinner("lock").code == 0
        written.add(project.read("pinner.lock"))
    assert len(written) == 1


def commit_image(project, branch, path, reference):
    project.git("checkout", "--quiet", "-B", branch, "main")
    project.write(path, f"FROM {reference}\n")
    assert project.pinner("lock").code == 0
    project.git("add", "--all")
    project.git("commit", "--quiet", f"--message={branch}")


@pytest.mark.parametrize(
    ("ours", "theirs"), [("b:1", "y:1"), ("y:1", "b:1"), ("a/x:1", "z/x:1"), ("m:1", "m:1")]
)
def test_two_branches_that_each_add_an_image_merge(project, everything_is_dddd, ours, theirs):
    mirror = f'[registries."docker.io"]\nmirrors = ["{everything_is_dddd.host}"]\n'
    project.write("pinner.toml", mirror)
    project.write("Dockerfile", "FROM k:1\nFROM n:1\nFROM q:1\n")
    assert project.pinner("lock").code == 0
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message=base")
    commit_image(project, "ours", "ours/Dockerfile", ours)
    commit_image(project, "theirs", "theirs/Dockerfile", theirs)
    if ours == theirs:  # the same entry with other files: a conflict, with its line
        with pytest.raises(Exception, match="returned non-zero"):
            project.git("merge", "--quiet", "--no-edit", "ours")
        done = project.pinner("verify")
        assert done.code == 2
        assert "a merge conflict is not resolved" in done.err
        assert "`pinner lock` does it" in done.err
    else:
        project.git("merge", "--quiet", "--no-edit", "ours")
        assert project.pinner("verify", "--strict").code == 0
    asked = len(everything_is_dddd.seen)
    assert project.pinner("lock").code == 0
    assert len(everything_is_dddd.seen) <= asked + 1
    assert project.pinner("verify").code == 0


def branches(project, make):
    """Let two branches do something that git cannot join."""
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message=base")
    for name in ("ours", "theirs"):
        project.git("checkout", "--quiet", "-B", name, "main")
        make(name)
        project.git("add", "--all")
        project.git("commit", "--quiet", f"--message={name}")
    with pytest.raises(Exception, match="returned non-zero"):
        project.git("merge", "--quiet", "--no-edit", "ours")


def test_sides_with_other_digests_are_decided_by_the_files(project, everything_is_dddd):
    mirror = f'[registries."docker.io"]\nmirrors = ["{everything_is_dddd.host}"]\n'
    project.write("pinner.toml", mirror)
    digests = {"main": "a", "ours": "b", "theirs": "c"}

    def pin(name):
        digest = f"sha256:{digests[name] * 64}"
        project.write("Dockerfile", f"FROM x:1@{digest}\n")
        assert project.pinner("lock").code == 0

    pin("main")
    branches(project, pin)
    project.git("checkout", "--ours", "Dockerfile")
    assert project.pinner("verify").code == 2
    done = project.pinner("lock", "--offline")
    assert done.code == 0, done
    assert project.read("pinner.lock").count("digest = ") == 1
    assert "c" * 64 in project.read("pinner.lock")
    assert project.pinner("verify", "--strict").code == 0


def test_sides_with_other_digests_are_decided_by_the_registry(project, everything_is_dddd):
    project.write(
        "pinner.toml",
        f'rewrite = false\n[registries."docker.io"]\nmirrors = ["{everything_is_dddd.host}"]\n',
    )
    project.write("Dockerfile", "FROM x:1\n")
    assert project.pinner("lock").code == 0
    text = project.read("pinner.lock")

    def other(name):
        project.write(
            "pinner.lock", text.replace("d" * 64, name[0].replace("o", "b").replace("t", "c") * 64)
        )

    branches(project, other)
    offline = project.pinner("lock", "--offline")
    assert offline.code == 3, offline
    done = project.pinner("lock")
    assert done.code == 0, done
    assert project.read("pinner.lock") == text


@pytest.mark.parametrize("style", ["merge", "diff3"])
def test_sides_that_each_have_an_image(style):
    from pinner.pins.lockfile_merge import join_sides, split_sides

    def images(*names):
        return [
            LockedImage(
                reference=f"docker.io/library/{name}:1", digest=DIGEST, media_type="x", files=("f",)
            )
            for name in names
        ]

    head, ours, theirs = (
        dump_lockfile(Lockfile.of(images(*names))) for names in (("a",), ("a", "b"), ("a", "c"))
    )
    base = "||||||| base\n" if style == "diff3" else ""
    one, other = (side[len(head) :] for side in (ours, theirs))
    text = f"{head}<<<<<<< ours\n{one}{base}=======\n{other}>>>>>>> theirs\n"
    one, other = split_sides(text)
    assert (one, other) == (ours, theirs)
    joined = join_sides(load_lockfile(one, "x"), load_lockfile(other, "x"), ())
    assert joined == Lockfile.of(images("a", "b", "c"))

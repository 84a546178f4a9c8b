"""What `lock` does the second time, in files that others edit too, and what it leaves alone."""

import os
import subprocess

import pytest

A, B, D = ("sha256:" + letter * 64 for letter in "abd")


@pytest.fixture
def shop(project, everything_is_dddd):
    project.write(
        "pinner.toml",
        f'[registries."docker.io"]\nmirrors = ["{everything_is_dddd.host}"]\n',
    )
    return project


def test_a_pinned_variable_and_another_line_that_changes(shop):
    shop.write(".env", f"IMG=alpine:3.19@{D}\n")
    shop.write("compose.yaml", "services:\n  a:\n    image: $IMG\n  b:\n    image: redis:7\n")
    done = shop.pinner("lock")
    assert done.code == 0, done
    assert f"redis:7@{D}" in shop.read("compose.yaml")
    assert shop.read(".env") == f"IMG=alpine:3.19@{D}\n"
    assert shop.pinner("verify").code == 0


def test_it_is_done_after_one_run(project, serve):
    from scripted_server import same_digest

    server = serve(same_digest(A))
    other = serve(same_digest(B))
    project.write(
        "pinner.toml", f'[registries."docker.io"]\nmirrors = ["{server.host}", "{other.host}"]\n'
    )
    project.write("a/Dockerfile", f"FROM x:1@{A}\n")
    project.write("b/Dockerfile", f"FROM x@{A}\n")
    project.write("c/Dockerfile", f"FROM x@{B}\n")
    assert project.pinner("lock").code == 0
    first = project.snapshot()
    again = project.pinner("lock")
    assert again.code == 0
    assert project.snapshot() == first
    assert project.pinner("lock", "--check").code == 0


def test_a_disagreement_names_all_of_it(shop):
    shop.write("a/Dockerfile", f"FROM x:1@{A}\n")
    shop.write("b/Dockerfile", f"FROM x:1@{B}\n")
    done = shop.pinner("lock")
    assert done.code == 3
    for words in ("x:1: the files disagree", f"a/Dockerfile:1 has {A}", f"b/Dockerfile:1 has {B}"):
        assert words in done.err


def test_a_diff_writes_nothing(shop):
    shop.write("Dockerfile", "FROM alpine:3.19\n")
    for command in ("lock", "update", "unpin"):
        before = shop.snapshot()
        done = shop.pinner(command, "--diff")
        assert done.code == 0
        assert shop.snapshot() == before
        assert "wrote" not in done.err


def test_a_file_that_was_named_once(shop):
    shop.write("image.txt", "FROM alpine:3.19\n")
    assert shop.pinner("lock", "--scanner", "dockerfile", "image.txt").code == 0
    assert shop.read("image.txt") == f"FROM alpine:3.19@{D}\n"
    assert shop.pinner("verify").code == 0
    before = shop.read("pinner.lock")
    assert shop.pinner("lock").code == 0
    assert shop.read("pinner.lock") == before
    (shop.root / "image.txt").unlink()
    assert "stale-entry" in shop.pinner("verify").out


@pytest.mark.parametrize("kind", ["a folder", "a tracked file", "a link"])
def test_names_that_look_like_pinners(shop, tmp_path, kind):
    shop.write("Dockerfile", "FROM alpine:3.19\n")
    name = ".Dockerfile.pinner-tmp"
    victim = tmp_path / "victim"
    victim.write_text("precious")
    if kind == "a folder":
        (shop.root / name).mkdir()
    elif kind == "a link":
        (shop.root / name).symlink_to(victim)
    else:
        shop.write(name, "theirs")
        shop.git("add", name)
    assert shop.pinner("lock").code == 0
    assert os.path.lexists(shop.root / name)
    assert victim.read_text() == "precious"


def test_extended_attributes_stay(shop):
    file = shop.write("Dockerfile", "FROM alpine:3.19\n")
    try:
        os.setxattr(file, "user.note", b"keep me")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    assert shop.pinner("lock").code == 0
    assert "@" in shop.read("Dockerfile")
    assert os.getxattr(file, "user.note") == b"keep me"


@pytest.mark.parametrize("option", [("verify", "--output"), ("update", "--report")])
def test_no_report_is_written_through_a_link_out(shop, tmp_path, option):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (shop.root / "report").symlink_to(victim)
    (shop.root / "folder").symlink_to(tmp_path)
    shop.write("Dockerfile", "FROM alpine:3.19\n")
    command, name = option
    for path in ("report", "folder/victim", "folder/new"):
        done = shop.pinner(command, name, path)
        assert done.code == 2, done
        assert "leads out" in done.err
    assert victim.read_text() == "precious"
    assert not (tmp_path / "new").exists()
    shop.write("real/x", "")
    (shop.root / "inside").symlink_to("real/x")
    assert shop.pinner(command, name, "inside").code in (0, 1)
    assert shop.read("real/x")


def test_a_report_is_text_whatever_the_names(shop):
    name = os.fsdecode(b"d\xff/Dockerfile")
    shop.write(name, "FROM alpine:3.19\n")
    for form in ("text", "json", "sarif", "github", "gitlab", "junit", "markdown"):
        done = shop.pinner("verify", "--format", form, "--output", f"report.{form}")
        assert done.code == 1, done
        assert (shop.root / f"report.{form}").read_bytes().decode()
    done = subprocess.run(["git", "status", "--porcelain"], cwd=shop.root, check=True)
    assert done.returncode == 0


UNTAGGED = {
    "Dockerfile": "FROM alpine\nFROM alpine:latest\nFROM busybox AS b\n",
    "compose.yaml": "services:\n  a:\n    image: alpine  # x\n  b: {image: 'alpine'}\n",
}


def test_unpin_gives_back_the_bytes(shop):
    for path, text in UNTAGGED.items():
        shop.write(path, text)
    for _ in range(2):
        assert shop.pinner("lock").code == 0
        assert shop.pinner("lock", "--check").code == 0
        assert shop.pinner("verify").code == 0
        assert "alpine:latest@" in shop.read("Dockerfile")
        assert shop.pinner("unpin").code == 0
        for path, text in UNTAGGED.items():
            assert shop.read(path) == text
    assert shop.pinner("lock").code == 0
    shop.write("Dockerfile", "FROM alpine:latest\n" + shop.read("Dockerfile"))
    assert shop.pinner("lock").code == 0
    assert shop.pinner("lock", "--check").code == 0

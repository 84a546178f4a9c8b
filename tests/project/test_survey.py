"""Which files are read, and that what was read once is never taken for what is there now."""

import json
import os
import shutil
import time

import pytest

D = "sha256:" + "a" * 64
FROM = "FROM alpine:3.19\n"
POD = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: x:1}]}\n"


def files(project, *arguments):
    done = project.pinner("list", "--format", "json", *arguments)
    assert done.code == 0, done
    return sorted({row["file"] for row in json.loads(done.out)["references"]})


@pytest.fixture
def plain(tmp_path):
    """A folder that is in no git work tree, with a configuration as its root's mark."""
    from conftest import Project

    root = tmp_path / "plain"
    root.mkdir()
    made = Project(root)
    made.write("pinner.toml", "")
    return made


def fill(project):
    project.write("Dockerfile", FROM)
    project.write("kept/Dockerfile", FROM)
    project.write("ignored/Dockerfile", FROM)
    project.write("kept/Dockerfile.tmp", FROM)
    project.write("kept/deep/Dockerfile.tmp", FROM)
    project.write("kept/deep/wanted/Dockerfile", FROM)
    project.write(".gitignore", "ignored/\n*.tmp\nwanted/\n")
    project.write("kept/deep/.gitignore", "!Dockerfile.tmp\n!wanted/\n")
    return ["Dockerfile", "kept/Dockerfile", "kept/deep/Dockerfile.tmp",
            "kept/deep/wanted/Dockerfile"]  # fmt: skip


def test_git_work_tree(project):
    assert files(project) == []
    expected = fill(project)
    assert files(project) == expected
    project.git("add", "--force", "ignored/Dockerfile")
    assert files(project) == sorted([*expected, "ignored/Dockerfile"])
    (project.root / "ignored/Dockerfile").unlink()
    assert files(project) == expected


def test_gitignore_outside_git(plain):
    expected = fill(plain)
    assert files(plain) == expected


def test_inside_hooks_gits_variables_do_not_mislead(project):
    project.write("sub/pinner.toml", "")
    project.write("sub/Dockerfile", FROM)
    environment = {"GIT_DIR": ".git", "GIT_INDEX_FILE": ".git/index", "GIT_PREFIX": "x/"}
    done = project.pinner("list", "sub", env=environment)
    assert "Dockerfile:1:6" in done.out


def test_include_and_exclude(project):
    project.write("a/Dockerfile", FROM)
    project.write("b/Dockerfile", FROM)
    project.write("b/vendor/Dockerfile", FROM)
    project.write("pinner.toml", 'exclude = ["vendor/"]\n')
    assert files(project) == ["a/Dockerfile", "b/Dockerfile"]
    assert files(project, "b/vendor/Dockerfile") == []
    project.write("pinner.toml", 'include = ["b/"]\nexclude = ["**/vendor/**"]\n')
    assert files(project) == ["b/Dockerfile"]


def test_more_patterns(project):
    project.write("build/app.docker", FROM)
    project.write("rendered/pod.txt", POD)
    assert files(project) == []
    project.write(
        "pyproject.toml",
        '[tool.pinner.files]\ndockerfile = ["build/*.docker"]\nkubernetes = ["*.txt"]\n',
    )
    assert files(project) == ["build/app.docker", "rendered/pod.txt"]


def test_a_file_whatever_it_is_called(project):
    project.write("what.ever", FROM)
    assert files(project) == []
    assert files(project, "--scanner", "dockerfile", "what.ever") == ["what.ever"]
    assert files(project, "--scanner", "kubernetes", "what.ever") == []


def test_an_ignored_file_that_is_named(project):
    fill(project)
    assert files(project, "ignored/Dockerfile") == ["ignored/Dockerfile"]


def test_standard_input(project):
    done = project.pinner("list", "--scanner", "kubernetes", "-", stdin=POD.encode())
    assert done.out == "<stdin>:3:29: x:1 (spec.containers[0].image) unpinned\n"
    done = project.pinner("list", "--scanner", "dockerfile", "-", stdin=b"FROM \xff\n")
    assert (done.code, done.err) == (2, "error: <stdin>:1: is not UTF-8\n")


def test_folders_and_files_as_paths(project):
    for path in ("a/Dockerfile", "ab/Dockerfile", "c/compose.yaml"):
        project.write(path, FROM if "Docker" in path else "services: {a: {image: x:1}}\n")
    assert files(project, "a") == ["a/Dockerfile"]
    assert files(project, "a", "c/compose.yaml") == ["a/Dockerfile", "c/compose.yaml"]
    assert files(project, ".") == ["a/Dockerfile", "ab/Dockerfile", "c/compose.yaml"]


@pytest.mark.parametrize("name", ["with space", "ü", "[x]*?", "-dash", "new\nline", "a'b\"c"])
def test_odd_names(project, name):
    project.write(f"{name}/Dockerfile", FROM)
    assert files(project) == [f"{name}/Dockerfile"]
    assert files(project, f"./{name}") == [f"{name}/Dockerfile"]
    assert files(project, f"./{name}/Dockerfile") == [f"{name}/Dockerfile"]


def test_ignored_images(project):
    project.write("Dockerfile", "FROM alpine:3.19\nFROM ghcr.io/x/y:1\nFROM busybox\n")
    project.write("pinner.toml", 'ignore = ["alpine*", "ghcr.io/x/*"]\n')
    rows = json.loads(project.pinner("list", "--format", "json").out)["references"]
    assert [row["reason"] for row in rows] == ["ignored", "ignored", None]


def test_pipes_and_devices_are_not_waited_for(project):
    os.mkfifo(project.root / "Dockerfile")
    project.write("a/Dockerfile", FROM)
    done = project.pinner("list", "Dockerfile", "a")
    assert "a/Dockerfile:1:6" in done.out


def lockfile(reference="docker.io/library/alpine:3.19"):
    return (
        f'version = 1\n[[image]]\nreference = "{reference}"\ndigest = "{D}"\n'
        'media-type = "x"\nfiles = ["Dockerfile"]\n'
    )


def aged(project, seconds=10):
    """Make all files older than the clock's step."""
    then = time.time() - seconds
    for path in project.root.rglob("*"):
        if ".git" not in path.parts:
            os.utime(path, (then, then))


GOOD, BAD = f"FROM alpine:3.19@{D}\n", f"FROM alpine:3.19@{D[:-1]}b\n"


def test_edits_within_the_same_clock_tick_are_seen(project):
    """The size stays, and the times are put back to the same nanosecond."""
    file = project.write("Dockerfile", GOOD)
    project.write("pinner.lock", lockfile())
    moment = time.time_ns()
    for number in range(12):
        content, code = (GOOD, 0) if number % 2 == 0 else (BAD, 1)
        file.write_text(content)
        os.utime(file, ns=(moment, moment))
        assert project.pinner("verify").code == code, number


def test_what_was_scanned_once_counts_only_while_nothing_changed(project):
    project.write("Dockerfile", GOOD)
    project.write("a/compose.yaml", "services: {a: {image: $IMG}}\n")
    project.write("a/.env", f"IMG=alpine:3.19@{D}\n")
    project.write("pinner.lock", lockfile().replace('"Dockerfile"', '"Dockerfile", "a/.env"'))
    time.sleep(2.2)  # until all is older than the clock's step
    answers = [project.pinner("verify") for _ in range(3)]
    assert {answer.code for answer in answers} == {0}
    assert len({(answer.out, answer.err) for answer in answers}) == 1
    assert list((_cache(project) / "scans").iterdir())
    changes = [
        lambda: project.write("Dockerfile", BAD),
        lambda: project.write("a/.env", "IMG=alpine:3.19\n"),
        lambda: project.write("pinner.lock", "version = 1\n"),
        lambda: project.write("new/Dockerfile", FROM),
        lambda: project.write("pinner.toml", '[policy]\nallowed-registries = ["ghcr.io"]\n'),
        lambda: project.write("a/compose.override.yaml", "services: {b: {image: y:1}}\n"),
    ]
    before = project.snapshot()
    for change in changes:
        change()
        assert project.pinner("verify").code == 1
        for path in project.snapshot().keys() - before.keys():
            (project.root / path).unlink()
        for path, content in before.items():
            project.write(path, content)
        assert project.pinner("verify").code == 0


def _poison(project):
    """Make the cache say that the bad Dockerfile holds what the lockfile has."""
    (file,) = (_cache(project) / "scans").iterdir()
    file.write_bytes(file.read_bytes().replace(BAD[18:-1].encode(), GOOD[18:-1].encode()))
    return file


def test_the_cache_is_the_users_alone(project):
    project.write("Dockerfile", BAD)
    project.write("pinner.lock", lockfile())
    time.sleep(2.2)
    assert project.pinner("verify").code == 1
    folder = _cache(project) / "scans"
    (file,) = folder.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o600
    _poison(project)  # by somebody who can write here all the same: the user
    assert project.pinner("verify").code == 0


@pytest.mark.parametrize("who", ["a foreign file", "a foreign folder", "all may write", "a link"])
def test_a_foreign_cache_turns_no_finding_off(project, tmp_path, who):
    project.write("Dockerfile", BAD)
    project.write("pinner.lock", lockfile())
    time.sleep(2.2)
    assert project.pinner("verify").code == 1
    file = _poison(project)
    if who == "all may write":
        file.chmod(0o666)
    elif who == "a link":
        file.rename(tmp_path / "elsewhere")
        file.symlink_to(tmp_path / "elsewhere")
    elif os.geteuid() != 0:
        pytest.skip("only root can give files away")
    else:
        os.chown(file if who == "a foreign file" else file.parent, 1234, 1234)
    assert project.pinner("verify").code == 1


def _cache(project):
    from pathlib import Path

    return Path(os.environ["HOME"]) / ".cache" / "pinner"


def test_the_cache_may_be_deleted_or_damaged(project):
    project.write("Dockerfile", BAD)
    project.write("pinner.lock", lockfile())
    time.sleep(2.2)
    first = project.pinner("verify")
    assert first.code == 1
    for damage in (b"", b"{", b"[]", b"\xff\x00", b'{"identity": 3}', b"1 1 1 1 1 1\nxxxxxx"):
        for path in _cache(project).rglob("*"):
            if path.is_file():
                path.write_bytes(damage)
        assert project.pinner("verify") == first
    shutil.rmtree(_cache(project))
    assert project.pinner("verify") == first
    shutil.rmtree(_cache(project))
    _cache(project).write_text("a file where the folder should be")
    assert project.pinner("verify") == first


def test_other_options_are_other_questions(project):
    project.write("Dockerfile", "FROM $X\n")
    project.write("pinner.lock", "version = 1\n")
    time.sleep(2.2)
    for _ in range(2):
        assert project.pinner("verify").code == 0
        assert project.pinner("verify", "--strict").code == 1
        assert project.pinner("verify", "--format", "json").out.startswith("{")


@pytest.mark.parametrize("staged", [False, True])
def test_a_large_disk_that_is_called_as_a_unit_is(project, staged):
    content = b"\0" * (9 * 1024 * 1024)
    (project.root / "disk.image").write_bytes(content)
    (project.root / "unit.image").write_bytes(b"[Image]\nImage=x:1\n#" + b" " * len(content))
    project.write("Dockerfile", f"FROM x@{D}\n")
    project.git("add", "--all")
    done = project.pinner("verify", "--format", "json", *(["--staged"] if staged else []))
    rows = json.loads(done.out)["findings"]
    assert [(row["file"], row["name"]) for row in rows if row["name"] == "unreadable"] == [
        ("unit.image", "unreadable")
    ]

"""Updates against the real registry: what moves, what waits, what is said about it."""

import json
from dataclasses import replace

import pytest
from images import Image

pytestmark = pytest.mark.registry

BOTH = ("linux/amd64", "linux/arm64")
OCI = "org.opencontainers.image."


def push(registry, name, tag, image):
    return registry.push(f"{name.partition('/')[2]}:{tag}", image)


def image(content, **options):
    return Image(content=content, platforms=BOTH, **options)


def update(project, *arguments):
    return project.pinner("update", *arguments)


def report(project, *arguments):
    done = update(project, "--format", "json", *arguments)
    return done, json.loads(done.out)


def locked(project, *lines):
    project.write("Dockerfile", "".join(f"FROM {line}\n" for line in lines))
    done = project.pinner("lock")
    assert done.code == 0, done


def test_moves_exactly_what_moved(project, registry, name):
    push(registry, name, "1", image("one"))
    push(registry, name, "2", image("two"))
    locked(project, f"{name}:1", f"{name}:2")
    before = project.snapshot()
    nothing, data = report(project)
    assert (nothing.code, data["status"]) == (0, "unchanged")
    assert project.snapshot() == before
    new = push(registry, name, "2", image("two again"))
    old = before["Dockerfile"].decode().split("@")[-1].strip()
    done, data = report(project)
    assert (done.code, data["status"], data["files"]) == (0, "moved", ["pinner.lock", "Dockerfile"])
    (moved,) = [row for row in data["outcomes"] if row["action"] == "moved"]
    assert (moved["reference"], moved["previous"], moved["digest"]) == (f"{name}:2", old, new)
    expected = before["Dockerfile"].decode().replace(old, new)
    assert project.read("Dockerfile") == expected
    assert project.pinner("verify", "--online").code == 0


def test_check_dry_run_and_diff_write_nothing(project, registry, name):
    push(registry, name, "1", image("one"))
    locked(project, f"{name}:1")
    new = push(registry, name, "1", image("two"))
    before = project.snapshot()
    assert update(project, "--check").code == 1
    assert update(project, "--dry-run").code == 0
    done = update(project, "--dry-run", "--diff")
    assert f"+FROM {name}:1@{new}\n" in done.out
    assert project.snapshot() == before


def test_only(project, registry, name):
    for tag in ("1", "2"):
        push(registry, f"{name}/{tag}", "x", image(f"old {tag}"))
    locked(project, f"{name}/1:x", f"{name}/2:x")
    news = {tag: push(registry, f"{name}/{tag}", "x", image(f"new {tag}")) for tag in ("1", "2")}
    assert update(project, "--only", "*/2").code == 0
    text = project.read("Dockerfile")
    assert news["2"] in text
    assert news["1"] not in text


def test_paths(project, registry, name):
    push(registry, name, "1", image("old"))
    push(registry, name, "2", image("old two"))
    project.write("a/Dockerfile", f"FROM {name}:1\n")
    project.write("b/Dockerfile", f"FROM {name}:2\n")
    assert project.pinner("lock").code == 0
    new = push(registry, name, "1", image("new"))
    newer = push(registry, name, "2", image("new two"))
    assert update(project, "a").code == 0
    assert new in project.read("a/Dockerfile")
    assert newer not in project.read("b/Dockerfile")
    assert project.pinner("verify").code == 0


def test_platforms_are_recorded_anew(project, registry, name):
    push(registry, name, "1", image("old"))
    project.write("Dockerfile", f"FROM {name}:1\n")
    assert project.pinner("lock", "--platform", "linux/arm64").code == 0
    push(registry, name, "1", image("new"))
    assert update(project).code == 0
    digest = project.pinner("image", "digest", f"{name}:1", "--platform", "linux/arm64").out.strip()
    assert f'[image.platforms."linux/arm64"]\ndigest = "{digest}"' in project.read("pinner.lock")


def test_pinned_to_one_platform(project, registry, name):
    push(registry, name, "1", image("old"))
    project.write("Dockerfile", f"FROM {name}:1\n")
    assert project.pinner("lock", "--pin-platform", "linux/arm64").code == 0
    push(registry, name, "1", image("new"))
    assert update(project).code == 0
    digest = project.pinner("image", "digest", f"{name}:1", "--platform", "linux/arm64").out.strip()
    assert project.read("Dockerfile") == f"FROM {name}:1@{digest}\n"
    assert project.pinner("verify", "--online").code == 0


def test_failures_do_not_stop_the_others(project, registry, make_registry, name):
    gone = make_registry()
    gone.push("a/b:1", Image(content="x"))
    push(registry, name, "1", image("old"))
    locked(project, f"{name}:1", f"{gone.host}/a/b:1")
    gone.stop()
    new = push(registry, name, "1", image("new"))
    done, data = report(project)
    assert (done.code, data["status"]) == (3, "failed")
    assert new in project.read("Dockerfile")
    assert f"{gone.host}/a/b: cannot be reached" in done.err
    assert project.pinner("verify").code == 0


def test_min_age_by_the_images_own_date(project, registry, name, tmp_path):
    push(registry, name, "1", image("old", created="2024-01-01T00:00:00Z"))
    locked(project, f"{name}:1")
    push(registry, name, "1", image("fresh", created="2024-05-01T00:00:00Z"))
    state = ("--min-age", "3d", "--state", str(tmp_path / "a.json"))
    done, data = report(project, *state, "--now", "2024-05-02T00:00:00Z")
    assert data["status"] == "unchanged"
    (held,) = [row for row in data["outcomes"] if row["action"] == "held"]
    assert "created 2024-05-01 00:00 UTC by its own word" in held["detail"]
    state = ("--min-age", "3d", "--state", str(tmp_path / "b.json"))
    done, data = report(project, *state, "--now", "2024-05-05T00:00:00Z")
    assert (done.code, data["status"]) == (0, "moved")
    (moved,) = [row for row in data["outcomes"] if row["action"] == "moved"]
    assert "created 2024-05-01 00:00 UTC by its own word" in moved["detail"]


def test_min_age_by_an_earlier_run(project, registry, name, tmp_path):
    """A forged or reproducible date does not help: the earlier run's record counts."""
    push(registry, name, "1", image("old"))
    locked(project, f"{name}:1")
    push(registry, name, "1", image("fresh", created="1970-01-01T00:00:00Z"))
    state = ("--min-age", "3d", "--state", str(tmp_path / "state.json"))
    _, data = report(project, *state, "--now", "2024-05-02T12:00:00Z")
    (held,) = [row for row in data["outcomes"] if row["action"] == "held"]
    assert "first seen now" in held["detail"]
    _, data = report(project, *state, "--now", "2024-05-05T11:00:00Z")
    (held,) = [row for row in data["outcomes"] if row["action"] == "held"]
    assert "first seen 2024-05-02 12:00 UTC by an earlier run" in held["detail"]
    _, data = report(project, *state, "--now", "2024-05-05T12:00:00Z")
    assert data["status"] == "moved"
    assert project.pinner("verify", "--online").code == 0


def test_min_age_from_the_policy(project, registry, name, tmp_path):
    push(registry, name, "1", image("old"))
    project.write("pinner.toml", '[policy]\nmin-age = "2w"\n')
    locked(project, f"{name}:1")
    push(registry, name, "1", image("fresh", created="2024-05-01T00:00:00Z"))
    _, data = report(project, "--state", str(tmp_path / "s"), "--now", "2024-05-05T00:00:00Z")
    assert data["status"] == "unchanged"


@pytest.mark.parametrize("content", ["{", "[]", '{"version": 9, "seen": {}}',
                                     '{"version": 1, "seen": {"a": "x"}}'])  # fmt: skip
def test_damaged_state(project, content):
    project.write("Dockerfile", "FROM scratch\n")
    project.write("state.json", content)
    done = update(project, "--state", "state.json")
    assert done.code == 2
    assert "state.json" in done.err
    assert project.read("state.json") == content


@pytest.mark.parametrize(
    ("level", "expected"), [("patch", "1.2.9"), ("minor", "1.10.0"), ("major", "2.0.0")]
)
def test_tags_move(project, registry, name, level, expected):
    digests = {
        tag: push(registry, name, tag, image(tag))
        for tag in ("1.2.3", "1.2.9", "1.10.0", "2.0.0", "3.0.0-rc1", "latest", "2.0.0-slim")
    }
    locked(project, f"{name}:1.2.3 AS a")
    compose = f'services:\n  a:\n    image: "{name}:${{TAG:-1.2.3}}"  # x\n'
    project.write("compose.yaml", compose)
    assert project.pinner("lock").code == 0
    done, data = report(project, "--tags", level)
    assert done.code == 0, done
    pinned = f"{expected}@{digests[expected]}"
    assert project.read("Dockerfile") == f"FROM {name}:{pinned} AS a\n"
    assert project.read("compose.yaml") == compose.replace("1.2.3", pinned)
    (change,) = data["changes"]
    assert (change["former"], change["reference"]) == (f"{name}:1.2.3", f"{name}:{expected}")
    assert [row["action"] for row in data["outcomes"]] == ["moved"]
    assert project.pinner("verify", "--online").code == 0
    assert f"{name}:1.2.3" not in project.read("pinner.lock")


def test_tags_in_arguments_move(project, registry, name):
    for tag in ("1.0", "1.1"):
        push(registry, name, tag, image(tag))
    project.write("Dockerfile", f"ARG V=1.0\nARG W='{name}:1.0'\nFROM {name}:$V\nFROM $W\n")
    assert project.pinner("lock").code == 0
    assert update(project, "--tags", "minor").code == 0
    digest = project.pinner("image", "digest", f"{name}:1.1").out.strip()
    assert project.read("Dockerfile") == (
        f"ARG V=1.1@{digest}\nARG W='{name}:1.1@{digest}'\nFROM {name}:$V\nFROM $W\n"
    )


def test_a_composed_reference_is_pinned_anew_after_its_arguments_change(project, registry, name):
    digests = {tag: push(registry, name, tag, image(tag)) for tag in ("1.0-a", "1.1-a")}
    project.write("Dockerfile", f"ARG V=1.0\nFROM {name}:${{V}}-a\n")
    assert project.pinner("lock").code == 0
    for command in ("lock", "update"):
        text = f"ARG V=1.1\nFROM {name}:${{V}}-a@{digests['1.0-a']}\n"
        project.write("Dockerfile", text)
        assert project.pinner("verify").code == 1
        done = project.pinner(command)
        assert done.code == 0, done
        assert project.read("Dockerfile") == text.replace(digests["1.0-a"], digests["1.1-a"])
        assert project.pinner("verify", "--online").code == 0
        project.write("Dockerfile", f"ARG V=1.0\nFROM {name}:${{V}}-a\n")
        assert project.pinner("lock").code == 0


def test_digest_only_tags_move(project, registry, name):
    digests = {tag: push(registry, name, tag, image(tag)) for tag in ("1.0", "1.1")}
    project.write("pinner.toml", 'style = "digest-only"\n')
    locked(project, f"{name}:1.0")
    assert project.read("Dockerfile") == f"FROM {name}@{digests['1.0']}\n"
    assert update(project, "--tags", "minor").code == 0
    assert project.read("Dockerfile") == f"FROM {name}@{digests['1.1']}\n"
    assert f'reference = "{name}:1.1"' in project.read("pinner.lock")
    assert project.pinner("verify", "--online").code == 0
    assert project.pinner("unpin").code == 0
    assert project.read("Dockerfile") == f"FROM {name}:1.1\n"


def test_pin_latest(project, registry, name):
    newest = image("newest")
    digest = push(registry, name, "latest", newest)
    for tag in ("1", "1.27", "1.27.3"):
        push(registry, name, tag, newest)
    push(registry, name, "1.28.0-rc1", newest)
    push(registry, name, "1.26.2", image("older"))
    project.write("a/Dockerfile", f"FROM {name}\n")
    project.write("b/Dockerfile", f"FROM {name}:latest AS x\n")
    assert update(project, "--pin-latest").code == 0
    assert project.read("a/Dockerfile") == f"FROM {name}:1.27.3@{digest}\n"
    assert project.read("b/Dockerfile") == f"FROM {name}:1.27.3@{digest} AS x\n"
    assert project.pinner("verify", "--online").code == 0


def test_latest_stays_where_no_version_has_its_digest(project, registry, name):
    push(registry, name, "latest", image("newest"))
    push(registry, name, "1.0", image("other"))
    locked(project, f"{name}:latest")
    before = project.snapshot()
    assert update(project, "--pin-latest", "--tags", "major").code == 0
    assert project.snapshot() == before


OLD = Image(
    content="app 1",
    platforms=BOTH,
    layers=("base 1", "shared"),
    created="2024-05-01T10:00:00Z",
    labels={f"{OCI}version": "1.0", f"{OCI}revision": "aaa"},
    config={"Env": ["PATH=/bin", "MODE=a"], "User": "root", "ExposedPorts": {"80/tcp": {}},
            "Entrypoint": ["/app"]},
    annotations={f"{OCI}base.name": "docker.io/library/alpine:3.19"},
)  # fmt: skip
NEW = replace(
    OLD,
    content="app 2",
    layers=("base 2", "shared", "more"),
    created="2024-06-01T10:00:00Z",
    labels={f"{OCI}version": "1.1", f"{OCI}revision": "bbb"},
    config={"Env": ["PATH=/bin", "NEW=b"], "User": "app", "ExposedPorts": {"8080/tcp": {}},
            "Entrypoint": ["/app", "serve"]},
    annotations={f"{OCI}base.name": "docker.io/library/alpine:3.20"},
)  # fmt: skip


def test_what_changed_is_what_skopeo_says(project, registry, name):
    old = push(registry, name, "1", OLD)
    locked(project, f"{name}:1")
    before = _inspected(registry, f"{name}@{old}")
    push(registry, name, "1", NEW)
    after = _inspected(registry, f"{name}:1")
    project.write("Old", project.read("Dockerfile"))
    _, data = report(project, "--report", "body.md")
    (change,) = data["changes"]
    assert change["verdict"] == "new version"
    amd64 = next(row for row in change["platforms"] if row["platform"] == "linux/amd64")
    for side, said in (("before", before), ("after", after)):
        assert amd64[side]["created"] == said["Created"]
        assert amd64[side]["labels"] == said["Labels"]
        assert [layer["digest"] for layer in amd64[side]["layers"]] == said["Layers"]
        exact = f"docker://{name}@{amd64[side]['digest']}"
        raw = json.loads(registry.skopeo("inspect", "--raw", exact))
        sizes = {layer["digest"]: layer["size"] for layer in raw["layers"]}
        assert {layer["digest"]: layer["size"] for layer in amd64[side]["layers"]} == sizes
        assert amd64[side]["size"] == sum(sizes.values())
    was, now = before["Layers"], after["Layers"]
    digests = {
        key: [layer["digest"] for layer in amd64[key]] for key in ("kept", "added", "removed")
    }
    assert digests["kept"] == [layer for layer in now if layer in was]
    assert digests["added"] == [layer for layer in now if layer not in was]
    assert digests["removed"] == [layer for layer in was if layer not in now]
    assert len(digests["kept"]) == 1
    whats = {row["what"]: (row["before"], row["after"]) for row in amd64["changes"]}
    assert whats == {
        "version": ("1.0", "1.1"),
        "revision": ("aaa", "bbb"),
        "base.name": ("docker.io/library/alpine:3.19", "docker.io/library/alpine:3.20"),
        "environment MODE": ("a", None),
        "environment NEW": (None, "b"),
        "entrypoint": ("/app", "/app serve"),
        "user": ("root", "app"),
        "ports": ("80/tcp", "8080/tcp"),
    }
    body = project.read("body.md")
    assert "a new version" in body
    assert "- version 1.0 → 1.1" in body
    assert "created 2024-05-01 → 2024-06-01, 1 layer kept, 3 added" in body


def _inspected(registry, reference):
    arguments = ("--override-os=linux", "--override-arch=amd64", f"docker://{reference}")
    return json.loads(registry.skopeo("inspect", *arguments))


@pytest.mark.parametrize(
    ("new", "verdict", "glance"),
    [
        (replace(OLD, layers=("base 2", "shared"), created="2024-06-01T00:00:00Z"), "rebuild",
         "a rebuild of the same"),
        (replace(OLD, config={**OLD.config, "User": "app"}), "new configuration",
         "a new configuration"),
        (replace(OLD, labels={f"{OCI}version": "2.0"}), "new version", "a new version"),
        (replace(OLD, config={**OLD.config, "Env": ["NGINX_VERSION=2"]}), "new version",
         "a new version"),
    ],
    ids=["rebuild", "configuration", "version", "variable"],
)  # fmt: skip
def test_verdicts(project, registry, name, new, verdict, glance):
    push(registry, name, "1", OLD)
    locked(project, f"{name}:1")
    push(registry, name, "1", new)
    done = update(project, "--dry-run")
    assert f"{name}:1: {glance}" in done.out
    _, data = report(project)
    assert data["changes"][0]["verdict"] == verdict


def test_a_platform_that_comes_or_goes_is_said(project, registry, name):
    push(registry, name, "1", image("old"))
    locked(project, f"{name}:1")
    push(registry, name, "1", Image(content="new", platforms=("linux/amd64", "linux/s390x")))
    done = update(project)
    assert "linux/arm64 is gone" in done.out
    assert "linux/s390x is new" in done.out


def test_commit(project, registry, name):
    push(registry, name, "1", image("old"))
    locked(project, f"{name}:1")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message=first")
    project.write("unrelated.txt", "staged, and not to be swept in")
    project.git("add", "unrelated.txt")
    new = push(registry, name, "1", image("new"))
    done = update(project, "--commit")
    assert done.code == 0, done
    assert project.git("show", "--name-only", "--format=%s").split() == [
        "Update", f"{name}:1", "Dockerfile", "pinner.lock",
    ]  # fmt: skip
    assert new in project.git("show", "--format=%b", "--no-patch")
    assert project.git("status", "--porcelain") == "A  unrelated.txt\n"
    again = update(project, "--commit")
    assert again.code == 0
    assert project.git("rev-list", "--count", "HEAD").strip() == "2"


def test_commit_does_not_sweep_in_unfinished_work(project, registry, name):
    push(registry, name, "1", image("old"))
    locked(project, f"{name}:1")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message=first")
    project.write("Dockerfile", project.read("Dockerfile") + "RUN true\n")
    push(registry, name, "1", image("new"))
    before = project.snapshot()
    done = update(project, "--commit")
    assert done.code == 2
    assert "Dockerfile has changes that are not committed" in done.err
    assert project.snapshot() == before


def test_renovate_moved_a_digest(project, registry, name):
    """Renovate writes tag and digest together; lock adopts after a look at the registry."""
    push(registry, name, "1.0", image("old"))
    locked(project, f"{name}:1.0")
    new = push(registry, name, "1.1", image("new"))
    project.write("Dockerfile", f"FROM {name}:1.1@{new}\n")
    assert project.pinner("verify").code == 1
    asked = len(registry.requests())
    done = project.pinner("lock")
    assert done.code == 0, done
    assert "adopted" in done.out
    assert [r.method for r in registry.requests()[asked:]] == ["HEAD", "HEAD"]
    assert project.read("Dockerfile") == f"FROM {name}:1.1@{new}\n"
    assert project.pinner("verify").code == 0


def test_a_digest_that_nobody_has_is_not_adopted(project, registry, name):
    push(registry, name, "1", image("old"))
    locked(project, f"{name}:1")
    wrong = f"FROM {name}:1@sha256:{'9' * 64}\n"
    project.write("Dockerfile", wrong)
    before = project.snapshot()
    done = project.pinner("lock")
    assert done.code == 3
    assert "there is no such image" in done.err
    assert project.snapshot() == before


def test_files_that_disagree(project, registry, name):
    one = push(registry, name, "1", image("one"))
    two = push(registry, name, "1", image("two"))
    three = push(registry, name, "1", image("three"))
    project.write("a/Dockerfile", f"FROM {name}:1@{one}\n")
    project.write("b/Dockerfile", f"FROM {name}:1@{two}\n")
    before = project.snapshot()
    done = project.pinner("lock")
    assert done.code == 3
    assert "the files disagree about its digest" in done.err
    assert project.snapshot() == before
    assert update(project).code == 0
    assert (
        project.read("a/Dockerfile") == project.read("b/Dockerfile") == f"FROM {name}:1@{three}\n"
    )


WEEKS = 52


def test_a_year_of_weekly_jobs(project, registry, name, tmp_path):
    """Each week some tags move and some releases come; every commit of the history verifies."""
    releases = {"app": 0, "base": 0}
    for repository in releases:
        push(registry, f"{name}/{repository}", "1.0", image(f"{repository} 0"))
    project.write("Dockerfile", f"ARG V=1.0\nFROM {name}/base:$V AS b\nFROM {name}/app:1.0\n")
    project.write("compose.yaml", f"services:\n  a:\n    image: {name}/app:1.0\n")
    assert project.pinner("lock").code == 0
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message=week 0")
    state = str(tmp_path / "state.json")
    made = 0
    for week in range(1, WEEKS + 1):
        if week % 3 == 0:
            push(registry, f"{name}/base", f"1.{releases['base']}", image(f"base rebuilt {week}"))
        if week % 5 == 0:
            releases["app"] += 1
            push(registry, f"{name}/app", f"1.{releases['app']}", image(f"app {week}"))
        if week % 8 == 0:
            releases["base"] += 1
            push(registry, f"{name}/base", f"1.{releases['base']}", image(f"base {week}"))
        day = f"{2024 + week // 53}-{1 + (week - 1) // 5:02}-{1 + 6 * ((week - 1) % 5):02}"
        done, data = report(
            project, "--tags", "minor", "--commit", "--state", state, "--min-age", "3d",
            "--now", f"{day}T04:00:00+00:00",
        )  # fmt: skip
        assert done.code == 0, done
        made += data["status"] == "moved"
    assert made > 10
    assert project.git("status", "--porcelain") == ""
    commits = project.git("rev-list", "--reverse", "HEAD").split()
    assert len(commits) == made + 1
    for commit in commits:
        project.git("checkout", "--quiet", commit)
        done = project.pinner("verify")
        assert done.code == 0, (commit, done)


@pytest.mark.parametrize(("only", "moved"), [
    (["!*:1"], ["2"]), (["*", "!*:2"], ["1"]), (["*:1", "*:2"], ["1", "2"]),
])  # fmt: skip
def test_all_but_some(project, registry, name, only, moved):
    for tag in ("1", "2"):
        push(registry, name, tag, image(tag))
    locked(project, f"{name}:1", f"{name}:2")
    for tag in ("1", "2"):
        push(registry, name, tag, image(f"{tag} again"))
    _, data = report(project, *(word for pattern in only for word in ("--only", pattern)))
    rows = [row["reference"] for row in data["outcomes"] if row["action"] == "moved"]
    assert rows == [f"{name}:{tag}" for tag in moved]


def test_only_that_selects_nothing_is_an_error(project, registry, name):
    push(registry, name, "1", image("one"))
    locked(project, f"{name}:1")
    done = update(project, "--only", "nowhere/*")
    assert done.code == 2
    assert "--only nowhere/*: no image here is of this name" in done.err


def test_an_ignored_tag_is_no_candidate(project, registry, name):
    for tag in ("20", "21", "22"):
        push(registry, name, tag, image(tag))
    locked(project, f"{name}:20")
    project.write("pinner.toml", f'ignore = ["{name}:22*"]\n')
    assert update(project, "--tags", "major").code == 0
    assert project.read("Dockerfile").startswith(f"FROM {name}:21@")
    project.write("pinner.toml", f'ignore = ["{name}:2[2-9]*"]\n')
    assert update(project, "--tags", "major").code == 0
    assert project.read("Dockerfile").startswith(f"FROM {name}:21@")

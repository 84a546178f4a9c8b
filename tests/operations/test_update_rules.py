"""Rules for each image: how far, where to, how old; and what is said of what stays."""

import json

import pytest
from images import Image
from scripted_server import Reply

pytestmark = pytest.mark.registry


def push(registry, name, *tags, content=None, **options):
    digest = ""
    for tag in tags:
        image = Image(content=content or f"{name} {tag}", **options)
        digest = registry.push(f"{name.partition('/')[2]}:{tag}", image)
    return digest


def update(project, *arguments):
    done = project.pinner("update", "--format", "json", *arguments)
    return done, json.loads(done.out) if done.out else {}


def locked(project, *lines):
    project.write("Dockerfile", "".join(f"FROM {line}\n" for line in lines))
    done = project.pinner("lock")
    assert done.code == 0, done


def tag_of(project, name):
    line = next(row for row in project.read("Dockerfile").splitlines() if f"{name}:" in row)
    return line.rpartition(f"{name}:")[2].partition("@")[0]


RULES = {
    "a level": ('level = "minor"', (), "1.2.0"),
    "digests alone": ('level = "digest"', ("--tags", "major"), "1.0.0"),
    "a run is narrower": ('level = "major"', ("--tags", "patch"), "1.0.1"),
    "a rule is narrower": ('level = "patch"', ("--tags", "major"), "1.0.1"),
    "a rule without a level": ('min-age = "0d"', ("--tags", "major"), "3.0.0"),
    "only even ones": ('level = "major"\nallow = "^[02468]"', (), "2.1.0"),
    "not the third": ("level = \"major\"\nexcept = '^3\\.'", (), "2.1.0"),
}


@pytest.mark.parametrize("case", RULES)
def test_a_rule_decides(project, registry, name, case):
    rule, arguments, expected = RULES[case]
    push(registry, name, "1.0.0", "1.0.1", "1.2.0", "2.1.0", "3.0.0")
    locked(project, f"{name}:1.0.0")
    project.write("pinner.toml", f'[[update]]\nimages = ["{name}"]\n{rule}\n')
    done, _ = update(project, *arguments)
    assert done.code == 0, done
    assert tag_of(project, name) == expected
    assert project.pinner("verify").code == 0


def test_the_first_rule_that_matches_decides(project, registry, name):
    for one in ("a", "b"):
        push(registry, f"{name}/{one}", "1.0.0", "1.0.1", "2.0.0")
    locked(project, f"{name}/a:1.0.0", f"{name}/b:1.0.0")
    project.write(
        "pinner.toml",
        f"""
[[update]]
images = ["*/a"]
level = "patch"

[[update]]
images = ["{registry.host}/*"]
level = "major"
""",
    )
    assert update(project)[0].code == 0
    assert (tag_of(project, f"{name}/a"), tag_of(project, f"{name}/b")) == ("1.0.1", "2.0.0")


@pytest.mark.parametrize(("table", "line", "words"), [
    ('level = "minor"', 2, "must name `images`"),
    ('images = ["a"]\nlevel = "tiny"', 4, "must be one of digest, patch, minor, major"),
    ('images = ["a"]\nallow = "("', 4, "`update[1].allow`"),
    ('images = ["a"]\nmin-age = "3"', 4, "is not an age"),
    ('images = ["a"]\ngroup = "../x"', 4, "must be made of letters"),
    ('images = ["a"]\nlevels = "minor"', 4, "the nearest known key is `level`"),
])  # fmt: skip
def test_a_bad_rule_is_said_with_its_line(project, table, line, words):
    project.write("Dockerfile", "FROM scratch\n")
    project.write("pinner.toml", f"\n[[update]]\n{table}\n")
    done = project.pinner("update")
    assert done.code == 2
    assert f"pinner.toml:{line}: " in done.err
    assert words in done.err


def test_the_line_of_the_second_rule(project):
    text = '[[update]]\nimages = ["a"]\nlevel = "minor"\n\n[[update]]\nimages = 3\n'
    project.write("pinner.toml", text)
    assert "pinner.toml:6: `update[2].images`" in project.pinner("update").err
    project.write("pinner.toml", "")
    prefixed = text.replace("[[update]]", "[[tool.pinner.update]]")
    (project.root / "pinner.toml").unlink()
    project.write("pyproject.toml", prefixed)
    assert "pyproject.toml:6: `update[2].images`" in project.pinner("update").err


def test_never_past_the_version_of_latest(project, registry, name):
    push(registry, name, "1.0.0", "2.0.0")
    push(registry, name, "1.9.0", "latest", content="the latest")
    locked(project, f"{name}:1.0.0")
    done, _ = update(project, "--tags", "major")
    assert done.code == 0
    assert tag_of(project, name) == "1.9.0"
    assert update(project, "--tags", "major")[1]["status"] == "unchanged"
    update(project, "--tags", "major", "--past-latest")
    assert tag_of(project, name) == "2.0.0"


def test_a_tag_gets_its_most_specific_name(project, registry, name):
    push(registry, name, "8", "8.17", "8.17.0", content="eight")
    push(registry, name, "8.16.0", "9.0.0")
    push(registry, name, "3-slim", "3.1.4-slim", content="slim")
    push(registry, name, "3.1.4", content="full")
    locked(project, f"{name}:8")
    assert update(project, "--pin-tag")[0].code == 0
    assert tag_of(project, name) == "8.17.0"
    locked(project, f"{name}:3-slim")
    assert update(project, "--pin-tag")[0].code == 0
    assert tag_of(project, name) == "3.1.4-slim"
    assert project.pinner("verify", "--online").code == 0


def test_a_version_that_was_built_long_before_is_no_successor(project, registry, name):
    push(registry, name, "8.0.1", created="2024-05-01T00:00:00Z")
    push(registry, name, "9.0", "20.04.1", created="2020-05-01T00:00:00Z")
    push(registry, name, "9.0.1", created="2020-05-01T00:00:00Z")
    locked(project, f"{name}:8.0.1")
    done, data = update(project, "--tags", "major", "--past-latest")
    assert (done.code, data["status"]) == (0, "unchanged")
    (left,) = [row for row in data["outcomes"] if row["action"] == "left"]
    assert "was built before the image in use" in left["detail"]


def age(tmp_path, day, days="3d"):
    return ("--min-age", days, "--state", str(tmp_path / "s.json"), "--now", f"2024-05-{day:02}")


def test_a_tag_that_is_rebuilt_every_night_moves_to_what_is_old_enough(
    project, registry, name, tmp_path
):
    digests = {0: push(registry, name, "1", content="night 0", created="1970-01-01T00:00:00Z")}
    locked(project, f"{name}:1")
    for night in range(1, 9):
        digests[night] = push(
            registry, name, "1", content=f"night {night}", created="1970-01-01T00:00:00Z"
        )
        done, _ = update(project, *age(tmp_path, night))
        assert done.code == 0, done
        # What was first seen in the very run that first saw the one in use may be older than that.
        expected = digests[night - 3] if night > 4 else digests[0]
        assert expected in project.read("Dockerfile"), night
    assert digests[5] in project.read("Dockerfile")
    assert project.pinner("verify").code == 0


def test_a_digest_that_is_gone_is_not_taken(project, registry, name, tmp_path):
    first = push(registry, name, "1", content="one", created="2024-04-01T00:00:00Z")
    locked(project, f"{name}:1")
    gone = push(registry, name, "1", content="two", created="2024-05-01T00:00:00Z")
    update(project, *age(tmp_path, 1))
    third = push(registry, name, "1", content="three", created="2024-05-03T00:00:00Z")
    update(project, *age(tmp_path, 3))
    registry.delete(name.partition("/")[2], gone)
    _, data = update(project, *age(tmp_path, 5))
    assert first in project.read("Dockerfile")
    assert [row["action"] for row in data["outcomes"]] == ["held"]
    update(project, *age(tmp_path, 6))
    assert third in project.read("Dockerfile")


def test_the_newest_release_that_is_old_enough_is_taken(project, registry, name, tmp_path):
    push(registry, name, "1.0", created="2024-04-01T00:00:00Z")
    push(registry, name, "1.1", created="2024-05-01T00:00:00Z")
    push(registry, name, "1.2", created="2024-05-04T00:00:00Z")
    locked(project, f"{name}:1.0")
    done, _ = update(project, "--tags", "minor", *age(tmp_path, 5))
    assert done.code == 0
    assert tag_of(project, name) == "1.1"
    _, data = update(project, "--tags", "minor", *age(tmp_path, 6))
    (held,) = [row for row in data["outcomes"] if row["action"] == "held"]
    assert "1.2 waits: created 2024-05-04" in held["detail"]


def test_a_refused_tag_list_fails_and_the_digest_moves_all_the_same(project, serve, tmp_path):
    """The registry answers for manifests and refuses the list of tags."""
    head = {"Docker-Content-Digest": f"sha256:{'a' * 64}",
            "Content-Type": "application/vnd.oci.image.manifest.v1+json"}  # fmt: skip

    def script(seen):
        return Reply(403) if "/tags/list" in seen.path else Reply(200, head)

    server = serve(script)
    project.write("pinner.toml", f'registries."{server.host}".plain-http = true\n')
    project.write("Dockerfile", f"FROM {server.host}/a:1.0\n")
    assert project.pinner("lock").code == 0
    done, data = update(project, "--tags", "minor", "--state", str(tmp_path / "s"))
    assert done.code == 3
    (failed,) = [row for row in data["outcomes"] if row["action"] == "failed"]
    assert "its tags cannot be listed" in failed["detail"]
    assert "its tags cannot be listed" in done.err


def test_what_stays_is_said(project, registry, name, tmp_path):
    digest = push(registry, name, "stable", "latest", content="one")
    push(registry, name, "1.0", content="other")
    project.write("Dockerfile", f"FROM {name}:stable\nFROM {name}\nFROM {name}@{digest}\n")
    assert project.pinner("lock").code == 0
    report = str(tmp_path / "report.md")
    done, data = update(project, "--tags", "minor", "--report", report)
    assert done.code == 0
    left = {row["reference"].rpartition("/")[2].partition(":")[2].partition("@")[0]: row["detail"]
            for row in data["outcomes"] if row["action"] == "left"}  # fmt: skip
    assert left["stable"] == "its tag names no version"
    assert left["latest"] == "its tag names no version; --pin-latest gives it one"
    text = project.pinner("update", "--pin-latest").out
    assert "no version among its tags has the digest of latest" in text
    assert "names no version" in (tmp_path / "report.md").read_text()


def test_a_date_cannot_make_old_what_took_anothers_place(project, registry, name, tmp_path):
    """Yesterday's run saw another digest, so this one is of today, whatever it says."""
    first = push(registry, name, "1", content="one", created="2024-04-01T00:00:00Z")
    locked(project, f"{name}:1")
    update(project, *age(tmp_path, 1))
    forged = push(registry, name, "1", content="two", created="2024-04-02T00:00:00Z")
    _, data = update(project, *age(tmp_path, 2))
    assert [row["action"] for row in data["outcomes"]] == ["held"]
    assert first in project.read("Dockerfile")
    update(project, *age(tmp_path, 5))
    assert forged in project.read("Dockerfile")


def test_dates_order_what_the_same_run_saw_first(project, registry, name, tmp_path):
    push(registry, name, "1", content="one", created="2024-04-01T00:00:00Z")
    locked(project, f"{name}:1")
    second = push(registry, name, "1", content="two", created="2024-05-01T00:00:00Z")
    update(project, *age(tmp_path, 1))
    push(registry, name, "1", content="three", created="2024-05-03T00:00:00Z")
    update(project, *age(tmp_path, 3))
    update(project, *age(tmp_path, 4))
    assert second in project.read("Dockerfile")

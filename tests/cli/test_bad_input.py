"""Bad input: one clear message, the right exit code, and every file as it was."""

import json

import pytest
from images import Image
from registry_server import free_port

LOCKED = """\
# Written by pinner. Commit this file; change it with `pinner lock` and `pinner update`.
version = 1

[[image]]
reference = "docker.io/library/alpine:3.19"
digest = "sha256:{digest}"
media-type = "application/vnd.oci.image.index.v1+json"
files = ["Dockerfile"]
"""


def refused(project, code, *words, arguments=("lock",)):
    before = project.snapshot()
    done = project.pinner(*arguments)
    assert done.code == code, done
    for word in words:
        assert word in done.out + done.err, done
    assert project.snapshot() == before
    return done


def test_unreachable_registry(project):
    host = f"127.0.0.1:{free_port()}"
    project.write("Dockerfile", f"FROM {host}/a/b:1\n")
    refused(project, 3, f"{host}/a/b: cannot be reached: connection refused", "Dockerfile:1")


@pytest.mark.registry
def test_unknown_tag(project, registry):
    registry.push("bad/there:1", Image(content="x"))
    project.write("Dockerfile", f"FROM {registry.host}/bad/there:2\n")
    refused(project, 3, f"{registry.host}/bad/there:2: there is no such image", "manifest unknown")


@pytest.mark.registry
def test_no_credentials(project, make_registry, tmp_path):
    import bcrypt

    password = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
    (tmp_path / "htpasswd").write_text(f"user:{password}\n")
    auth = {"htpasswd": {"realm": "here", "path": str(tmp_path / "htpasswd")}}
    closed = make_registry(settings={"auth": auth})
    project.write("Dockerfile", f"FROM {closed.host}/a/b:1\n")
    refused(
        project,
        3,
        f"{closed.host}/a/b: asks for a user name and password",
        f"docker login {closed.host}",
    )


def test_file_that_is_no_utf8(project):
    project.write("Dockerfile", b"FROM scratch\nRUN echo \xff\n")
    refused(project, 2, "Dockerfile:2: is not UTF-8")


def test_file_that_is_no_utf8_does_not_stop_others(project):
    project.write("Dockerfile", b"FROM alpine:3.19\nRUN echo \xff\n")
    project.write("compose.yaml", "services:\n  a:\n    image: redis:7\n")
    done = project.pinner("list", "--format", "json")
    assert done.code == 2
    assert [row["file"] for row in json.loads(done.out)["references"]] == ["compose.yaml"]
    assert "Dockerfile:2: is not UTF-8" in done.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version = 1\n[[image]]\nreference = \n", "pinner.lock:3: not TOML"),
        ("version = 2\n", "pinner.lock:1: version 2 is newer than this pinner knows"),
        ("image = 3\nversion = 1\n", "pinner.lock:1: `image` is not a list of tables"),
        (LOCKED.format(digest="zz"), "pinner.lock:6: 'sha256:zz' is not a digest"),
        (
            LOCKED.format(digest="a" * 64).replace("[[image]]", "<<<<<<< HEAD\n[[image]]"),
            "pinner.lock:4: a merge conflict is not resolved",
        ),
        (LOCKED.format(digest="a" * 64).replace("media-type", "kind"), "unknown key 'kind'"),
        (
            LOCKED.format(digest="a" * 64) + LOCKED.format(digest="b" * 64).partition("1\n")[2],
            "pinner.lock:10: docker.io/library/alpine:3.19 has two entries",
        ),
    ],
)
@pytest.mark.parametrize("command", ["lock", "verify"])
def test_broken_lockfile(project, text, message, command):
    project.write("Dockerfile", "FROM alpine:3.19\n")
    project.write("pinner.lock", text)
    refused(project, 2, message, arguments=(command,))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("exclude = 3\n", "pinner.toml:1: `exclude` must be a list of texts"),
        ('\nexcludes = ["x"]\n', "pinner.toml:2: `excludes` is not a known key; the nearest"),
        ('style = "both"\n', "must be one of tag-and-digest, digest-only"),
        ('[registries."ghcr.io"]\nmirror = []\n', "the nearest known key is `mirrors`"),
        ("a = \n", "pinner.toml:1: not TOML"),
    ],
)
def test_broken_configuration(project, text, message):
    project.write("Dockerfile", "FROM alpine:3.19\n")
    project.write("pinner.toml", text)
    refused(project, 2, message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("lock", "nowhere"), "nowhere: there is no such file or folder"),
        (("list", "README.md"), "README.md: no scanner reads files of this name"),
        (("list", "--scanner", "docker"), "'docker' is no scanner"),
        (("list", "-"), "say with --scanner what standard input is"),
        (("verify", "--fail-on", "x"), "'x' is no finding"),
        (("lock", "--platform", "linux"), "'linux' is not a platform"),
        (("lock", "--format", "xml"), "'xml' is not one of 'text', 'json'"),
        (("frobnicate",), "No such command"),
        (("lock", "--nope"), "No such option"),
    ],
)
def test_wrong_usage(project, arguments, message):
    project.write("README.md", "hello\n")
    refused(project, 2, message, arguments=arguments)


def test_offline_fails_for_what_is_not_locked(project):
    project.write("Dockerfile", "FROM alpine:3.19\n")
    refused(project, 3, "--offline forbids to ask", arguments=("lock", "--offline"))


def test_dockerfile_that_cannot_be_read(project):
    project.write("Dockerfile", "FROM alpine:3.19\nRUN cat <<EOF\n x\n")
    refused(project, 2, "Dockerfile:2: unterminated heredoc 'EOF'")


def test_large_file_is_refused(project):
    project.write("Dockerfile", b"FROM alpine:3.19\n" + b"#" * (8 * 1024 * 1024))
    refused(project, 2, "Dockerfile: is larger than 8 MiB", arguments=("list",))


def test_deeply_nested_yaml(project):
    text = "apiVersion: v1\nkind: Pod\nimage: " + "[" * 3000 + "]" * 3000 + "\n"
    project.write("pod.yaml", text)
    refused(project, 2, "pod.yaml:3: not YAML: nested more than 200 deep", arguments=("list",))


def test_many_aliases_are_no_bomb(project):
    lines = ["apiVersion: v1", "kind: Pod", "a0: &a0 {image: x}"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 40)]
    project.write("pod.yaml", "\n".join(lines) + "\n")
    done = project.pinner("list")
    assert done.code == 0, done


def test_link_out_of_the_project(project, tmp_path):
    (tmp_path / "outside").write_text("FROM alpine:3.19\n")
    (project.root / "Dockerfile").symlink_to(tmp_path / "outside")
    refused(project, 2, "Dockerfile: is a link that leads out of the project")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Dockerfile", "ARG A=1\n" + "ARG A=$A$A\n" * 60 + "FROM x:$A\n"),
        ("Dockerfile", "ARG A=1\n" + "ARG A=$A\n" * 5000 + "FROM x:$A\n"),
        ("Dockerfile", "ARG A=\n" + "ARG A=$A$A\n" * 60 + "FROM x:1$A\n"),
        ("Dockerfile", "FROM " + "${a:-" * 5000 + "\n"),
        ("Dockerfile", f"ARG A={'x' * 4000}\nFROM ${{b:+{'$A' * 20000}}}\n"),
        ("compose.yaml", "services: {a: {image: '" + "${a:-" * 5000 + "'}}\n"),
    ],
    ids=["doubling", "chain", "empty", "nested", "wide", "compose"],
)
def test_variables_that_grow_without_end(project, path, text):
    """They are judged or refused by name, and never counted as nothing."""
    project.write(path, text)
    done = project.pinner("list")
    assert done.code in (0, 2), done
    assert ("skipped" in done.out) != (f"error: {path}:" in done.err), done
    assert project.pinner("verify", "--strict").code == 1


def test_env_values_that_grow_without_end(project):
    project.write(".env", "A=1\n" + "A=$A$A\n" * 60)
    project.write("compose.yaml", "services: {a: {image: 'x:$A'}}\n")
    done = project.pinner("list")
    assert done.code == 0, done
    assert "unset-variable" in done.out


@pytest.mark.parametrize("path", ["compose.yaml", "pod.yaml"])
def test_merges_of_merges(project, path):
    lines = ["apiVersion: v1", "kind: Pod", "x0: &x0 {image: 'a:1'}"]
    lines += [f"x{n}: &x{n} {{<<: *x{n - 1}}}" for n in range(1, 3000)]
    lines += ["services: {s: {<<: *x2999}}", "spec: {containers: [*x2999]}"]
    project.write(path, "\n".join(lines) + "\n")
    done = project.pinner("list")
    assert done.code == 2, done
    assert f"{path}:2" in done.err
    assert "merged more than 200 times over" in done.err

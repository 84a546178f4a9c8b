"""Our own image: built by buildah of the Containerfile as it is, on a base made here.

Docker Hub cannot be asked from everywhere, so that an image of Debian's packages stands in for the
base, by the build argument that names it; it has Python, and neither git nor the user.
"""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from conftest import needs_program

ROOT = Path(__file__).parents[2]
DIGEST = "a" * 64


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """Give what runs a program in a container of the image, with folders mounted."""
    needs_program("buildah", "mmdebstrap")
    if os.geteuid() != 0:
        pytest.skip("building needs root where user namespaces may not be had")
    folder = tmp_path_factory.mktemp("image")
    storage = ("--storage-driver", "vfs", "--root", str(folder / "root"),
               "--runroot", str(folder / "run"))  # fmt: skip
    tarball = folder / "base.tar"
    sources = Path("/etc/apt/sources.list.d/debian.sources")
    run("mmdebstrap", "--quiet", "--variant=minbase", "--include=python3-venv,ca-certificates",
        _release(), str(tarball), *([str(sources)] if sources.exists() else []))  # fmt: skip
    (folder / "Base").write_text("FROM scratch\nADD base.tar /\n")
    isolated = ("--isolation", "chroot")
    # A registry's host stands before the name, so that the base is found where it is.
    run("buildah", *storage, "bud", *isolated, "--file", folder / "Base", "--tag",
        "docker.io/library/python:base", folder)  # fmt: skip
    run("buildah", *storage, "bud", *isolated, "--pull-never", "--build-arg", "PYTHON=base",
        *_pip_settings(folder), "--file", ROOT / "Containerfile", "--tag", "pinner",
        ROOT)  # fmt: skip

    container = run("buildah", *storage, "from", "--pull-never", "pinner").strip()

    def start(*command, work, user=None):
        chosen = ("--user", user) if user else ()
        return subprocess.run(
            ["buildah", *storage, "run", *isolated, *chosen, "--volume", f"{work}:/work:rw",
             container, "--", *command],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    start.settings = json.loads(run("buildah", *storage, "inspect", "--type", "image", "pinner"))
    return start


def _release():
    lines = dict(
        line.split("=", 1)
        for line in Path("/etc/os-release").read_text().splitlines()
        if "=" in line
    )
    return lines["VERSION_CODENAME"].strip('"')


def _pip_settings(folder):
    """Packages come from where this machine has them from, as pip's variables say."""
    own = {name: text for name, text in os.environ.items() if name.startswith("PIP_")}
    lines = [f"{name[4:].lower().replace('_', '-')} = {text}" for name, text in own.items()]
    (folder / "pip.conf").write_text("\n".join(["[global]", *lines, ""]))
    files = [text for text in own.values() if text.startswith("/") and Path(text).exists()]
    mounts = [f"{folder}/pip.conf:/etc/pip.conf:ro", *(f"{file}:{file}:ro" for file in files)]
    return [word for mount in mounts for word in ("--volume", mount)]


@pytest.fixture
def owned(project):
    """A repository that belongs to somebody who is not in the image."""
    project.write("Dockerfile", f"FROM alpine:3.19@sha256:{DIGEST}\n")
    project.write(
        "pinner.lock",
        'version = 1\n\n[[image]]\nreference = "docker.io/library/alpine:3.19"\n'
        f'digest = "sha256:{DIGEST}"\n'
        'media-type = "application/vnd.oci.image.index.v1+json"\nfiles = ["Dockerfile"]\n',
    )
    project.write("ignored/Dockerfile", "FROM unpinned\n")
    project.write(".gitignore", "ignored\n")
    project.git("add", ".")
    for path in [project.root, *project.root.rglob("*")]:
        os.chown(path, 23456, 23456)
    for parent in project.root.parents:  # pytest's folders are the tester's alone
        if "pytest" in parent.name:
            parent.chmod(0o755)
    return project


def test_our_image(image, owned):
    """One test, for it is built once: who it runs as, what it verifies, and who may write."""
    settings = image.settings["OCIv1"]["config"]
    assert settings["User"] == "10001"
    assert settings["Entrypoint"] == ["pinner"]
    assert settings["WorkingDir"] == "/work"
    assert settings["Labels"]["org.opencontainers.image.title"] == "pinner"
    assert image("id", "-u", work=owned.root).stdout == "10001\n"
    version = image("pinner", "--version", work=owned.root).stdout
    assert version == owned.pinner("--version").out

    # Somebody else's repository is looked through by git, as what it ignores shows.
    done = image("pinner", "verify", "--strict", work=owned.root)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "the one reference is pinned" in done.stderr

    owned.write("Dockerfile", "FROM alpine:3.19\n")
    done = image("pinner", "verify", work=owned.root)
    assert done.returncode == 1
    assert "Dockerfile:1:6: error" in done.stdout

    before = owned.snapshot()
    done = image("pinner", "lock", "--offline", work=owned.root)  # as the image's own user
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert owned.snapshot() == before

    done = image("pinner", "lock", "--offline", work=owned.root, user="23456:23456")
    assert done.returncode == 0, done.stderr
    assert owned.read("Dockerfile") == f"FROM alpine:3.19@sha256:{DIGEST}\n"
    assert (owned.root / "Dockerfile").stat().st_uid == 23456


def test_its_bases_are_pinned():
    lines = (ROOT / "Containerfile").read_text().splitlines()
    bases = [line for line in lines if line.startswith("FROM ")]
    assert [base.split()[1] for base in bases] == ["python:${PYTHON}"] * 2
    assert any(re.fullmatch(r"ARG PYTHON=[\w.-]+@sha256:[0-9a-f]{64}", line) for line in lines)

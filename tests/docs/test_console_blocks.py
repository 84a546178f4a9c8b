"""Every console block of the documents is run, and prints what stands there."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from images import Image

ROOT = Path(__file__).parents[2]
PAGES = sorted(page.name for page in (ROOT / "docs").glob("*.md")
               if "```console" in page.read_text())  # fmt: skip
_BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_DIGEST = re.compile(r"sha256:[0-9a-f]+…?")
IMAGES = ("python:3.12-slim", "python:3.13-slim", "node:22-alpine", "postgres:16.4", "redis:7.4",
          "nginx:1.27.2", "nginx:1.27.3", "alpine:3.19", "busybox:1.36")  # fmt: skip
ANYTHING = "…"


@pytest.fixture
def hub(registry):
    """A registry that stands in for Docker Hub."""
    for name in IMAGES:
        registry.push(
            f"library/{name}", Image(content=name, platforms=("linux/amd64", "linux/arm64"))
        )
    return (
        f'[registries."docker.io"]\nmirrors = ["{registry.host}"]\n'
        f'[registries."{registry.host}"]\nplain-http = true\n'
    )


def shown(text):
    """Write digests and trailing blanks alike."""
    return [_DIGEST.sub("sha256:…", line).rstrip() for line in text.splitlines()]


def matches(expected, printed):
    """Compare lines; one that is `…` stands for any number."""
    if not expected:
        return not printed
    if expected[0] == ANYTHING:
        return any(matches(expected[1:], printed[at:]) for at in range(len(printed) + 1))
    return bool(printed) and expected[0] == printed[0] and matches(expected[1:], printed[1:])


def commands(block):
    """Give each command of a block and what it prints."""
    found = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


@pytest.mark.registry
@pytest.mark.parametrize("page", PAGES)
def test_console_blocks(project, hub, page):
    project.write("pinner.toml", hub)
    project.write(".git/info/exclude", "pinner.toml\nbin\n")
    program = project.write(
        "bin/pinner", f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m pinner "$@"\n'
    )
    program.chmod(0o755)
    project.write(".git/info/exclude", "bin\npinner.toml\n")
    for language, title, block in _BLOCK.findall((ROOT / "docs" / page).read_text()):
        if title:
            project.write(title, block + (hub if title == "pinner.toml" else ""))
        if language != "console":
            continue
        for command, expected in commands(block):
            done = subprocess.run(
                ["sh", "-c", f"PATH={project.root}/bin:$PATH\n{command}"],
                cwd=project.root, capture_output=True, text=True, check=False,
            )  # fmt: skip
            printed = shown(done.stdout + done.stderr)
            is_so = matches(shown("\n".join(expected)), printed)
            assert is_so, f"{command}\n" + "\n".join(printed)


@pytest.mark.registry
def test_python_blocks(project, hub):
    """The programs of the library's page run, with the types that they are given."""
    project.write("pinner.toml", hub)
    project.write("Dockerfile", "FROM alpine:3.19\n")
    page = (ROOT / "docs/library.md").read_text()
    blocks = [block for language, _, block in _BLOCK.findall(page) if language == "python"]
    assert len(blocks) == 3
    project.write("page.py", "\n".join(blocks).replace(
        "Registry()", f"Registry({_mirrored(hub)})"))  # fmt: skip
    types = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", "types", "page.py"],
        cwd=project.root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert types.returncode == 0, types.stdout
    done = subprocess.run(
        [sys.executable, "page.py"], cwd=project.root, capture_output=True, text=True, check=True
    )
    assert shown(done.stdout) == [
        "Dockerfile 1 docker.io/library/alpine:3.19 unpinned",
        "[] ('pinner.lock', 'Dockerfile')",
        "Dockerfile:1: alpine:3.19 has no digest (nor is it locked); run `pinner lock` [unpinned]",
        "sha256:… application/vnd.oci.image.index.v1+json " + _host(hub),
    ]


def _host(hub):
    return re.search(r'mirrors = \["(.*)"\]', hub)[1]


def _mirrored(hub):
    host = _host(hub)
    return f"plain_http=[{host!r}], mirrors={{'docker.io': [{host!r}]}}"


def test_the_commands_page_and_the_manual_are_the_programs_own_help():
    from make_reference import MANUAL, PAGE, manual, page

    assert PAGE.read_text() == page()
    assert MANUAL.read_text() == manual()


def test_every_page_is_in_the_navigation():
    listed = set(re.findall(r"[\w-]+\.md", (ROOT / "mkdocs.yml").read_text()))
    assert listed == {page.name for page in (ROOT / "docs").glob("*.md")}


def test_the_pictures_are_of_what_the_program_prints():
    from make_picture import PICTURES, pictures

    for theme, picture in pictures().items():
        words = re.compile(r">([^<>]+)<")  # how they are drawn is rich's affair
        assert words.findall(PICTURES[theme].read_text()) == words.findall(picture)

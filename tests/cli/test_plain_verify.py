"""`pinner verify [PATH…]` is spared the parser, and answers as it does with it."""

import subprocess
import sys

import pytest

A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64
LOCKED = (
    'version = 1\n\n[[image]]\nreference = "docker.io/library/alpine:3.19"\n'
    f'digest = "{A}"\nmedia-type = "x"\nfiles = ["Dockerfile"]\n'
)
PROJECTS = {
    "nothing": {},
    "all is well": {"Dockerfile": f"FROM alpine:3.19@{A}\n", "pinner.lock": LOCKED},
    "a finding": {"Dockerfile": f"FROM alpine:3.19@{B}\n", "pinner.lock": LOCKED},
    "a warning": {"Dockerfile": "FROM $X\n"},
    "names that are no text": {"d\udcff/Dockerfile": "FROM \x1b[31m\n"},
    "a bad lockfile": {"pinner.lock": "version = 9\n"},
    "a bad configuration": {"pinner.toml": "excude = []\n"},
    "an unreadable file": {"Dockerfile": "FROM a\nRUN <<E\n", "b/Dockerfile": "FROM b:1\n"},
}
PATHS = [(), (".",), ("Dockerfile",), ("b", "Dockerfile"), ("nowhere",), ("",), ("..",)]


@pytest.mark.parametrize("paths", PATHS, ids=" ".join)
@pytest.mark.parametrize("name", PROJECTS)
def test_the_same_to_the_byte(project, name, paths):
    for path, content in PROJECTS[name].items():
        project.write(path, content)
    plain = project.pinner("verify", *paths)
    parsed = project.pinner("verify", *paths, "--format", "text")
    assert plain == parsed


def test_a_closed_pipe_ends_quietly(project):
    import subprocess
    import sys

    project.write("Dockerfile", "FROM a:1\n" * 20_000)
    for arguments in (("verify",), ("verify", "--strict"), ("list",)):
        done = subprocess.run(
            f"{sys.executable} -m pinner {' '.join(arguments)} | head -n 1",
            shell=True, cwd=project.root, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.stdout.count("\n") == 1
        assert "Traceback" not in done.stderr
        assert "rror: " not in done.stderr


WITHOUT = """
import sys
from pinner import __main__ as begins
begins._import_msgspec()
assert not {"platform", "typing_extensions"} & sys.modules.keys()
import platform, typing_extensions, uuid, msgspec
assert platform.machine() and platform.system() == "Linux" and uuid.uuid1()
assert msgspec.json.decode('"f81d4fae-7dec-11d0-a765-00a0c91e6bf6"', type=uuid.UUID)
row = msgspec.defstruct("Row", [("one", int)], namespace={"__doc__": "Words."})
assert msgspec.json.schema(row)
begins._import_msgspec()
assert sys.modules["platform"] is platform
"""


@pytest.mark.skipif(sys.platform != "linux", reason="uuid asks elsewhere for nothing, or for more")
def test_what_the_start_does_without_is_there_afterwards():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")

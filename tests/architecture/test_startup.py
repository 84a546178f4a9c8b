"""What a command imports: structure, not time."""

import subprocess
import sys

SLOW = ("requests", "ruamel.yaml", "tomlkit", "rich", "pathspec", "hypothesis")
PROBE = """
import sys
from pinner.__main__ import main
code = 0
try:
    main()
except SystemExit as error:
    code = error.code or 0
print("imported", *(name for name in {slow!r} if name in sys.modules), file=sys.stderr)
raise SystemExit(code)
"""


def imported(project, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(slow=SLOW), *arguments],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done
    return done.stderr.rpartition("imported")[2].split()


def test_version_is_light(project):
    assert imported(project, "--version") == []


def test_verify_of_an_unchanged_project_is_light(project):
    digest = "sha256:" + "a" * 64
    project.write("Dockerfile", f"FROM alpine:3.19@{digest}\n")
    project.write("compose.yaml", f"services:\n  a:\n    image: alpine:3.19@{digest}\n")
    project.write(
        "pinner.lock",
        "version = 1\n\n[[image]]\nreference = 'docker.io/library/alpine:3.19'\n"
        f"digest = '{digest}'\nmedia-type = 'x'\nfiles = ['Dockerfile', 'compose.yaml']\n",
    )
    assert "ruamel.yaml" in imported(project, "verify")  # nothing is known yet
    assert imported(project, "verify") == []

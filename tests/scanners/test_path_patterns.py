"""Patterns with folders match the ends of paths; the others names, wherever they are."""

import pytest

from pinner.scanners.all_scanners import BUILT_IN
from pinner.scanners.file_names import name_chooser, name_matcher

PATTERNS = (
    ".github/workflows/*.y[a]ml", ".github/workflows/*.yml", ".woodpecker/**/*.yaml",
    "roles/*/tasks/*.yml", "**/ci/[!x]*.toml", "Dockerfile*", "!*.md", "!docs/**/Dockerfile",
)  # fmt: skip


@pytest.mark.parametrize("path, matches", [
    (".github/workflows/a.yml", True),
    (".github/workflows/a.yaml", True),
    ("x/y/.github/workflows/a.yml", True),
    ("x.github/workflows/a.yml", False),
    (".github/workflows/b/a.yml", False),
    ("github/workflows/a.yml", False),
    (".woodpecker/a.yaml", True),
    (".woodpecker/a/b/c.yaml", True),
    ("x.woodpecker/a.yaml", False),
    ("roles/a/tasks/m.yml", True),
    ("deep/roles/a/tasks/m.yml", True),
    ("roles/a/b/tasks/m.yml", False),
    ("roles/tasks/m.yml", False),
    ("ci/a.toml", True),
    ("a/b/ci/a.toml", True),
    ("ci/x.toml", False),
    ("a/Dockerfile", True),
    ("a/Dockerfile.md", False),
    ("docs/Dockerfile", False),
    ("docs/a/b/Dockerfile", False),
    ("docs/Dockerfile.a", True),
])  # fmt: skip
def test_paths(path, matches):
    patterns = tuple(text.replace("y[a]ml", "yaml") for text in PATTERNS)
    assert name_matcher(patterns)(path) == matches
    assert name_chooser({"a": patterns, "b": ("*.txt",)})(path) == (("a",) if matches else ())


def test_several():
    choose = name_chooser({"a": ("*.yml",), "b": ("x/*.yml",), "c": ("y/*.yml", "!*.z.yml")})
    assert choose("x/a.yml") == ("a", "b")
    assert choose("y/a.yml") == ("a", "c")
    assert choose("y/a.z.yml") == ("a",)
    assert choose("a.txt") == ()
    choose = name_chooser({"a": ("x/**/*",), "b": ("x/*.yml",), "c": ("*.yml",)})
    assert choose("x/a.yml") == ("a", "b", "c")
    assert choose("x/y/a") == ("a",)
    assert choose("y/a.txt") == ()


def test_of_all_scanners_at_once():
    """The quick way gives what each scanner's patterns give."""
    patterns = {key: own.patterns for key, own in BUILT_IN.items()}
    choose = name_chooser(patterns)
    paths = {
        text.replace("**/", "a/b/").replace("*", "x") for own in patterns.values() for text in own
    }
    paths |= {f"deep/{path}" for path in paths} | {f"{path}.x" for path in paths}
    paths |= {path.replace("/", "/y/") for path in paths} | {
        "Dockerfile.md",
        "a.py",
        "README",
        ".env",
    }
    for path in paths:
        expected = tuple(key for key, own in patterns.items() if name_matcher(own)(path))
        assert choose(path) == expected, path

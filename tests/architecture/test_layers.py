"""Imports point down the layers, and each third-party library has one home."""

import ast
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent.parent / "pinner"

LAYERS = (
    ("nouns", 0, ("reference", "occurrence", "findings", "resolver", "errors", "platforms",
                  "file_state", "image_details", "__init__")),
    ("scanners", 1, ("scanners.*",)),
    ("logic", 1, ("rewrite", "plan", "groups", "wishes",
                  "lockfile", "policy", "config", "scanner", "sightings",
                  "placement", "traced", "variables", "yaml_spans", "yaml_scalars", "json_spans",
                  "template_lines", "compose_interpolation", "custom_resources",
                  "dockerfile_syntax", "dockerfile_words", "dockerfile_references", "tag_versions",
                  "image_changes")),
    ("registry", 2, ("registry.*",)),
    ("workspace", 2, ("workspace", "listing")),
    ("scan_cache", 2, ("scan_cache",)),
    ("transaction", 2, ("transaction",)),
    ("seen_digests", 2, ("seen_digests",)),
    ("git", 2, ("git",)),
    ("scanner table", 2, ("all_scanners",)),
    ("operations", 3, ("operations.*",)),
    ("reports", 3, ("reports.*",)),
    ("edge", 4, ("cli", "cli_options", "cli_image", "cli_update", "__main__", "all_reports",
                 "world", "quick")),
)  # fmt: skip

HOMES = {
    "ruamel": ("yaml_spans",),
    "tomlkit": ("lockfile",),
    "requests": ("registry.session",),
    "urllib3": ("registry.session", "registry.pacing"),
    "typer": ("cli", "cli_options", "cli_image", "cli_update"),
    "pathspec": ("workspace",),
    "filelock": ("transaction",),
    "platformdirs": ("world",),
    "rich": ("world",),
}


@cache
def modules() -> dict[str, tuple[str, ...]]:
    """Every module's imports, those for type checking left out."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        found[name] = tuple(_imports(ast.parse(path.read_text())))
    return found


def _imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.body = []
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def box(name):
    for title, level, members in LAYERS:
        for member in members:
            if name == member or (member.endswith("*") and name.startswith(member[:-1])):
                return title, level
    raise AssertionError(f"pinner.{name} is in no layer; add it to LAYERS")


def own_module(target):
    """The module of ours that an import leads to."""
    parts = target.split(".")
    if parts[0] != "pinner":
        return None
    for end in (len(parts), len(parts) - 1):
        name = ".".join(parts[1:end])
        if name in modules():
            return name
    return "__init__"


@pytest.mark.parametrize("name", modules())
def test_imports_point_down(name):
    title, level = box(name)
    for target in modules()[name]:
        other = own_module(target)
        if other is None or other.endswith("__init__"):
            continue
        other_title, other_level = box(other)
        allowed = other_level < level or other_title == title
        # Scanners use the rest of their row; the reports may share it among themselves.
        allowed = allowed or (title == "scanners" and other_title == "logic")
        assert allowed, f"pinner.{name} ({title}) → pinner.{other} ({other_title})"
        if title == "scanners":
            assert other_title != "scanners", f"scanner {name} → scanner {other}"


@pytest.mark.parametrize("name", modules())
def test_libraries_have_one_home(name):
    for target in modules()[name]:
        homes = HOMES.get(target.split(".")[0])
        assert homes is None or name in homes, f"pinner.{name} imports {target}"


def test_nouns_need_the_standard_library_only():
    import sys

    for name, targets in modules().items():
        if box(name)[0] == "nouns":
            for target in targets:
                top = target.split(".")[0]
                assert top in sys.stdlib_module_names or top == "pinner", f"{name} → {target}"

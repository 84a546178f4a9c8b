"""Folders are the layers: imports point down, and each third-party library has one home."""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "pinner"

# From the top down; folders of one row don't know each other.
ROWS = (
    ("__main__",),
    ("cli", "api"),
    ("operations",),
    ("registry", "evidence", "reports"),
    ("project",),
    ("scanners",),
    ("spans", "pins"),
    ("model",),
)
LEVELS = {folder: -row for row, folders in enumerate(ROWS) for folder in folders}

# Folders, or modules where a folder is too wide.
HOMES = {
    "ruamel": ("spans.yaml_nodes",),
    "tomlkit": ("pins.lockfile_text",),
    "requests": (
        "registry.session",
        "registry.failures",
        "registry.proxies",
        "registry.time_limit",
    ),
    "urllib3": ("registry.failures", "registry.pacing", "registry.body", "registry.time_limit"),
    "typer": ("cli",),
    "pathspec": ("project.listing",),
    "filelock": ("project.transaction",),
    "platformdirs": ("project.cache_folder",),
    "rich": ("cli", "reports"),
    "cryptography": ("evidence",),
    "cyclonedx": ("reports.exports",),
    "packageurl": ("reports.exports",),
    "dask": ("operations.fleet.cluster",),
    "distributed": ("operations.fleet.cluster",),
    "sigstore": ("evidence.keyless",),
    "sigstore_models": ("evidence.keyless",),
    "pydantic": ("evidence.keyless",),
}
EVERYWHERE = {"msgspec"}


@cache
def modules(*, running=False) -> dict[str, tuple[str, ...]]:
    """Every module's imports; those for type checking are left out of the running program's."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        imports = _imports(ast.parse(path.read_text()), running=running)
        found[name.removesuffix(".__init__")] = tuple(imports)
    return found


def _imports(node, *, running):
    if running and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
        return
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    for child in ast.iter_child_nodes(node):
        yield from _imports(child, running=running)


def own_module(target):
    """The module of ours that an import leads to, without the package's name."""
    parts = target.split(".")
    if parts[0] != "pinner":
        return None
    for end in (len(parts), len(parts) - 1):
        if ".".join(parts[1:end]) in modules():
            return ".".join(parts[1:end])
    return None  # pinner itself, which holds the version


def formats():
    """The scanners' own places: a folder, or a module beside the table and the contract."""
    shared = {
        "scanner", "all_scanners", "all_formats", "formats", "embedded", "file_names", "mentions",
        "yaml_places", "helm_values", "kustomize_images",
    }  # fmt: skip
    return {
        name.split(".")[1]
        for name in modules()
        if name.startswith("scanners.") and name.split(".")[1] not in shared
    }


def upward(name, other):
    """Say whether an import goes up or sideways."""
    here, there = name.split("."), other.split(".")
    if here[0] == there[0]:
        own, its = ("".join(parts[1:2]) for parts in (here, there))
        return here[0] == "scanners" and own in formats() and its in formats() and own != its
    return LEVELS[there[0]] >= LEVELS[here[0]]


@pytest.mark.parametrize("name", [name for name in modules() if name != "__init__"])
def test_imports_point_down(name):
    wrong = [other for other in map(own_module, modules()[name]) if other and upward(name, other)]
    assert not wrong, f"pinner.{name} imports pinner.{wrong[0]}, which is not below it"


def test_the_top_holds_folders_only():
    names = {path.name for path in PACKAGE.iterdir()} - {"__pycache__"}
    folders = {folder for row in ROWS[1:] for folder in row}
    assert names == folders | {"__init__.py", "__main__.py", "py.typed"}


@pytest.mark.parametrize(
    "folder", [path for path in PACKAGE.rglob("*") if path.is_dir() and any(path.glob("*.py"))]
)
def test_each_folder_says_what_lives_there_and_what_comes_in(folder):
    text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
    assert text
    first = text.partition("\n")[0]
    assert first.endswith("."), first
    assert "come in" in text or "comes in" in text


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("model.reference", "spans.traced"),
        ("spans.traced", "pins.plan"),
        ("pins.plan", "spans.traced"),
        ("registry.client", "reports.text"),
        ("project.survey", "operations.lock"),
        ("scanners.compose.scan", "scanners.dockerfile.scan"),
    ],
)
def test_an_import_up_or_sideways_is_seen(name, other):
    assert upward(name, other)
    assert name in modules()
    assert other in modules()


def test_no_circles_inside_a_folder():
    graph = {
        name: {other for other in map(own_module, targets) if other}
        for name, targets in modules(running=True).items()
    }
    done: set[str] = set()

    def visit(name, chain):
        assert name not in chain, " → ".join((*chain[chain.index(name) :], name))
        if name not in done:
            for other in sorted(graph[name]):
                visit(other, (*chain, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("name", modules())
def test_libraries_have_one_home(name):
    for target in modules()[name]:
        library = target.split(".")[0]
        homes = HOMES.get(library)
        at_home = homes is None or any(f"{name}.".startswith(f"{home}.") for home in homes)
        assert at_home, f"pinner.{name} imports {target}"
        known = library in sys.stdlib_module_names or library in {*HOMES, *EVERYWHERE, "pinner"}
        assert known, f"{library} has no home: pinner.{name}"


def test_nouns_need_the_standard_library_only():
    for name, targets in modules().items():
        if name.split(".")[0] == "model":
            for target in targets:
                top = target.split(".")[0]
                allowed = top in sys.stdlib_module_names or top in {*EVERYWHERE, "pinner"}
                assert allowed, f"{name} → {target}"

"""The library says what the commands say, and nothing else happens."""

import inspect
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from images import Image

import pinner

ROOT = Path(__file__).parents[2]
SURFACE = ROOT / "tests/data/api.txt"
LIGHT = {"pinner", "importlib", "sys"}

FILES = {
    "Dockerfile": "ARG V=3.19\nFROM {host}/tools/alpine:${{V}}\nFROM {host}/tools/lost:1\n",
    "compose.yaml": "services:\n  web:\n    image: {host}/tools/nginx:1.27\n"
    "  own: {{build: ., image: own:1}}\n  odd:\n    image: ${{UNSET}}/x:1\n",
    "deploy/pod.yaml": "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n"
    "  - image: {host}/tools/nginx:1.27  # pinner: ignore[frozen] until 2031-01-01\n",
}


@pytest.fixture
def shop(project, registry):
    for name in ("alpine:3.19", "nginx:1.27"):
        registry.push(f"tools/{name}", Image(content=name))
    project.write("pinner.toml", f'[registries."{registry.host}"]\nplain-http = true\n')
    for path, text in FILES.items():
        project.write(path, text.format(host=registry.host))
    return project


def opened(project):
    return pinner.Project.open(project.root, use_cache=False)


def as_rows(values, **names):
    rows = []
    for value in values:
        row = {field.replace("_", "-"): getattr(value, field) for field in value.__struct_fields__}
        rows.append({names.get(key, key): item for key, item in row.items()})
    return rows


@pytest.mark.registry
def test_the_commands_and_the_library_agree(shop, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):  # before it is locked, and after
        listed = json.loads(shop.pinner("list", "--format", "json").out)["references"]
        for row in listed:
            said = row.pop("ignore") or {"reason": None, "until": None}
            row |= {"ignore-reason": said["reason"], "ignore-until": said["until"]}
        assert as_rows(opened(shop).list()) == listed

        for options, wanted in (
            ((), {}),
            (("--strict",), {"strict": True}),
            (("--online",), {"online": True}),
        ):
            run = shop.pinner("verify", "--format", "json", *options)
            found = as_rows(opened(shop).verify(**wanted))
            assert found == json.loads(run.out)["findings"]

        run = json.loads(shop.pinner("lock", "--dry-run", "--format", "json").out)
        result = opened(shop).lock(write=False)
        assert as_rows(result.outcomes) == [
            {**row, "places": tuple(row["places"])} for row in run["outcomes"]
        ]
        assert list(result.files) == run["files"]
        assert not result.is_written
        assert [failure.reference for failure in result.failures]
        assert opened(shop).lock().is_written
    assert opened(shop).lock(offline=True, write=False).files == ()
    assert shop.pinner("lock", "--check", "--offline").code == 3  # the lost image


@pytest.mark.registry
def test_locking_writes_what_the_command_writes(shop):
    before = shop.snapshot()
    opened(shop).lock(platforms=["linux/amd64"], style="digest-only")
    by_library = shop.snapshot()
    for path, content in before.items():
        shop.write(path, content)
    (shop.root / "pinner.lock").unlink()
    shop.pinner("lock", "--platform", "linux/amd64", "--style", "digest-only")
    assert shop.snapshot() == by_library


@pytest.mark.registry
def test_nothing_but_the_files_is_touched(shop, monkeypatch, tmp_path, capfd):
    import signal

    monkeypatch.chdir(tmp_path)
    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    opened(shop).lock()
    opened(shop).verify()
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == handlers
    assert (Path.cwd(), *capfd.readouterr()) == (tmp_path, "", "")
    assert not list(tmp_path.glob("pinner*"))


@pytest.mark.registry
def test_threads_may_lock_at_once(shop):
    failures = []

    def work():
        try:
            opened(shop).lock()
        except pinner.PinnerError as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert [one.name for one in opened(shop).verify() if one.level == "error"] == ["unpinned"]


@pytest.mark.registry
def test_projects_inside(shop):
    shop.write("inner/pinner.toml", "")
    shop.write("inner/Dockerfile", "FROM alpine:3.20\n")
    config = shop.read("pinner.toml")
    shop.write("pinner.toml", f'projects = ["inner"]\n{config}')
    opened(shop).lock()
    assert "inner/Dockerfile" in {one.file for one in opened(shop).verify()}
    run = shop.pinner("verify", "--format", "json")
    assert as_rows(opened(shop).verify()) == json.loads(run.out)["findings"]
    below = pinner.Project.open(shop.root / "inner", use_cache=False)
    assert [one.file for one in below.list()] == ["Dockerfile"]
    assert Path(below.root) == shop.root / "inner"


@pytest.mark.registry
def test_registries(registry):
    digest = registry.push("tools/alpine:3.19", Image(content="x", platforms=("linux/amd64",)))
    name = f"{registry.host}/tools/alpine"
    with pinner.Registry(plain_http=[registry.host], use_cache=False) as asked:
        head = asked.head(f"{name}:3.19")
        assert (head.digest, head.source) == (digest, registry.host)
        assert head.reference == f"{name}:3.19@{digest}"
        assert asked.head(head.reference).digest == digest
        assert "3.19" in asked.tags(name)
        assert json.loads(asked.manifest(head.reference))["mediaType"] == head.media_type
        for text, error in (
            (f"{name}:gone", pinner.NotFoundError),
            ("Not A Reference", pinner.UsageError),
            ("localhost:1/x:1", pinner.UnreachableError),
        ):
            with pytest.raises(error):
                asked.head(text)
    mirrored = pinner.Registry(
        plain_http=[registry.host], mirrors={"docker.io": [f"{registry.host}/tools"]}
    )
    with pytest.raises(pinner.RegistryError, match="alpine"):
        mirrored.head("library/alpine:none")


@pytest.mark.parametrize(
    "given, error",
    [
        ({"path": "nowhere"}, pinner.UsageError),
        ({"config": "styel = 'x'\n"}, pinner.ConfigError),
        ({"lockfile": "nonsense"}, pinner.LockfileError),
        ({"lock": {"style": "x"}}, pinner.UsageError),
        ({"lock": {"platforms": ["a b"]}}, pinner.UsageError),
        ({"verify": {"fail_on": ["x"]}}, pinner.UsageError),
        ({"verify": {"since": "nothing"}}, pinner.GitError),
    ],
)
def test_what_is_refused(project, given, error):
    project.write("Dockerfile", "FROM alpine:3.19\n")
    project.write("pinner.toml", given.get("config", ""))
    if "lockfile" in given:
        project.write("pinner.lock", given["lockfile"])
    before = project.snapshot()

    def work():
        one = pinner.Project.open(project.root / given.get("path", ""), use_cache=False)
        one.lock(offline=True, **given.get("lock", {}))
        one.verify(**given.get("verify", {}))

    with pytest.raises(error) as raised:
        work()
    assert isinstance(raised.value, pinner.PinnerError)
    assert str(raised.value)
    assert project.snapshot() == before


def surface():
    """Every public name, and what it takes."""
    lines = []
    for name in sorted(pinner.__all__):
        value = getattr(pinner, name)
        if issubclass(value, Exception):
            lines.append(f"{name}({value.__bases__[0].__name__})")
            continue
        lines.append(name)
        if hasattr(value, "__struct_fields__"):
            lines += [
                f"  {field}: {value.__annotations__[field]}" for field in value.__struct_fields__
            ]
        lines += [
            f"  {member}{inspect.signature(getattr(value, member))}"
            for member in sorted(vars(value))
            if not member.startswith("_") and callable(getattr(value, member))
        ]
        if not hasattr(value, "__struct_fields__"):
            lines.append(f"  __init__{inspect.signature(value.__init__)}")
    return "\n".join(lines) + "\n"


def test_the_surface_is_the_one_that_is_promised():
    assert surface() == SURFACE.read_text()


def test_importing_costs_nothing():
    code = "import sys, pinner; print(*(n for n in sys.modules if n.startswith('pinner')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["pinner"]
    assert set(pinner.__all__) <= set(dir(pinner))
    with pytest.raises(AttributeError):
        pinner.Nothing  # noqa: B018


USER = """
from pinner import Project, Registry, Finding, PinnerError

def bad(folder: str) -> list[Finding]:
    try:
        return [one for one in Project.open(folder).verify(strict=True) if one.level == "error"]
    except PinnerError:
        return []

digest: str = Registry(plain_http=["localhost:5000"]).head("alpine:3.19").digest
lines: list[int] = [one.line for one in Project.open(".").list()]
"""


@pytest.mark.parametrize(
    "text, is_right",
    [
        (USER, True),
        (USER + "digest: int = Registry().head('alpine').digest\n", False),
        (USER + "Project.open('.').verify(nline=True)\n", False),
        (USER + "from pinner import Nothing\n", False),
    ],
)
def test_types(tmp_path, text, is_right):
    """A program of a user's is checked against the installed package."""
    (tmp_path / "user.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", "user.py"],
        cwd=tmp_path, env={**os.environ, "MYPYPATH": ""}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert (done.returncode == 0) == is_right, done.stdout

"""What the documents say is what the program does, and nothing is listed in one place alone."""

import re
from pathlib import Path

import pytest

from pinner.model.occurrence import Reason
from pinner.scanners.all_scanners import BUILT_IN

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", ["github-verify.yml", "github-update.yml", "gitlab-ci.yml"])
def test_the_readmes_jobs_are_those_that_are_tested(name):
    assert f"```yaml\n{(ROOT / 'examples/jobs' / name).read_text()}```" in README


def test_the_readmes_diff_is_what_the_demo_prints(project, tmp_path):
    import shutil

    shutil.copytree(ROOT / "examples/shop", project.root, dirs_exist_ok=True)
    done = project.pinner("lock", "--diff")
    assert done.code == 0, done
    block = re.search(r"```diff\n(.*?)```", README, re.DOTALL)[1]
    printed = done.out.splitlines()
    assert all(line in printed for line in block.splitlines())
    assert project.pinner("lock").code == 0
    assert re.search(r"```toml\n(.*?)```", README, re.DOTALL)[1] in project.read("pinner.lock")


def test_every_command_of_the_readme_exists(project):
    for command in set(re.findall(r"`pinner ([a-z]+)", README)):
        assert project.pinner(command, "--help").code == 0
    for option in set(re.findall(r"`pinner ([a-z]+ --[a-z-]+)", README)):
        name, flag = option.split()
        assert flag in project.pinner(name, "--help").out, option


def test_links_lead_somewhere():
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
            if not target.startswith("http"):
                assert (document.parent / target).exists(), f"{document.name}: {target}"


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_scanner_is_all_there(name):
    scanner = BUILT_IN[name]
    assert scanner.name == name
    module = getattr(scanner, "module", f"{name}.scan").replace(".", "/")
    folder, _, own = module.rpartition("/")
    assert (ROOT / "pinner/scanners" / f"{module}.py").exists()
    assert (ROOT / "tests/scanners" / folder / f"test_{own}.py").exists()
    assert f'"{name}"' in (ROOT / "schemas/pinner.schema.json").read_text()


@pytest.mark.parametrize("document", ["README.md", "docs/formats.md"])
def test_tables_are_the_scanners_own_words(document):
    from make_tables import filled_in

    assert (ROOT / document).read_text() == filled_in(document)


def test_the_example_has_something_for_every_scanner(project):
    import json
    import shutil

    shutil.copytree(ROOT / "examples/shop", project.root, dirs_exist_ok=True)
    rows = json.loads(project.pinner("list", "--format", "json").out)["references"]
    others = json.loads(project.pinner("list", "--unread", "--format", "json").out)["references"]
    assert {row["scanner"] for row in rows} == set(BUILT_IN) - {"mentioned"}
    assert {row["scanner"] for row in others} == {"mentioned"}


def test_every_reason_is_explained():
    text = (ROOT / "docs/formats.md").read_text()
    assert all(f"| `{reason.value}` |" in text for reason in Reason)


def test_documented_configuration_is_valid():
    from pinner.project.config import load_settings

    text = (ROOT / "docs/configuration.md").read_text()
    block = re.search(r"```toml\n(.*?)```", text, re.DOTALL)[1]
    load_settings(block, "pinner.toml", tuple(BUILT_IN))


def test_run_time_dependencies_are_explained():
    import tomllib

    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    text = (ROOT / "CONTRIBUTING.md").read_text().partition("## Dependencies")[2]
    for requirement in listed:
        name = re.match(r"[\w.-]+", requirement)[0].removesuffix(".clib")
        assert name in text, name

"""Each finding is provoked through the program, and its absence is shown; reports are right."""

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from images import Image

from pinner.model.findings import SUMMARIES, FindingName

ROOT = Path(__file__).parents[2]
A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64
NGINX = "docker.io/library/nginx:1.25"


def entry(reference=NGINX, digest=A, files=("Dockerfile",)):
    listed = ", ".join(f'"{file}"' for file in files)
    return (
        f'\n[[image]]\nreference = "{reference}"\ndigest = "{digest}"\n'
        f'media-type = "application/vnd.oci.image.index.v1+json"\nfiles = [{listed}]\n'
    )


def lockfile(*entries):
    return "version = 1\n" + "".join(entries)


PINNED = f"FROM nginx:1.25@{A}\n"
FINE = {"Dockerfile": PINNED, "pinner.lock": lockfile(entry())}
WARNED = {
    "unset-variable", "templated", "invalid-reference", "unsupported-edit", "platform-variable",
    "ambiguous-stage", "ignore-expires",
}  # fmt: skip
TODAY = datetime.now(UTC).date().isoformat()

# For each finding: files that provoke it, with the place, and files that do not.
CASES = {
    "unpinned": ({**FINE, "Dockerfile": "FROM nginx:1.25\n"}, "Dockerfile:1:6", FINE),
    "not-locked": ({"Dockerfile": PINNED}, "Dockerfile:1:6", FINE),
    "digest-mismatch": (
        {**FINE, "Dockerfile": PINNED.replace("a" * 64, "b" * 64)}, "Dockerfile:1:6", FINE,
    ),
    "stale-entry": (
        {**FINE, "pinner.lock": lockfile(entry("docker.io/library/old:1"), entry())},
        "pinner.lock:4:1",
        FINE,
    ),
    "unset-variable": (
        {**FINE, "Dockerfile": f"ARG X\n{PINNED}FROM $X\n"},
        "Dockerfile:3:6",
        {**FINE, "Dockerfile": f"ARG X=1.25@{A}\nFROM nginx:$X\n"},
    ),
    "templated": (
        {**FINE, "pod.yaml": "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n"
         "  - image: 'x:{{ .tag }}'\n"},
        "pod.yaml:5:13",
        FINE,
    ),
    "invalid-reference": (
        {**FINE, "Dockerfile": f"{PINNED}FROM Nginx\n"}, "Dockerfile:2:6", FINE,
    ),
    "unsupported-edit": (
        {**FINE, "compose.yaml": "services:\n  a:\n    build:\n"
         "      dockerfile_inline: 'FROM x:1\n\n"
         "        RUN y'\n"},
        "compose.yaml:4:27",
        FINE,
    ),
    "registry-not-allowed": (
        {**FINE, "pinner.toml": '[policy]\nallowed-registries = ["ghcr.io", "quay.io/org"]\n'},
        "Dockerfile:1:6",
        {**FINE, "pinner.toml": '[policy]\nallowed-registries = ["docker.io/library"]\n'},
    ),
    "tag-required": (
        {"Dockerfile": f"FROM nginx@{A}\n", "pinner.toml": "[policy]\nrequire-tag = true\n",
         "pinner.lock": lockfile(entry("docker.io/library/nginx"))},
        "Dockerfile:1:6",
        {**FINE, "pinner.toml": "[policy]\nrequire-tag = true\n"},
    ),
    "unknown-directive": (
        {**FINE, "Dockerfile": f"# pinner: ignroe\n{PINNED}"}, "Dockerfile:1", FINE,
    ),
    "ignore-expires": (
        {"Dockerfile": f"# pinner: ignore until {TODAY}\nFROM nginx:1.25\n"},
        "Dockerfile:2",
        {"Dockerfile": "# pinner: ignore until 2999-01-01\nFROM nginx:1.25\n"},
    ),
    "ignore-expired": (
        {**FINE, "Dockerfile": f"# pinner: ignore until 2020-01-01\n{PINNED}"},
        "Dockerfile:2",
        FINE,
    ),
    "unreadable": (
        {**FINE, "compose.yaml": "services:\n  image: [\n"}, "compose.yaml:3", FINE,
    ),
    "platform-variable": (
        {**FINE, "Dockerfile": f"{PINNED}FROM x:$TARGETARCH\n"}, "Dockerfile:2:6", FINE,
    ),
    "ambiguous-stage": (
        {**FINE, "Dockerfile": f"{PINNED}ONBUILD COPY --from=x /a /b\n"}, "Dockerfile:2:21", FINE,
    ),
    "missing-file": (
        {**FINE, "compose.yaml": "services:\n  a:\n    build: ./web\n"}, "compose.yaml:3", FINE,
    ),
    "outside": (
        {**FINE, "compose.yaml": "include: [../other.yaml]\nservices: {}\n"},
        "compose.yaml:1",
        FINE,
    ),
    "chart-decides": (
        {**FINE, "values.yaml": "image: {repository: x/y, tag: ''}\n"}, "values.yaml:1:21", FINE,
    ),
    "locked-only": (
        {**FINE, "Dockerfile": "FROM nginx:1.25\n", "pinner.toml": "rewrite = false\n"},
        "Dockerfile:1:6",
        FINE,
    ),
}  # fmt: skip
NOTED = {"locked-only", "chart-decides"}
# Of comparing with a revision; tests/operations/test_since.py has them.
SINCE = {"weakened", "new-digest"}
TRUST = {"untrusted"}
ONLINE = {"moved", "gone", "unreachable", "single-platform"}


def found(project, *arguments):
    done = project.pinner("verify", "--format", "json", *arguments)
    return done, json.loads(done.out)["findings"]


def test_every_finding_is_here():
    assert CASES.keys() | ONLINE | SINCE | TRUST == set(FindingName)


@pytest.mark.parametrize("name", CASES)
def test_provoked(project, name):
    files, place, _ = CASES[name]
    for path, text in files.items():
        project.write(path, text)
    done, rows = found(project)
    (row,) = [row for row in rows if row["name"] == name]
    assert [r["name"] for r in rows] == [name]
    location = ":".join(str(row[key]) for key in ("file", "line", "column") if row[key])
    assert location == place
    level = "warning" if name in WARNED else "note" if name in NOTED else "error"
    assert (row["level"], done.code) == (level, 1 if level == "error" else 0)
    strict, _ = found(project, "--strict")
    assert strict.code == (0 if name == "ignore-expires" else 1)
    raised, _ = found(project, "--fail-on", name)
    assert raised.code == 1
    text = project.pinner("verify").out
    assert text.startswith(f"{place}: {level}: ")
    assert text.endswith(f" [{name}]\n")


@pytest.mark.parametrize("name", CASES)
def test_absent(project, name):
    for path, text in CASES[name][2].items():
        project.write(path, text)
    done, rows = found(project, "--strict")
    assert (done.code, rows) == (0, []), done


@pytest.fixture
def pinned(project, registry):
    registry.push("find/x:1", Image(content="first"))
    project.write("Dockerfile", f"FROM scratch\nFROM {registry.host}/find/x:1\n")
    assert project.pinner("lock").code == 0
    return project


@pytest.mark.registry
def test_moved(pinned, registry):
    done, rows = found(pinned, "--online")
    assert (done.code, rows) == (0, [])
    registry.push("find/x:1", Image(content="second"))
    done, rows = found(pinned, "--online")
    assert [(row["name"], row["level"], row["line"]) for row in rows] == [("moved", "warning", 2)]
    assert done.code == 0
    done, _ = found(pinned, "--online", "--fail-on", "moved")
    assert done.code == 1
    assert found(pinned)[1] == []


@pytest.mark.registry
def test_gone(pinned, registry):
    import requests

    text = pinned.read("Dockerfile")
    digest = text.strip().rpartition("@")[2]
    registry.push("find/x:1", Image(content="third"))
    deleted = requests.delete(f"http://{registry.host}/v2/find/x/manifests/{digest}", timeout=5)
    assert deleted.status_code == 202
    done, rows = found(pinned, "--online")
    assert [(row["name"], row["level"]) for row in rows] == [("gone", "error")]
    assert done.code == 1


@pytest.mark.registry
def test_unreachable(project, make_registry):
    going = make_registry()
    going.push("find/y:1", Image(content="y"))
    project.write("Dockerfile", f"FROM {going.host}/find/y:1\n")
    assert project.pinner("lock").code == 0
    going.stop()
    done, rows = found(project, "--online")
    assert [(row["name"], row["level"]) for row in rows] == [("unreachable", "error")]
    assert done.code == 3


@pytest.mark.registry
def test_single_platform(project, registry):
    both = Image(content="s", platforms=("linux/amd64", "linux/arm64"))
    registry.push("find/s:1", both)
    name = f"{registry.host}/find/s:1"
    project.write("Dockerfile", f"FROM {name}\n")
    assert project.pinner("lock").code == 0
    assert found(project, "--online")[1] == []
    child = project.pinner("image", "digest", name, "--platform", "linux/amd64").out.strip()
    project.write("Dockerfile", f"FROM {name}@{child}\n")
    assert project.pinner("lock").code == 0
    done, rows = found(project, "--online")
    assert [(row["name"], row["level"]) for row in rows] == [("single-platform", "warning")]
    assert done.code == 0


def test_paths_limit_what_is_looked_at(project):
    project.write("a/Dockerfile", "FROM nginx:1.25\n")
    project.write("b/Dockerfile", PINNED)
    project.write("pinner.lock", lockfile(entry(files=["b/Dockerfile"])))
    assert [row["file"] for row in found(project)[1]] == ["a/Dockerfile"]
    assert found(project, "b")[1] == []
    assert found(project, "b/Dockerfile")[1] == []
    (project.root / "b/Dockerfile").unlink()
    assert [row["name"] for row in found(project, "a")[1]] == ["unpinned"]


def test_a_copy_of_a_pinned_reference_is_a_warning(project):
    for path, text in FINE.items():
        project.write(path, text)
    project.write("more/Dockerfile", PINNED)
    done, rows = found(project)
    assert [(row["name"], row["level"]) for row in rows] == [("stale-entry", "warning")]
    assert done.code == 0


def everything(project):
    """One project with findings of many kinds, names with odd characters among them."""
    for files, _, _ in CASES.values():
        for path, text in files.items():
            if path != "pinner.toml":
                project.write(path, text)
    project.write("odd name, 100%:é/Dockerfile", "FROM x\nFROM 'UPPER'\n")


def test_sarif_is_valid_and_points_at_the_columns(project):
    everything(project)
    done = project.pinner("verify", "--format", "sarif", "--output", "out.sarif")
    assert done.code == 1
    assert done.out == ""
    report = json.loads(project.read("out.sarif"))
    schema = json.loads((ROOT / "tests/data/sarif-schema-2.1.0.json").read_text())
    jsonschema.Draft4Validator(schema).validate(report)
    (run,) = report["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == list(FindingName)
    _, rows = found(project)
    assert len(run["results"]) == len(rows)
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        location = result["locations"][0]["physicalLocation"]
        region = location["region"]
        if "startColumn" not in region or result["ruleId"] == "stale-entry":
            continue
        from urllib.parse import unquote

        text = project.read(unquote(location["artifactLocation"]["uri"]))
        line = text.split("\n")[region["startLine"] - 1]
        shown = line[region["startColumn"] - 1 : region["endColumn"] - 1]
        assert shown
        assert " " not in shown.strip("'") or "{{" in shown
        assert shown in text


def test_github_annotations(project):
    everything(project)
    done = project.pinner("verify", "--format", "github")
    lines = done.out.splitlines()
    assert len(lines) == len(found(project)[1])
    assert all(
        line.startswith(("::error file=", "::warning file=", "::notice file=")) for line in lines
    )
    (odd,) = [line for line in lines if "odd name" in line and "unpinned" in line]
    assert odd.startswith(
        "::error file=odd name%2C 100%25%3Aé/Dockerfile,line=1,col=6,endColumn=7,"
        "title=pinner%3A unpinned::x:latest has no digest"
    )


def test_markdown(project):
    project.write("Dockerfile", "FROM nginx:1.25\nFROM a|b`c\n")
    done = project.pinner("verify", "--format", "markdown")
    lines = done.out.splitlines()
    assert lines[0] == "| level | finding | where | what |"
    assert all(line.replace("\\|", "").count("|") == 5 for line in lines)


def test_text_report_says_so_when_all_is_well(project):
    for path, text in FINE.items():
        project.write(path, text)
    done = project.pinner("verify")
    assert (done.code, done.out) == (0, "")
    assert done.err == "the one reference is pinned, and files and lockfile agree\n"


def test_every_finding_is_documented():
    text = (ROOT / "docs/findings.md").read_text()
    for name in FindingName:
        assert f"\n## {name.value}\n" in text
        section = text.partition(f"\n## {name.value}\n")[2].partition("\n## ")[0]
        for part in ("Why it matters", "How to fix it"):
            assert part in section, name
        assert SUMMARIES[name]


def test_a_charts_templates_are_one_line(project):
    deployment = "apiVersion: apps/v1\nkind: Deployment\nspec: {{template: {{spec: {{containers: [{{image: '{image}'}}]}}}}}}\n"
    for name in ("a", "b"):
        project.write(
            f"charts/web/templates/{name}.yaml", deployment.format(image="{{ .Values.x }}")
        )
    project.write("charts/web/Chart.yaml", "apiVersion: v2\nname: web\n")
    project.write("deploy/templates/c.yaml", deployment.format(image="{{ .Values.x }}"))
    done, rows = found(project)
    assert done.code == 0, done
    assert [(row["file"], row["level"], row["name"]) for row in rows] == [
        ("charts/web/Chart.yaml", "warning", "templated"),
        ("deploy/templates/c.yaml", "warning", "templated"),
    ]
    assert rows[0]["message"] == "values supply 2 references of this chart's templates"


@pytest.mark.parametrize(("files", "words"), [
    ({"Dockerfile": "ARG X\nFROM a:$X\n"}, "X has no value here; give the ARG a default"),
    ({"compose.yaml": "services: {a: {image: 'a:$X$Y'}}\n"}, "X, Y have no value here; write ${NAME:-default}"),
    ({"compose.yaml": "services: {a: {image: 'a:$X'}}\n", ".env": "X=1\n", ".gitignore": ".env\n"},
     "X has no value here; the .env beside it is ignored by git"),
])  # fmt: skip
def test_a_variable_without_a_value_is_named(project, files, words):
    for path, text in files.items():
        project.write(path, text)
    assert words in project.pinner("verify").out

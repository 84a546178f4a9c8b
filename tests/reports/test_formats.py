"""Reports for other programs: valid by their schemas, and read by who reads such reports."""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema

from pinner.model.findings import Finding, FindingName, Level
from pinner.reports.gitlab import findings_gitlab
from pinner.reports.junit import findings_junit
from pinner.reports.markdown import job_summary
from pinner.reports.rule_help import HELP
from pinner.reports.sarif import findings_sarif

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests/data"
D, E = "sha256:" + "d" * 64, "sha256:" + "e" * 64
LOCKFILE = f"""\
version = 1

[[image]]
reference = "docker.io/library/nginx:1.25"
digest = "{D}"
media-type = "application/vnd.oci.image.index.v1+json"
files = ["Dockerfile"]
"""
HOSTILE = "a\0b\x1b[1m]]>\u202e<&\"'\ufffe\ud800 \U0001f600\r\n::error::x"


def made(message=HOSTILE, file="a & <b>.yaml", level=Level.ERROR, line=3):
    return Finding(
        name=FindingName.UNPINNED,
        level=level,
        file=file,
        line=line,
        column=1,
        end_column=2,
        message=message,
    )


MANY = [made(level=level, line=line) for line, level in enumerate(Level)] + [
    made(file="\udcff.yaml"), made(file=HOSTILE), made("plain", "b")
]  # fmt: skip


@pytest.mark.parametrize("findings", [[], MANY], ids=["none", "many"])
def test_junit(findings, tmp_path):
    from junitparser import JUnitXml

    text = findings_junit(findings)
    schema = xmlschema.XMLSchema(DATA / "junit-10.xsd")
    schema.validate(text)
    file = tmp_path / "junit.xml"
    file.write_text(text, encoding="utf-8")
    report = JUnitXml.fromfile(str(file))
    cases = [case for suite in report for case in suite]
    assert len(cases) == report.tests == (len(findings) or 1)
    assert report.failures == sum(finding.level is Level.ERROR for finding in findings)
    assert sum(suite.failures for suite in report) == report.failures
    assert sum(suite.skipped for suite in report) == len(findings) - report.failures
    for node in ET.fromstring(text).iter():
        for said in (node.text or "", *node.attrib.values()):
            assert "\x1b" not in said
            assert "\u202e" not in said


@pytest.mark.parametrize("findings", [[], MANY], ids=["none", "many"])
def test_gitlab(findings):
    issues = json.loads(findings_gitlab(findings))
    schema = json.loads((DATA / "gitlab-code-quality.schema.json").read_text())
    assert len(issues) == len(findings)
    for issue in issues:
        jsonschema.Draft7Validator(schema).validate(issue)
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["location"]["lines"]["begin"] >= 1
        assert issue["check_name"] in set(FindingName)
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)


def fingerprints(project):
    issues = json.loads(project.pinner("verify", "--format", "gitlab").out)
    return {issue["fingerprint"]: issue["location"]["lines"]["begin"] for issue in issues}


def test_fingerprints_stay_where_lines_move(project):
    text = "FROM a:1\nFROM b:1\nFROM a:1\nFROM $X\n"
    project.write("Dockerfile", text)
    before = fingerprints(project)
    assert len(before) == 4
    project.write("Dockerfile", f"# x\n\n{text}")
    after = fingerprints(project)
    assert after == {key: line + 2 for key, line in before.items()}
    project.write("Dockerfile", text.replace("b:1", "c:1"))
    assert len(before.keys() & fingerprints(project).keys()) == 3


def sarif(project):
    done = project.pinner("verify", "--format", "sarif")
    report = json.loads(done.out)
    schema = json.loads((DATA / "sarif-schema-2.1.0.json").read_text())
    jsonschema.Draft4Validator(schema).validate(report)
    return report["runs"][0]


def applied(text, fix):
    """Apply a fix as the standard says it: lines end with CR LF or LF, columns count points."""
    for change in fix["artifactChanges"]:
        for one in reversed(change["replacements"]):
            region = one["deletedRegion"]
            starts = [0]
            for at, sign in enumerate(text):
                if sign == "\n":
                    starts.append(at + 1)
            start = starts[region["startLine"] - 1] + region["startColumn"] - 1
            end = starts[region["endLine"] - 1] + region["endColumn"] - 1
            text = text[:start] + one["insertedContent"]["text"] + text[end:]
    return text


PINNED = f"nginx:1.25@{D}"


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("Dockerfile", "FROM nginx:1.25\n", f"FROM {PINNED}\n"),
        ("Dockerfile", "# é\r\nFROM\tnginx:1.25 AS x\r\n", f"# é\r\nFROM\t{PINNED} AS x\r\n"),
        ("Dockerfile", f"FROM nginx:1.25@{E}\n", f"FROM {PINNED}\n"),
        ("Dockerfile", "\ufeffFROM nginx:1.25\n", f"\ufeffFROM {PINNED}\n"),
        ("Dockerfile", "ARG V=1.25\nFROM nginx:$V\n", f"ARG V=1.25@{D}\nFROM nginx:$V\n"),
        ("compose.yaml", 'services: {"é😀": {image: "nginx:1.25"}}\n',
         f'services: {{"é😀": {{image: "{PINNED}"}}}}\n'),
    ],
)  # fmt: skip
def test_sarif_fixes(project, name, before, after):
    project.write(name, before)
    project.write("pinner.lock", LOCKFILE.replace("Dockerfile", name))
    results = [row for row in sarif(project)["results"] if row["ruleId"] != "stale-entry"]
    (fix,) = results[0]["fixes"]
    (change,) = fix["artifactChanges"]
    assert unquote(change["artifactLocation"]["uri"]) == name
    bom = "\ufeff" if before.startswith("\ufeff") else ""
    assert bom + applied(before.removeprefix(bom), fix) == after
    project.write(name, after)
    assert project.pinner("verify").code == 0


def test_nothing_is_fixed_that_is_not_known(project):
    project.write("Dockerfile", "FROM nginx:1.26\nFROM $X\n")
    project.write("pinner.lock", LOCKFILE)
    assert not any("fixes" in row for row in sarif(project)["results"])


def test_sarif_tools_reads_it(project):
    project.write("Dockerfile", "FROM nginx:1.25\nFROM $X\n")
    project.pinner("verify", "--format", "sarif", "--output", "r.sarif")
    done = subprocess.run(
        [sys.executable, "-m", "sarif", "summary", "r.sarif"],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "error: 1" in done.stdout
    assert "warning: 1" in done.stdout


def test_rules_help():
    (run,) = json.loads(findings_sarif([]))["runs"]
    document = (ROOT / "docs/findings.md").read_text()
    for rule in run["tool"]["driver"]["rules"]:
        name = FindingName(rule["id"])
        assert rule["helpUri"].endswith(f"#{name}")
        section = document.partition(f"## {name}\n")[2].partition("\n#")[0].replace("\n", " ")
        for words in (HELP[name].why, HELP[name].how):
            assert words in rule["help"]["markdown"]
            assert words[1:] in section, name


def test_the_jobs_page(project, tmp_path):
    project.write("Dockerfile", "FROM nginx:1.25\n")
    page = tmp_path / "page.md"
    page.write_text("before\n")
    where = {"GITHUB_STEP_SUMMARY": str(page)}
    done = project.pinner("verify", "--format", "github", env=where)
    assert done.out.startswith("::error file=Dockerfile")
    assert page.read_text().startswith("before\n### pinner verify\n")
    assert "| error | `unpinned` | `Dockerfile:1:6` |" in page.read_text()
    once = page.read_text()
    project.pinner("verify", env=where)
    assert page.read_text() == once
    refused = project.pinner(
        "verify", "--format", "github", env={"GITHUB_STEP_SUMMARY": str(tmp_path)}
    )
    assert refused.code == 2
    assert "GITHUB_STEP_SUMMARY" in refused.err


def test_a_long_page_is_cut():
    page = job_summary([made("x" * 1000)] * 3000, "3000 errors")
    assert len(page.encode()) < 1024 * 1024
    assert page.rstrip().endswith("findings more")

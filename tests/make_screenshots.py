"""Make the pictures of docs/fleet.md: the page of a fleet in light, in dark, and on a phone."""

from __future__ import annotations

import hashlib
import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from pinner.reports.fleet_page import fleet_page

DOCS = Path(__file__).parents[1] / "docs"
IMAGES = (
    "grafana/grafana:11.2",
    "library/alpine:3.20",
    "library/debian:12-slim",
    "library/golang:1.23",
    "library/nginx:1.27",
    "library/node:22-alpine",
    "library/postgres:16.4",
    "library/python:3.12-slim",
    "library/redis:7.4",
    "prom/prometheus:v2.54.1",
)
TEAMS = ("payments", "search", "web", "data", "platform", "mobile")
NOW = "2026-11-27T06:00+00:00"
VIEWS = {
    "fleet-light": {"color_scheme": "light", "viewport": {"width": 1200, "height": 820}},
    "fleet-dark": {"color_scheme": "dark", "viewport": {"width": 1200, "height": 820}},
    "fleet-phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
}


def digest(text: str) -> str:
    """Give something that looks like one."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def rows() -> list[dict[str, Any]]:
    """Give the rows of a fleet that does not exist."""
    chance = random.Random(7)
    found: list[dict[str, Any]] = []
    for number in range(240):
        team = TEAMS[number % len(TEAMS)]
        share = 0.35 + 0.12 * TEAMS.index(team)
        references = []
        for line, name in enumerate(chance.sample(IMAGES, chance.randint(2, 6)), 1):
            version = chance.choice((1, 2, 2, 3, 3, 3))
            pinned = digest(f"{name} {version}") if chance.random() < share else None
            references.append({
                "file": chance.choice(("Dockerfile", "compose.yaml", "deploy/app.yaml")),
                "line": line, "reference": f"docker.io/{name}", "digest": pinned, "locked": None,
                "status": "pinned" if pinned else "unpinned",
            })  # fmt: skip
        found.append({
            "kind": "repository", "repository": f"https://git.example.com/{team}/service-{number:03}",
            "labels": {"team": team}, "status": "done", "error": None, "references": references,
            "findings": [],
        })  # fmt: skip
    for name in IMAGES:
        found.append({"kind": "tag", "reference": f"docker.io/{name}",
                      "digest": digest(f"{name} 3"), "error": None})  # fmt: skip
        for version, month in ((1, "2025-02"), (2, "2026-05"), (3, "2026-11")):
            created = f"{month}-{chance.randint(10, 20)}T00:00:00+00:00"
            row = {"kind": "digest", "digest": digest(f"{name} {version}"), "created": created}
            found.append(row)
    return found


def main() -> None:
    """Write the pictures."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        page_file = Path(folder, "fleet.html")
        page_file.write_text(fleet_page(rows(), now=NOW), encoding="utf-8")
        browser = started.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name, options in VIEWS.items():
            page = browser.new_context(**options).new_page()
            page.goto(page_file.as_uri())
            page.locator("#table .open").first.click()
            page.screenshot(path=DOCS / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()

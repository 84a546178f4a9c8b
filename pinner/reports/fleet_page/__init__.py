"""A page of what `pinner fleet` found: one file, which loads nothing and runs nothing else.

Its policy names the hashes of its own script and style, and forbids all the rest. What comes from
repositories and registries stands in a block of JSON, and the script puts it in as text. Rows
come in, and nothing of the program but words.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from pinner.model.shown import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


_TRUST = {None: 0, "proven": 1, "unproven": 2}


class _Facts(Struct):
    """What is gathered of rows: digests are numbers, as each stands in many places."""

    digests: dict[str, int] = field(default_factory=dict)
    images: dict[str, list[list[Any]]] = field(default_factory=dict)
    repositories: list[list[Any]] = field(default_factory=list)
    tags: dict[str, tuple[int, str]] = field(default_factory=dict)
    created: dict[str, str] = field(default_factory=dict)

    def number(self, digest: str) -> int:
        return self.digests.setdefault(digest, len(self.digests))

    def take_repository(self, row: Mapping[str, Any]) -> None:
        at = len(self.repositories)
        findings = [
            [one["level"], f"{one['file']}:{one['line']}", one["message"]]
            for one in row["findings"] or ()
        ]
        self.repositories.append(
            [row["repository"], row["labels"], row["status"], row["error"] or "", findings]
        )
        for one in row["references"]:
            if one["status"] == "skipped" or one["reference"] is None:
                continue
            digest = one["digest"] or one["locked"]
            trust = _TRUST[one.get("trust")]
            use = [at, one["file"], one["line"], self.number(digest) if digest else -1, trust]
            self.images.setdefault(one["reference"], []).append(use)

    def take_tag(self, row: Mapping[str, Any]) -> None:
        number = self.number(row["digest"]) if row["digest"] else -1
        self.tags[row["reference"]] = number, row["error"] or ""


def fleet_page(rows: Iterable[Mapping[str, Any]], *, now: str) -> str:
    """Write the page; `now` is the moment of the run, in ISO 8601 and UTC."""
    facts = _Facts()
    for row in rows:
        if row["kind"] == "repository":
            facts.take_repository(row)
        elif row["kind"] == "tag":
            facts.take_tag(row)
        elif row["kind"] == "digest" and row["created"]:
            facts.created[row["digest"]] = row["created"]
    data = {
        "now": now,
        "digests": list(facts.digests),
        "created": {
            number: facts.created[digest]
            for digest, number in facts.digests.items()
            if digest in facts.created
        },
        "images": [
            [name, uses, *facts.tags.get(name, (-1, ""))] for name, uses in facts.images.items()
        ],
        "repositories": facts.repositories,
    }
    style, script = _asset("page.css"), _asset("page.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return Template(_asset("page.html")).substitute(
        policy=html.escape(policy),
        count=counted(len(facts.repositories), "repository", "repositories"),
        when=html.escape(f"as of {now[:16].replace('T', ' ')} UTC"),
        figures="".join(
            f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(str(value))}</dd></div>"
            for name, value in _figures(facts).items()
        ),
        style=style,
        script=script,
        # What would end the block, or begin a comment in it, is written as an escape.
        data=json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
    )


def _figures(facts: _Facts) -> dict[str, object]:
    uses = [use for members in facts.images.values() for use in members]
    pinned = sum(use[3] >= 0 for use in uses)
    behind = sum(
        use[3] >= 0 and facts.tags.get(name, (-1, ""))[0] not in {-1, use[3]}
        for name, members in facts.images.items()
        for use in members
    )
    most = max(
        (len({use[3] for use in members} - {-1}) for members in facts.images.values()), default=0
    )
    failed = sum(row[2] == "failed" for row in facts.repositories)
    used = {use[3] for use in uses}
    dates = [facts.created[d] for d, n in facts.digests.items() if n in used and d in facts.created]
    figures: dict[str, object] = {
        "References": f"{len(uses):,}",
        "Images": f"{len(facts.images):,}",
        "Pinned": f"{100 * pinned // len(uses)} %" if uses else "none",
        "Unpinned": f"{len(uses) - pinned:,}",
        "Behind their tag": f"{behind:,}",
        "Digests of one tag, at most": most,
    }
    if dates:
        figures["Oldest digest"] = min(dates)[:10]
    if failed:
        figures["Repositories that failed"] = f"{failed:,}"
    return figures


def _asset(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"

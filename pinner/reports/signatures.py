"""What is attached to an image, for a person or a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pinner.model.shown import escaped, line_start
from pinner.reports.json import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence


def signatures_row(
    reference: str,
    digest: str,
    listed: Sequence[dict[str, Any]],
    verdicts: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """Give all as a JSON object."""
    return {
        "version": VERSION,
        "reference": reference,
        "digest": digest,
        "attached": list(listed),
        "rules": list(verdicts),
    }


def signatures_text(row: dict[str, Any]) -> str:
    """Write a block for each signature, and a line for each rule that matches the image."""
    lines = [f"reference  {row['reference']}", f"digest     {row['digest']}"]
    for one in row["attached"]:
        lines += [
            "",
            f"{one['kind']} in {one['place']}",
            f"  about   {one['about']}",
            f"  signer  {one['signer'] or 'not said'}, as it claims",
        ]
        lines += [f"  {rule['wanted']}: {rule['answer']}" for rule in one["rules"]]
    if not row["attached"]:
        lines += ["", "nothing is attached to it"]
    lines.append("")
    for rule in row["rules"]:
        lines.append(f"{'satisfied' if rule['satisfied'] else 'not satisfied'}: {rule['words']}")
    if not row["rules"]:
        lines.append("no `[[trust]]` rule of the configuration matches it")
    return "\n".join(escaped(line_start(line)) for line in lines) + "\n"

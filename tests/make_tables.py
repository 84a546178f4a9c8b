"""Write the tables that come from the program: python tests/make_tables.py."""

from __future__ import annotations

from pathlib import Path

from pinner.scanners.all_scanners import BUILT_IN

ROOT = Path(__file__).parent.parent
BEGIN = "<!-- formats: written by tests/make_tables.py -->\n"
END = "<!-- end of formats -->\n"
HEADS = {
    "README.md": "| format | files |\n|---|---|\n",
    "docs/formats.md": "| format | `scanner` | files | what it finds |\n|---|---|---|---|\n",
}


def row(document: str, name: str) -> str:
    """Give a scanner's row."""
    scanner = BUILT_IN[name]
    if document == "README.md":
        return f"| {scanner.title} | {scanner.files} |\n"
    return f"| {scanner.title} | `{name}` | {scanner.files} | {scanner.places} |\n"


def filled_in(document: str) -> str:
    """Give a document's text with its table as it should be."""
    before, _, rest = (ROOT / document).read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    rows = "".join(row(document, name) for name in BUILT_IN)
    return f"{before}{BEGIN}\n{HEADS[document]}{rows}\n{end}{after}"


if __name__ == "__main__":
    for document in HEADS:
        (ROOT / document).write_text(filled_in(document))

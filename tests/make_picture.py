"""Write the README's pictures from a real run: python tests/make_picture.py."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI, TerminalTheme
from rich.text import Text

ROOT = Path(__file__).parents[1]
PICTURES = {"light": ROOT / "docs/picture-light.svg", "dark": ROOT / "docs/picture-dark.svg"}
_LIGHT = TerminalTheme(
    (255, 255, 255), (36, 41, 47),
    [(36, 41, 47), (207, 34, 46), (17, 99, 41), (149, 88, 0), (5, 80, 174), (130, 80, 223),
     (27, 124, 131), (110, 119, 129)],
)  # fmt: skip
_THEMES = {"light": _LIGHT, "dark": DIMMED_MONOKAI}
_FILES = {
    "pinner.toml": '[registries."docker.io"]\nmirrors = ["oci-layout:images"]\n',
    "Dockerfile": "ARG PYTHON=3.12-slim\nFROM python:${PYTHON} AS build\nFROM python:${PYTHON}\n",
    "compose.yaml": "services:\n  web:\n    build: .\n    image: shop:dev\n"
                    "  db:\n    image: postgres:16.4\n  cache:\n    image: redis:${REDIS:-7}\n",
}  # fmt: skip
_COMMANDS = (("lock",), ("lock", "--check"), ("verify",))
_COLUMNS = 92


def pictures() -> dict[str, str]:
    """Run the commands and give their pictures by theme."""
    shown = _session()
    return {name: _drawn(shown, theme) for name, theme in _THEMES.items()}


def _session() -> Text:
    with TemporaryDirectory() as folder:
        root = Path(folder) / "shop"
        root.mkdir()
        shutil.copytree(ROOT / "examples/shop/images", root / "images")
        for name, text in _FILES.items():
            (root / name).write_text(text)
        parts = []
        for words in _COMMANDS:
            parts += [f"\x1b[1m$ pinner {' '.join(words)}\x1b[0m", _run(root, words), ""]
    return Text.from_ansi("\n".join(parts).rstrip() + "\n")


def _run(root: Path, words: tuple[str, ...]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pinner", *words, "--color", "always"],
        cwd=root, capture_output=True, text=True, check=False,
        env={**os.environ, "PINNER_CACHE_DIR": str(root.parent / "cache")},
    )  # fmt: skip
    return (done.stdout + done.stderr).rstrip()


def _drawn(shown: Text, theme: TerminalTheme) -> str:
    console = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(shown)
    # No font is fetched: the page's own monospaced one does.
    form = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    form = form.replace("font-family: Fira Code, monospace", "font-family: monospace")
    return console.export_svg(title="pinner", theme=theme, code_format=form, unique_id="pinner")


if __name__ == "__main__":
    for theme_name, picture in pictures().items():
        PICTURES[theme_name].write_text(picture)

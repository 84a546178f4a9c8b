"""Repositories for a fleet: like real ones, each a little different."""

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

SHOP = Path(__file__).parents[3] / "examples/shop"


def git(folder, *arguments):
    subprocess.run(
        ["git", "-c", "user.name=T", "-c", "user.email=t@example.com", *arguments],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip


def commit(folder, message="begin"):
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


def make_repository(folder, files):
    for path, text in files.items():
        target = Path(folder, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder)


def fleet(*arguments, cwd, env=None, **options):
    done = subprocess.run(
        [sys.executable, "-m", "pinner", "fleet", *map(str, arguments)],
        cwd=cwd, capture_output=True, text=True, check=False, env={**os.environ, **(env or {})},
        **options,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done


def rows_of(text, kind="repository"):
    rows = [json.loads(line) for line in text.splitlines()]
    return [row for row in rows if row["kind"] == kind]


def shops(folder, count, seed=1):
    """Give repositories made of parts of the shop: pinned or not, with a mistake here and there."""
    chance = random.Random(seed)
    parts = sorted(
        path.relative_to(SHOP) for path in SHOP.rglob("*")
        if path.is_file() and path.parts[len(SHOP.parts)] not in {"images", ".pinner"}
    )  # fmt: skip
    made = []
    for number in range(count):
        root = Path(folder, f"shop-{number:03}")
        root.mkdir(parents=True)
        shutil.copytree(SHOP / "images", root / "images")
        (root / "pinner.toml").write_text((SHOP / "pinner.toml").read_text())
        for path in chance.sample(parts, k=chance.randint(2, 9)):
            if path.name == "pinner.toml":
                continue
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((SHOP / path).read_bytes())
        if number % 5 == 0:
            (root / "Broken.Dockerfile").write_text("FROM a:1 AS\nFROM ${UNSET}\n")
        if number % 7 == 0:
            inner = root / "inner"
            inner.mkdir()
            (inner / "pinner.toml").write_text('ignore = ["redis"]\n')
            (inner / "Dockerfile").write_text("FROM redis:7\nFROM busybox:1.36\n")
            config = root / "pinner.toml"
            config.write_text(f'projects = ["inner"]\n{config.read_text()}')
        if number % 11 == 0:
            (root / "pinner.lock").write_text("<<<<<<< broken\n")
        git(root, "init", "--quiet", "--initial-branch=main")
        if number % 2 and number % 11:
            subprocess.run(
                [sys.executable, "-m", "pinner", "lock", "--quiet"],
                cwd=root, capture_output=True, check=False,
            )  # fmt: skip
        if number % 6 == 1:
            (root / "Late.Dockerfile").write_text("FROM node:22-alpine\n")
        commit(root)
        made.append(root)
    return made

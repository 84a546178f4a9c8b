"""Read YAML in tests."""

from ruamel.yaml import YAML


def load(path):
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))

"""pre-commit: the images that hooks of `language: docker_image` run.

pre-commit, supported languages: `entry` is what follows `docker run` and pre-commit's own options,
so that further options may come before the image.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pinner.model.occurrence import Reason
from pinner.scanners.yaml_places import scan_places, text_at, value_at
from pinner.spans.key_paths import KeyPaths, find_nodes, written_path
from pinner.spans.sightings import is_placeholder, judge_literal
from pinner.spans.yaml_nodes import ScalarNode, SequenceNode, check_count
from pinner.spans.yaml_scalars import trace_scalar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source
    from pinner.spans.yaml_nodes import Node
    from pinner.spans.yaml_reading import YamlReader

_HOOKS = KeyPaths(["repos.*.hooks.*"])
_OFFERED = KeyPaths(["*"])
_WORD = re.compile(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""")
# Options of `docker run` without a value.
_FLAGS = frozenset({
    "--detach", "--disable-content-trust", "--help", "--init", "--interactive",
    "--no-healthcheck", "--oom-kill-disable", "--privileged", "--publish-all", "--quiet",
    "--read-only", "--rm", "--sig-proxy", "--tty", "--use-api-socket",
})  # fmt: skip
_LETTERS = re.compile(r"-[ditPq]*(?P<with_value>[a-zA-Z]?)(?P<value>.*)")


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence | Problem]:
    """Find references in a configuration, or in a list of hooks that others use."""
    return scan_places(source, name, KeyPaths([]), more=_read)


def _read(reader: YamlReader, root: Node) -> None:
    paths = _OFFERED if isinstance(root, SequenceNode) else _HOOKS
    for hook in find_nodes(root, paths, reader.merger):
        entry = value_at(hook.node, reader.merger, "entry")
        if (
            isinstance(entry, ScalarNode)
            and text_at(hook.node, reader.merger, "language") == "docker_image"
        ):
            _read_entry(reader, entry, written_path((*hook.keys, "entry")))


def _read_entry(reader: YamlReader, entry: ScalarNode, where: str) -> None:
    check_count(len(reader.judge.seen), entry.start)
    words = list(_WORD.finditer(entry.value))
    image = _image_of([word[0] for word in words])
    if image is None:
        return
    traced = trace_scalar(entry, reader.source.text)
    word = words[image]
    if traced is None:
        reader.judge.refuse(entry, where, Reason.UNSUPPORTED_EDIT)
    elif is_placeholder(word[0]):
        reader.judge.refuse(entry, where, Reason.TEMPLATED)
    else:
        text = traced.cut(*word.span()).strip("\"'")
        if text.text:
            reader.judge.seen.append(judge_literal(text, where, reader.source.path))


def _image_of(words: Sequence[str]) -> int | None:
    """Give the index of the first word that is neither an option nor the value of one."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if _takes_next(words[at]) else 1
    return at if at < len(words) else None


def _takes_next(option: str) -> bool:
    if option.startswith("--"):
        return "=" not in option and option not in _FLAGS
    letters = _LETTERS.fullmatch(option)
    return letters is not None and bool(letters["with_value"]) and not letters["value"]

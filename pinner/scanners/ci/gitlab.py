"""GitLab CI: the images and services of jobs, of what they extend, and of `default`.

CI/CD YAML syntax reference: `image`, `services`, `default`, `extends`, `variables`, `include`.
A job's image is the nearest one, its variables are those of the job that runs it; so one text may
come to several references, each with a variable's value of its own.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from pinner.model.occurrence import Reason
from pinner.scanners.ci.gitlab_jobs import Jobs
from pinner.scanners.ci.gitlab_variables import VariableUses, names_within, origins, words_of
from pinner.scanners.mentions import Mention
from pinner.scanners.yaml_places import nodes_at, scan_places
from pinner.spans.key_paths import KeyPaths, find_nodes
from pinner.spans.sightings import judge_word, left_alone
from pinner.spans.variables import Region, WordError, expanded, unset_names
from pinner.spans.yaml_nodes import (
    MappingNode,
    ScalarNode,
    check_count,
)
from pinner.spans.yaml_scalars import content_range, trace_scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.sightings import Sighting
    from pinner.spans.source import Source
    from pinner.spans.variables import Piece
    from pinner.spans.yaml_nodes import Node
    from pinner.spans.yaml_reading import YamlReader

_EVERYTHING = KeyPaths(["**"])
_INCLUDES = KeyPaths(
    [f"{at}include{form}" for at in ("", "*.trigger.") for form in ("", ".*", ".local", ".*.local")]
)
_MOST_INCLUDES = 150  # GitLab takes no more
_MOST_WILDCARDS = 4  # a path with more is said not to be there
_ELSEWHERE = re.compile(r"[a-z]+:|.*\$", re.IGNORECASE)


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence | Problem]:
    """Find references; a variable that GitLab gives a value is `unset-variable`."""
    return scan_places(source, name, KeyPaths([]), more=_read)


def mentions(source: Source) -> Iterator[Mention]:
    """Give the local files that a pipeline includes; nothing where it is no YAML."""
    for reached in nodes_at(source, _INCLUDES)[:_MOST_INCLUDES]:
        node, key = reached.node, reached.keys[-1]
        if key not in ("include", "local") and not key.isdecimal():
            continue  # what a mapping includes by another key
        if isinstance(node, ScalarNode) and node.value and not _ELSEWHERE.match(node.value):
            path = posixpath.normpath(node.value.lstrip("/"))
            yield Mention(
                path=path,
                pattern=_pattern(path) if 0 < path.count("*") <= _MOST_WILDCARDS else "",
                format="gitlab-ci",
                line=source.line(node.start),
                where=reached.where,
            )


def _pattern(path: str) -> str:
    """Write a path with wildcards as an expression: only two of them together pass a `/`."""
    parts = re.split(r"(\*\*|\*)", path)
    return "".join({"**": ".*", "*": "[^/]*"}.get(part) or re.escape(part) for part in parts)


class _Word(Struct):
    """A scalar that names an image, and what it comes to in jobs, those that run apart."""

    where: str
    region: Region
    is_traced: bool
    running: dict[tuple[object, ...], tuple[Piece, ...]] = field(default_factory=dict)
    hidden: dict[tuple[object, ...], tuple[Piece, ...]] = field(default_factory=dict)

    def readings(self) -> list[tuple[Piece, ...]]:
        """Give all readings; what no job runs may be without a value, if there are others."""
        hidden = [self.hidden[key] for key in self.hidden if key not in self.running]
        known = [pieces for pieces in hidden if not unset_names(pieces)]
        return [*self.running.values(), *known] or hidden[:1]


def _read(reader: YamlReader, root: Node) -> None:
    if not isinstance(root, MappingNode):
        return
    jobs = Jobs(reader.source, root, reader.merger)
    words: dict[int, _Word] = {}
    for count, image in enumerate(jobs.images()):
        check_count(count, image.node.start)
        text = trace_scalar(image.node, reader.source.text)
        region = Region(reader.source.path, *content_range(image.node, reader.source.text))
        try:
            pieces = image.view.variables.expand(text, image.node.value)
        except WordError:
            reader.judge.refuse(image.node, image.where, Reason.INVALID_REFERENCE)
            continue
        word = words.setdefault(id(image.node), _Word(image.where, region, text is not None))
        readings = word.running if image.view.runs else word.hidden
        readings.setdefault((expanded(pieces), *origins(pieces)), pieces)
    every = [pieces for word in words.values() for pieces in word.readings()]
    others = _names_elsewhere(reader, root, words) | jobs.open_names
    uses = VariableUses(every, others, _is_alone(reader, root))
    for word in words.values():
        reader.judge.seen += _judged(word, uses, jobs.open_names)


def _is_alone(reader: YamlReader, root: Node) -> bool:
    """Say whether a pipeline is all in one file: it includes none, and none includes it."""
    name = reader.source.path.rpartition("/")[2]
    return name.startswith(".gitlab-ci.") and "include" not in reader.merger.items(root)


def _names_elsewhere(reader: YamlReader, root: Node, words: dict[int, _Word]) -> frozenset[str]:
    """Give every word of what is no image: it may be a variable's name."""
    return frozenset(
        name
        for reached in find_nodes(root, _EVERYTHING, reader.merger)
        if isinstance(reached.node, ScalarNode) and id(reached.node) not in words
        for name in words_of(reached.node.value)
    )


def _judged(word: _Word, uses: VariableUses, open_names: frozenset[str]) -> list[Sighting]:
    readings = word.readings()
    found = [
        judge_word(pieces, word.region, word.where, uses, undecided=unset_names(pieces))
        for pieces in readings
    ]
    differ = len({expanded(pieces) for pieces in readings}) > 1
    is_edited = any(seen.site and seen.region == word.region for seen in found)
    if (differ and is_edited) or any(names_within(pieces) & open_names for pieces in readings):
        # One edit would serve some jobs, and be wrong for others.
        return [replace(left_alone(found[0]), region=word.region)]
    if word.is_traced:
        return found
    # No edit reaches it, but GitLab pulls it all the same.
    stuck = Reason.UNSUPPORTED_EDIT
    return [replace(seen, reason=None) if seen.reason is stuck else seen for seen in found]

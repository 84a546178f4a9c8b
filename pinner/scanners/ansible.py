"""Ansible: the images of container modules, in tasks, handlers and blocks of plays.

Documentation of the collections community.docker and containers.podman. A module's arguments are a
mapping, or words such as `image=nginx:1.25`. What `docker_image` builds, loads or removes is not
pulled.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner.model.occurrence import Reason
from pinner.model.reference import ImageReference, ReferenceSyntaxError
from pinner.scanners.yaml_places import scan_places, text_at
from pinner.spans.key_paths import KeyPaths, find_nodes
from pinner.spans.sightings import Sighting, is_placeholder, judge_literal, left_alone
from pinner.spans.variables import Region
from pinner.spans.yaml_nodes import MappingNode, ScalarNode, SequenceNode, check_count
from pinner.spans.yaml_scalars import trace_scalar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source
    from pinner.spans.traced import Traced
    from pinner.spans.yaml_nodes import Node
    from pinner.spans.yaml_reading import YamlReader

# The places of images, by the module's name without its collection.
_PLACES = {
    "docker_container": "image",
    "docker_swarm_service": "image",
    "docker_compose": "definition.services.*.image",
    "docker_compose_v2": "definition.services.*.image",
    "podman_container": "image",
    "podman_containers": "containers.*.image",
    "podman_pod": "infra_image",
    "docker_image": "name",
    "docker_image_pull": "name",
    "podman_image": "name",
}
_PATHS = {module: KeyPaths([path]) for module, path in _PLACES.items()}
# Their `name` may have its tag beside it, and is not always pulled.
_PULLING = frozenset({"docker_image", "docker_image_pull", "podman_image"})
_TASK_LISTS = ("tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always")
_ACTIONS = ("action", "local_action")
_WORD = re.compile(r"""(?<!\S)(\w+)=("[^"]*"|'[^']*'|(?:\{\{.*?\}\}|\S)*)""", re.DOTALL)


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence | Problem]:
    """Find references; what Jinja fills in is `templated`."""
    return scan_places(source, name, KeyPaths([]), more=_read)


def _read(reader: YamlReader, root: Node) -> None:
    pending, seen = [(root, "")], set[int]()
    while pending:
        tasks, where = pending.pop()
        if not isinstance(tasks, SequenceNode) or id(tasks) in seen:
            continue
        seen.add(id(tasks))
        for at, task in enumerate(tasks.items):
            keys = reader.merger.items(task)
            pending += [(keys[key], f"{where}[{at}].{key}") for key in _TASK_LISTS if key in keys]
            _read_task(reader, keys, f"{where}[{at}]")


def _read_task(reader: YamlReader, task: Mapping[str, Node], where: str) -> None:
    extra = task.get("args")
    for key, node in task.items():
        module, text = key, node
        if key in _ACTIONS:
            named = text_at(node, reader.merger, "module")
            first = node.value.split(None, 1) if isinstance(node, ScalarNode) else []
            module = named or next(iter(first), "")
        module = module.rpartition(".")[2]
        if module not in _PATHS:
            continue
        for arguments in (text, extra):
            _Arguments(reader, module, f"{where}.{key}".lstrip(".")).read(arguments)


class _Arguments:
    """A module's arguments, however they are written."""

    def __init__(self, reader: YamlReader, module: str, where: str) -> None:
        self._reader = reader
        self._module = module
        self._where = where

    def read(self, node: Node | None) -> None:
        if isinstance(node, MappingNode):
            self._read_mapping(node)
        elif isinstance(node, ScalarNode):
            self._read_words(node)

    def _read_mapping(self, node: MappingNode) -> None:
        merger = self._reader.merger
        texts = {
            key: value.value if isinstance(value, ScalarNode) else ""
            for key, value in merger.items(node).items()
        }
        for reached in find_nodes(node, _PATHS[self._module], merger):
            image, where = reached.node, f"{self._where}.{reached.where}"
            if isinstance(image, ScalarNode) and self._is_pulled(texts):
                count = len(self._reader.judge.seen)
                self._reader.judge.note(image, where)
                self._reader.judge.seen[count:] = [
                    self._with_tag(seen, texts) for seen in self._reader.judge.seen[count:]
                ]

    def _read_words(self, node: ScalarNode) -> None:
        """Read `name=value` words, as they are without a mapping."""
        check_count(len(self._reader.judge.seen), node.start)
        traced = trace_scalar(node, self._reader.source.text)
        words = list(_WORD.finditer(node.value))
        texts = {word[1]: word[2].strip("\"'") for word in words}
        if not self._is_pulled(texts):
            return
        for word in words:
            if word[1] != _PLACES[self._module] or not texts[word[1]]:
                continue
            where = f"{self._where}.{word[1]}"
            if traced is None:
                seen = self._reader.judge.refused(node, where, Reason.UNSUPPORTED_EDIT)
            else:
                seen = self._judged(traced.cut(*word.span(2)).strip("\"'"), where)
            self._reader.judge.seen.append(self._with_tag(seen, texts))

    def _judged(self, text: Traced, where: str) -> Sighting:
        if is_placeholder(text.text):
            region = Region(self._reader.source.path, text.starts[0], text.ends[-1])
            return Sighting(region, where, region.start, reason=Reason.TEMPLATED)
        return judge_literal(text, where, self._reader.source.path)

    def _is_pulled(self, texts: Mapping[str, str]) -> bool:
        if self._module not in _PULLING:
            return True
        if texts.get("state") in ("absent", "build"):
            return False
        if "source" in texts:
            return texts["source"] not in ("build", "load", "local")
        return not {"build", "path", "load_path"}.intersection(texts)

    def _with_tag(self, seen: Sighting, texts: Mapping[str, str]) -> Sighting:
        """Take a tag into account that stands beside the name: no digest can follow it there."""
        tag = texts.get("tag") if self._module in _PULLING else None
        if not tag or seen.reference is None or seen.site is None or not seen.site.implied_tag:
            return seen
        try:
            whole = ImageReference.parse(f"{texts['name']}:{tag}")
        except ReferenceSyntaxError:
            return replace(seen, site=None, reference=None, reason=Reason.TEMPLATED)
        return left_alone(replace(seen, reference=whole))

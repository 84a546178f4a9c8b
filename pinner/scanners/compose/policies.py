"""Which services of a compose file have their image pulled although they are built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.spans.hidden_words import may_hide_words
from pinner.spans.yaml_merging import Merger
from pinner.spans.yaml_nodes import SequenceNode, YamlSyntaxError, parse_documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pinner.spans.yaml_nodes import Node

# Takes a value away; see compose-go, loader/reset.go.
RESET = "!reset"
# Any other policy makes compose ask a registry for the image of a service, even one that is built.
_NO_PULL = frozenset({"", "build", "never"})
_WITHOUT_BUILD = frozenset({*_NO_PULL, "missing", "if_not_present"})
_WORDS = (RESET, "pull_policy", "extends")


def pulled_services(
    roots: Sequence[Node], siblings: Iterable[str], text_of: Callable[[Node | None], str]
) -> frozenset[str]:
    """Name the services that pull, by what any document or file beside says of them.

    One that another service extends pulls if that one does: its image is written there.
    """
    merger = Merger()
    pulled: set[str] = set()
    bases: dict[str, set[str]] = {}
    for root in (*roots, *_documents(siblings)):
        for name, service in _services(merger, root):
            values = merger.items(service)
            if any(_asks(merger, values, text_of)):
                pulled.add(name)
            extends = values.get("extends")
            base = text_of(merger.items(extends).get("service", extends))
            if base:
                bases.setdefault(name, set()).add(base)
    pending = list(pulled)
    while pending:
        further = bases.get(pending.pop(), set()) - pulled
        pulled |= further
        pending += further
    return frozenset(pulled)


def _documents(siblings: Iterable[str]) -> Iterator[Node]:
    for text in siblings:
        content = text.encode("utf-8", "surrogatepass")
        if any(word in text for word in _WORDS) or may_hide_words(content):
            try:
                yield from parse_documents(text)
            except YamlSyntaxError:
                continue  # which is said of that file


def _services(merger: Merger, root: Node) -> Iterator[tuple[str, Node]]:
    top = merger.items(root)
    for key in ("services", "jobs"):
        yield from merger.items(top.get(key)).items()


def _asks(
    merger: Merger, service: dict[str, Node], text_of: Callable[[Node | None], str]
) -> Iterator[bool]:
    """Say of each thing that a service says whether it makes compose ask a registry."""
    build = service.get("build")
    yield build is not None and build.tag == RESET
    is_whole = "image" in service and not service.keys() & {"build", "extends"}
    policy = text_of(service.get("pull_policy"))
    yield policy not in (_WITHOUT_BUILD if is_whole else _NO_PULL)
    steps = service.get("pre_start")
    for step in steps.items if isinstance(steps, SequenceNode) else ():
        own = merger.items(step)
        if "image" not in own:  # it runs the service's own
            yield text_of(own.get("pull_policy")) not in _NO_PULL

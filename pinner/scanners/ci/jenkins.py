"""Jenkins: the images of agents, of `docker.image`, of container templates and of pods.

Pipeline syntax: `agent { docker … }`, `agent { kubernetes { yaml … } }`; the plugins' steps
`docker.image`, `containerTemplate` and `podTemplate`. All are known by names and brackets.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.model.occurrence import Reason
from pinner.model.reference import ImageReference, ReferenceSyntaxError
from pinner.scanners.mentions import BuiltImage
from pinner.spans.groovy_tokens import GroovySyntaxError, GroovyTokens, Token
from pinner.spans.hidden_words import may_hide_words
from pinner.spans.literals import Literals, scan_literals
from pinner.spans.pod_texts import note_pod
from pinner.spans.source import MalformedTextError
from pinner.spans.traced import Traced
from pinner.spans.yaml_nodes import SlowBudget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence
    from pinner.scanners.mentions import Mention
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source

_CLOSING = {")": "(", "}": "{", "]": "["}
_DEEPEST = 1000
_MOST_PODS = 1000
_WITH_IMAGE = ("docker", "containerTemplate", "withDockerContainer")
# Signs behind a text that make another text of it.
_GOES_ON = ("+", ".", "*", "-", "?", "[")


def scan(
    source: Source,
    options: ScanOptions,  # noqa: ARG001 - Format
    name: str,
) -> Iterator[Occurrence]:
    """Find references; raises ScanError for what is not Groovy."""
    return scan_literals(source, name, _read)


def mentions(source: Source) -> Iterator[Mention | BuiltImage]:
    """Give the images that a pipeline builds."""
    tokens = GroovyTokens(source.text)
    try:
        names = [token for token, _ in _with_blocks(tokens)]
    except MalformedTextError:
        return
    for at, token in enumerate(names):
        if token.text == "build" and _is_of_docker(names, at):
            value = _Values(names, at + 1).literal()
            with suppress(ReferenceSyntaxError):
                if value is not None:
                    yield BuiltImage(ImageReference.parse(value.text).tagged().without_digest())


class _Bracket(Struct, frozen=True):
    sign: str
    head: str
    start: int


_NO_BRACKET = _Bracket("", "", 0)


def _read(literals: Literals) -> None:
    tokens = GroovyTokens(literals.source.text, comments=literals.comments)
    seen = list(_with_blocks(tokens))
    reader = _Reader(literals, [token for token, _ in seen])
    for at, (token, block) in enumerate(seen):
        if token.kind == "name":
            reader.read_name(at, token, block)
    literals.comments.sort()


def _with_blocks(tokens: GroovyTokens) -> Iterator[tuple[Token, _Bracket]]:
    """Give each token with the bracket around it; the head is the name before the bracket."""
    stack: list[_Bracket] = []
    last, head = None, ""
    for token in tokens.read_all():
        yield token, stack[-1] if stack else _NO_BRACKET
        if token.kind == "sign" and token.text in "({[":
            own = last.text if last and last.kind == "name" else ""
            follows = token.text == "{" and last is not None and last.text == ")"
            stack.append(_Bracket(token.text, head if follows else own, token.start))
            if len(stack) > _DEEPEST:
                raise GroovySyntaxError(f"nested more than {_DEEPEST} deep", token.start)
        elif token.kind == "sign" and token.text in _CLOSING:
            if not stack or stack[-1].sign != _CLOSING[token.text]:
                raise GroovySyntaxError(f"not Groovy: unexpected {token.text!r}", token.start)
            head = stack.pop().head
        last = token
    if stack:
        raise GroovySyntaxError("not Groovy: a bracket is not closed", stack[-1].start)


def _is_of_docker(tokens: list[Token], at: int) -> bool:
    return at > 1 and tokens[at - 1].text == "." and tokens[at - 2].text == "docker"


class _Values(Struct, frozen=True):
    """What stands behind a name: a value, perhaps after one of some signs."""

    tokens: list[Token]
    at: int
    before: tuple[str, ...] = ("(",)

    def first(self) -> tuple[Token, Token | None] | None:
        """Give the value's first token, and the one behind it."""
        at = self.at
        if at < len(self.tokens) and self.tokens[at].text in self.before:
            at += 1
        found = [*self.tokens[at : at + 2], None, None]
        return (found[0], found[1]) if found[0] is not None else None

    def literal(self) -> Traced | None:
        """Give the text, if it is all of the value and nothing is interpolated."""
        found = self.first()
        if found is None or found[0].kind != "text" or found[0].has_holes:
            return None
        return None if found[1] is not None and found[1].text in _GOES_ON else found[0].value


class _Reader(Struct):
    literals: Literals
    tokens: list[Token]
    pods: int = 0
    budget: SlowBudget = field(default_factory=SlowBudget)

    def read_name(self, at: int, token: Token, block: _Bracket) -> None:
        match token.text:
            case "image":
                self.read_image(at, block)
            case "docker" if block.sign == "{" and block.head == "agent":
                self.read_agent(at)
            case "yaml":
                self.read_pod(at)
            case _:
                pass

    def read_image(self, at: int, block: _Bracket) -> None:
        if self.follows(at, "."):
            if _is_of_docker(self.tokens, at):
                self.note(_Values(self.tokens, at + 1), "docker.image")
        elif block.head in _WITH_IMAGE:
            before = (":",) if block.sign == "(" else ("(", ":", "=")
            if block.sign != "(" or self.text_at(at + 1) == ":":
                self.note(_Values(self.tokens, at + 1, before), f"{block.head}.image")

    def read_agent(self, at: int) -> None:
        if self.text_at(at + 1) == "image":  # `docker image: '…'`
            self.note(_Values(self.tokens, at + 2, (":",)), "agent.docker.image")
        elif self.text_at(at + 1) not in ("{", ".") and not self.is_named(at + 1):
            self.note(_Values(self.tokens, at + 1), "agent.docker")

    def read_pod(self, at: int) -> None:
        found = _Values(self.tokens, at + 1, ("(", ":", "=")).first()
        value = found[0].value if found is not None else None
        if found is None or value is None:
            return
        if "image" not in value.text and not may_hide_words(value.text.encode()):
            return
        token = found[0]
        has_holes = token.has_holes or bool(found[1] and found[1].text == "+")
        self.pods += 1
        if self.pods > _MOST_PODS:
            raise GroovySyntaxError(f"more than {_MOST_PODS} pods", token.start)
        note_pod(self.literals, value, "yaml", has_holes=has_holes, budget=self.budget)

    def note(self, values: _Values, where: str) -> None:
        """Note a value; one that is not all literal is templated."""
        found, literal = values.first(), values.literal()
        if literal is not None:
            self.literals.note(literal, where)
        elif found is not None and found[0].kind in ("name", "text"):
            token = found[0]
            start, end = token.start, token.end
            if token.value is not None and token.value.text:
                start, end = token.value.starts[0], token.value.ends[-1]
            shown = Traced.of(self.literals.source.text[start:end], start)
            self.literals.refuse(shown, where, Reason.TEMPLATED)

    def follows(self, at: int, sign: str) -> bool:
        return at > 0 and self.tokens[at - 1].text == sign

    def text_at(self, at: int) -> str:
        return self.tokens[at].text if at < len(self.tokens) else ""

    def is_named(self, at: int) -> bool:
        """Say whether named arguments follow an opening bracket."""
        return self.text_at(at) == "(" and self.text_at(at + 2) == ":"

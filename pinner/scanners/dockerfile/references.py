"""Find the image references of a Dockerfile: which words are images, and which are stages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from pinner.model.occurrence import Reason
from pinner.scanners.dockerfile.syntax import (
    BLANKS,
    onbuild_trigger,
    parse_dockerfile,
    split_flags,
    split_quoted_words,
    split_words,
)
from pinner.scanners.dockerfile.words import expand_word
from pinner.spans.sightings import Sighting, is_templated, judge_literal, judge_word
from pinner.spans.variables import (
    WILDCARD,
    Computed,
    Default,
    Region,
    RequiredVariableError,
    Value,
    Variable,
    WordError,
    expanded,
    names_used,
    whole_variable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinner.scanners.dockerfile.syntax import Flag, Instruction
    from pinner.spans.traced import Traced
    from pinner.spans.variables import Piece

_PLATFORM_ARGUMENTS = (
    *(f"BUILD{part}" for part in ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT")),
    *(f"TARGET{part}" for part in ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT", "STAGE")),
)
_STAGE_NAME = re.compile(r"[a-z][a-z0-9._-]*")
_STAGE_INDEX = re.compile(r"[+-]?[0-9]+")
_SCRATCH = "scratch"
_NAMES_WITHOUT_FROM = frozenset({"secret", "ssh"})


def find_references(text: Traced, file: str) -> Iterator[Sighting]:
    """Find references in the order of the text; raises DockerfileError."""
    dockerfile = parse_dockerfile(text)
    for directive in dockerfile.directives:
        if directive.key == "syntax":
            length = len(re.split(rf"[{BLANKS}]", directive.value.text, maxsplit=1)[0])
            yield judge_literal(directive.value.cut(0, length), "# syntax", file)
    reader = _Reader(file, dockerfile.escape)
    for instruction in dockerfile.instructions:
        reader.read(instruction)
    yield from reader.judge()


class _From(Struct, frozen=True):
    """A FROM word, expanded as far as it could be."""

    region: Region
    pieces: tuple[Piece, ...]
    stages_before: int
    reason: Reason | None = None


class _Copied(Struct, frozen=True):
    """The literal value of a `--from`."""

    value: Traced
    where: str
    may_be_index: bool
    in_trigger: bool


class _ArgumentUses(Struct):
    """Every word that reads a global ARG."""

    words: list[tuple[Piece, ...]] = field(default_factory=list)
    defaults: list[tuple[str, tuple[Piece, ...]]] = field(default_factory=list)
    others: set[str] = field(default_factory=set)
    redeclared: set[str] = field(default_factory=set)

    def is_only_whole(self, name: str) -> bool:
        return self._is_only_whole(name, frozenset())

    def _is_only_whole(self, name: str, above: frozenset[str]) -> bool:
        if name in self.others:
            return False
        readers = [pieces for pieces in self.words if name in names_used(pieces)]
        if not all(_is_whole_use(pieces, name) for pieces in readers):
            return False
        return all(
            _is_whole_use(pieces, name)
            and (target in above or self._is_only_whole(target, above | {name}))
            for target, pieces in self.defaults
            if target != name and name in names_used(pieces)
        )

    def is_only_tag_of(self, name: str, reference: str) -> bool:
        if name in self.others or name in self.redeclared:
            return False
        if any(name in names_used(pieces) for _, pieces in self.defaults):
            return False
        return all(
            expanded(pieces) == reference and _ends_with(pieces, name)
            for pieces in self.words
            if name in names_used(pieces)
        )


def _is_whole_use(pieces: Sequence[Piece], name: str) -> bool:
    variable = whole_variable(pieces)
    if variable is not None:
        return variable.name == name
    match pieces:
        case [Default(pieces=inner)]:
            return _is_whole_use(inner, name)
        case _:
            return False


def _ends_with(pieces: Sequence[Piece], name: str) -> bool:
    return isinstance(pieces[-1], Variable) and pieces[-1].name == name


class _Reader(Struct):
    """Reads instructions in order, then judges what was found with all uses known."""

    file: str
    escape: str
    scope: dict[str, Value | None] = field(default_factory=dict)
    seen: list[_From | _Copied | Sighting] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)
    uses: _ArgumentUses = field(default_factory=_ArgumentUses)
    in_stage: bool = False

    def __post_init__(self) -> None:
        nowhere = Region("", 0, 0)
        for name in _PLATFORM_ARGUMENTS:
            self.scope[name] = Value(name, (Computed((name,), WILDCARD, 0),), nowhere)

    def read(self, instruction: Instruction) -> None:
        match instruction.keyword:
            case "from":
                self.read_from(instruction)
            case "arg":
                self.read_arg(instruction)
            case _:
                self.read_flags(instruction, "")

    def read_arg(self, instruction: Instruction) -> None:
        for word in split_quoted_words(instruction.body, self.escape):
            name, equals, _ = word.text.partition("=")
            if self.in_stage:
                self.uses.redeclared.add(name)
                continue
            if not equals:
                self.scope.setdefault(name, None)
                continue
            value = word.cut(len(name) + 1, len(word.text))
            try:
                pieces = expand_word(value, self.scope, escape=self.escape, file=self.file)
                found = Value(name, pieces, self.region_of(value, instruction))
            except WordError:
                self.scope[name] = None
                continue
            self.uses.defaults.append((name, pieces))
            self.scope[name] = found

    def region_of(self, word: Traced, instruction: Instruction) -> Region:
        """Give the range of a word, without the quotes around it."""
        text = word.text
        if not text:
            end = instruction.body.ends[-1]
            return Region(self.file, end, end)
        quoted = len(text) > 2 and text[0] in "'\"" and text.count(text[0]) == 2
        if quoted and text[-1] == text[0]:
            return Region(self.file, word.starts[1], word.ends[-2])
        return Region(self.file, word.starts[0], word.ends[-1])

    def read_from(self, instruction: Instruction) -> None:
        self.in_stage = True
        flags, rest = split_flags(instruction.body, self.escape)
        words = split_words(rest)
        for flag in flags:
            self.note_platform(flag)
        if not words:
            return
        region = self.region_of(words[0], instruction)
        self.seen.append(self.expand_from(words, region))
        if len(words) == 3 and words[1].text.lower() == "as":
            self.stages.append(words[2].text.lower())
        else:
            self.stages.append("")

    def expand_from(self, words: Sequence[Traced], region: Region) -> _From:
        seen = _From(region, (), len(self.stages))
        named = len(words) == 3 and words[1].text.lower() == "as"
        well_formed = len(words) == 1 or (named and _STAGE_NAME.fullmatch(words[2].text.lower()))
        if not well_formed:
            marked = is_templated("".join(word.text for word in words))
            return replace(seen, reason=Reason.TEMPLATED if marked else Reason.INVALID_REFERENCE)
        try:
            pieces = expand_word(words[0], self.scope, escape=self.escape, file=self.file)
        except RequiredVariableError:
            return replace(seen, reason=Reason.UNSET_VARIABLE)
        except WordError:
            marked = is_templated(words[0].text)
            return replace(seen, reason=Reason.TEMPLATED if marked else Reason.INVALID_REFERENCE)
        self.uses.words.append(pieces)
        return replace(seen, pieces=pieces)

    def note_platform(self, flag: Flag) -> None:
        if flag.value is None:
            return
        try:
            pieces = expand_word(flag.value, self.scope, escape=self.escape)
        except WordError:
            return
        self.uses.others |= names_used(pieces)

    def read_flags(self, instruction: Instruction, prefix: str) -> None:
        if instruction.keyword == "onbuild":
            trigger = onbuild_trigger(instruction)
            if trigger is not None and trigger.keyword in ("copy", "run", "arg"):
                self.read_trigger(trigger)
            return
        if instruction.keyword not in ("copy", "run"):
            return
        flags, rest = split_flags(instruction.body, self.escape)
        for flag in flags:
            if instruction.keyword == "copy" and flag.name == "from":
                self.note_copy(flag, rest, prefix)
            elif instruction.keyword == "run" and flag.name == "mount" and flag.value is not None:
                self.note_mount(flag.value, prefix)

    def read_trigger(self, trigger: Instruction) -> None:
        if trigger.keyword == "arg":
            self.read_arg(trigger)
        else:
            self.read_flags(trigger, "ONBUILD ")

    def note_copy(self, flag: Flag, rest: Traced, prefix: str) -> None:
        where = f"{prefix}COPY --from"
        if flag.value is None:
            words = split_words(rest)
            if words:  # `--from value`, which BuildKit refuses
                region = Region(self.file, words[0].starts[0], words[0].ends[-1])
                reason = Reason.INVALID_REFERENCE
                self.seen.append(Sighting(region, where, region.start, reason=reason))
        elif flag.value.text:
            self.seen.append(_Copied(flag.value, where, may_be_index=True, in_trigger=bool(prefix)))

    def note_mount(self, value: Traced, prefix: str) -> None:
        source, kind, at = None, "bind", 0
        for part in value.text.split(","):
            key, equals, setting = part.partition("=")
            if key.lower() == "from" and equals:
                source = value.cut(at + len(key) + 1, at + len(part))
            elif key.lower() == "type":
                kind = setting.lower()
            at += len(part) + 1
        if source is not None and source.text and kind not in _NAMES_WITHOUT_FROM:
            self.seen.append(
                _Copied(source, f"{prefix}RUN --mount", may_be_index=False, in_trigger=bool(prefix))
            )

    def judge(self) -> Iterator[Sighting]:
        undecided = {name for name, value in self.scope.items() if value is None}
        for seen in self.seen:
            match seen:
                case Sighting():
                    yield seen
                case _From(reason=Reason() as reason, region=region):
                    yield Sighting(region, "FROM", region.start, reason=reason)
                case _From() if not self.is_stage(seen):
                    uses = self.uses
                    word = judge_word(seen.pieces, seen.region, "FROM", uses, undecided=undecided)
                    yield replace(word, seen_at=seen.region.start)
                case _Copied() if not self.names_stage(seen):
                    yield self.judge_copied(seen)
                case _:
                    pass

    def is_stage(self, seen: _From) -> bool:
        text = expanded(seen.pieces)
        if text == _SCRATCH:
            return True
        pattern = re.compile(".*".join(map(re.escape, text.split(WILDCARD))))
        earlier = self.stages[: seen.stages_before]
        return any(name and pattern.fullmatch(name) for name in earlier)

    def names_stage(self, seen: _Copied) -> bool:
        name = seen.value.text.lower()
        if seen.may_be_index and _STAGE_INDEX.fullmatch(name):
            return True
        return seen.value.text == _SCRATCH or (not seen.in_trigger and name in self.stages)

    def judge_copied(self, seen: _Copied) -> Sighting:
        word = judge_literal(seen.value, seen.where, self.file)
        bare = not any(sign in seen.value.text for sign in ":/@")
        if seen.in_trigger and bare and word.reason is None:
            return replace(word, reason=Reason.AMBIGUOUS_STAGE)
        return word

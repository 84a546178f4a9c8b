"""Read the instructions of a Dockerfile: FROM words with their variables, `--from`, stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from pinner.model.occurrence import Reason
from pinner.scanners.dockerfile.arguments import Arguments
from pinner.scanners.dockerfile.flags import (
    mount_fields,
    split_flags,
    split_quoted_words,
    split_words,
)
from pinner.scanners.dockerfile.letters import is_as, lower_case
from pinner.scanners.dockerfile.stages import (
    Stages,
    is_stage_name,
)
from pinner.scanners.dockerfile.syntax import (
    onbuild_trigger,
)
from pinner.scanners.dockerfile.uses import ArgumentUses
from pinner.scanners.dockerfile.words import expand_word
from pinner.spans.sightings import Sighting, is_templated
from pinner.spans.variables import (
    WILDCARD,
    Region,
    RequiredVariableError,
    TooMuchError,
    Value,
    Variable,
    WordError,
    names_used,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.scanners.dockerfile.flags import Flag
    from pinner.scanners.dockerfile.syntax import Instruction
    from pinner.spans.traced import Traced
    from pinner.spans.variables import Piece

_DEFAULT_ESCAPE = "\\"
_MOST_REFERENCES = 20_000


class From(Struct, frozen=True):
    """A FROM word, expanded as far as it could be."""

    region: Region
    pieces: tuple[Piece, ...]
    stages_before: int
    reason: Reason | None = None


class Copied(Struct, frozen=True):
    """The literal value of a `--from`."""

    value: Traced
    where: str
    may_be_index: bool
    in_trigger: bool


class Reader(Struct):
    """Reads instructions in order; what it saw can be judged when it has read all of them."""

    file: str
    escape: str
    arguments: Arguments = field(default_factory=Arguments.predefined)
    seen: list[From | Copied | Sighting] = field(default_factory=list)
    stages: Stages = field(default_factory=Stages)
    uses: ArgumentUses = field(default_factory=ArgumentUses)
    in_stage: bool = False

    def read(self, instruction: Instruction) -> None:
        """Read the next instruction; raises TooMuchError."""
        match instruction.keyword:
            case "from":
                self.read_from(instruction)
            case "arg":
                self.read_arg(instruction, self.escape)
            case "onbuild":
                self.read_trigger(instruction)
            case _:
                self.read_flags(instruction, self.escape, "")
        if len(self.seen) > _MOST_REFERENCES:
            raise TooMuchError(f"there are more than {_MOST_REFERENCES} references")

    def read_arg(self, instruction: Instruction, escape: str) -> None:
        _, rest = split_flags(instruction.body, escape)
        for word in split_quoted_words(rest, escape):
            name, equals, _ = word.text.partition("=")
            if self.in_stage:
                self.arguments.note_one_more()
                self.uses.redeclared.add(name)
            elif not equals:
                self.arguments.declare(name)
            else:
                self.set_argument(name, word.cut(len(name) + 1, len(word.text)), rest)

    def set_argument(self, name: str, value: Traced, rest: Traced) -> None:
        try:
            pieces = expand_word(value, self.arguments, escape=self.escape, file=self.file)
            found = Value(name, pieces, self.region_of(value, rest))
        except TooMuchError:
            self.arguments.give_up(name)
        except WordError:
            self.arguments.set(name, None)
        else:
            self.uses.defaults.append((name, pieces))
            self.arguments.set(name, found)

    def region_of(self, word: Traced, rest: Traced) -> Region:
        """Give the range of a word, without the quotes around it."""
        text = word.text
        if not text:
            end = rest.ends[-1]
            return Region(self.file, end, end)
        quoted = len(text) > 2 and text[0] in "'\"" and text.count(text[0]) == 2
        if quoted and text[-1] == text[0]:
            return Region(self.file, word.starts[1], word.ends[-2])
        return Region(self.file, word.starts[0], word.ends[-1])

    def read_from(self, instruction: Instruction) -> None:
        self.in_stage = True
        flags, rest = split_flags(instruction.body, self.escape)
        for flag in flags:
            self.note_platform(flag)
        words = split_words(rest)
        if not words:
            return
        region = self.region_of(words[0], rest)
        name = _stage_name(words, templated=is_templated(rest.text))
        if name is None:
            reason = Reason.TEMPLATED if is_templated(rest.text) else Reason.INVALID_REFERENCE
            self.seen.append(From(region, (), self.stages.count, reason))
            name = words[-1:] if is_templated(rest.text) and is_as(words[-2].text) else ()
        else:
            self.seen.append(self.expand_from(words[0], region))
        self.add_stage(name)

    def add_stage(self, name: Sequence[Traced]) -> None:
        """Count a stage with its name, made of variables or of a template maybe."""
        if not name:
            self.stages.add(None)
        elif len(name) > 1 or is_templated(name[0].text):
            self.stages.add(WILDCARD, is_exact=False)
        elif "$" in name[0].text:
            self.stages.add(self.loose_name(name[0]), is_exact=False)
        else:
            self.stages.add(name[0].text)

    def loose_name(self, word: Traced) -> str:
        """Expand a stage's name, as Buildah does, with a wildcard for what has no value."""
        try:
            pieces = expand_word(word, self.arguments, escape=self.escape, file=self.file)
        except WordError:
            return WILDCARD
        self.uses.others |= names_used(pieces)
        return "".join(
            WILDCARD
            if WILDCARD in piece.text or (isinstance(piece, Variable) and not piece.text)
            else piece.text
            for piece in pieces
        )

    def expand_from(self, word: Traced, region: Region) -> From:
        seen = From(region, (), self.stages.count)
        try:
            pieces = expand_word(word, self.arguments, escape=self.escape, file=self.file)
        except RequiredVariableError:
            return replace(seen, reason=Reason.UNSET_VARIABLE)
        except TooMuchError:
            raise
        except WordError:
            marked = is_templated(word.text)
            return replace(seen, reason=Reason.TEMPLATED if marked else Reason.INVALID_REFERENCE)
        self.uses.words.append(pieces)
        return replace(seen, pieces=pieces)

    def note_platform(self, flag: Flag) -> None:
        if flag.value is None:
            return
        try:
            pieces = expand_word(flag.value, self.arguments, escape=self.escape)
        except WordError:
            return
        self.uses.others |= names_used(pieces)

    def read_trigger(self, instruction: Instruction) -> None:
        """Read what is run in the build of a child, where the escape is always a backslash."""
        trigger = onbuild_trigger(instruction, self.escape)
        if trigger is None:
            return
        if trigger.keyword == "arg":
            self.read_arg(trigger, _DEFAULT_ESCAPE)
        elif trigger.keyword in ("copy", "run"):
            self.read_flags(trigger, _DEFAULT_ESCAPE, "ONBUILD ")

    def read_flags(self, instruction: Instruction, escape: str, prefix: str) -> None:
        flags, rest = split_flags(instruction.body, escape)
        for flag in flags:
            if instruction.keyword == "copy" and flag.name == "from":
                self.note_copy(flag, rest, prefix)
            elif instruction.keyword == "run" and flag.name == "mount" and flag.value is not None:
                self.note_mount(flag.value, prefix)

    def note_copy(self, flag: Flag, rest: Traced, prefix: str) -> None:
        where = f"{prefix}COPY --from"
        if flag.value is None:
            words = split_words(rest)
            if words:  # `--from value`, which BuildKit refuses
                region = Region(self.file, words[0].starts[0], words[0].ends[-1])
                reason = Reason.INVALID_REFERENCE
                self.seen.append(Sighting(region, where, region.start, reason=reason))
        elif flag.value.text:
            self.seen.append(Copied(flag.value, where, may_be_index=True, in_trigger=bool(prefix)))

    def note_mount(self, value: Traced, prefix: str) -> None:
        source, kind = None, "bind"
        for part in mount_fields(value):
            key, equals, setting = part.text.partition("=")
            if lower_case(key) == "from" and equals:
                source = part.cut(len(key) + 1, len(part.text))
            elif lower_case(key) == "type":
                kind = lower_case(setting)
        # BuildKit refuses a secret from an image. For ssh it asks for the image, and needs it not.
        if source is not None and source.text and kind != "secret":
            self.seen.append(
                Copied(source, f"{prefix}RUN --mount", may_be_index=False, in_trigger=bool(prefix))
            )


def _stage_name(words: Sequence[Traced], *, templated: bool) -> Sequence[Traced] | None:
    """Give what names the stage of a FROM, or nothing; None where the FROM is malformed.

    Buildah takes variables in a name, and a template can supply one.
    """
    if len(words) == 1:
        return ()
    first, name = words[0].text, words[2:]
    if not name or not is_as(words[1].text) or (templated and is_templated(first)):
        return None
    if templated or "$" in name[0].text or is_stage_name(name[0].text):
        return name if templated or len(name) == 1 else None
    return None

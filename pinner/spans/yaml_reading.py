"""Read all documents of a file of YAML or JSON, and report what was judged there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.model.occurrence import Problem
from pinner.spans.judging import Judge
from pinner.spans.sightings import report_sightings
from pinner.spans.source import Source, any_comment
from pinner.spans.yaml_comments import comment_test
from pinner.spans.yaml_documents import split_documents
from pinner.spans.yaml_merging import Merger
from pinner.spans.yaml_nodes import Node, SlowBudget, YamlSyntaxError, parse_documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pinner.model.occurrence import Occurrence
    from pinner.spans.source import IsComment


class _Parsed(Struct):
    """The documents of the text that was parsed last: several formats may read one file.

    Nodes never change, so that one reader can take them over from another.
    """

    text: str = ""
    documents: dict[tuple[int, int], list[Node] | YamlSyntaxError] = field(default_factory=dict)

    def document(self, text: str, start: int, end: int, budget: SlowBudget) -> list[Node]:
        """Parse a document, or know it; raises YamlSyntaxError."""
        if text != self.text:
            self.text = text
            self.documents.clear()
        known = self.documents.get((start, end))
        if known is None:
            try:
                known = parse_documents(text[start:end], start, budget)
            except YamlSyntaxError as error:
                known = error
            self.documents[start, end] = known
        if isinstance(known, YamlSyntaxError):
            raise known
        return known


_LAST = _Parsed()


class YamlReader(Struct):
    """A file that is being read: a document that cannot be is a Problem, the others go on.

    `roots` are kept, so that an id stands for one node.
    """

    source: Source
    judge: Judge
    merger: Merger = field(default_factory=Merger)
    problems: list[Problem] = field(default_factory=list)
    roots: list[Node] = field(default_factory=list)
    is_json: bool = False
    budget: SlowBudget = field(default_factory=SlowBudget)

    @classmethod
    def of(cls, source: Source) -> YamlReader:
        """Begin to read a file."""
        return cls(source, Judge(source))

    def read(
        self, visit: Callable[[Node], None], is_worth_parsing: Callable[[str], bool] | None = None
    ) -> None:
        """Visit the root of each document; texts that are not worth it are not parsed."""
        text = self.source.text
        if text.lstrip()[:1] in ("{", "[") and self._read_json(visit):
            return
        for start, end in split_documents(text):
            if is_worth_parsing is None or is_worth_parsing(text[start:end]):
                self._read_document(start, end, visit)

    def results(self, scanner: str) -> Iterator[Occurrence | Problem]:
        """Give what the judge saw, and the problems."""
        is_comment = self._comment_test() if "pinner:" in self.source.text else any_comment
        seen = sorted(self.judge.seen, key=lambda sighting: sighting.seen_at)
        yield from report_sightings(seen, self.source, scanner, is_comment)
        yield from self.problems

    def fail(self, at: int, message: str) -> None:
        """Keep what is wrong at an index as a problem."""
        self.problems.append(Problem(self.source.path, self.source.line(at), message))

    def _read_json(self, visit: Callable[[Node], None]) -> bool:
        from pinner.spans.json_nodes import parse_json_stream  # noqa: PLC0415 - start-up

        try:
            roots = parse_json_stream(self.source.text)
        except YamlSyntaxError:
            return False  # flow style YAML, perhaps
        self.is_json = True
        self._visit_all(roots, visit)
        return True

    def _read_document(self, start: int, end: int, visit: Callable[[Node], None]) -> None:
        document = self.source.text[start:end]
        try:
            roots = _LAST.document(self.source.text, start, end, self.budget)
        except YamlSyntaxError as error:
            from pinner.spans.template_lines import is_template  # noqa: PLC0415 - start-up

            if is_template(document, error):
                self._read_lines(start, end)
            else:
                advice = "; `exclude` it if it is a template" if "{{" in document else ""
                self.fail(start + error.at, f"not YAML: {error}{advice}")
            return
        self._visit_all(roots, visit)

    def _read_lines(self, start: int, end: int) -> None:
        from pinner.spans.template_lines import find_image_lines  # noqa: PLC0415 - start-up

        try:
            self.judge.seen += find_image_lines(self.source.text, start, end, self.source.path)
        except YamlSyntaxError as error:
            self.fail(error.at, str(error))

    def _visit_all(self, roots: list[Node], visit: Callable[[Node], None]) -> None:
        self.roots += roots
        try:
            for root in roots:
                visit(root)
        except YamlSyntaxError as error:
            self.fail(error.at, str(error))

    def _comment_test(self) -> IsComment:
        """Tell comments from other text, if all of the text was parsed."""
        if self.is_json:
            return lambda _: False
        return comment_test(self.roots, self.source.text)

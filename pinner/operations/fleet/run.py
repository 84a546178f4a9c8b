"""A run over a fleet: tasks out, rows in, and each question to a registry asked once."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from pinner.model.errors import ConfigError, RegistryError
from pinner.operations.asking import client_of, machine_rules
from pinner.operations.fleet.cluster import ClusterSettings, connected, run_all
from pinner.operations.fleet.examine import (
    Examined,
    Request,
    examine,
    failed,
    later_row,
    questions_of,
)
from pinner.operations.fleet.known_answers import Asked, Way, ask_all
from pinner.operations.fleet.results import Known, Results, Tally, is_known
from pinner.project.clones import shown
from pinner.registry.host_rules import HostRules
from pinner.registry.resolver import RegistryResolver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pinner.model.evidence import Prover
    from pinner.model.resolver import Observer
    from pinner.operations.fleet.repositories import Repository

    # Is told how many repositories of how many are done, and which was the last.
    Progress = Callable[[int, int, str], None]

_MOST_WAITING = 256
_BATCH = 100


class _Job(Struct, frozen=True):
    """A repository, and what is known of what it asks."""

    repository: Repository
    answers: dict[tuple[Way, Asked], Any]


class _Askers:
    """What answers, by the way that questions go; every answer is kept for the run."""

    def __init__(self, cache: str | None) -> None:
        self._cache = cache
        self._made: dict[Way, tuple[Observer, Prover | None]] = {}
        self._answers: dict[tuple[Way, Asked], Any] = {}

    def answer(self, wanted: Sequence[tuple[Way, Asked]]) -> dict[tuple[Way, Asked], Any]:
        """Ask for what nobody asked for before, all at once."""
        new = [one for one in dict.fromkeys(wanted) if one not in self._answers]
        for way, asked in questions_of(new).items():
            try:
                answers = ask_all(*self._of(way), asked)
            except ConfigError as error:  # of the way: none of its questions can be asked
                answers = dict.fromkeys(asked, RegistryError(str(error)))
            self._answers |= {(way, one): answer for one, answer in answers.items()}
        return {one: self._answers[one] for one in wanted}

    def _of(self, way: Way) -> tuple[Observer, Prover | None]:
        if way not in self._made:
            root = way.root or "/nonexistent"
            client = client_of(
                dict(way.registries),
                machine_rules(root) if way.uses_host_config else HostRules(),
                root=root,
                top=root,
                cache_folder=self._cache,
            )
            self._made[way] = RegistryResolver(client), _prover(client, way)
        return self._made[way]


def _prover(client: Any, way: Way) -> Prover | None:
    if not way.rules:
        return None
    from pinner.operations.asking import prove_all  # noqa: PLC0415 - few have rules

    return partial(prove_all, client, way.rules)


class FleetRun:
    """A run; `tally` counts what came out, `branches` are repositories and what to open there."""

    def __init__(
        self, request: Request, results: Results, known: Known, *, cache: str | None
    ) -> None:
        """Take what is asked, where rows go, and what an earlier run found out."""
        self._request = request
        self._results = results
        self._known = known
        self._askers = _Askers(cache)
        self._jobs: deque[_Job] = deque()
        self._waiting: list[tuple[Repository, Examined, dict[tuple[Way, Asked], Any]]] = []
        self._later: dict[tuple[Way, Asked], None] = {}
        self._asked: set[tuple[Way, Asked]] = set()
        self._total = 0
        self._progress: Progress = lambda *_: None
        self.tally = Tally()
        self.branches: list[tuple[str, str]] = []

    def run(
        self,
        repositories: Sequence[Repository],
        settings: ClusterSettings,
        progress: Progress = lambda *_: None,
    ) -> None:
        """Examine all that are not known yet; raises ClusterError and ReportError."""
        wanted = [one for one in repositories if not is_known(one, self._known)]
        self.tally.kept = len(repositories) - len(wanted)
        self._jobs.extend(_Job(one, {}) for one in wanted)
        self._total, self._progress = len(wanted), progress
        if wanted:
            with connected(settings) as client:
                work = partial(_examine, request=self._request)
                run_all(client, self._next_jobs(), work, self._on_result, self._on_failure)
        self._ask_later(least=1)
        self._results.write(
            msgspec.json.encode({"kind": "end", **msgspec.structs.asdict(self.tally)})
        )

    def _next_jobs(self) -> Iterator[_Job | None]:
        while True:
            if len(self._waiting) >= _MOST_WAITING or (self._waiting and not self._jobs):
                self._answer_waiting()
            yield self._jobs.popleft() if self._jobs else None

    def _answer_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._askers.answer([one for _, examined, _ in waiting for one in examined.needs])
        for repository, examined, before in waiting:
            answers = before | self._askers.answer(examined.needs)
            self._jobs.append(_Job(repository, answers))

    def _on_result(self, job: _Job, examined: Examined) -> None:
        if examined.needs:
            self._waiting.append((job.repository, examined, job.answers))
            return
        self._tell(job.repository, examined)

    def _on_failure(self, job: _Job, words: str) -> None:
        self._tell(job.repository, failed(job.repository, words))

    def _tell(self, repository: Repository, examined: Examined) -> None:
        tally = self.tally
        tally.repositories += 1
        tally.failed += bool(examined.failure)
        tally.references += examined.references
        tally.pinned += examined.pinned
        tally.errors += examined.errors
        tally.warnings += examined.warnings
        tally.unanswered += examined.is_incomplete
        if examined.branch:
            tally.branches += 1
            self.branches.append((shown(repository.location), examined.branch))
        self._results.write(examined.row)
        for one in examined.later:
            if one not in self._asked and _subject(one[1]) not in self._known.subjects:
                self._later[one] = None
        self._progress(tally.repositories, self._total, repository.location)
        self._ask_later(least=_BATCH)

    def _ask_later(self, least: int) -> None:
        """Ask what rows do not wait for, once enough of it came together."""
        if len(self._later) < least:
            return
        asked, self._later = list(self._later), {}
        self._asked.update(asked)
        for (_, one), answer in self._askers.answer(asked).items():
            self.tally.tags += one.kind == "resolve"
            self.tally.unanswered += isinstance(answer, RegistryError)
            self._results.write(later_row(one, answer))


def _subject(asked: Asked) -> str:
    """Give what a row of an answer is about."""
    return str(asked.what.digest if asked.kind == "details" else asked.what.reference)


def _examine(job: _Job, request: Request) -> Examined:
    return examine(job.repository, request, job.answers)

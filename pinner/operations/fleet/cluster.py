"""Dask: a task for each repository, on processes of this machine or on a cluster that stands."""

from __future__ import annotations

import logging
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from pinner.model.errors import PinnerError, UsageError, lacks_library

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from distributed import Client, Future

T = TypeVar("T")
R = TypeVar("R")
_PER_WORKER = 32
_FEWEST = 8
_RECOUNT = 10.0
_DEATHS = 2
_PAUSE = 0.1
_SECONDS = "30s"
_GONE = "the scheduler is gone; what was found out so far is written"


class ClusterError(PinnerError):
    """The cluster is gone, or cannot be reached; what was found out is written."""

    exit_code = 3


class ClusterSettings(Struct, frozen=True, kw_only=True):
    """Workers of this machine, or the address of a scheduler with files for TLS."""

    workers: int = 0
    scheduler: str | None = None
    tls_ca_file: str | None = None
    tls_cert: str | None = None
    tls_key: str | None = None


def require_extra() -> None:
    """See that Dask is there, without importing it; raises UsageError."""
    from importlib.util import find_spec  # noqa: PLC0415 - start-up

    if find_spec("distributed") is None:
        raise UsageError(lacks_library("`pinner fleet`", "distributed", "fleet"))


@contextmanager
def connected(settings: ClusterSettings) -> Iterator[Client]:
    """Give a client; a cluster of this machine ends with it. Raises ClusterError."""
    import dask  # noqa: PLC0415 - an extra
    from distributed import Client, LocalCluster, Security  # noqa: PLC0415

    # Whatever happens there is told as what it means for the run.
    for name in [*logging.root.manager.loggerDict]:
        if name.startswith(("distributed", "tornado", "asyncio")):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    choices = {
        # A repository that kills its worker takes none of its neighbours along.
        "distributed.scheduler.worker-saturation": 1.0,
        "distributed.scheduler.allowed-failures": _DEATHS,
        "distributed.comm.timeouts.connect": _SECONDS,
        "distributed.worker.memory.terminate": 0.95,
        # What Dask keeps to explain itself grows with the run, and takes time on every process.
        "distributed.admin.log-length": 100,
        "distributed.admin.low-level-log-length": 100,
        "distributed.admin.system-monitor.gil.enabled": False,
        "distributed.admin.system-monitor.interval": "10s",
        "distributed.admin.system-monitor.log-length": 10,
        "distributed.worker.profile.enabled": False,
    }
    with dask.config.set(choices):
        if settings.scheduler is not None:
            security = None
            if settings.tls_ca_file:
                security = Security(
                    tls_ca_file=settings.tls_ca_file,
                    tls_client_cert=settings.tls_cert,
                    tls_client_key=settings.tls_key,
                    require_encryption=True,
                )
            try:
                client = Client(settings.scheduler, security=security, set_as_default=False)
            except (OSError, TimeoutError, ValueError) as error:
                raise ClusterError(f"{settings.scheduler}: no scheduler answers there") from error
            with client:
                yield client
            return
        cluster = LocalCluster(
            n_workers=settings.workers or os.cpu_count(),
            threads_per_worker=1,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        )
        with (
            cluster,
            Client(cluster, set_as_default=False, direct_to_workers=True) as client,
        ):
            yield client


def run_all(
    client: Client,
    items: Iterator[T | None],
    work: Callable[[T], R],
    on_result: Callable[[T, R], None],
    on_failure: Callable[[T, str], None],
) -> None:
    """Work on all items, some at a time, and tell of each as it is done; `work` gives no None.

    `items` gives None where there is nothing to do at the moment, and perhaps more later. A worker
    that dies costs a retry; an item that kills workers, or fails as nobody expected, is told as a
    failure. Raises ClusterError.
    """
    try:
        _run(client, items, work, on_result, on_failure)
    except OSError as error:  # of connections: our own files raise errors of ours
        raise ClusterError(_GONE) from error


def _run(
    client: Client,
    items: Iterator[T | None],
    work: Callable[[T], R],
    on_result: Callable[[T, R], None],
    on_failure: Callable[[T, str], None],
) -> None:
    under_way: dict[Future[R], T] = {}
    room = _Room(client)

    def fill() -> None:
        # Many at once: each submission costs the scheduler as much as ten tasks do.
        if len(under_way) > room.size // 2:
            return
        wanted = list(_taken(items, room.size - len(under_way)))
        futures = client.map(work, wanted, pure=False)
        under_way.update(zip(futures, wanted, strict=True))

    fill()
    while under_way:
        # Looked at now and then: to be told of each, and to fetch it by itself, takes twice the
        # time of the process that all wait for.
        time.sleep(_PAUSE)
        done = [future for future in under_way if future.done()]
        finished = {future.key: future for future in done if future.status == "finished"}
        results = client.gather(finished, errors="skip") if finished else {}
        for future in done:
            _tell(future, results.get(future.key), under_way.pop(future), on_result, on_failure)
        fill()


def _taken(items: Iterator[T | None], most: int) -> Iterator[T]:
    for _ in range(most):
        item = next(items, None)
        if item is None:
            return
        yield item


class _Room:
    """How many tasks may be under way: so many a worker, whose number may change."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._size, self._counted = 0, 0.0

    @property
    def size(self) -> int:
        now = time.monotonic()
        if not self._size or now - self._counted > _RECOUNT:
            workers = len(self._client.scheduler_info(n_workers=-1)["workers"])
            self._size, self._counted = max(_FEWEST, _PER_WORKER * workers), now
        return self._size


def _tell(
    future: Future[R],
    result: R | None,
    item: T,
    on_result: Callable[[T, R], None],
    on_failure: Callable[[T, str], None],
) -> None:
    if result is not None:
        on_result(item, result)
        return
    if future.status != "error":
        raise ClusterError(_GONE)
    error = future.exception()
    kind = type(error).__name__
    if kind == "KilledWorker":
        on_failure(item, f"the processes that worked on it died, {_DEATHS + 1} times")
    else:
        on_failure(item, f"internal error: {kind}: {error}")

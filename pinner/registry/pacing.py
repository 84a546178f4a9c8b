"""How long to wait for a host, how often to ask again, and how many requests it gets at once."""

from __future__ import annotations

import random
import threading
import time

import urllib3
from msgspec import Struct, field

RETRIED = frozenset({408, 429, 500, 502, 503, 504})
_MOST_FAILURES = 2


class Patience(Struct, frozen=True, kw_only=True):
    """How long to wait, in seconds, and how often to try again.

    `connect` is for an address, `read` for a sign of life, `whole` for a request in all, from the
    connection to the last byte; each retry, and each request that a redirect leads to, has its own.
    """

    connect: float = 10
    read: float = 30
    whole: float = 60
    retries: int = 4
    backoff: float = 0.5
    longest_pause: float = 60

    def may_fail(self, failures: int) -> bool:
        """Say whether a request may be sent again that got no answer so many times."""
        return failures <= min(_MOST_FAILURES, self.retries)

    def backoff_after(self, tries: int) -> float:
        """Choose a pause: none at first, then ever longer, and never the same for two threads."""
        pause = self.backoff * (2.0 ** (tries - 1) - 1)
        return min(pause * random.uniform(1, 2), self.longest_pause)  # noqa: S311 - no secret


class Gate(Struct):
    """Lets a few requests to a host through at once, and none while it asks for a pause."""

    slots: threading.BoundedSemaphore
    resumes: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def delay(self, seconds: float) -> None:
        with self.lock:
            self.resumes = max(self.resumes, time.monotonic() + seconds)

    def wait(self) -> None:
        while (left := self.resumes - time.monotonic()) > 0:
            time.sleep(left)


def asked_pause(retry_after: str) -> float | None:
    """Read `Retry-After`: None where it is absent, no number of seconds and no date, or no use."""
    try:
        return urllib3.Retry().parse_retry_after(retry_after)
    except (urllib3.exceptions.InvalidHeader, ValueError, OverflowError):
        return None

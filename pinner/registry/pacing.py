"""How long to wait for a host, how often to ask again, and how many requests it gets at once."""

from __future__ import annotations

import threading
import time
from typing import Any, Self

import urllib3
from msgspec import Struct, field
from urllib3.exceptions import MaxRetryError

_RETRIED = frozenset({408, 429, 500, 502, 503, 504})


class Patience(Struct, frozen=True, kw_only=True):
    """How long to wait, in seconds, and how often to try again."""

    connect: float = 10
    read: float = 30
    whole: float = 120
    retries: int = 4
    backoff: float = 0.5
    longest_pause: float = 60


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


class PoliteRetry(urllib3.Retry):
    """Retries of one host: a 429 there makes all its requests wait."""

    gate: Gate
    longest_pause: float

    def new(self, **kwargs: Any) -> Self:
        copy = super().new(**kwargs)
        copy.gate = self.gate
        copy.longest_pause = self.longest_pause
        return copy

    def pause(self, response: urllib3.BaseHTTPResponse | None) -> float:
        asked = None
        if response is not None:
            try:
                asked = self.get_retry_after(response)
            except (urllib3.exceptions.InvalidHeader, ValueError, OverflowError):
                asked = None  # no number of seconds and no date, or one beyond all use
        return self.get_backoff_time() if asked is None else asked

    def sleep(self, response: urllib3.BaseHTTPResponse | None = None) -> None:
        pause = self.pause(response)
        if response is not None and response.status == 429:
            self.gate.delay(pause)
            self.gate.wait()
        else:
            time.sleep(pause)

    def increment(self, *args: Any, **kwargs: Any) -> Self:
        response, error = kwargs.get("response"), kwargs.get("error")
        if isinstance(error, urllib3.exceptions.SSLError):  # it will not be trusted next time
            raise MaxRetryError(kwargs["_pool"], "", error)
        if response is not None and self.pause(response) > self.longest_pause:
            raise MaxRetryError(kwargs["_pool"], "")
        return super().increment(*args, **kwargs)


def make_retry(patience: Patience, gate: Gate) -> PoliteRetry:
    """Configure the retries of one host."""
    retry = PoliteRetry(
        total=patience.retries,
        connect=min(2, patience.retries),
        read=min(2, patience.retries),
        backoff_factor=patience.backoff,
        backoff_jitter=patience.backoff,
        backoff_max=patience.longest_pause,
        status_forcelist=_RETRIED,
        allowed_methods=frozenset({"HEAD", "GET", "POST"}),
        raise_on_status=False,
    )
    retry.gate = gate
    retry.longest_pause = patience.longest_pause
    return retry

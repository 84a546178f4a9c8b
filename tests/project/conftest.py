"""Other processes, as the tests of scanning have them."""

import os
import signal

import pytest

from pinner.project import second_process


@pytest.fixture
def three_processors(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
    monkeypatch.setattr(second_process, "_has_threads", lambda: False)  # those of other tests


@pytest.fixture(params=[
    lambda: os.kill(os.getpid(), signal.SIGKILL),
    lambda: os.kill(os.getpid(), signal.SIGINT),
    lambda: (_ for _ in ()).throw(MemoryError),
    lambda: os._exit(3),
])  # fmt: skip
def fail_elsewhere(request, monkeypatch):
    """Let a function of a module end every process but this one, in one way or another."""
    parent = os.getpid()

    def change(module, name):
        own = getattr(module, name)

        def fail(*arguments, **options):
            if os.getpid() != parent:
                request.param()
            return own(*arguments, **options)

        monkeypatch.setattr(module, name, fail)

    return change

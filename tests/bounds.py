"""Say that a job ends soon, on any machine: its time is counted in a loop's, measured beside it."""

import gc
import time

UNITS = 500  # what a text may take; an ordinary processor takes 15 ms for one


def in_bounded_time(job, units=UNITS):
    """Give what the job gives; it fails where three tries take longer than so many loops."""
    for _ in range(3):
        before = _unit()
        begun = time.process_time()
        made = job()
        taken = time.process_time() - begun
        if taken < units * max(before, _unit()):
            return made
        gc.collect()
    raise AssertionError(f"{taken:.1f} s, and three times longer than {units} of our loops")


def _unit():
    begun = time.process_time()
    made = {}
    for number in range(40_000):
        key = str(number)
        made[key] = number, key.upper(), len(made)
    return time.process_time() - begun

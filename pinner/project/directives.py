"""What comments for pinner come to on a day: ignores that are in force, that end soon, or ended.

Scans are kept for longer than a day, and so know no date.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pinner.model.occurrence import Problem, Skipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pinner.model.occurrence import Occurrence
    from pinner.project.scan_cache import Result

_NOTICE_DAYS = 28


def judge_directives(results: Iterable[Result], today: str = "") -> Iterator[Result]:
    """Let ignores count to the end of their last day, and say what is to be said of comments.

    `today` is a date such as 2027-01-01; that of UTC where it is empty.
    """
    for result in results:
        if isinstance(result, Problem):
            yield result
            continue
        if result.remark is not None:
            yield result.remark
        if isinstance(result, Skipped) and result.ignore is not None and result.ignore.until:
            today = today or time.strftime("%Y-%m-%d", time.gmtime())
            yield from _judge(result, result.ignore.until, today)
        else:
            yield result


def _judge(seen: Skipped, until: str, today: str) -> Iterator[Result]:
    if today > until:
        said = f"was ignored until {until}, and is not any more"
        yield _said(seen, "ignore-expired", said)
        yield seen.otherwise or seen
        return
    if (left := _days(today, until)) <= _NOTICE_DAYS:
        days = {0: "today", 1: "tomorrow"}.get(left, f"{until}, for {left} more days")
        yield _said(seen, "ignore-expires", f"is ignored until {days}")
    yield seen


def _said(seen: Occurrence, name: str, words: str) -> Problem:
    place = seen.place
    shown = seen.reference.without_digest().familiar if seen.reference else place.text
    return Problem(place.file, place.line, f"{shown} {words}", name)


def _days(start: str, end: str) -> int:
    from datetime import date  # noqa: PLC0415 - start-up: few comments have a date

    return (date.fromisoformat(end) - date.fromisoformat(start)).days

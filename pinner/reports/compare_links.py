"""Where a forge shows what changed between two images, as far as their labels tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pinner.pins.image_changes import REVISION_LABEL, SOURCE_LABEL

if TYPE_CHECKING:
    from pinner.model.image_details import PlatformDetails
    from pinner.pins.image_changes import ImageChange

_FORGES = {
    "github.com": "https://{host}/{path}/compare/{before}...{after}",
    "gitlab.com": "https://{host}/{path}/-/compare/{before}...{after}",
    "codeberg.org": "https://{host}/{path}/compare/{before}...{after}",
    "gitea.com": "https://{host}/{path}/compare/{before}...{after}",
    "bitbucket.org": "https://{host}/{path}/branches/compare/{after}..{before}",
}
_SOURCE = re.compile(
    r"(?:https?://|git://|ssh://git@|git@)(?P<host>[a-z.]+)[/:]"
    r"(?P<path>[A-Za-z0-9][\w.-]*/[\w.-]+?)(?:\.git)?(?:[/#?].*)?",
    re.ASCII,
)
_REVISION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}", re.ASCII)


def compare_link(change: ImageChange) -> str | None:
    """Give the address of a comparison; None where the labels name no known forge."""
    for platform in change.platforms:
        if platform.before is not None and platform.after is not None:
            return _link(platform.before, platform.after)
    return None


def _link(before: PlatformDetails, after: PlatformDetails) -> str | None:
    was, now = _told(before), _told(after)
    match = _SOURCE.fullmatch(now.get(SOURCE_LABEL, ""))
    revisions = was.get(REVISION_LABEL, ""), now.get(REVISION_LABEL, "")
    if match is None or match["host"] not in _FORGES or revisions[0] == revisions[1]:
        return None
    earlier = _SOURCE.fullmatch(was.get(SOURCE_LABEL, ""))
    if earlier is None or (earlier["host"], earlier["path"]) != (match["host"], match["path"]):
        return None
    if not all(map(_REVISION.fullmatch, revisions)) or any(".." in one for one in revisions):
        return None
    return _FORGES[match["host"]].format(
        host=match["host"], path=match["path"], before=revisions[0], after=revisions[1]
    )


def _told(platform: PlatformDetails) -> dict[str, str]:
    return {**platform.annotations, **platform.labels}

"""The locked images of a project, or of a fleet, for other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.model.errors import UsageError
from pinner.model.exported_image import ExportedImage
from pinner.model.occurrence import Found
from pinner.project.locked import read_lockfile

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pinner.project.project import Project

_SERVICE = ("services.", ".image")


def locked_images(project: Project) -> list[ExportedImage]:
    """Give what the lockfile has, sorted; of some paths alone if the project was given any.

    Raises LockfileError, and UsageError where nothing is locked.
    """
    lockfile, _ = read_lockfile(project.files, project.settings.lockfile)
    found = [
        ExportedImage(image.reference, image.digest, image.files)
        for image in lockfile.images
        if any(_is_below(file, project.scopes) for file in image.files)
    ]
    if not found:
        raise UsageError("nothing is locked here; `pinner lock` comes first")
    return sorted(found)


def fleet_images(file: Path) -> list[ExportedImage]:
    """Give what the rows of `pinner fleet` have with a digest, each once, sorted.

    Raises ReportError where they are no such rows, and UsageError where nothing is pinned.
    """
    from pinner.operations.fleet.results import read_rows  # noqa: PLC0415 - with this option only

    users: dict[tuple[str, str], dict[str, None]] = {}
    for row in read_rows(file):
        for one in row["references"] if row["kind"] == "repository" else ():
            digest = one["digest"] or one["locked"]
            if one["status"] != "skipped" and digest:
                place = f"{row['repository']}:{one['file']}"
                users.setdefault((one["reference"], digest), {})[place] = None
    if not users:
        raise UsageError(f"{file}: nothing is pinned in these repositories")
    return sorted(ExportedImage(*key, tuple(places)) for key, places in users.items())


def compose_services(project: Project) -> dict[str, ExportedImage]:
    """Give the locked image of each compose service by its name.

    Raises UsageError where files that do not belong together have services of one name.
    """
    lockfile, _ = read_lockfile(project.files, project.settings.lockfile)
    digests = {image.reference: image.digest for image in lockfile.images}
    found: dict[str, ExportedImage] = {}
    for seen in project.surveyor.survey(project.scopes).occurrences:
        place = seen.place
        begin, end = _SERVICE
        if not isinstance(seen, Found) or place.scanner != "compose":
            continue
        if not (place.where.startswith(begin) and place.where.endswith(end)):
            continue
        name = place.where.removeprefix(begin).removesuffix(end)
        reference = str(seen.reference.without_digest())
        digest = seen.reference.digest or digests.get(reference)
        if digest is None:
            continue
        image = ExportedImage(reference, digest, (place.file,))
        known = found.setdefault(name, image)
        if (known.reference, known.digest) != (reference, digest):
            raise UsageError(
                f"the service {name} has one image in {known.users[0]} and another in "
                f"{place.file}; name the compose files that belong together"
            )
    if not found:
        raise UsageError("no compose service here has a locked image")
    return dict(sorted(found.items()))


def _is_below(file: str, scopes: Iterable[str]) -> bool:
    wanted = tuple(scopes)
    return not wanted or any(file == scope or file.startswith(f"{scope}/") for scope in wanted)

"""`pinner export`."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pinner.cli.output import ExportFormat, write_report
from pinner.model.errors import UsageError
from pinner.operations.export import compose_services, fleet_images, locked_images
from pinner.project.opening import open_project
from pinner.reports import exports

if TYPE_CHECKING:
    from collections.abc import Sequence


def export(
    format_: ExportFormat,
    paths: Sequence[str] = (),
    *,
    fleet: str | None = None,
    output: str | None = None,
    no_cache: bool = False,
    no_git: bool = False,
) -> int:
    """Write the locked images for another tool."""
    if fleet is not None and (paths or format_ is ExportFormat.COMPOSE):
        what = "paths" if paths else "compose services"
        raise UsageError(f"--fleet has images of many repositories, and no {what}")
    if fleet is not None:
        if not Path(fleet).is_file():
            raise UsageError(f"{fleet}: there is no such file")
        images = fleet_images(Path(fleet))
    else:
        project = open_project(paths, use_cache=not no_cache, use_git=not no_git)
        if format_ is ExportFormat.COMPOSE:
            write_report(exports.compose_override(compose_services(project)), output)
            return 0
        images = locked_images(project)
    if format_ is ExportFormat.KUSTOMIZE:
        report = exports.kustomization(images)
    elif format_ is ExportFormat.IMAGES_LOCK:
        report = exports.images_lock(images)
    elif format_ is ExportFormat.CYCLONEDX:
        report = exports.cyclonedx(images, timestamp=_moment())
    else:
        report = exports.image_list(images)
    write_report(report, output)
    return 0


def _moment() -> str:
    """Give the time, or the one that SOURCE_DATE_EPOCH has for builds that can be repeated."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    try:
        moment = datetime.fromtimestamp(int(given), UTC) if given else datetime.now(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(f"SOURCE_DATE_EPOCH is {given!r}, which is no time") from error
    return moment.isoformat(timespec="seconds")

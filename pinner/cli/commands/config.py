"""`pinner config`."""

from __future__ import annotations

from pinner.cli import world
from pinner.cli.output import TextOrJson, show
from pinner.reports.settings import settings_json, settings_text


def show_config(*, format_: TextOrJson = TextOrJson.TEXT) -> int:
    """Print the configuration in force."""
    project = world.open_project(())
    files = world.host_rules(project).files
    show((settings_json if format_ is TextOrJson.JSON else settings_text)(project.settings, files))
    return 0

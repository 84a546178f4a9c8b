"""`pinner config`."""

from __future__ import annotations

from pinner.cli.output import TextOrJson, show
from pinner.operations.asking import host_rules
from pinner.project.opening import open_project
from pinner.reports.settings import settings_json, settings_text


def show_config(*, format_: TextOrJson = TextOrJson.TEXT) -> int:
    """Print the configuration in force."""
    project = open_project(())
    files = host_rules(project).files
    show((settings_json if format_ is TextOrJson.JSON else settings_text)(project.settings, files))
    return 0

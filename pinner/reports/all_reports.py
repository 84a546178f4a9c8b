"""The table of formats in which `verify` reports."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pinner.model.findings import Finding


class FindingsFormat(StrEnum):
    """The formats, by name."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    GITLAB = "gitlab"
    JUNIT = "junit"
    MARKDOWN = "markdown"

    @property
    def is_for_repositories(self) -> bool:
        """Say whether whoever reads it looks for paths from the top of the repository."""
        return self in (FindingsFormat.SARIF, FindingsFormat.GITHUB, FindingsFormat.GITLAB)


def findings_report(  # noqa: PLR0911 - one a format
    name: FindingsFormat,
) -> Callable[[Sequence[Finding]], str]:
    """Give a format's function; a format is imported when it is asked for."""
    match name:
        case FindingsFormat.TEXT:
            from pinner.reports.text import findings_text  # noqa: PLC0415

            return findings_text
        case FindingsFormat.JSON:
            from pinner.reports.json import findings_json  # noqa: PLC0415

            return findings_json
        case FindingsFormat.SARIF:
            from pinner.reports.sarif import findings_sarif  # noqa: PLC0415

            return findings_sarif
        case FindingsFormat.GITHUB:
            from pinner.reports.github import findings_github  # noqa: PLC0415

            return findings_github
        case FindingsFormat.GITLAB:
            from pinner.reports.gitlab import findings_gitlab  # noqa: PLC0415

            return findings_gitlab
        case FindingsFormat.JUNIT:
            from pinner.reports.junit import findings_junit  # noqa: PLC0415

            return findings_junit
        case FindingsFormat.MARKDOWN:
            from pinner.reports.markdown import findings_markdown  # noqa: PLC0415

            return findings_markdown

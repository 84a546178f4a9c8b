"""Verify a project as somebody asks for it: now or against a revision, with registries or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from msgspec.structs import replace

from pinner.operations.leveling import Strictness
from pinner.operations.verify import Verdict, verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from pinner.model.evidence import Prover
    from pinner.model.resolver import Observer
    from pinner.project.project import Project
    from pinner.project.survey import Survey
    from pinner.project.surveyor import Surveyor


class Answering(Protocol):
    """The way to a project's registries, or what stands for it."""

    def plain_resolver(self) -> Observer:
        """Give what answers questions; raises ConfigError."""

    @property
    def prover(self) -> Prover | None:
        """What proves digests by the project's rules; None where it has no rules."""


class VerifyRequest(Struct, frozen=True, kw_only=True):
    """What is asked of `verify`.

    With `since`, the settings of that revision judge, and what is weaker or new is found.
    Registries are asked for all digests if `online`, and for new ones unless `offline`.
    `accepts` lets the findings of the baseline be.
    """

    online: bool = False
    offline: bool = False
    since: str | None = None
    strictness: Strictness = Strictness()
    lock_only: bool = False
    no_mirrors: bool = False
    places_fixes: bool = False
    accepts: bool = True


def verify_project(
    project: Project,
    surveyor: Surveyor,
    request: VerifyRequest,
    way_of: Callable[[Project], Answering],
    survey: Survey | None = None,
) -> Verdict:
    """Verify one project, whose survey may have begun; raises what `verify` raises, and GitError.

    `way_of` gives the way to a project's registries, where they are asked. The survey may have been
    made before, by the project's own settings; not with `since`.
    """
    judged, then = project, None
    if request.since is not None:
        from pinner.project.opening import at_revision  # noqa: PLC0415 - with this option only

        then = at_revision(project, request.since)
        judged = replace(project, settings=then.settings)
        surveyor = replace(surveyor, settings=then.settings)
    if request.no_mirrors:
        judged = judged.without_mirrors()
    asks_new = then is not None and not request.offline
    way = way_of(judged) if request.online or asks_new else None
    baseline = None
    if then is not None:
        from pinner.operations.since import Baseline  # noqa: PLC0415 - as above
        from pinner.project.opening import settings_file  # noqa: PLC0415 - as above

        baseline = Baseline(
            str(request.since),
            replace(then.surveyor, inner_projects=()),
            project.settings,
            settings_file(project.files),
            way.plain_resolver if way else None,
        )
    return verify(
        surveyor,
        judged.settings.wishes(lock_only=request.lock_only),
        scopes=project.scopes,
        make_resolver=way.plain_resolver if way and request.online else None,
        prove_all=way.prover if way else None,
        strictness=request.strictness,
        baseline=baseline,
        places_fixes=request.places_fixes,
        accepts=request.accepts,
        survey=survey,
    )

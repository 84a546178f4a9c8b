"""The way to a project's registries, by its settings and by what the machine says."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner import __version__
from pinner.model.errors import RegistryError
from pinner.project.git import find_top

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pinner.model.evidence import Proofs, Prover
    from pinner.model.reference import ImageReference
    from pinner.model.resolver import Observer
    from pinner.pins.trust import TrustRule
    from pinner.project.project import Project
    from pinner.project.settings import RegistrySettings
    from pinner.registry.client import RegistryClient
    from pinner.registry.host_rules import HostRules

    # Is told the numbers of answers and of questions, and what was answered.
    Progress = Callable[[int, int, str], None]


class Asking:
    """What answers for a project; it is made when it is first needed, and once."""

    def __init__(
        self, project: Project, begin_progress: Callable[[], Progress | None] = lambda: None
    ) -> None:
        """Take what is called before the first question, and gives what is told of answers."""
        self._project = project
        self._begin_progress = begin_progress

    @cached_property
    def client(self) -> RegistryClient:
        """The client; raises ConfigError."""
        return make_client(self._project)

    @cached_property
    def _plain(self) -> Observer:
        from pinner.registry.resolver import RegistryResolver

        return RegistryResolver(self.client, self._begin_progress())

    @cached_property
    def _proving(self) -> Observer:
        if self.prover is None:
            return self._plain
        from pinner.evidence.resolver import ProvingResolver

        return ProvingResolver(self._plain, self._project.settings.trust_rules, self.prover)

    def plain_resolver(self) -> Observer:
        """Give what answers questions; raises ConfigError."""
        return self._plain

    def resolver(self) -> Observer:
        """Give the same, for which a digest that does not prove what rules ask for is a failure."""
        return self._proving

    @property
    def prover(self) -> Prover | None:
        """What proves digests by the project's rules; None where it has no rules."""
        rules = self._project.settings.trust_rules
        return (lambda references: prove_all(self.client, rules, references)) if rules else None


def prove_all(
    client: RegistryClient, rules: Sequence[TrustRule], references: Sequence[ImageReference]
) -> Proofs:
    """Prove references with their digests, many at a time."""
    from pinner.evidence.proving import prove
    from pinner.registry.resolver import run_all

    proofs: Proofs = {}

    def work(reference: ImageReference) -> None:
        try:
            proofs[reference] = prove(client, reference, rules)
        except RegistryError as error:
            proofs[reference] = error

    run_all(work, references)
    return proofs


def make_client(project: Project) -> RegistryClient:
    """Make the client for the project's registries; raises ConfigError."""
    root = project.workspace.root
    return client_of(
        project.settings.registries,
        replace(host_rules(project), uses_mirrors=project.uses_mirrors),
        root=root,
        top=find_top(root) or root,
        cache_folder=project.cache_folder,
    )


def client_of(
    registries: Mapping[str, RegistrySettings],
    rules: HostRules,
    *,
    root: str,
    top: str,
    cache_folder: str | None,
) -> RegistryClient:
    """Make a client by settings of registries, whose paths are below a root, and by host rules."""
    from pathlib import Path

    from pinner.registry.cache import ContentCache
    from pinner.registry.client import RegistryClient
    from pinner.registry.credentials import Credentials
    from pinner.registry.hosts import Hosts
    from pinner.registry.session import HttpSession

    hosts = Hosts(registries, Path(root), Path(top), rules=rules)
    http = HttpSession(
        concurrency=hosts.concurrency,
        ca_file=hosts.ca_file,
        user_agent=f"pinner/{__version__}",
    )
    folder = Path(cache_folder, "content") if cache_folder else None
    return RegistryClient(http, hosts, Credentials(), ContentCache(folder))


def machine_rules(folder: str) -> HostRules:
    """Read what the user's machine says of registries; its files are outside of the folder."""
    from pathlib import Path

    from pinner.registry.host_files import read_host_rules

    return read_host_rules(Path(folder))


def host_rules(project: Project) -> HostRules:
    """Read what the user's machine says of registries, if the project wants it."""
    if project.settings.use_host_config:
        root = project.workspace.root
        return machine_rules(find_top(root) or root)
    from pinner.registry.host_rules import HostRules

    return HostRules()

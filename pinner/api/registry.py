"""Registries, for programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from pinner.api.values import Head
from pinner.operations.asking import client_of, machine_rules
from pinner.operations.image import parse_reference
from pinner.project.cache_folder import cache_folder
from pinner.project.settings import RegistrySettings
from pinner.registry.host_rules import HostRules

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from types import TracebackType


class Registry:
    """Every registry that a reference may name, asked with the user's own credentials.

    They come from where docker and podman keep them. It may be used by several threads; each method
    raises UsageError for what is no reference, and RegistryError: UnreachableError, AccessError,
    NotFoundError or AnswerError.
    """

    def __init__(
        self,
        *,
        plain_http: Collection[str] = (),
        mirrors: Mapping[str, Sequence[str]] | None = None,
        use_host_config: bool = False,
        use_cache: bool = True,
    ) -> None:
        """Name hosts, `host[:port]`, that speak http, and the mirrors of hosts, `host[/prefix]`.

        With `use_host_config` what the machine's configuration says of registries counts too.
        Without `use_cache` no manifest is kept in the user's cache folder.
        """
        mirrors = mirrors or {}
        settings = {
            host: RegistrySettings(
                mirrors=tuple(mirrors.get(host, ())), plain_http=host in plain_http
            )
            for host in {*plain_http, *mirrors}
        }
        here = str(Path.cwd())
        self._client = client_of(
            settings,
            machine_rules(here) if use_host_config else HostRules(),
            root=here,
            top=here,
            cache_folder=cache_folder() if use_cache else None,
        )

    def head(self, reference: str) -> Head:
        """Give the digest that a tag points to now, by a `HEAD` request.

        Of a reference with a digest, see that the registry has it. Without a tag, `latest` is
        meant.
        """
        asked = parse_reference(reference)
        head = self._client.head(asked)
        return Head(
            reference=str(asked.with_digest(head.digest)),
            digest=head.digest,
            media_type=head.media_type,
            source=head.source,
            warnings=head.warnings,
        )

    def manifest(self, reference: str) -> bytes:
        """Give the exact bytes of a manifest or index, checked against its digest."""
        return self._client.manifest(parse_reference(reference)).body

    def tags(self, reference: str) -> tuple[str, ...]:
        """List the tags of a repository, as the registry orders them."""
        return tuple(self._client.tags(parse_reference(reference)))

    def close(self) -> None:
        """Close the connections; asking again opens new ones."""
        self._client.close()

    def __enter__(self) -> Self:
        """Close the connections at the end of a `with`."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close them."""
        self.close()

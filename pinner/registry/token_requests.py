"""Requests to token servers, and what the tokens say, after the distribution token specification.

A scope is `repository:NAME:pull`.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit, urlunsplit

from msgspec import Struct

from pinner.registry.session import Request
from pinner.registry.wire import WireClaims, read_or

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinner.registry.credentials import Credential

CLIENT_ID = "pinner"
LARGEST_TOKEN_ANSWER = 1024 * 1024


class TokenServer(Struct, frozen=True):
    """Where a registry sends for tokens: a URL, and the name that the registry has there."""

    realm: str
    service: str


def pull_scope(repository: str) -> str:
    """Name what a token for pulling from a repository is good for."""
    return f"repository:{repository}:pull"


def token_request(
    server: TokenServer, scopes: Sequence[str], credential: Credential | None
) -> Request:
    """Ask for a token of some scopes: by GET, or by POST where there is a refresh token."""
    if credential is None or not credential.refresh_token:
        return Request(
            url=_with_query(server, scopes),
            limit=LARGEST_TOKEN_ANSWER,
            authorize=lambda: credential.basic if credential else None,
            is_within=True,
        )
    form = {
        "grant_type": "refresh_token",
        "refresh_token": credential.refresh_token,
        "service": server.service,
        "scope": " ".join(scopes),
        "client_id": CLIENT_ID,
    }
    return Request(
        method="POST", url=server.realm, limit=LARGEST_TOKEN_ANSWER, form=form, is_within=True
    )


def _with_query(server: TokenServer, scopes: Sequence[str]) -> str:
    parts = urlsplit(server.realm)
    query = [("service", server.service)] if server.service else []
    query += [("scope", scope) for scope in scopes]
    text = urlencode(query, safe=":/")
    return urlunsplit(parts._replace(query=f"{parts.query}&{text}" if parts.query else text))


def granted_scopes(token: str) -> set[str] | None:
    """Read the scopes in a token's own words, if it is a JSON web token that has any.

    The registry checks the token; these words only save requests.
    """
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        text = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
    except ValueError:
        return None
    claims = read_or(text, WireClaims, None)
    if claims is None:
        return None
    return {
        pull_scope(entry.name)
        for entry in claims.access
        if entry.type == "repository" and "pull" in entry.actions
    }

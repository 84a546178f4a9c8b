"""`[[trust]]` of the configuration: which keys are known, what goes together, its files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinner.model.errors import ConfigError, ScanError, lacks_library
from pinner.pins.trust import TrustRule, key_block

if TYPE_CHECKING:
    from pinner.project.settings import Settings
    from pinner.project.toml_tables import TableReader
    from pinner.project.workspace import Files

_LARGEST_KEY = 64 * 1024
_LARGEST_ROOT = 4 * 1024 * 1024
_VARIABLE = "env:"
_PROVENANCE = "https://slsa.dev/provenance/"


def read_trust_rules(
    reader: TableReader, value: object, at: tuple[str, ...]
) -> tuple[TrustRule, ...]:
    """Read the rules; the files that they name are read by `with_files`."""

    def key(value: object, at: tuple[str, ...]) -> str:
        text = reader.text_value(value, at)
        if not text.startswith(_VARIABLE):
            return reader.inner_path(value, at)
        if not text.removeprefix(_VARIABLE).isidentifier():
            raise reader.error(
                at, "must name a variable behind `env:`, as in env:COSIGN_PUBLIC_KEY"
            )
        return text

    fields = {
        "images": ("images", reader.texts),
        "key": ("key", key),
        "identity": ("identity", reader.text_value),
        "identity-pattern": ("identity_pattern", reader.text_value),
        "issuer": ("issuer", reader.text_value),
        "trust-root": ("trust_root", reader.inner_path),
        "attestations": ("attestations", reader.texts),
        "builder": ("builder", reader.text_value),
        "source": ("source", reader.text_value),
        "signed-as": ("signed_as", reader.texts),
    }
    rules = []
    for number, values in enumerate(reader.tables(value, at, fields, needed=("images",)), 1):
        rule = TrustRule(**values)
        if problem := _problem(rule):
            raise reader.error((*at[:-1], f"{at[-1]}[{number}]"), problem)
        rules.append(rule)
    return tuple(rules)


def _problem(rule: TrustRule) -> str | None:  # noqa: PLR0911 - one a mistake
    """Say what does not go together."""
    if not rule.images:
        return "must name an image in `images`"
    if bool(rule.identity) and bool(rule.identity_pattern):
        return "must have one of `identity` and `identity-pattern`"
    has_identity = bool(rule.identity or rule.identity_pattern)
    if bool(rule.key) == has_identity:
        return "must have either `key`, or `identity` (or `identity-pattern`) and `issuer`"
    if has_identity != bool(rule.issuer):
        return "must name an `issuer` beside the identity, and none beside a key"
    if rule.key and rule.trust_root:
        return "must not have a `trust-root` beside a key, which needs none"
    if rule.identity_pattern and not rule.identity_pattern.strip("*"):
        return "must not accept every identity"
    has_provenance = any(kind.startswith(_PROVENANCE) for kind in rule.attestations)
    if (rule.builder or rule.source) and not has_provenance:
        return f"must ask in `attestations` for the provenance ({_PROVENANCE}v1) that names them"
    return None


def require_extra() -> None:
    """See that the libraries are there, without importing them; raises ConfigError."""
    from importlib.util import find_spec  # noqa: PLC0415 - start-up

    for library in ("sigstore", "cryptography"):
        if find_spec(library) is None:
            raise ConfigError(lacks_library("`[[trust]]`", library, "sigstore"))


def with_files(settings: Settings, files: Files) -> Settings:
    """Read the keys and roots of trust that the rules name; raises ConfigError."""
    rules = tuple(_with_files(rule, files) for rule in settings.trust_rules)
    return replace(settings, trust_rules=rules)


def _with_files(rule: TrustRule, files: Files) -> TrustRule:
    if rule.key.startswith(_VARIABLE):
        pem = os.environ.get(rule.key.removeprefix(_VARIABLE), "")
    else:
        pem = _text(files, rule.key, _LARGEST_KEY) if rule.key else ""
    block = key_block(pem)
    if pem and not block:
        raise ConfigError(f"{rule.key}: is no public key in PEM (BEGIN PUBLIC KEY)")
    root = _text(files, rule.trust_root, _LARGEST_ROOT) if rule.trust_root else ""
    return replace(rule, pem=block, root=root)


def _text(files: Files, path: str, limit: int) -> str:
    try:
        return files.read(path, limit).decode()
    except ScanError as error:
        raise ConfigError(f"a `[[trust]]` rule names {error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"a `[[trust]]` rule names {path}, which is not UTF-8") from error

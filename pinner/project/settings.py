"""What is in force for a project: the values that a configuration sets, and their defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinner.pins.rewrite import Style

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from pinner.model.findings import Level
    from pinner.model.platforms import Platform
    from pinner.pins.trust import TrustRule
    from pinner.pins.update_rules import UpdateRule
    from pinner.pins.wishes import Wishes

_AGE_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class RegistrySettings(Struct, frozen=True, kw_only=True):
    """How one registry is reached."""

    mirrors: tuple[str, ...] = ()
    plain_http: bool = False
    ca_file: str | None = None
    max_concurrency: int = 8


class PolicySettings(Struct, frozen=True, kw_only=True):
    """What references are allowed."""

    allowed_registries: tuple[str, ...] = ()
    min_age: timedelta | None = None
    require_tag: bool = False


class Settings(Struct, frozen=True, kw_only=True):
    """What is in force; `origins` says where each key that is not a default comes from.

    `levels` are those of findings by name, None for one that is off.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    platforms: tuple[Platform, ...] = ()
    style: Style = Style.TAG_AND_DIGEST
    rewrite: bool = True
    lockfile: str = "pinner.lock"
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    image_paths: tuple[str, ...] = ()
    lock_composed_only: bool = False
    by_content: bool = True
    excluded_formats: tuple[str, ...] = ()
    pins_helm_tags: bool = False
    registries: Mapping[str, RegistrySettings] = field(default_factory=dict)
    use_host_config: bool = False
    policy: PolicySettings = field(default_factory=PolicySettings)
    update_rules: tuple[UpdateRule, ...] = ()
    levels: Mapping[str, Level | None] = field(default_factory=dict)
    trust_rules: tuple[TrustRule, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)

    def wishes(self, *, lock_only: bool = False) -> Wishes:
        """Give what a plan needs of the settings; no file is changed with `lock_only`."""
        from pinner.pins.wishes import Wishes  # noqa: PLC0415 - start-up

        return Wishes(
            platforms=self.platforms,
            style=self.style,
            rewrite=self.rewrite and not lock_only,
            lock_composed_only=self.lock_composed_only,
            trust=self.trust_rules,
        )


def parse_age(text: str) -> timedelta:
    """Parse `3d`, `12h` or `2w`; raises ValueError."""
    from datetime import timedelta  # noqa: PLC0415 - start-up: most projects set no age

    number, unit = text.strip()[:-1].rstrip(), text.strip()[-1:]
    if not (number.isascii() and number.isdigit()) or unit not in _AGE_UNITS:
        raise ValueError(f"{text!r} is not an age: write a number and s, m, h, d or w, as in 3d")
    try:
        return timedelta(**{_AGE_UNITS[unit]: int(number)})
    except OverflowError as error:
        raise ValueError(f"{text!r} is longer than any image is old") from error

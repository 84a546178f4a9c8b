"""Why something found beside a digest does not count."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 - a verdict about one signature, not an error of the program
    """One signature or attestation does not count; its text says why."""

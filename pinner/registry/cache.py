"""Manifests and configurations by digest, in the user's cache folder.

Content is checked when it is read, so that a damaged file is as good as none.
Several processes may share the folder.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

from pinner.registry.manifests import digest_matches

if TYPE_CHECKING:
    from pathlib import Path


class ContentCache:
    """A folder of contents; None keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        """Use a folder, which is made when something is to be kept."""
        self._folder = folder

    def load(self, digest: str) -> bytes | None:
        """Give the content of a digest, if it is there and whole."""
        path = self._path(digest)
        if path is None:
            return None
        try:
            content = path.read_bytes()
        except OSError:
            return None
        if digest_matches(content, digest):
            return content
        with suppress(OSError):
            path.unlink()
        return None

    def store(self, digest: str, content: bytes) -> None:
        """Keep content; a folder that refuses is let be."""
        path = self._path(digest)
        if path is None:
            return
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=path.parent)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                os.replace(name, path)  # noqa: PTH105 - mkstemp gives a name
            except BaseException:
                os.unlink(name)  # noqa: PTH108
                raise

    def _path(self, digest: str) -> Path | None:
        if self._folder is None:
            return None
        algorithm, _, encoded = digest.partition(":")
        return self._folder / algorithm / encoded[:2] / encoded

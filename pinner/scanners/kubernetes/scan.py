"""Kubernetes manifests: PodSpecs wherever they stand, and custom resources with images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.spans.hidden_words import may_hide_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinner.model.occurrence import Occurrence, Problem
    from pinner.scanners.scanner import ScanOptions
    from pinner.spans.source import Source

name = "kubernetes"
title = "Kubernetes"
files = "any `*.y[a]ml` or `*.json` with `apiVersion` and `kind`"
places = (
    "PodSpecs wherever they stand, the items of every list, image volumes, the "
    "image fields of well-known custom resources, and `image-paths` from the "
    "configuration"
)
patterns = ("*.yaml", "*.yml", "*.json", "*.yaml.gotmpl", "*.yaml.tpl", "*.yml.tpl")
companions: tuple[str, ...] = ()

_WORDS = (
    b"image",
    b"Image",
    b"IMAGE",
    b"package",
    b"docker:",
    b"repository",
    b"oci:",
    b"config-reloader",
)


def may_hold(content: bytes, options: ScanOptions) -> bool:
    """Look for the keys of any manifest, and for a word that comes with references."""
    if may_hide_words(content):
        return True
    if b"apiVersion" not in content or b"kind" not in content:
        return False
    return bool(options.image_paths) or any(word in content for word in _WORDS)


def scan(source: Source, options: ScanOptions) -> Iterator[Occurrence | Problem]:
    """Find references; a document that cannot be read is a Problem, the others go on."""
    from pinner.scanners.kubernetes.manifests import scan_manifests

    return scan_manifests(source, options, name, may_hold)

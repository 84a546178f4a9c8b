"""Locked images as other tools want them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from pinner import __version__
from pinner.model.errors import ReportError, lacks_library
from pinner.model.reference import ImageReference, familiar_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pinner.model.exported_image import ExportedImage


def image_list(images: Iterable[ExportedImage]) -> str:
    """Write a line for each: what to copy, by its digest alone, and the tag to give the copy.

    skopeo takes no reference that has both.
    """
    lines = []
    for image in images:
        name = ImageReference.parse(image.reference).name
        lines.append(f"{name}@{image.digest} {image.reference}\n")
    return "".join(lines)


def compose_override(services: Mapping[str, ExportedImage]) -> str:
    """Write a compose file that gives each service its image by digest."""
    rows = [
        f"  {_quoted(name)}:\n    image: {_quoted(image.pinned.familiar)}\n"
        for name, image in services.items()
    ]
    return f"services:\n{''.join(rows)}"


def kustomization(images: Iterable[ExportedImage]) -> str:
    """Write the `images` of a kustomization, by the names that manifests use.

    Raises ReportError where two digests have one name: kustomize knows images by their names.
    """
    found: dict[str, ExportedImage] = {}
    for image in images:
        name = familiar_name(ImageReference.parse(image.reference).name)
        known = found.setdefault(name, image)
        if known.digest != image.digest:
            raise ReportError(
                f"kustomize knows images by their names, and {name} has two digests here: as "
                f"{familiar_name(known.reference)} and as {familiar_name(image.reference)}; "
                "name the files of one"
            )
    rows = [
        f"- name: {_quoted(name)}\n  digest: {_quoted(image.digest)}\n"
        for name, image in sorted(found.items())
    ]
    return (
        f"apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages:\n{''.join(rows)}"
    )


def images_lock(images: Iterable[ExportedImage]) -> str:
    """Write an ImagesLock of Carvel's imgpkg, which relocates and bundles images."""
    rows = []
    for image in images:
        # go-containerregistry, which imgpkg reads references with, calls Docker Hub so.
        name = ImageReference.parse(image.reference).name
        host, _, path = name.partition("/")
        server = "index.docker.io" if host == "docker.io" else host
        rows.append(
            f"- image: {_quoted(f'{server}/{path}@{image.digest}')}\n"
            f"  annotations:\n    kbld.carvel.dev/id: {_quoted(familiar_name(image.reference))}\n"
        )
    return f"apiVersion: imgpkg.carvel.dev/v1alpha1\nkind: ImagesLock\nimages:\n{''.join(rows)}"


def package_url(image: ExportedImage) -> str:
    """Give an image's package URL, of the type oci."""
    reference = ImageReference.parse(image.reference)
    last = reference.repository.rpartition("/")[2]
    repository = quote(reference.name, safe="/:")
    tag = f"&tag={quote(reference.tag, safe='')}" if reference.tag else ""
    return f"pkg:oci/{last}@{quote(image.digest, safe='')}?repository_url={repository}{tag}"


def cyclonedx(images: Sequence[ExportedImage], *, timestamp: str) -> str:
    """Write a bill of materials, CycloneDX 1.6; the same images give the same serial number.

    `timestamp` is in ISO 8601, with its offset. Raises ReportError without the extra.
    """
    try:
        from cyclonedx.model import HashAlgorithm, HashType, Property  # noqa: PLC0415 - an extra
        from cyclonedx.model.bom import Bom  # noqa: PLC0415
        from cyclonedx.model.component import Component, ComponentType  # noqa: PLC0415
        from cyclonedx.output.json import JsonV1Dot6  # noqa: PLC0415
        from packageurl import PackageURL  # noqa: PLC0415
    except ImportError as error:
        raise ReportError(lacks_library("CycloneDX", "cyclonedx-python-lib", "sbom")) from error
    from datetime import datetime  # noqa: PLC0415 - as above
    from uuid import NAMESPACE_URL, uuid5  # noqa: PLC0415

    algorithms = {"sha256": HashAlgorithm.SHA_256, "sha384": HashAlgorithm.SHA_384,
                  "sha512": HashAlgorithm.SHA_512}  # fmt: skip
    components = []
    for image in images:
        url = package_url(image)
        reference = ImageReference.parse(image.reference)
        algorithm, _, content = image.digest.partition(":")
        components.append(
            Component(
                type=ComponentType.CONTAINER,
                bom_ref=url,
                name=familiar_name(reference.name),
                version=reference.tag or image.digest,
                purl=PackageURL.from_string(url),
                hashes=[HashType(alg=algorithms[algorithm], content=content)],
                properties=[Property(name="pinner:file", value=file) for file in image.users],
            )
        )
    bom = Bom(
        components=components,
        serial_number=uuid5(NAMESPACE_URL, "\n".join(package_url(image) for image in images)),
    )
    bom.metadata.timestamp = datetime.fromisoformat(timestamp)
    bom.metadata.tools.components.add(
        Component(type=ComponentType.APPLICATION, name="pinner", version=__version__)
    )
    return f"{json.dumps(json.loads(JsonV1Dot6(bom).output_as_string()), indent=2)}\n"


def _quoted(text: str) -> str:
    """Write text so that YAML takes it for nothing else."""
    return json.dumps(text)

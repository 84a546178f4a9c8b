"""Quadlet: units of systemd that Podman runs containers from."""

import pytest
from scanning import bounded, check, gists, listed, scan_bytes

from pinner.model.errors import ScanError
from pinner.scanners.all_scanners import BUILT_IN
from pinner.scanners.mentions import BuiltImage
from pinner.spans.source import decode_source

SCANNER = BUILT_IN["quadlet"]
PATH = "units/web.container"


def container(*lines):
    return "[Container]\n" + "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize("after", [
    container("Image=nginx:1.25@D"),
    container("  Image =  nginx:1.25@D  ", "Exec=sh"),
    container('Image="nginx:1.25@D"'),
    container("Image=docker://quay.io/a/b:1@D"),
    container("Image=quay.io/\\", "  a/b:1@D"),
    container("Image=quay.io/\\", "# why", "", "; and", "a/\\", "b:1@D"),
    container("Image=quay.io/a/b:1@D\\"),
    container("Image=old:1", "Image=new:2@D"),
    container("Image=old:1", "Image=", "Image=new:2@D"),
    container("Image=a:1", "[Service]", "Image=b:1", "[Container]", "Image=c:1@D"),
    container("Mount=type=image,source=a/data:1@D,destination=/data", "Image=x:1@D"),
    container("Mount=type=bind,source=/a:1,destination=/b type=image,src=a/data:1@D,rw=true"),
    container('Mount="type=image,source=a/data:1@D,destination=/da ta"'),
    container("Mount=type=image,source=a:1", "Mount=", "Mount=type=image,source=b:1@D"),
    "; a comment\r\n[Container]\r\nImage=x:1@D\r\n",
    "\ufeff[Container]\nImage=x:1@D\n",
    "[Container] \t\nImage=x:1@D",
])  # fmt: skip
def test_found(after):
    check("quadlet", PATH, after.replace("@D", ""), after)


@pytest.mark.parametrize("path, after", [
    ("a.image", "[Image]\nImage=quay.io/a/b:1@D\nImageTag=localhost/b:1\n"),
    ("a.volume", "[Volume]\nDriver=image\nImage=a:1@D\n"),
    ("a.pod", "[Pod]\nPodmanArgs=--cpus 2 --infra-image=registry.k8s.io/pause:3.9@D\n"),
    ("a.pod", "[Pod]\nPodmanArgs=--infra-image pause:3.9@D --cpus=2\n"),
    ("a.container.d/10-image.conf", "[Container]\nImage=x:1@D\n"),
    ("etc/a.volume.d/x.conf", "[Volume]\nImage=x:1@D\n"),
])  # fmt: skip
def test_found_in_other_units(path, after):
    check("quadlet", path, after.replace("@D", ""), after)


@pytest.mark.parametrize("text", [
    container("Image=web.image"),
    container("Image=web.build"),
    container("Image="),
    container("Image=x:1", 'Image=""'),
    container("#Image=x:1", "; Image=x:1", "  # Image=x:1", "Exec=a"),
    container("Image=oci:/srv/image:1"),
    container("Image=dir:/srv/image"),
    container("Image=docker-archive:/srv/a.tar:x:1"),
    container("Image=containers-storage:x:1"),
    container("Image=sif:/srv/a.sif"),
    container("image=x:1"),
    container("\\", "\\"),
    container("ImageName=x:1", "\\"),
    container("ImageName=x:1", "Environment=Image=x:1", "Label=image=x:1"),
    container("Exec=podman run \\", "Image=x:1"),
    container("Rootfs=/srv/mage:1"),
    container("Mount=type=bind,source=x:1,destination=/image"),
    container("Mount=type=volume,source=data.volume,destination=/image"),
    container("Mount=source=x:1,destination=/image"),
    container("Mount=type=image,source=data.image,destination=/d"),
    container("Volume=image:/data"),
    "[Service]\nImage=x:1\n[X-Container]\nImage=x:1\n# [Container]\n",
    "[Kube]\nYaml=image.yaml\n# [Container]\n",
])  # fmt: skip
def test_left_alone(text):
    assert not scan_bytes(SCANNER, text.encode(), PATH)


@pytest.mark.parametrize("text", [
    "[Build]\nImageTag=localhost/x:1\nFile=Containerfile\n",
    "[Pod]\nPodName=image\nPodmanArgs=--infra-image\n",
])  # fmt: skip
def test_left_alone_in_other_units(text):
    assert not scan_bytes(SCANNER, text.encode(), "x.build")


@pytest.mark.parametrize("image", ["%i", "x:%i", "x:%%", "$IMAGE", "${IMAGE}", "x:${TAG}"])
def test_templated(image):
    found = scan_bytes(SCANNER, container(f"Image={image}").encode(), PATH)
    assert gists(found) == [(2, None, "templated")]


def test_ignored():
    text = container("# pinner: ignore", "Image=x:1", "Mount=type=image,source=y:1")
    assert gists(scan_bytes(SCANNER, text.encode(), PATH)) == [
        (3, "x:1", "ignored"),
        (4, "y:1", None),
    ]


def test_a_name_that_would_become_a_transport_is_left():
    found = scan_bytes(SCANNER, container("Image=oci").encode(), PATH)
    assert gists(found) == [(2, None, "unsupported-edit")]


def test_a_mark_in_a_value_ignores_nothing():
    text = container("Image=x:1 # pinner: ignore")
    assert gists(scan_bytes(SCANNER, text.encode(), PATH)) == [(2, None, "invalid-reference")]


@pytest.mark.parametrize("text, line", [
    ("Image=x:1\n# [Container]\n", 1),
    ("[Container]\nImage=x:1\nnonsense\n", 3),
    ("[Container]\n=x\nImage=x:1\n", 2),
    ("# [Container]\n[Con[tainer]\nImage=x:1\n", 2),
])  # fmt: skip
def test_refused(text, line):
    with pytest.raises(ScanError) as caught:
        scan_bytes(SCANNER, text.encode(), PATH)
    assert caught.value.line == line


def mentions(text, path="units/x.build"):
    return list(SCANNER.mentions(decode_source(path, text.encode())))


def test_a_build_names_what_it_builds_and_from_what():
    built, mention = mentions("[Build]\nImageTag=localhost/x:1\nFile=sub/Web\n")
    assert isinstance(built, BuiltImage)
    assert str(built.reference) == "localhost/x:1"
    assert (mention.path, mention.format, mention.line) == ("units/sub/Web", "dockerfile", 3)


@pytest.mark.parametrize("lines", [
    "File=/srv/Containerfile",
    "File=https://example.com/Containerfile",
    "File=%h/Containerfile",
    "File=",
    "File=Web\nSetWorkingDirectory=/srv",
    "File=Web\nnonsense",
])  # fmt: skip
def test_files_that_are_elsewhere_are_not_mentioned(lines):
    assert not mentions(f"[Build]\n{lines}\n")


def test_what_a_unit_builds_is_not_pulled(project):
    project.write(
        "a.build", "[Build]\nImageTag=localhost/x:1\nFile=Web\nSetWorkingDirectory=unit\n"
    )
    project.write("Web", "FROM alpine:3.19\n")
    project.write("a.container", container("Image=localhost/x:1"))
    assert listed(project) == [
        ("Web", "docker.io/library/alpine:3.19", None),
        ("a.container", "localhost/x:1", "built-locally"),
    ]


BIG = 300_000


@pytest.mark.parametrize("text", [
    "Image=x:1\n" * (BIG // 10),
    "Mount=type=image,source=x:1\n" * (BIG // 28),
    "Mount=" + "type=image,source=x:1 " * (BIG // 22),
    "Mount=" + "type=image" + ",source=x:1" * (BIG // 11),
    "Image=" + "a\\\n" * (BIG // 3),
    "Image=" + "a" * BIG,
    "[Container]\n" * (BIG // 12),
    "# pinner: ignore\n" * (BIG // 17),
    "\\\n" * (BIG // 2),
    'Mount="' + "'\"" * (BIG // 2),
    " " * BIG + "Image=x:1",
    "Mount=\n" * (BIG // 7),
])  # fmt: skip
def test_large_texts_take_bounded_time(text):
    bounded(lambda: scan_bytes(SCANNER, f"[Container]\n{text}".encode(), PATH))

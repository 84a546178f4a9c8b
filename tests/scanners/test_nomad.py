"""Nomad: images of tasks that a container driver runs."""

import pytest
from scanning import bounded, check, gists, scan_bytes

from pinner.model.errors import ScanError
from pinner.scanners.all_scanners import BUILT_IN

SCANNER = BUILT_IN["nomad"]
PATH = "jobs/web.nomad.hcl"


def task(*lines, driver='"docker"'):
    inner = "".join(f"        {line}\n" for line in lines)
    return (
        f'job "a" {{\n  group "b" {{\n    task "image" {{\n      driver = {driver}\n'
        f"      config {{\n{inner}      }}\n    }}\n  }}\n}}\n"
    )


@pytest.mark.parametrize("path", ["a.nomad", "a.nomad.hcl", "jobs/a.hcl"])
def test_files(path):
    check("nomad", path, task('image = "x:1"'), task('image = "x:1@D"'))


FOUND = [
    task('image = "redis:7@D"', 'ports = ["db"]'),
    task('"image" = "redis:7@D"'),
    task('image = "docker://quay.io/a/b:1@D"', driver='"podman"'),
    task('image = "x:1@D"', driver='"containerd-driver"'),
    task('image = "x:1@D"', driver="var.driver"),
    task('image   =   "x:1@D" # why', "# image", 'args = ["image"]'),
    'job "j" { group "g" { task "t" { driver = "docker" config { image = "redis:7@D" } } } }\n',
    'job "j" {\n task "t" {\n config {\n image = "x:1@D"\n}\n}\n}\n',
    'job "j" {\n connect {\n sidecar_task {\n config {\n image = "x:1@D"\n}\n}\n}\n}\n',
    task('image = "x:1@D"').replace("\n", "\r\n"),
    task('image = "x:1@D"') + task('image = "y:1@D"'),
]  # fmt: skip


@pytest.mark.parametrize("after", FOUND)
def test_found(after):
    check("nomad", PATH, after.replace("@D", ""), after)


LEFT_ALONE = [
    task('image = "x:1"', driver='"qemu"'),
    task('image = "x:1"', driver='"exec"'),
    task('image = "docker-archive:/srv/a.tar"', driver='"podman"'),
    task('args = ["x:1"]', "# image"),
    task('labels = { image = "x:1" }'),
    task('# image = "x:1"'),
    task('auth { image = "x:1" }'),
    task("image = null"),
    task('image = ""'),
    task('image = "x:1"').replace("config", "env"),
    task('image = "x:1"').replace("task", "service") + "# task",
    task('image = "x:1"').replace("job", "jobs"),
    'meta {\n  task "x" {\n    config {\n      image = "job:1"\n    }\n  }\n}\n',
]  # fmt: skip


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_left_alone(text):
    assert not scan_bytes(SCANNER, text.encode(), PATH)


@pytest.mark.parametrize(
    "path", ["docker-bake.hcl", "a.bake.hcl", "a.pkr.hcl", ".terraform.lock.hcl"]
)
def test_other_hcl_is_of_other_formats(path):
    from pinner.scanners.file_names import name_matcher

    assert not name_matcher(SCANNER.patterns)(path)


@pytest.mark.parametrize("line, reason", [
    ('image = "x:${NOMAD_META_tag}"', "templated"),
    ("image = var.image", "templated"),
    ('image = "${var.image}"', "templated"),
    ('image = format("x:%s", var.tag)', "templated"),
    ('image = "X Y"', "invalid-reference"),
])  # fmt: skip
def test_reasons(line, reason):
    assert gists(scan_bytes(SCANNER, task(line).encode(), PATH)) == [(6, None, reason)]


def test_ignored():
    text = task('image = "x:1" # pinner: ignore')
    assert gists(scan_bytes(SCANNER, text.encode(), PATH)) == [(6, "x:1", "ignored")]


def test_refused():
    with pytest.raises(ScanError) as caught:
        scan_bytes(SCANNER, task('image = "x:1').encode(), PATH)
    assert caught.value.line == 6


BIG = 300_000


@pytest.mark.parametrize("text", [
    task('image = "x:1"\n' * (BIG // 14)),
    task('image = "x:1"') * (BIG // 130),
    task("image = [" + "[" * BIG),
    "job task image {" * (BIG // 16),
])  # fmt: skip
def test_large_texts_take_bounded_time(text):
    bounded(lambda: scan_bytes(SCANNER, text.encode(), PATH))

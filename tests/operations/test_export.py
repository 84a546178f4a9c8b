"""`pinner export`: what other tools make of it."""

import json
import shutil
import subprocess

import pytest
from conftest import needs_program
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from images import Image
from packageurl import PackageURL
from ruamel.yaml import YAML

A, B = (f"sha256:{sign * 64}" for sign in "ab")


def lock(project, *rows):
    project.write("pinner.lock", "version = 1\n" + "".join(
        f'\n[[image]]\nreference = "{reference}"\ndigest = "{digest}"\n'
        'media-type = "application/vnd.oci.image.index.v1+json"\n'
        f"files = [{', '.join(json.dumps(file) for file in files)}]\n"
        for reference, digest, *files in rows
    ))  # fmt: skip


@pytest.fixture
def shop(project):
    project.write("Dockerfile", f"FROM nginx:1.25@{A}\n")
    project.write("compose.yaml", f"services:\n  web: {{image: 'nginx:1.25@{A}'}}\n"
                                  "  on:\n    image: localhost:5000/app@sha256:" + "b" * 64 + "\n")  # fmt: skip
    lock(
        project,
        ("docker.io/library/nginx:1.25", A, "Dockerfile", "compose.yaml"),
        ("localhost:5000/app", B, "compose.yaml"),
    )
    return project


def yaml(text):
    return YAML(typ="safe", pure=True).load(text)


def test_a_list(shop):
    assert shop.pinner("export", "list").out.splitlines() == [
        f"docker.io/library/nginx@{A} docker.io/library/nginx:1.25",
        f"localhost:5000/app@{B} localhost:5000/app",
    ]
    assert shop.pinner("export", "list", "Dockerfile").out.count("\n") == 1


def test_skopeo_copies_the_list(project, registry, tmp_path):
    needs_program("skopeo")
    digest = registry.push("export/app:1", Image(content="app"))
    project.write("pinner.toml", f'[registries."{registry.host}"]\nplain-http = true\n')
    project.write("Dockerfile", f"FROM {registry.host}/export/app:1\n")
    assert project.pinner("lock").code == 0
    source, _, tag = project.pinner("export", "list").out.strip().partition(" ")
    target = tag.replace("/export/", "/copies/")
    subprocess.run(
        ["skopeo", "copy", "--all", "--src-tls-verify=false", "--dest-tls-verify=false",
         f"docker://{source}", f"docker://{target}"],
        check=True, capture_output=True,
    )  # fmt: skip
    assert project.pinner("image", "digest", target).out.strip() == digest


def test_a_compose_override(shop):
    assert yaml(shop.pinner("export", "compose").out) == {
        "services": {
            "on": {"image": f"localhost:5000/app@{B}"},
            "web": {"image": f"nginx:1.25@{A}"},
        }
    }


def test_compose_takes_digests_of_the_lockfile_where_files_have_none(project):
    project.write("pinner.toml", "rewrite = false\n")
    project.write("compose.yaml", "services: {a: {image: 'nginx:1.25'}, b: {image: 'new:1'}}\n")
    lock(project, ("docker.io/library/nginx:1.25", A, "compose.yaml"))
    services = yaml(project.pinner("export", "compose").out)["services"]
    assert services == {"a": {"image": f"nginx:1.25@{A}"}}


def test_services_that_do_not_belong_together(shop):
    shop.write("other/compose.yaml", f"services:\n  web:\n    image: redis:7@{B}\n")
    run = shop.pinner("export", "compose")
    assert run.code == 2
    assert "other/compose.yaml; name the compose files that belong together" in run.err
    assert "redis" in shop.pinner("export", "compose", "other").out


def test_a_component_for_kustomize(shop):
    made = yaml(shop.pinner("export", "kustomize").out)
    assert made["images"] == [
        {"name": "localhost:5000/app", "digest": B},
        {"name": "nginx", "digest": A},
    ]


def test_kustomize_makes_the_locked_images_of_it(shop, tmp_path):
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed")
    shop.write("base/pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n"
                                "  containers:\n  - {name: a, image: 'nginx:1.25'}\n")  # fmt: skip
    shop.write("base/kustomization.yaml", "resources: [pod.yaml]\ncomponents: [images]\n")
    shop.write("base/images/kustomization.yaml", shop.pinner("export", "kustomize").out)
    done = subprocess.run(["kubectl", "kustomize", "base"], cwd=shop.root, capture_output=True,
                          text=True, check=True)  # fmt: skip
    assert f"image: nginx@{A}" in done.stdout


def test_one_name_with_two_digests_is_nothing_for_kustomize(shop):
    lock(shop, ("docker.io/library/nginx:1.25", A, "a"), ("docker.io/library/nginx:1.26", B, "b"))
    run = shop.pinner("export", "kustomize")
    assert run.code == 2
    assert "nginx has two digests here: as nginx:1.25 and as nginx:1.26" in run.err
    assert run.out == ""


def test_an_images_lock(shop):
    assert yaml(shop.pinner("export", "images-lock").out) == {
        "apiVersion": "imgpkg.carvel.dev/v1alpha1",
        "kind": "ImagesLock",
        "images": [
            {"image": f"index.docker.io/library/nginx@{A}",
             "annotations": {"kbld.carvel.dev/id": "nginx:1.25"}},
            {"image": f"localhost:5000/app@{B}",
             "annotations": {"kbld.carvel.dev/id": "localhost:5000/app"}},
        ],
    }  # fmt: skip


def test_a_bill_of_materials(shop):
    environment = {"SOURCE_DATE_EPOCH": "1800000000"}
    text = shop.pinner("export", "cyclonedx", env=environment).out
    assert text == shop.pinner("export", "cyclonedx", env=environment).out
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    made = json.loads(text)
    assert made["metadata"]["timestamp"].startswith("2027-01-15T08:00:00")
    (app, nginx) = sorted(made["components"], key=lambda one: one["name"])
    assert nginx["type"] == "container"
    assert nginx["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]
    url = PackageURL.from_string(nginx["purl"])
    assert (url.type, url.name, url.version) == ("oci", "nginx", A)
    assert url.qualifiers == {"repository_url": "docker.io/library/nginx", "tag": "1.25"}
    assert {one["value"] for one in nginx["properties"]} == {"Dockerfile", "compose.yaml"}
    assert PackageURL.from_string(app["purl"]).qualifiers == {
        "repository_url": "localhost:5000/app"
    }


def test_the_extra_is_not_installed(shop, tmp_path):
    (tmp_path / "without").mkdir()
    (tmp_path / "without/cyclonedx.py").write_text("raise ImportError\n")
    done = shop.pinner("export", "cyclonedx", env={"PYTHONPATH": str(tmp_path / "without")})
    assert (done.code, done.out) == (2, "")
    assert "pip install 'pinner-lock[sbom]'" in done.err


def test_of_a_fleet(shop, tmp_path):
    shop.git("add", ".")
    shop.git("commit", "--quiet", "-m", "begin")
    rows = tmp_path / "fleet.jsonl"
    done = shop.pinner(
        "fleet", "inventory", "--offline", "--workers", "1", ".", "--output", str(rows)
    )
    assert done.code == 0, done.err
    listed = shop.pinner("export", "list", "--fleet", str(rows)).out
    assert listed == shop.pinner("export", "list").out
    made = json.loads(shop.pinner("export", "cyclonedx", "--fleet", str(rows)).out)
    files = {one["value"] for part in made["components"] for one in part["properties"]}
    assert files == {f"{shop.root}:Dockerfile", f"{shop.root}:compose.yaml"}


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("list", "--fleet", "nowhere"), "nowhere: there is no such file"),
        (("compose", "--fleet", "pinner.lock"), "no compose services"),
        (("list", "Dockerfile", "--fleet", "pinner.lock"), "no paths"),
        (("list", "--fleet", "pinner.lock"), "pinner.lock:1: is no row of a fleet"),
        (("nonsense",), "nonsense"),
        (("list", "--output", "no/such/folder"), "cannot be written"),
    ],
)
def test_what_makes_no_sense(shop, arguments, words):
    run = shop.pinner("export", *arguments)
    assert run.code == 2
    assert words in run.err


def test_nothing_is_locked(project):
    project.write("Dockerfile", "FROM a\n")
    for format_ in ("list", "kustomize", "images-lock", "cyclonedx", "compose"):
        run = project.pinner("export", format_)
        assert (run.code, run.out) == (2, "")
    assert "`pinner lock` comes first" in project.pinner("export", "list").err


def test_names_that_yaml_would_take_for_something_else(project):
    project.write("compose.yaml", f"services:\n  'no':\n    image: a:1@{A}\n"
                                  f"  '1.0':\n    image: b:1@{A}\n")  # fmt: skip
    lock(project, ("docker.io/library/a:1", A, "compose.yaml"))
    services = yaml(project.pinner("export", "compose").out)["services"]
    assert set(services) == {"no", "1.0"}

"""Terraform and OpenTofu: literal images of resources that run containers."""

import pytest
from scanning import bounded, check, gists, scan_bytes

from pinner.model.errors import ScanError
from pinner.scanners.all_scanners import BUILT_IN

SCANNER = BUILT_IN["terraform"]
PATH = "infra/main.tf"


def resource(kind, *lines):
    return f'resource "{kind}" "x" {{\n' + "".join(f"  {line}\n" for line in lines) + "}\n"


JSON = '[{"name": "a", "image": "a:1@D"}, {"image": "b:2@D", "command": ["image"]}]'
ECS = "aws_ecs_task_definition"


FOUND = [
    resource("docker_image", 'name = "nginx:1.25@D"', "keep_locally = true"),
    resource("docker_container", 'image = "nginx:1.25@D"'),
    resource("docker_container", "image = ( # why", '"nginx:1.25@D" )'),
    resource("docker_service", "task_spec {", "container_spec {", 'image = "x:1@D"', "}", "}"),
    resource("kubernetes_pod_v1", "spec {", 'init_container { image = "a:1@D" }',
             "container {", 'image = "b:1@D"', "}", "}"),
    resource("kubernetes_deployment", 'dynamic "container" {', "for_each = [1]", "content {",
             'image = "b:1@D"', "}", "}"),
    resource("kubernetes_manifest", "manifest = {", 'kind = "Pod"', "spec = {",
             'containers = [{ image = "x:1@D" }]', '"initContainers" = [{ "image" : "y:1@D" }]', "}", "}"),
    resource(ECS, 'container_definitions = jsonencode([{ name = "a", image = "a:1@D" }])'),
    resource(ECS, 'container_definitions = jsonencode(concat([{ image = "a:1@D" }], X))'),
    resource(ECS, 'container_definitions = jsonencode([for n in ["a", "b"] : { name = n, image = "a:1@D" }])'),
    resource(ECS, 'container_definitions = jsonencode([for k, v in { a = 1, b = 2 } : { image = "a:1@D" } if v > 1])'),
    resource("docker_image", 'name = "x:1@D"', 'x = "%{ for n in ["a", "b"] ~}${n}%{ if [1, 2][0] == n }y%{ endif }%{ endfor }"'),
    resource(ECS, "container_definitions = <<EOF", JSON, "EOF"),
    resource(ECS, "container_definitions = <<-EOF", '  [{"image": "a:1@D", "x": "${var.x}"}]', "  EOF"),
    resource(ECS, 'container_definitions = "[{\\"image\\": \\"a:1@D\\"}]"'),
    resource("aws_batch_job_definition", 'container_properties = jsonencode({ image = "a:1@D" })'),
    resource("aws_lambda_function", 'image_uri = "123.dkr.ecr.eu-west-1.amazonaws.com/a:1@D"'),
    resource("aws_apprunner_service", "image_repository {", 'image_identifier = "public.ecr.aws/a/b:1@D"', "}"),
    resource("google_cloud_run_v2_service", "template {", "containers {", 'image = "gcr.io/a/b:1@D"', "}", "}"),
    resource("google_cloud_run_service", 'template { spec { containers { image = "gcr.io/a/b:1@D" } } }'),
    resource("azurerm_container_group", "container {", 'image = "x:1@D"', "}"),
    resource("docker_image", 'name = "ngin\\u0078:1.25@D"'),
    resource("docker_image", 'name = "x:1@D"').replace("\n", "\r\n"),
    "\ufeff" + resource("docker_image", 'name = "x:1@D"'),
]  # fmt: skip


@pytest.mark.parametrize("after", FOUND)
def test_found(after):
    check("terraform", PATH, after.replace("@D", ""), after)


def test_files():
    after = resource("docker_image", 'name = "x:1@D"')
    check("terraform", "main.tofu", after.replace("@D", ""), after)


LEFT_ALONE = [
    resource("docker_registry_image", 'name = "me/image:1"'),
    resource("docker_container", "image = docker_image.x.image_id"),
    resource("docker_container", 'name = "x:1"', 'labels { image = "x:1" }'),
    resource("docker_container", "image = null"),
    resource("aws_instance", 'image = "x:1"', 'container { image = "x:1" }'),
    resource("google_compute_instance", 'boot_disk { initialize_params { image = "debian-cloud/debian-12" } }'),
    resource("helm_release", "set {", 'name = "image"', 'value = "x:1"', "}"),
    resource("kubernetes_config_map", 'data = { image = "x:1" }'),
    resource("kubernetes_manifest", "manifest = {", 'data = { image = "x:1" }', 'image = "x:1"', "}"),
    resource(ECS, 'container_definitions = file("image.json")'),
    resource(ECS, 'container_definitions = jsonencode([{ name = "image", environment = [{image = "x:1"}] }])')
    .replace("image = ", "other = "),
    resource(ECS, 'container_definitions = "image"'),
    resource("aws_codebuild_project", 'environment { image = "aws/codebuild/standard:7.0" }'),
    resource("aws_lambda_function", 'package_type = "Image"', 'image = "x:1"'),
    'data "docker_image" "x" {\n  name = "x:1"\n}\n# resource\n',
    'data "docker_registry_image" "x" {\n  name = "x:1"\n}\n# resource\n',
    'variable "image" {\n  default = "x:1"\n}\n# resource\n',
    'module "x" {\n  image = "x:1"\n  container { image = "x:1" }\n}\n# resource\n',
    "# " + resource("docker_image", 'name = "x:1"').replace("\n", "\n# "),
    "/* " + resource("docker_image", 'name = "x:1"') + "*/",
    "locals {\n  a = <<EOT\n" + resource("docker_image", 'name = "x:1"') + "EOT\n}\n",
]  # fmt: skip


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_left_alone(text):
    assert not scan_bytes(SCANNER, text.encode(), PATH)


@pytest.mark.parametrize("text, gist", [
    (resource("docker_container", "image = var.image"), (2, None, "templated")),
    (resource("docker_container", 'image = "x:${var.tag}"'), (2, None, "templated")),
    (resource("docker_container", 'image = USE ? "x:1" : "y:1"'), (2, None, "templated")),
    (resource(ECS, "container_definitions = jsonencode([{ image = local.image }])"), (2, None, "templated")),
    (resource(ECS, "container_definitions = <<E", '[{"image": "${var.x}"}]', "E"), (3, None, "templated")),
    (resource(ECS, "container_definitions = <<E", '[{"image": ${f("x")}}]', "E"), (2, None, "templated")),
    (resource("docker_image", 'name = "me/x:1"', "build {", 'context = "."', "}"), (2, None, "built-locally")),
    (resource("docker_image", 'name = "x:1" # pinner: ignore'), (2, "x:1", "ignored")),
    (resource("docker_image", "// pinner: ignore", 'name = "x:1"'), (3, "x:1", "ignored")),
    (resource("docker_image", 'x = "# pinner: ignore"', 'name = "x:1"'), (3, "x:1", None)),
    (resource("docker_image", 'name = "X Y"'), (2, None, "invalid-reference")),
])  # fmt: skip
def test_reasons(text, gist):
    assert gists(scan_bytes(SCANNER, text.encode(), PATH)) == [gist]


@pytest.mark.parametrize("text, line", [
    (resource("docker_image", 'name = "x:1'), 2),
    (resource("docker_image", 'name = "x:1"')[:-2], 1),
    (resource("docker_image", "name = <<EOT"), 2),
    (resource("docker_image", "name ="), 2),
    (resource("docker_image", "name"), 2),
])  # fmt: skip
def test_refused(text, line):
    with pytest.raises(ScanError) as caught:
        scan_bytes(SCANNER, text.encode(), PATH)
    assert caught.value.line == line


BIG = 300_000
HEAD = resource("docker_image", 'name = "x:1"')


@pytest.mark.parametrize("text", [
    HEAD * (BIG // len(HEAD)),
    HEAD + 'a "b" {\n' * (BIG // 8),
    resource(ECS, "container_definitions = jsonencode([", '{ image = "x:1" },\n' * (BIG // 19), "])"),
    resource(ECS, "container_definitions = <<E", "[" + '{"image":"x:1"},' * (BIG // 16) + "1]", "E"),
    resource(ECS, 'container_definitions = "[' + '{\\"image\\":\\"x:1\\"},' * (BIG // 20) + '1]"'),
    resource(ECS, "container_definitions = <<E", "[" * BIG, "E"),
    resource(ECS, "container_definitions = <<E", "${image}" * (BIG // 8), "E"),
    HEAD + "# pinner: ignore\n" * (BIG // 17),
    resource("docker_image", 'name = "x:1"', "# pinner: ignore " * (BIG // 17)),
    HEAD + "x = f(" * (BIG // 6),
])  # fmt: skip
def test_large_texts_take_bounded_time(text):
    bounded(lambda: scan_bytes(SCANNER, text.encode(), PATH))

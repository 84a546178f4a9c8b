"""ECS task definitions, CloudFormation and SAM."""

import pytest
from scanning import check, gists, scan_bytes

from pinner.scanners.all_scanners import BUILT_IN

PATH = "template.yaml"


def resource(properties, kind="AWS::ECS::TaskDefinition"):
    return f"Resources:\n  R:\n    Type: {kind}\n    Properties: {properties}\n"


def found(text, path=PATH):
    return gists(scan_bytes(BUILT_IN["aws"], text.encode(), path))


@pytest.mark.parametrize("path, after", [
    ("task-definition.json", '{"family": "a", "containerDefinitions": [{"image": "nginx:1.25@D"}, {"image": "a\\/b:1@D"}]}'),
    ("described.json", '{\r\n "taskDefinition": {"containerDefinitions": [{"name": "a", "image": "nginx:1.25@D"}]}\r\n}\r\n'),
    ("task.yml", "containerDefinitions:\n- name: a\n  image: nginx:1.25@D  # the newest\n"),
    (PATH, resource("{ContainerDefinitions: [{Name: a, Image: 'nginx:1.25@D'}, {Image: \"b:1@D\"}]}")),
    ("stack.template", '{"Resources": {"R": {"Properties": {"ContainerDefinitions": [{"Image": "nginx:1.25@D"}]}}}}\n'),
    (PATH, resource("{ContainerProperties: {Image: a:1@D}}", "AWS::Batch::JobDefinition")),
    (PATH, resource("{PackageType: Image, ImageUri: 1.dkr.ecr.eu-west-1.amazonaws.com/a:1@D}", "AWS::Serverless::Function")),
    (PATH, resource("{Code: {ImageUri: a/b:1@D}}", "AWS::Lambda::Function")),
    (PATH, "Globals: {Function: {ImageUri: a/b:1@D}}\n"),
    (PATH, resource("{ContainerDefinitions: [{Image: !Sub 'a/b:1@D'}, {Image: &i a:1@D}, {Image: *i}]}")),
])  # fmt: skip
def test_found(path, after):
    check("aws", path, after.replace("@D", ""), after)


@pytest.mark.parametrize("text", [
    resource("{ContainerDefinitions: [{Image: !Ref Image}, {Image: !GetAtt a.b}, {Image: !ImportValue x}]}"),
    resource("{ContainerDefinitions: [{Image: {'Fn::Sub': 'a:1'}}, {Image: !If [a, 'b:1', 'c:1']}]}"),
    resource("{ContainerDefinitions: [{Image: !Join [':', [a, '1']]}, {Image: !Sub ['a:${V}', {V: '1'}]}]}"),
    resource("{ContainerDefinitions: [{Name: a:1, Command: [docker, run, 'a:1'], Environment: [{Name: Image, Value: a:1}]}]}"),
    resource("{Environment: {Image: aws/codebuild/standard:7.0}, A: ContainerDefinitions}", "AWS::CodeBuild::Project"),
    resource("{ImageId: ami-1, A: ImageUri}", "AWS::EC2::Instance"),
    "Parameters: {ImageUri: {Type: String, Default: a:1}}\n",
    "Outputs: {ImageUri: {Value: a:1}}\n",
    "Metadata: {ContainerDefinitions: [{Image: a:1}]}\n",
    "image: a:1\n# containerDefinitions\n",
    "containerDefinitions: [{name: a:1, repositoryCredentials: {image: a:1}}]\n",
    "containerDefinitions: [{image: ''}]\n",
])  # fmt: skip
def test_left_alone(text):
    assert not found(text)


@pytest.mark.parametrize("image", [
    "!Sub '${AWS::AccountId}.dkr.ecr.x.amazonaws.com/a:1'", "<IMAGE1_NAME>", "'${IMAGE}'", "a:$TAG",
])  # fmt: skip
def test_templated(image):
    text = resource(f"{{ContainerDefinitions: [{{Image: {image}}}]}}")
    assert found(text) == [(4, None, "templated")]


def test_what_sam_builds_is_built_here():
    text = (
        resource("{ImageUri: f:latest}", "AWS::Serverless::Function")
        + "    Metadata: {Dockerfile: Dockerfile}\n"
    )
    assert found(text) == [(4, None, "built-locally")]

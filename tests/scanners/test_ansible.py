"""Ansible: the images of container modules, in tasks, handlers and blocks of plays."""

import pytest
from scanning import check, gists, scan_bytes

from pinner.scanners.all_scanners import BUILT_IN

PATH = "roles/web/tasks/main.yml"


def found(text):
    return gists(scan_bytes(BUILT_IN["ansible"], text.encode(), PATH))


@pytest.mark.parametrize("after", [
    "- community.docker.docker_container:\n    name: r\n    image: redis:7@D  # the newest\n",
    "- name: a\n  docker_container: {name: r, image: 'redis:7@D'}\n",
    '- containers.podman.podman_container:\r\n    name: r\r\n    image: "redis:7@D"\r\n',
    "- docker_swarm_service: {image: redis:7@D}\n- containers.podman.podman_pod: {name: p, infra_image: x/pause:3@D}\n",
    "- containers.podman.podman_containers:\n    containers:\n    - {name: a, image: a:1@D}\n    - {name: b, image: b:1@D}\n",
    "- community.docker.docker_compose_v2:\n    definition:\n      services: {a: {image: a:1@D}}\n",
    "- docker_image: {name: a:1@D, source: pull}\n- community.docker.docker_image_pull: {name: b:1@D}\n",
    "- docker_image: {name: a:1@D}\n- podman_image: {name: b:1@D, pull: true}\n- docker_image: {name: 'c:1@D', tag: '2'}\n",
    "- hosts: all\n  tasks:\n  - docker_container: {image: a:1@D}\n  handlers:\n  - docker_container: {image: b:1@D}\n",
    "- hosts: all\n  pre_tasks: [{docker_container: {image: a:1@D}}]\n  post_tasks: [{docker_container: {image: b:1@D}}]\n",
    "- block:\n  - docker_container: {image: a:1@D}\n  rescue:\n  - block: [{docker_container: {image: b:1@D}}]\n  always:\n  - docker_container: {image: c:1@D}\n",
    "- docker_container: &d {name: a, image: a:1@D}\n- docker_container: {<<: *d, name: b}\n",
    '- docker_container: name=x image=nginx:1.25@D\n- docker_image: name="a:1@D" state=present\n',
    "- docker_container: >\n    name=x\n    image=nginx:1.25@D\n    state=started\n",
    "- docker_container: \"image='nginx:1.25@D'\"\n",
    "- docker_container:\n  args:\n    image: a:1@D\n- docker_container: name=x\n  args: {image: a:1@D}\n",
    "- action: docker_container image=a:1@D\n- local_action: {module: community.docker.docker_container, image: a:1@D}\n",
    "- docker_container:\n    image: ghcr.io/o/x:latest@D\n    command: 'run {{ x }}'\n",
    "---\n- docker_container: {image: a:1@D}\n...\n",
])  # fmt: skip
def test_found(after):
    check("ansible", PATH, after.replace(":latest@D", "").replace("@D", ""), after)


@pytest.mark.parametrize(
    "path", ["site.yml", "playbooks/a.yaml", "roles/a/handlers/main.yml", "tasks/b/c.yml"]
)
def test_files_are_known_by_their_content(path):
    check(
        "ansible",
        path,
        "- docker_container: {image: a:1}\n",
        "- docker_container: {image: a:1@D}\n",
    )


@pytest.mark.parametrize("text", [
    "- docker_image: {name: me/a:1, source: build, build: {path: .}}\n",
    "- docker_image: {name: me/a:1, build: {path: .}}\n- docker_image: {name: me/a, path: .}\n",
    "- docker_image: {name: a:1, source: local, repository: r/a:1, push: true}\n",
    "- docker_image: {name: a:1, source: load, load_path: /tmp/a.tar}\n",
    "- docker_image: {name: a:1, state: absent}\n- podman_image: {name: a, path: ., state: build}\n",
    "- docker_image: name=a:1 state=absent\n",
    "- docker_image_info: {name: a:1}\n- docker_image_push: {name: a:1}\n- community.docker.docker_image_tag: {name: a:1}\n",
    "- docker_container_info: {name: a, image: a:1}\n",
    "- docker_network: {name: docker_container, image: a:1}\n",
    "- docker_container: {name: a, state: absent}\n",
    "- docker_container: name=a command='--image=x:1'\n",
    "- shell: docker_container image=a:1\n",
    "- hosts: all\n  vars: {docker_container: {image: a:1}}\n  roles: [{role: r, image: a:1}]\n",
    "- set_fact: {docker_container: {image: a:1}}\n",
    "- import_role: {name: docker_container}\n  vars: {image: a:1}\n",
    "- name: docker_container\n  loop: [{image: a:1}]\n  debug: {msg: 'image=a:1'}\n",
    "docker_container: {image: a:1}\n",
    "tasks:\n- docker_container: {image: a:1}\n",
    "- docker_container: {image: ''}\n- docker_container: {image: null}\n",
    "# - docker_container: {image: a:1}\n- debug:\n",
    "- [docker_container, image=a:1]\n- docker_container\n",
])  # fmt: skip
def test_left_alone(text):
    assert not found(text)


@pytest.mark.parametrize("text", [
    "- docker_container: {image: '{{ image }}'}\n",
    "- docker_container: {image: 'x:{{ tag }}'}\n",
    "- docker_container: name={{ a b }} image={{ image }}:{{ tag }}\n",
    "- docker_container: image=x:$TAG\n",
    "- docker_image: {name: x, tag: '{{ tag }}'}\n",
])  # fmt: skip
def test_templated(text):
    assert [row[1:] for row in found(text)] == [(None, "templated")]


@pytest.mark.parametrize("text", [
    "- docker_image: {name: a/b, tag: '1', source: pull}\n",
    "- containers.podman.podman_image: {name: a/b, tag: 1}\n",
    "- docker_image_pull: name=a/b tag=1\n",
])  # fmt: skip
def test_a_tag_beside_the_name_leaves_no_place_for_a_digest(text):
    assert found(text) == [(1, "a/b:1", "unsupported-edit")]


def test_text_that_no_edit_reaches_is_found():
    assert found("- docker_container: image=a:1\n    name=b\n") == [(1, None, "unsupported-edit")]


def test_lists_that_contain_themselves():
    assert found("- &a\n  docker_container: {image: a:1}\n  block: &b\n  - block: *b\n") == [
        (2, "a:1", None)
    ]

"""Compose files: what is found, what is left alone, and where the digest goes."""

import pytest
from scanning import gists, locked, scan

from pinner.model.errors import ScanError
from pinner.model.occurrence import Problem
from pinner.scanners.compose import scan as compose


def service(*lines):
    return "services:\n  a:\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (service("image: nginx:1.25   # x"), service("image: nginx:1.25@D   # x")),
        (service("image: nginx"), service("image: nginx:latest@D")),
        (service("'image': \"nginx:1.25\""), service("'image': \"nginx:1.25@D\"")),
        ("services: {a: {image: nginx:1.25}, b: {image: 'x:1'}}\n",
         "services: {a: {image: nginx:1.25@D}, b: {image: 'x:1@D'}}\n"),
        (service("image: |-", "  nginx:1.25"), service("image: |-", "  nginx:1.25@D")),
        (service("image: !!str nginx:1.25"), service("image: !!str nginx:1.25@D")),
        (service("image: !override nginx:1.25"), service("image: !override nginx:1.25@D")),
        (service("image: &x nginx:1.25", "command: *x"), service("image: &x nginx:1.25@D", "command: *x")),
        (service('image: "ngin\\x78:1.25"'), service('image: "ngin\\x78:1.25@D"')),
        (service("image: ${R:-docker.io}/x:${V:-1}"), service("image: ${R:-docker.io}/x:${V:-1@D}")),
        (service("image: ${I:-nginx:${V:-1}}"), service("image: ${I:-nginx:${V:-1@D}}")),
        (service("image: ${I-nginx:1}"), service("image: ${I-nginx:1@D}")),
        (service("image: nginx:1${S-}"), service("image: nginx:1${S-@D}")),
        (service("volumes:", "- type: image", "  source: x:1", "  target: /x"),
         service("volumes:", "- type: image", "  source: x:1@D", "  target: /x")),
        (service("build:", "  additional_contexts: [b=docker-image://x:1, c=../y]"),
         service("build:", "  additional_contexts: [b=docker-image://x:1@D, c=../y]")),
        (service("pre_start:", "- image: x:1"), service("pre_start:", "- image: x:1@D")),
        (service("build:", "  dockerfile_inline: |", "    FROM a:1", "    COPY --from=b:$$V / /", "    FROM c:1"),
         service("build:", "  dockerfile_inline: |", "    FROM a:1@D", "    COPY --from=b:$$V / /", "    FROM c:1@D")),
        (service('build: {dockerfile_inline: "FROM a:1\\nFROM b:1"}'),
         service('build: {dockerfile_inline: "FROM a:1@D\\nFROM b:1@D"}')),
        ("web:\n  image: x:1\ndb:\n  build: .\n", "web:\n  image: x:1@D\ndb:\n  build: .\n"),
        ("services:\n  a: {image: x:1}\n---\nservices:\n  b: {image: y:1}\n",
         "services:\n  a: {image: x:1@D}\n---\nservices:\n  b: {image: y:1@D}\n"),
        ("x-a: &a {image: x:1}\nx-b: &b {image: y:1}\nservices:\n  s: {<<: [*a, *b]}\n",
         "x-a: &a {image: x:1@D}\nx-b: &b {image: y:1}\nservices:\n  s: {<<: [*a, *b]}\n"),
        ('services:\n  a:\n    image: "{{ x }}"\n  {% if y %}\n  b:\n    image: z:1\n  {% endif %}\n',
         'services:\n  a:\n    image: "{{ x }}"\n  {% if y %}\n  b:\n    image: z:1@D\n  {% endif %}\n'),
    ],
)  # fmt: skip
def test_locked(before, after):
    assert locked(scan(compose, before), before) == after


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (service("build: .", "image: me:1"), [(4, "me:1", "built-locally")]),
        (service("build: .", "image: me:1") + "  b:\n    image: me:1\n",
         [(4, "me:1", "built-locally"), (6, "me:1", "built-locally")]),
        (service("image: 1.25"), []),
        (service("image: ~"), []),
        (service("image:"), []),
        (service("image: [a, b]"), []),
        (service("image: nginx:$TAG"), [(3, None, "unset-variable")]),
        (service("image: ${I:?set}"), [(3, None, "unset-variable")]),
        (service("image: ${I/a/b}"), [(3, None, "invalid-reference")]),
        (service("image: ${"), [(3, None, "invalid-reference")]),
        (service("image: ${U:-nginx{}"), [(3, None, "invalid-reference")]),
        (service("image: nginx${U:+${V:?x}}"), [(3, "nginx:latest", None)]),
        (service("image: Nginx"), [(3, None, "invalid-reference")]),
        (service("image: nginx$$x"), [(3, None, "invalid-reference")]),
        (service("build: {args: {BASE: x:1}, tags: [y:1], cache_from: [z:1]}"), []),
        (service("environment: {image: x:1}", "labels: {image: y:1}"), []),
        ("x-unused: {image: x:1}\nservices: {a: {image: y:1}}\n", [(2, "y:1", None)]),
        ("image: x:1\n", []),
        ("services: [a, b]\nimage: x:1\n", []),
        ("models: {m: {model: ai/x:1}}\nservices: {a: {image: y:1}}\n", [(1, "ai/x:1", None), (2, "y:1", None)]),
        (service("volumes: ['image:/x']", "image: x:1"), [(4, "x:1", None)]),
        (service("image: x:1 # pinner: ignore"), [(3, "x:1", "ignored")]),
        (service("# pinner: ignore - why", "image: x:1"), [(4, "x:1", "ignored")]),
    ],
)  # fmt: skip
def test_found(text, expected):
    assert gists(scan(compose, text)) == expected


NGINX = "IMG=nginx:1.25\n"


@pytest.mark.parametrize(
    ("text", "env", "text_after", "env_after"),
    [
        (service("image: $IMG"), NGINX, service("image: $IMG"), "IMG=nginx:1.25@D\n"),
        (service("image: ${IMG:-x:1}"), NGINX, service("image: ${IMG:-x:1}"), "IMG=nginx:1.25@D\n"),
        (service("image: $IMG"), "export IMG='nginx:1.25' # x\n", service("image: $IMG"),
         "export IMG='nginx:1.25@D' # x\n"),
        (service("image: $IMG"), 'IMG="nginx:1.25"\r\n', service("image: $IMG"), 'IMG="nginx:1.25@D"\r\n'),
        (service("image: $IMG"), "IMG=old:1\nIMG=nginx:1.25\n", service("image: $IMG"),
         "IMG=old:1\nIMG=nginx:1.25@D\n"),
        # The variable serves more than whole references: the digest follows the word.
        (service("image: $IMG", "environment: {X: $IMG}"), NGINX,
         service("image: $IMG@D", "environment: {X: $IMG}"), NGINX),
        (service("image: $IMG") + "  b:\n    image: ${IMG}-slim\n", NGINX,
         service("image: $IMG@D") + "  b:\n    image: ${IMG}-slim@D\n", NGINX),
        (service("image: $IMG"), NGINX + "X=$IMG-y\n", service("image: $IMG@D"), NGINX + "X=$IMG-y\n"),
        (service("image: $IMG"), 'IMG="x\\y"\n', service("image: $IMG"), 'IMG="x\\y"\n'),
        (service("image: nginx:$TAG"), "TAG=1.25\n", service("image: nginx:$TAG@D"), "TAG=1.25\n"),
        (service("image: nginx:${TAG:-1}"), "TAG=1.25\n", service("image: nginx:${TAG:-1}@D"), "TAG=1.25\n"),
        (service("image: nginx:${TAG:-1}"), "TAG=\n", service("image: nginx:${TAG:-1@D}"), "TAG=\n"),
    ],
)  # fmt: skip
def test_env_file(text, env, text_after, env_after):
    found = scan(compose, text, beside={".env": env})
    assert locked(found, text) == text_after
    assert locked(found, env, ".env") == env_after


def test_a_sibling_that_uses_the_variable_otherwise():
    text, sibling = service("image: $IMG"), service("image: ${IMG}-debug")
    found = scan(compose, text, beside={".env": NGINX, "compose.override.yaml": sibling})
    assert locked(found, text) == service("image: $IMG@D")
    found = scan(compose, text, beside={".env": NGINX, "compose.override.yaml": text})
    assert locked(found, text) == text


@pytest.mark.parametrize(
    "text", ["services:\n  image: [\n", "services:\n\timage: x\n", "image: *x\n"]
)
def test_refused(text):
    with pytest.raises(ScanError, match="file:[123]: "):
        scan(compose, text)


def test_a_broken_inline_dockerfile_does_not_hide_the_rest():
    text = (
        service("build:", "  dockerfile_inline: |", "    FROM a:1", "    RUN <<E")
        + "  b:\n    image: x:1\n"
    )
    found = scan(compose, text)
    (problem,) = [seen for seen in found if isinstance(seen, Problem)]
    assert "unterminated heredoc" in problem.message
    assert problem.line == 4
    assert gists(seen for seen in found if not isinstance(seen, Problem)) == [(8, "x:1", None)]


def test_no_digest_goes_into_the_midst_of_what_a_variable_supplies():
    text = service('build: {dockerfile_inline: "${F}\\nFROM b:${V}\\nFROM c:1"}')
    found = scan(compose, text, beside={".env": 'F="FROM a:1\\nRUN x"\nV=1\n'})
    assert locked(found, text) == text.replace("b:${V}", "b:${V}@D").replace("c:1", "c:1@D")
    assert [row[1:] for row in gists(found)] == [
        ("a:1", "unsupported-edit"),
        ("b:1", None),
        ("c:1", None),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_known_by_content_in_any_encoding(encoding):
    assert compose.recognises(service("image: x:1").encode(encoding))
    assert not compose.recognises((service("image: x:1") + "z: 1\n").encode(encoding))
    assert not compose.recognises(b"\xff\xfeservices: \x00")


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("compose.yaml", True), ("compose.prod.yml", True), ("docker-compose.yml", True),
        ("docker-compose.override.yaml", True), ("docker-compose-dev.yml", True),
        ("prod.compose.yaml", True), ("composer.yaml", False), ("compose.json", False),
        ("my-compose.yaml", False),
    ],
)  # fmt: skip
def test_file_names(name, is_one):
    from pinner.scanners.file_names import name_matcher

    assert name_matcher(compose.patterns)(name) == is_one


def test_a_variable_of_env_names_all_its_users():
    text = "services:\n" + "".join(f"  s{n}: {{image: '$X'}}\n" for n in range(3))
    (seen,) = scan(compose, text, beside={".env": "X=x:1\n"})
    assert seen.place.where == "services.s0.image, services.s1.image, services.s2.image"
    text = "services:\n" + "".join(f"  s{n}: {{image: '$X'}}\n" for n in range(9))
    (seen,) = scan(compose, text, beside={".env": "X=x:1\n"})
    assert seen.place.where.endswith("services.s4.image and 4 more")


def inline(args, *services, dockerfile="ARG B=a:1\\nFROM $$B\\n"):
    """Services whose builds are given arguments."""
    names = services or ("s",)
    return "services:\n" + "".join(
        f'  {name}:\n    build:\n      dockerfile_inline: "{dockerfile}"\n      args: {args}\n'
        for name in names
    )


@pytest.mark.parametrize(("args", "expected"), [
    ("{}", [(4, "a:1", None)]),
    ("{C: x:1}", [(4, "a:1", None)]),
    ("{B: x:1}", [(5, "x:1", None)]),
    ("[B=x:1]", [(5, "x:1", None)]),
    ("{B: '${Z:-x:1}'}", [(4, "x:1", None)]),
    ("[B]", [(4, None, "unset-variable")]),
    ("{B: $Z}", [(4, None, "unset-variable")]),
])  # fmt: skip
def test_arguments_of_an_inline_dockerfile(args, expected):
    text = inline(args)
    found = scan(compose, text)
    assert [row[1:] for row in gists(found)] == [row[1:] for row in expected]


def test_an_argument_of_an_inline_dockerfile_is_pinned_where_it_stands():
    text = inline("{B: x:1}")
    assert locked(scan(compose, text), text) == inline("{B: x:1@D}")
    text = inline("{B: '${Z:-x:1}'}")
    assert locked(scan(compose, text), text) == text.replace("x:1}'", "x:1}@D'")

"""The published schemas say what the program does."""

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from pinner.model.errors import ConfigError, LockfileError
from pinner.model.evidence import Evidence
from pinner.model.findings import GUARDS, FindingName
from pinner.model.resolver import PlatformDigests
from pinner.pins.lockfile import LockedImage, Lockfile
from pinner.pins.lockfile_text import dump_lockfile, load_lockfile
from pinner.project.config import load_settings
from pinner.reports.settings import settings_json
from pinner.scanners.all_scanners import BUILT_IN

SCHEMAS = Path(__file__).parents[2] / "schemas"
DIGEST = "sha256:" + "a" * 64
ENTRY = f"""\
version = 1
[[image]]
reference = 'docker.io/library/a:1'
digest = '{DIGEST}'
media-type = 'x'
files = []
"""


def schema(name):
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text())


def is_valid(data, name):
    return jsonschema.Draft202012Validator(schema(name)).is_valid(data)


WHOLE = (
    """\
projects = ["services/*"]
include = ["a"]
exclude = ["b/**"]
ignore = ["alpine*"]
platforms = ["linux/amd64"]
style = "digest-only"
rewrite = false
use-host-config = true
lockfile = "x.lock"
[files]
dockerfile = ["*.df"]
compose = ["*.dc"]
kubernetes = ["*.k8s"]
"""
    + "".join(f'{name} = ["*.x"]\n' for name in list(BUILT_IN)[3:])
    + """
[kubernetes]
image-paths = ["spec.*.image"]
[compose]
by-content = false

[dockerfile]
composed = "lock-only"
[formats]
exclude = ["helm"]
[helm]
pin = "tag"
[registries."ghcr.io"]
mirrors = ["m.example/x", "oci-layout:y"]
plain-http = true
ca-file = "ca.crt"
max-concurrency = 3
[policy]
allowed-registries = ["ghcr.io"]
min-age = "3d"
require-tag = true
[findings]
"""
    + "".join(f'{name} = "note"\n' for name in FindingName if name not in GUARDS)
    + """
[[update]]
images = ["a"]
level = "minor"
allow = "^1"
except = "^2"
scheme = "(?P<version>[0-9.]+)"
min-age = "1d"
group = "x"
[[trust]]
images = ["a"]
identity = "x@example.com"
issuer = "https://issuer.example.com"
trust-root = "root.json"
attestations = ["https://slsa.dev/provenance/v1"]
builder = "https://ci.example.com/*"
source = "https://git.example.com/a"
signed-as = ["b"]
[[trust]]
images = ["c"]
key = "keys/c.pub"
[[trust]]
images = ["d"]
identity-pattern = "*@example.com"
issuer = "https://issuer.example.com"
"""
)


def loads(text):
    try:
        load_settings(text, "pinner.toml", tuple(BUILT_IN))
    except ConfigError:
        return False
    return True


def test_every_key_is_in_the_schema():
    """The whole example holds each key that the program shows, and the schema admits all."""
    settings = load_settings(WHOLE, "pinner.toml", tuple(BUILT_IN))
    shown = json.loads(settings_json(settings))["settings"]
    assert all(value["origin"] != "default" for value in shown.values()), shown
    assert is_valid(tomllib.loads(WHOLE), "pinner")


def paths(node, at=()):
    for key, inner in node.get("properties", {}).items():
        yield (*at, key)
        yield from paths(inner, (*at, key))
    if isinstance(node.get("additionalProperties"), dict):
        yield from paths(node["additionalProperties"], (*at, "*"))
    if "properties" in node.get("items", {}):
        yield from paths(node["items"], (*at, "*"))


def test_every_key_of_the_schema_is_known():
    data = tomllib.loads(WHOLE)
    for path in paths(schema("pinner")):
        node = data
        for key in path:
            if key == "*" and isinstance(node, list):  # tables that have not all keys alike
                node = {name: value for table in node for name, value in table.items()}
                continue
            node = node[key] if key != "*" else next(iter(node.values()))


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n", "include = 1\n", 'include = [""]\n', 'exclude = ["!a"]\n', 'style = "x"\n',
        "rewrite = 1\n", '[files]\nnope = ["a"]\n', '[dockerfile]\ncomposed = "x"\n',
        '[registries."x"]\nnope = 1\n', '[registries."x"]\nmax-concurrency = 0\n',
        '[registries."x"]\nmax-concurrency = 65\n', '[policy]\nmin-age = "3 years"\n',
        "[policy]\nmin-age = 3\n", "[policy]\nrequire-tag = 1\n", "[kubernetes]\nx = 1\n",
        "files = 1\n", "update = 1\n", "[[update]]\n", '[[update]]\nimages = ["a"]\nx = 1\n',
        '[[update]]\nimages = ["a"]\nlevel = "x"\n', '[[update]]\nimages = ["a"]\ngroup = "a b"\n',
        '[findings]\nx = "note"\n', '[findings]\nunpinned = "off"\n',
        '[findings]\nunreadable = "note"\n', '[findings]\nmoved = "x"\n', "findings = 1\n",
        "trust = 1\n", '[[trust]]\nimages = ["a"]\n', '[[trust]]\nkey = "a"\n',
        '[[trust]]\nimages = []\nkey = "a"\n',
        '[[trust]]\nimages = ["a"]\nkey = "k"\nissuer = "x"\n',
        '[[trust]]\nimages = ["a"]\nidentity = "x"\n',
        '[[trust]]\nimages = ["a"]\nidentity = "x"\nidentity-pattern = "y"\nissuer = "z"\n',
        '[[trust]]\nimages = ["a"]\nidentity-pattern = "**"\nissuer = "z"\n',
        '[[trust]]\nimages = ["a"]\nkey = "k"\nidentity = "x"\nissuer = "z"\n',
        'lockfile = ""\n', '[helm]\npin = "x"\n', "[formats]\nexclude = 1\n",
    ],
)  # fmt: skip
def test_schema_and_program_refuse_the_same(text):
    assert not is_valid(tomllib.loads(text), "pinner")
    assert not loads(text)


def test_written_lockfiles_are_valid():
    image = LockedImage(
        reference="docker.io/library/a:1",
        digest=DIGEST,
        media_type="x",
        files=("a", "b"),
        platform="linux/arm64",
        platforms={"linux/amd64": PlatformDigests(DIGEST, DIGEST)},
        evidence=(
            Evidence(digest=DIGEST, identity="x@y", issuer="z", attestations=("a", "b")),
            Evidence(digest=DIGEST, key=DIGEST, builder="b", source="s"),
        ),
    )
    for lockfile in (Lockfile(), Lockfile.of([image])):
        text = dump_lockfile(lockfile)
        assert is_valid(tomllib.loads(text), "lockfile")
        assert load_lockfile(text, "pinner.lock") == lockfile


@pytest.mark.parametrize(
    "text",
    [
        "", "version = 2\n", "version = 1\nx = 1\n", "version = 1\nimage = 1\n",
        "version = 1\n[[image]]\n",
        ENTRY.replace(DIGEST, "x"),
        ENTRY.replace("[]", "'a'"),
        ENTRY + "extra = 1\n",
        ENTRY + "evidence = 1\n",
        ENTRY + f"[[image.evidence]]\ndigest = '{DIGEST}'\n",
        ENTRY + "[[image.evidence]]\ndigest = 'x'\nkey = 'k'\n",
        ENTRY + f"[[image.evidence]]\ndigest = '{DIGEST}'\nkey = 'k'\nx = 1\n",
    ],
)  # fmt: skip
def test_damaged_lockfiles_are_refused_by_both(text):
    assert not is_valid(tomllib.loads(text), "lockfile")
    with pytest.raises(LockfileError):
        load_lockfile(text, "pinner.lock")

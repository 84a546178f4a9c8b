"""JSON of strangers: what is odd but harmless is read, what is wrong is told by its place."""

import json

import pytest

from pinner.model.errors import AnswerError, StateError
from pinner.model.platforms import Platform
from pinner.project.seen_digests import SeenDigests
from pinner.registry.manifests import (
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    Index,
    Legacy,
    Manifest,
    parse_configuration,
    parse_manifest,
)
from pinner.registry.wire import WireTags, WireToken, read_json, read_or

DIGEST = "sha256:" + "1" * 64


def index_with(**entry):
    return json.dumps({"manifests": [{"digest": DIGEST, **entry}]}).encode()


ODD_ENTRIES = {
    "size missing": {},
    "size null": {"size": None},
    "size a text": {"size": "12"},
    "size beyond 64 bits": {"size": 10**30},
    "annotations null": {"annotations": None},
    "annotations a list": {"annotations": [1]},
    "annotations of other types": {"annotations": {"a": 1, "b": None}},
    "platform null": {"platform": None},
    "platform a text": {"platform": "linux"},
    "platform without a system": {"platform": {"architecture": "amd64"}},
    "platform of numbers": {"platform": {"os": 1, "architecture": 2}},
    "media type null": {"mediaType": None},
    "an unknown key": {"artifactType": {"x": [1, None]}},
}


@pytest.mark.parametrize("name", ODD_ENTRIES)
def test_an_odd_entry_is_read(name):
    found = parse_manifest(index_with(**ODD_ENTRIES[name]), "")
    assert isinstance(found, Index)
    (entry,) = found.manifests
    assert (entry.digest, entry.size, entry.platform) == (DIGEST, 0, None)
    assert entry.annotations == {}


def test_texts_among_other_annotations_stay():
    found = parse_manifest(index_with(annotations={"a": 1, "b": "c"}), "")
    assert found.manifests[0].annotations == {"b": "c"}


ODD_MANIFESTS = {
    "a byte order mark": (b"\xef\xbb\xbf" + index_with(), "", Index),
    "half a surrogate pair": (index_with(annotations={"a": "\ud83d"}), "", Index),
    "a media type of another type": (
        json.dumps({"mediaType": 3, "manifests": []}).encode(), "", Index,
    ),
    "a media type only in the header": (
        json.dumps({"config": {"digest": DIGEST}, "layers": []}).encode(),
        DOCKER_MANIFEST,
        Manifest,
    ),
    "schema 1": (b'{"schemaVersion":1,"fsLayers":[]}', "", Legacy),
    "schema 1 by its signatures": (b'{"schemaVersion":1,"signatures":null}', "", Legacy),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD_MANIFESTS)
def test_an_odd_manifest_is_read(name):
    content, media_type, kind = ODD_MANIFESTS[name]
    assert isinstance(parse_manifest(content, media_type), kind)


def test_half_a_surrogate_pair_becomes_what_engines_make_of_it():
    content = rb'{"tags":["\ud83d\ude00","\ud83d","\\ud83d","\ude00x"]}'
    tags = ["\U0001f600", "\ufffd", "\\ud83d", "\ufffdx"]
    assert read_json(content, WireTags).tags == tags


WRONG = {
    "no JSON": (b"<html>", "is not JSON"),
    "not a number": (b'{"a":NaN}', "is not JSON"),
    "no UTF-8": (b'{"mediaType":"\xff","manifests":[]}', None),
    "a list": (b"[]", "no JSON object: Expected `object`, got `array`"),
    "manifests null": (b'{"manifests":null}', "missing or too long"),
    "layers missing": (index_with().replace(b"manifests", b"x"), "no manifest"),
    "a configuration that is a text": (b'{"config":"x"}', "Expected `object.*config"),
    "an entry that is null": (b'{"manifests":[null]}', "Expected `object`, got `null`"),
    "no entry's digest": (b'{"manifests":[{"digest":"sha256:x"}]}', "has no digest"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told(name):
    content, words = WRONG[name]
    if words is None:
        assert isinstance(parse_manifest(content, OCI_INDEX), Index)
        return
    with pytest.raises(AnswerError, match=words):
        parse_manifest(content, "")


def test_a_manifest_needs_its_layers():
    content = json.dumps({"config": {"digest": DIGEST}, "layers": None}).encode()
    with pytest.raises(AnswerError, match="missing or too long"):
        parse_manifest(content, OCI_MANIFEST)


def test_a_configuration():
    inner = {"Labels": {"a": "b", "n": 1}, "Env": ["A=1"], "Cmd": ["x"], "User": "me",
             "ExposedPorts": {"80/tcp": {}, "443/tcp": {}}, "Entrypoint": None}  # fmt: skip
    data = {"os": "linux", "architecture": "arm64", "created": "2024-01-01T00:00:00Z"}
    found = parse_configuration(json.dumps({**data, "config": inner}).encode())
    assert found.platform == Platform("linux", "arm64")
    assert found.created == "2024-01-01T00:00:00Z"
    assert found.labels == {"a": "b"}
    assert (found.environment, found.entrypoint, found.command) == (("A=1",), (), ("x",))
    assert (found.user, found.ports) == ("me", ("443/tcp", "80/tcp"))


@pytest.mark.parametrize(
    "content",
    [b"{}", b'{"os":1,"architecture":[],"config":"x","created":3}', b'{"config":{"Labels":[]}}'],
)
def test_an_artifacts_configuration_may_hold_anything(content):
    found = parse_configuration(content)
    assert (found.platform, found.created, found.labels) == (None, None, {})


@pytest.mark.parametrize("seconds", ["1e999", "-5", "true", '"300"', "null", "1" + "0" * 5000])
def test_any_number_of_seconds_is_read(seconds):
    answer = read_json(f'{{"token":"t","expires_in":{seconds}}}'.encode(), WireToken)
    assert read_or(answer.expires_in, float, 60.0) in (60.0, -5.0)


STATES = {
    "no JSON": ("{", "is not JSON"),
    "a list": ("[]", "no state file .*Expected `object`"),
    "another version": ('{"version":3,"seen":{}}', "no state file .*version"),
    "no moment": ('{"version":1,"seen":{"a":"soon"}}', "no state file .*RFC3339"),
    "a moment without a zone": (
        '{"version":1,"seen":{"a":"2024-01-01T00:00:00"}}', "no state file .*timezone",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STATES)
def test_a_damaged_state_file_is_told(tmp_path, name):
    text, words = STATES[name]
    file = tmp_path / "seen.json"
    file.write_text(text)
    with pytest.raises(StateError, match=f"{words}.*delete it to begin anew"):
        SeenDigests(file)

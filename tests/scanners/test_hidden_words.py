"""A search of bytes says that it cannot tell, wherever an escape or a tag may spell a word."""

import pytest

from pinner.spans.hidden_words import may_hide_words


@pytest.mark.parametrize("content, hides", [
    (b'"im\\x61ge": a', True),
    (b'"im\\u0061ge": a', True),
    (b'"im\\\n  age": a', True),
    (b"!!binary aW1hZ2U=: a", True),
    (b"!<tag:yaml.org,2002:binary> aW1hZ2U=: a", True),
    (b"%TAG !y! tag:yaml.org,2002:\n---\n!y!binary aW1hZ2U=: a", True),
    (b"!!%62inary aW1hZ2U=: a", True),
    (b"!!bin%61ry aW1hZ2U=: a", True),
    ("image: a".encode("utf-16"), True),
    (b"image: a", False),
    (b'"a\\nb": c', False),
    (b"a: 100% sure!", False),
    (b"a: Hello! 100%", False),
    (b"a: !Ref b  # 100%", False),
    (b"%YAML 1.2\n---\na: b!", False),
])  # fmt: skip
def test_hidden_words(content, hides):
    assert may_hide_words(content) == hides

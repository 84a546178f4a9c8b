"""Word expansion after BuildKit's shell lexer."""

import pytest
from cases import parameters

from pinner.scanners.dockerfile.words import expand_word
from pinner.spans.traced import Traced
from pinner.spans.variables import Literal, Region, Value, WordError, expanded

VALUES = {"PWD": "/home", "SHELL": "bash", "KOREAN": "한국어", "NULL": ""}
SCOPE = {
    name: Value(name, (Literal(Traced.of(text)),) if text else (), Region("", 0, 0))
    for name, text in VALUES.items()
}


@pytest.mark.parametrize("row", parameters("words", "word"))
def test_word(row):
    word = Traced.of(row["word"])
    if row["result"] is None:
        with pytest.raises(WordError):
            expand_word(word, SCOPE)
        return
    assert expanded(expand_word(word, SCOPE)) == row["result"]


@pytest.mark.parametrize(
    ("word", "result"),
    [
        (r"${SHELL#\*}", "bash"),
        (r"${PWD#\}}", "/home"),
        (r"${PWD/\/home/x}", "x"),
        (r"${PWD#\a}", None),
        (r"${PWD%\[}", None),
    ],
)
def test_escapes_in_patterns(word, result):
    if result is None:
        with pytest.raises(WordError, match="invalid pattern"):
            expand_word(Traced.of(word), SCOPE)
    else:
        assert expanded(expand_word(Traced.of(word), SCOPE)) == result


def test_depth_is_limited():
    with pytest.raises(WordError, match="too deeply"):
        expand_word(Traced.of("${a:-" * 200 + "}" * 200), {})

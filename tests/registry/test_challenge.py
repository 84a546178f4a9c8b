"""`WWW-Authenticate` headers as servers really write them."""

import pytest

from pinner.registry.challenge import Challenge, parse_challenges

REALM = "https://auth.docker.io/token"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f'Bearer realm="{REALM}",service="s"', [("bearer", {"realm": REALM, "service": "s"})]),
        ('Basic realm="x"', [("basic", {"realm": "x"})]),
        ('BASIC REALM="x"', [("basic", {"realm": "x"})]),
        ("Basic", [("basic", {})]),
        ("", []),
        ('Bearer realm="a,b",scope="repository:x:pull,push"',
         [("bearer", {"realm": "a,b", "scope": "repository:x:pull,push"})]),
        (r'Bearer realm="a \"b\" \\c"', [("bearer", {"realm": 'a "b" \\c'})]),
        ('Bearer realm = "x" , service = s', [("bearer", {"realm": "x", "service": "s"})]),
        ('Basic realm="a", Bearer realm="b",service="c"',
         [("basic", {"realm": "a"}), ("bearer", {"realm": "b", "service": "c"})]),
        ('Bearer realm="b", Basic realm="a"',
         [("bearer", {"realm": "b"}), ("basic", {"realm": "a"})]),
        ("Negotiate, Basic realm=x", [("negotiate", {}), ("basic", {"realm": "x"})]),
        ("Negotiate dGVzdA==, Basic realm=x", [("negotiate", {}), ("basic", {"realm": "x"})]),
        (',, Bearer   realm="x",,service="y",',
         [("bearer", {"realm": "x", "service": "y"})]),
        ('Bearer realm="x" service="y"', [("bearer", {"realm": "x", "service": "y"})]),
        ('Bearer realm="x",realm="y"', [("bearer", {"realm": "x"})]),
        ('Bearer realm="never closed', [("bearer", {})]),
        ('="x" ;;; Basic realm="y"', [("basic", {"realm": "y"})]),
    ],
)  # fmt: skip
def test_header(header, expected):
    found = parse_challenges(header)
    shown = [c for c in found if c.scheme in {scheme for scheme, _ in expected}]
    assert shown == [Challenge(scheme, parameters) for scheme, parameters in expected]

"""What the numbers of a tag belong to, by the word before them: build, distribution, component.

`1.2.3-debian-12-r4` has a version, Debian's version and a build number; `3.9.9-temurin-17` has a
version and that of a component.
"""

from __future__ import annotations

import re
from enum import Enum, auto

# A day, or a moment, without separators: 20240111, 202508210758.
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d\d){0,3}", re.ASCII)
_SECONDS_DIGITS = range(9, 12)


class Part(Enum):
    """What a number outside of the version is."""

    BUILD = auto()
    DISTRIBUTION = auto()
    FIXED = auto()


# Where a distribution's own versions begin; a smaller number after its name is a build's, as in
# `v1.16.2-debian-1.1`.
_DISTRIBUTIONS = {
    "alpine": (3, 0), "wolfi": (1,), "debian": (7,), "deb": (7,), "ubuntu": (12, 4), "ubu": (1204,),
    "ubi": (7,), "rhel": (6,), "el": (6,), "centos": (5,), "stream": (8,), "fedora": (18,),
    "fc": (18,), "rocky": (8,), "rockylinux": (8,), "alma": (8,), "almalinux": (8,),
    "oraclelinux": (6,), "ol": (6,), "amazonlinux": (1,), "al": (2,), "amzn": (1,), "photon": (1,),
    "leap": (15,), "opensuse": (13,), "sles": (11,), "bci": (15,), "mariner": (1,), "cbl": (1,),
    "azurelinux": (2,),
}  # fmt: skip
_ALPINE = 3
# Words that count the builds of one version; `CU` (cumulative update) only in capitals.
_BUILDS = frozenset({
    "r", "ls", "b", "build", "bld", "rev", "revision", "rel", "p", "u", "patch", "hotfix", "fix",
    "update", "k3s", "rke2r", "eksbuild", "gke", "rancher", "vmware", "ce", "ee", "cve", "rc",
    "beta", "alpha", "bp", "date", "snapshot", "nightly",
})  # fmt: skip
# Variants that a build number may follow.
_VARIANTS = frozenset({
    "slim", "full", "minimal", "debug", "distroless", "rootless", "oss", "community", "enterprise",
    "core", "alpine", "debian", "ubuntu", "bullseye", "bookworm", "trixie", "buster", "focal",
    "jammy", "noble", "bionic", "xenial", "stretch",
})  # fmt: skip
_WINDOWS = frozenset({
    "ltsc", "windows", "windowsservercore", "nanoserver", "servercore", "winserver", "win", "sac",
})  # fmt: skip
# Processors; their digits are no numbers.
PROCESSORS = (
    "x86_64", "x86-64", "amd64", "amd64v2", "amd64v3", "arm64v8", "arm64", "arm32v5", "arm32v6",
    "arm32v7", "armv5", "armv6", "armv7", "armv8", "armv6l", "armv7l", "armv7a", "aarch64", "i386",
    "i486", "i586", "i686", "x86", "x64", "s390x", "ppc64le", "ppc64el", "riscv64", "mips64le",
    "mips64el", "loong64", "win64", "win32",
)  # fmt: skip
# Names that hold a digit and count builds.
COUNTERS = ("k3s", "rke2r")
_COMPONENTS = frozenset({
    "python", "py", "pypy", "jdk", "jre", "java", "openjdk", "temurin", "corretto",
    "amazoncorretto", "ibmjava", "semeru", "sapmachine", "liberica", "zulu", "graalvm", "microsoft",
    "node", "nodejs", "php", "ruby", "rb", "go", "golang", "cuda", "cu", "cudnn", "rocm", "pg",
    "postgres", "postgresql", "mysql", "mariadb", "scala", "otp", "erlang", "elixir", "hadoop",
    "spark", "dotnet", "net", "rust", "perl", "torch", "tf", "tensorflow", "gcc", "clang", "llvm",
    "lua", "ocaml", "ghc", "qt", "tcl",
})  # fmt: skip
_BRANCHES = frozenset({
    "main", "master", "develop", "development", "dev", "trunk", "edge", "canary", "nightly",
    "unstable", "stable", "testing", "sid", "rolling", "weekly", "daily", "snapshot", "build",
    "ci", "base",
})  # fmt: skip
# What numbers no versions: requests, commits, signatures.
_NEVER = frozenset({
    "pr", "mr", "pull", "merge", "issue", "sha", "commit", "git", "branch", "feature", "feat",
    "bugfix", "dependabot", "renovate", "ticket", "run", "job", "pipeline", "test",
})  # fmt: skip


def is_date(digits: str) -> bool:
    """Recognise a day or a moment that is written without separators."""
    return _DATE.fullmatch(digits) is not None


def is_never(word: str) -> bool:
    """Say whether a tag that begins with this word is no version, whatever follows."""
    return word.lower() in _NEVER


def is_branch(word: str) -> bool:
    """Recognise a moving name, of which a number counts the builds."""
    return word.lower() in _BRANCHES


def is_component(word: str) -> bool:
    """Recognise software that comes inside images of other software."""
    return word.lower() in _COMPONENTS


def is_distribution(word: str, numbers: tuple[int, ...]) -> bool:
    """Say whether numbers after a distribution's name can be its version."""
    name = word.lower()
    first = _DISTRIBUTIONS.get(name)
    if first is None:
        return False
    if name == "alpine":
        return len(numbers) > 1 and numbers[0] == _ALPINE
    return numbers >= first


def is_windows(word: str) -> bool:
    """Recognise the editions of Windows: the host has to run the same."""
    return word.lower() in _WINDOWS


def counts_builds(digits: str) -> bool:
    """Recognise a date, or seconds since 1970: what a build is named by."""
    return is_date(digits) or (len(digits) in _SECONDS_DIGITS and digits[0] == "1")


def part_of(word: str, glue: str, numbers: tuple[int, ...], *, follows_number: bool) -> Part:
    """Judge a number after the version by the word before it and what stands between them."""
    name = word.lower()
    if is_windows(word):
        return Part.FIXED
    if is_distribution(word, numbers):
        return Part.DISTRIBUTION
    if name in _BUILDS or word == "CU" or glue == ".":
        return Part.BUILD
    if name == "v" and follows_number:
        return Part.BUILD
    return Part.BUILD if glue and name in _VARIANTS else Part.FIXED

"""Generated Dockerfiles that are nearly well-formed, with what parsers disagree about."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

IMAGES = ("alpine", "a:1", "ghcr.io/o/p:2", "localhost:5000/x", "s", "T", "base-amd64", "scratch")
VARIABLES = (
    "$X", "${X}", "${X:-c:2}", "${Y-d}", "${X#a}", "${X##*:}", "${X%:*}", "${X%%?}", "${X/a/b}",
    "${X//[ab]/$0}", "${X//a*/'$0'}", "${Y:+f}", "${Y+g}", "${Z:-${X}}", "a$TARGETARCH", "$BUILDOS",
    '${X%"p"}', "${X#'?'}", "${X/\\l/q}", "${X/l*e/b\\:3}", "base-${TARGETARCH}", "${X:?no}", "b${Z}",
)  # fmt: skip
ODD_PIECES = (
    "'",
    '"',
    "\\",
    "`",
    "\\\n",
    "`\n",
    "\ufeff",
    "é",
    "\u212a",
    "${",
    "}",
    "<<",
    "$$",
    "\\$X",
)
BLANKS = (
    *" " * 12,
    "\t",
    "  ",
    "\v",
    "\f",
    "\r",
    "\u00a0",
    "\u2003",
    "\x85",
    "\x1c",
    " \\\n",
    "\\\n# c\n ",
)
FLAGS = ("--link", "--chown=a:b", "--chown='a b'", "--chown=à", "--chown=a\u2003b", "--chmod=1\\ 2")
STAGES = ("", "", " AS s", " as T", " AS base-amd64", " AS base-arm64", " a\u017f u")
MOUNTS = (
    "from=m:1", "type=cache,target=/x,from=m:2", "from=s,target=/x", "FROM=m:3,from=T", "from=0",
    "type=ssh,from=m:4", '\\"from=m:5\\",target=/x', "target=/x", "type=tmpfs,from=m:6", "fr\\om=m:7",
)  # fmt: skip
SHELL_LINES = (
    "true", "cat <<E\nFROM q:1\nE", "cat <<-'RUN true'\n\tFROM q:2\n\tRUN true", "echo it's <<E",
    "[ x <<E ]\nFROM q:3\nE", '["a", "<<E"]', "x 3<<E\nFROM q:4\nE", "x \u0663<<E", "x <<<E",
    "a${x:-b}<<E\nFROM q:5\nE", "3${x:-b}<<E\nFROM q:6\nE", "cat <<E${x:-q}", "cat << E\nFROM q:7\nE",
    'x "<<E"', "echo $((1<<2))", 'x <<"E"F\nFROM q:8\nEF', "x <<''", "${a:-<<E}", "x <<\ufeffE\nE",
    "x \\\n\x1c", "x \\\n\n  y", "x \\\n#c <<E\ny", "x <<E <<F\nE\nFROM q:9\nF", "x <<$E\n$E",
)  # fmt: skip
OTHERS = (
    "", "# c", "  # c", "\u00a0# c", "ENV a=b", "USER x", 'CMD ["a"]', "#syntax=z:1", "# escape=`",
    "ARG X=late", "LABEL a=<<E", "WORKDIR /x\\", "EXPOSE 1\r",
)  # fmt: skip
HEADS = (
    *("",) * 8, "# escape=`\n", " # escape=`\n", "# syntax=f:1 x\n", "//syntax=g:1\n", "\u2003#escape=`\n",
    "#!x\n# syntax=h:1\n", "#!x\n//check=x\n//syntax=h:2\n", "# check=x\n# Syntax = k:1\r\n", "\ufeff",
    "#!x\n# escape=`\n", "# c\n# syntax=n:1\n", "#syntax= \n", " # syntax=n:2\n",
)  # fmt: skip


def odd_dockerfile(random: Random) -> str:
    """Make a text from a source of randomness."""
    lines = [_argument(random) for _ in range(random.randint(0, 3))]
    for _ in range(random.randint(1, 3)):
        lines.append(_from(random))
        lines += [_instruction(random) for _ in range(random.randint(0, 3))]
    end = random.choice(["\n", "\n", "\n", "\r\n"])
    return random.choice(HEADS) + end.join(lines) + random.choice([end, ""])


def _word(random: Random) -> str:
    if random.random() < 0.05:
        pieces = (*ODD_PIECES, *VARIABLES, *IMAGES)
        return "".join(random.choice(pieces) for _ in range(random.randint(1, 3)))
    return random.choice(IMAGES if random.random() < 0.6 else VARIABLES)


def _argument(random: Random) -> str:
    name, value = random.choice("XYZ"), random.choice(["", _word(random), "'a:1'", "alpine:3"])
    return (
        f"ARG{random.choice(BLANKS)}{random.choice([name, f'{name}={value}', f'{name}={value}'])}"
    )


def _from(random: Random) -> str:
    keyword = random.choice(["FROM", "FROM", "from", "FR\\\nOM"])
    flag = random.choice(["", "", "", "--platform=linux/amd64 ", "--platform=$TARGETPLATFORM "])
    return f"{keyword}{random.choice(BLANKS)}{flag}{_word(random)}{random.choice(STAGES)}"


def _instruction(random: Random) -> str:
    kind = random.random()
    trigger = random.choice(["", "", "", "ONBUILD "])
    blank = random.choice(BLANKS)
    if kind < 0.4:
        source = random.choice(
            ["--from=0", "--from=s", "--fr\\\nom=i:1", f"--from={_word(random)}"]
        )
        flags = [random.choice(FLAGS)] * random.randint(0, 1) + [source] * random.randint(0, 1)
        return f"{trigger}COPY{blank}{' '.join(flags)} /a /b"
    if kind < 0.8:
        mounts = [f"--mount={random.choice(MOUNTS)}" for _ in range(random.randint(0, 2))]
        return f"{trigger}RUN{blank}{' '.join(mounts)} {random.choice(SHELL_LINES)}"
    return random.choice(OTHERS)

"""Where the program begins: `pinner`, and `python -m pinner`."""

from __future__ import annotations

import sys

from pinner.cli import quick


def main() -> None:
    """Repeat an answer that still counts, or run the command line."""
    try:
        question = quick.ask(sys.argv[1:])
        answer = quick.recall(question) if question else None
        if answer is None:
            from pinner.cli.main import run  # noqa: PLC0415 - it takes longer than the answer

            run(question)
            return
    except KeyboardInterrupt:
        sys.exit(130)
    out, err, code = answer
    sys.stdout.write(out)
    sys.stdout.flush()
    sys.stderr.write(err)
    sys.exit(code)


if __name__ == "__main__":
    main()

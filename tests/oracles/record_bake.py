"""Ask bake what comes of files before and after pinning: tests/data/bake.json.

`python tests/oracles/record_bake.py`, for the cases of tests/bake_cases.py.
"""

from __future__ import annotations

from recording import record, row_of  # it finds the modules of the tests

from bake_cases import cases  # isort: skip


def main() -> None:
    rows, questions = [], []
    for name, files, path in cases():
        row, both = row_of("bake", files, path, {"name": name})
        rows.append(row)
        questions += [{"files": one} for one in both]
    record("bake", rows, questions)


if __name__ == "__main__":
    main()

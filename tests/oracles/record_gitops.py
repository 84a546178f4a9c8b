"""Ask kustomize and Helm what comes of files before and after pinning: tests/data/gitops.json.

`python tests/oracles/record_gitops.py`, for the cases of tests/gitops_cases.py.
"""

from __future__ import annotations

from recording import record, row_of  # it finds the modules of the tests

from gitops_cases import cases  # isort: skip


def main() -> None:
    rows, questions = [], []
    for kind, files, path in cases():
        row, both = row_of(kind, files, path, {"kind": kind})
        rows.append(row)
        questions += [{"kind": kind, "files": one} for one in both]
    record("gitops", rows, questions)


if __name__ == "__main__":
    main()

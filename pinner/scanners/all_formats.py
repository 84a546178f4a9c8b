"""The formats whose modules are imported when a file of theirs is read.

A file that a row's words let through is parsed once more for each row: where many files bear a
name, words are to be rare.
"""

from __future__ import annotations

from pinner.scanners.formats import Format, MentioningFormat

FORMATS: tuple[Format, ...] = (
    Format(
        name="mentioned",
        title="Scripts and Makefiles",
        files="`*.sh`, `*.bash`, `Makefile`, `*.mk`, `justfile`, `Taskfile.y[a]ml`, `Tiltfile`",
        places="nothing is pinned: `pinner list --unread` shows what looks like a reference",
        patterns=(
            "*.sh", "*.bash", "*.bats", "Makefile", "GNUmakefile", "makefile", "*.mk", "justfile",
            "Justfile", "Taskfile.yml", "Taskfile.yaml", "Tiltfile",
        ),
        words=(
            (b"docker", b"podman", b"nerdctl", b"buildah", b"IMAGE", b"IMG", b"image", b"Image"),
        ),
        module="mentioned",
    ),
    Format(
        name="helm",
        title="Helm values",
        files="`values.y[a]ml`; `values*.y[a]ml` and `*values.y[a]ml` beside a `Chart.yaml`, or "
        "where an image stands in several fields",
        places="`image` (`*Image`, `*image`) as text or as `registry`, `repository`, `tag` with "
        "`digest` or `sha`, at any depth",
        patterns=("values*.yaml", "values*.yml", "*values.yaml", "*values.yml"),
        companions=("Chart.yaml",),
        words=((b"image", b"Image", b"repository"),),
        module="helm",
    ),
    MentioningFormat(
        name="kustomize",
        title="kustomize",
        files="`kustomization.y[a]ml`, `Kustomization`",
        places="`images[]`: `newTag` and `digest` under `newName` or `name`",
        patterns=("kustomization.yaml", "kustomization.yml", "Kustomization"),
        words=((b"images",),),
        module="kustomize",
    ),
    Format(
        name="github-actions",
        title="GitHub Actions",
        files="`.github/workflows/*.y[a]ml`, `action.y[a]ml`",
        places="`container`, `services`, `uses: docker://…`, `runs.image`, and the matrix values "
        "that these name",
        patterns=(
            ".github/workflows/*.yml", ".github/workflows/*.yaml", "action.yml", "action.yaml",
        ),
        words=((b"container", b"services", b"docker:"),),
        module="ci.github",
    ),
    Format(
        name="circleci",
        title="CircleCI",
        files="`.circleci/**/*.y[a]ml`",
        places="`docker` images of jobs, executors and inline orbs",
        patterns=(".circleci/**/*.yml", ".circleci/**/*.yaml"),
        words=((b"docker",),),
        module="ci.circleci",
    ),
)  # fmt: skip

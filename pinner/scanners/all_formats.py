"""The formats whose modules are imported when a file of theirs is read.

A file that a row's words let through is parsed once more for each row: where many files bear a
name, words are to be rare.
"""

from __future__ import annotations

from pinner.scanners.formats import Format, MentioningFormat

FORMATS: tuple[Format, ...] = (
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
    MentioningFormat(
        name="quadlet",
        title="Quadlet",
        files="`*.container`, `*.image`, `*.volume`, `*.pod`, `*.build`, and their drop-ins",
        places="`Image=`, `Mount=type=image,source=`, `PodmanArgs=--infra-image=` of pods; what "
        "`.build` units build",
        patterns=(
            "*.container", "*.image", "*.volume", "*.pod", "*.build", "*.container.d/*.conf",
            "*.image.d/*.conf", "*.volume.d/*.conf", "*.pod.d/*.conf",
        ),
        words=((b"[Container]", b"[Image]", b"[Volume]", b"[Pod]"), (b"mage",)),
        has_escapes=False,
        module="quadlet",
    ),
    MentioningFormat(
        name="devcontainer",
        title="Development containers",
        files="`.devcontainer/devcontainer.json`, `.devcontainer/*/devcontainer.json`, "
        "`.devcontainer.json`",
        places="`image`; `build` and its `args`, `dockerFile` and `dockerComposeFile` lead to "
        "Dockerfiles and compose files",
        patterns=(
            ".devcontainer/devcontainer.json", ".devcontainer/*/devcontainer.json",
            ".devcontainer.json",
        ),
        words=((b"image",),),
        module="devcontainer",
    ),
    MentioningFormat(
        name="bake",
        title="Bake",
        files="`docker-bake.hcl`, `docker-bake.json`, with infixes as in "
        "`docker-bake.override.hcl`, `*.bake.hcl`",
        places="`contexts` of `docker-image://`, `dockerfile-inline`, generators in `attest`, "
        "`args` of Dockerfiles, and the variables' defaults that supply them",
        patterns=(
            "docker-bake.hcl", "docker-bake.json", "docker-bake.*.hcl", "docker-bake.*.json",
            "*.bake.hcl",
        ),
        words=((b"contexts", b"dockerfile-inline", b"attest"),),
        module="bake.scan",
    ),
    Format(
        name="terraform",
        title="Terraform, OpenTofu",
        files="`*.tf`, `*.tofu`",
        places="literal images of Docker, Kubernetes, ECS, Batch, App Runner, Lambda, Cloud Run "
        "and Azure container resources, in blocks, `jsonencode` and JSON",
        patterns=("*.tf", "*.tofu"),
        words=((b"resource",), (b"image", b"container_definitions", b"container_properties")),
        module="terraform",
    ),
    Format(
        name="nomad",
        title="Nomad",
        files="`*.nomad`, `*.nomad.hcl`, and `*.hcl` with a `job`",
        places="`config` of tasks with the `docker`, `podman` or `containerd` driver",
        patterns=(
            "*.nomad", "*.hcl", "!docker-bake*.hcl", "!*.bake.hcl", "!*.pkr.hcl",
            "!.terraform.lock.hcl",
        ),
        words=((b"job",), (b"task",), (b"image",)),
        module="nomad",
    ),
    MentioningFormat(
        name="jenkins",
        title="Jenkins",
        files="`Jenkinsfile*`, `*.jenkinsfile`, `*.Jenkinsfile`, `vars/*.groovy`",
        places="`agent { docker … }`, `docker.image(…)`, `containerTemplate`, the pods of `yaml`",
        patterns=(
            "Jenkinsfile*", "*.jenkinsfile", "*.Jenkinsfile", "vars/*.groovy", "!*.md",
        ),
        words=((b"docker", b"Docker", b"containerTemplate", b"yaml"), (b"image", b"docker")),
        module="ci.jenkins",
    ),
    Format(
        name="earthfile",
        title="Earthly",
        files="`Earthfile`, `*.earth`",
        places="`FROM` of images, `WITH DOCKER --pull`",
        patterns=("Earthfile", "*.earth"),
        words=((b"FROM", b"DOCKER"),),
        has_escapes=False,
        module="earthfile",
    ),
    Format(
        name="apptainer",
        title="Apptainer, Singularity",
        files="`*.def`, `Singularity`, `Singularity.*`",
        places="`From:` of `Bootstrap: docker`",
        patterns=("*.def", "Singularity", "Singularity.*"),
        words=((b"ootstrap", b"OOTSTRAP"), (b"ocker", b"OCKER")),
        has_escapes=False,
        module="apptainer",
    ),
    Format(
        name="buildpacks",
        title="Buildpacks",
        files="`project.toml`",
        places="`builder` of `io.buildpacks`, `uri` of `docker://` in its groups",
        patterns=("project.toml",),
        words=((b"build",), (b"builder", b"docker")),
        module="buildpacks",
    ),
)  # fmt: skip

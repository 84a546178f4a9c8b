"""The formats whose modules are imported when a file of theirs is read.

A file that a row's words let through is parsed once more for each row: where many files bear a
name, words are to be rare.
"""

from __future__ import annotations

from pinner.scanners.formats import Format, MentioningFormat

FORMATS: tuple[Format, ...] = (
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
    Format(
        name="helmfile",
        title="helmfile",
        files="`helmfile.y[a]ml`, `helmfile.d/*.y[a]ml`, also as `.gotmpl`",
        places="values of releases and environments, as in Helm values",
        patterns=(
            "helmfile.yaml", "helmfile.yml", "helmfile.yaml.gotmpl", "helmfile.d/*.yaml",
            "helmfile.d/*.yml", "helmfile.d/*.yaml.gotmpl",
        ),
        words=((b"image", b"Image", b"repository"), (b"values",)),
        module="helmfile",
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
        files="`.github/workflows/*.y[a]ml` (`.gitea`, `.forgejo`), `workflow-templates/*.y[a]ml`, "
        "`action.y[a]ml`",
        places="`container`, `services`, `uses: docker://…`, `runs.image`, and the matrix values "
        "that these name and nothing else reads",
        patterns=(
            ".github/workflows/*.yml", ".github/workflows/*.yaml",
            ".gitea/workflows/*.yml", ".gitea/workflows/*.yaml",
            ".forgejo/workflows/*.yml", ".forgejo/workflows/*.yaml",
            "workflow-templates/*.yml", "workflow-templates/*.yaml",
            "action.yml", "action.yaml",
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
    Format(
        name="woodpecker",
        title="Woodpecker, Crow",
        files="`.woodpecker.y[a]ml`, `.woodpecker/**/*.y[a]ml`, `.crow.y[a]ml`, "
        "`.crow/**/*.y[a]ml`",
        places="`image` of `steps`, `services`, `clone` and `pipeline`",
        patterns=(
            ".woodpecker.yml", ".woodpecker.yaml", ".woodpecker/**/*.yml", ".woodpecker/**/*.yaml",
            ".crow.yml", ".crow.yaml", ".crow/**/*.yml", ".crow/**/*.yaml",
        ),
        words=((b"image",),),
        module="ci.steps",
    ),
    Format(
        name="drone",
        title="Drone, Vela",
        files="`.drone.y[a]ml`, `.vela.y[a]ml`",
        places="`image` of `steps`, `services`, `clone` and `pipeline`, of the steps of `stages`, "
        "and of `secrets[].origin`",
        patterns=(".drone.yml", ".drone.yaml", ".vela.yml", ".vela.yaml"),
        words=((b"image",),),
        module="ci.steps",
    ),
    MentioningFormat(
        name="gitlab-ci",
        title="GitLab CI",
        files="`.gitlab-ci.y[a]ml`, `*.gitlab-ci.y[a]ml`, and what `include: local` names",
        places="`image` and `services` of jobs, hidden jobs, `default` and the top, and the values "
        "of `variables` that only these read",
        patterns=("*.gitlab-ci.yml", "*.gitlab-ci.yaml"),
        words=((b"image", b"services"),),
        module="ci.gitlab",
    ),
    MentioningFormat(
        name="azure-pipelines",
        title="Azure Pipelines",
        files="`azure-pipelines*.y[a]ml`, `.azuredevops/**/*.y[a]ml`, "
        "`.azure-pipelines/**/*.y[a]ml`, and the templates that these use",
        places="`resources.containers[].image`, and `container` and `services` of jobs, those of "
        "templates too, where they name no resource",
        patterns=(
            "azure-pipelines*.yml", "azure-pipelines*.yaml",
            ".azuredevops/**/*.yml", ".azuredevops/**/*.yaml",
            ".azure-pipelines/**/*.yml", ".azure-pipelines/**/*.yaml",
        ),
        words=((b"container", b"services"),),
        module="ci.azure",
    ),
    Format(
        name="bitbucket",
        title="Bitbucket Pipelines",
        files="`bitbucket-pipelines.y[a]ml`, `*-pipelines.y[a]ml`",
        places="`image` at the top, of steps and of `definitions.services`, and "
        "`pipe: docker://…`",
        patterns=(
            "*-pipelines.yml", "*-pipelines.yaml",
            "!*azure-pipelines.yml", "!*azure-pipelines.yaml",
        ),
        words=((b"image", b"docker:"), (b"pipelines", b"definitions")),
        module="ci.bitbucket",
    ),
    Format(
        name="cloud-build",
        title="Google Cloud Build",
        files="`cloudbuild*.y[a]ml`, `cloudbuild*.json`",
        places="`steps[].name`, but for what is built here",
        patterns=("cloudbuild*.yml", "cloudbuild*.yaml", "cloudbuild*.json"),
        words=((b"steps",), (b"name",)),
        module="ci.cloud_build",
    ),
    Format(
        name="ansible",
        title="Ansible",
        files="any `*.y[a]ml` with tasks or plays",
        places="`image` of the container modules for Docker and Podman, `name` of `docker_image`, "
        "`docker_image_pull` and `podman_image` where they pull",
        patterns=("*.yml", "*.yaml"),
        words=(
            (b"docker_", b"podman_"),
            (b"docker_container", b"docker_image", b"docker_swarm_service", b"docker_compose",
             b"podman_container", b"podman_image", b"podman_pod"),
        ),
        module="ansible",
    ),
    Format(
        name="talos",
        title="Talos",
        files="any `*.y[a]ml` with `machine` and other keys of machine configurations alone",
        places="`image` of `machine.install`, `machine.kubelet`, `machine.pods` and the members of "
        "`cluster`",
        patterns=("*.yml", "*.yaml"),
        words=((b"machine",), (b"image",), (b"install", b"kubelet", b"pods", b"cluster")),
        module="talos",
    ),
    Format(
        name="ko",
        title="ko",
        files="`.ko.y[a]ml`",
        places="`defaultBaseImage` and `baseImageOverrides`",
        patterns=(".ko.yml", ".ko.yaml"),
        words=((b"mage", b"MAGE"),),
        module="ko",
    ),
    MentioningFormat(
        name="skaffold",
        title="Skaffold",
        files="`skaffold*.y[a]ml`",
        places="builders and base images of artifacts, `verify`, `customActions`; the artifacts "
        "are built here",
        patterns=("skaffold*.yml", "skaffold*.yaml"),
        words=((b"skaffold",), (b"mage", b"builder")),
        module="skaffold",
    ),
    Format(
        name="pre-commit",
        title="pre-commit",
        files="`.pre-commit-config.y[a]ml`, `.pre-commit-hooks.y[a]ml`",
        places="`entry` of hooks with `language: docker_image`",
        patterns=(
            ".pre-commit-config.yml", ".pre-commit-config.yaml",
            ".pre-commit-hooks.yml", ".pre-commit-hooks.yaml",
        ),
        words=((b"docker_image",), (b"entry",)),
        module="pre_commit",
    ),
    Format(
        name="aws",
        title="ECS, CloudFormation, SAM",
        files="any `*.json`, `*.y[a]ml` or `*.template` with task definitions or such resources",
        places="`image` of container definitions, `ContainerProperties`, and `ImageUri` of "
        "functions",
        patterns=("*.json", "*.yml", "*.yaml", "*.template"),
        words=(
            (b"containerDefinitions", b"ContainerDefinitions", b"ContainerProperties",
             b"ImageUri"),
        ),
        module="aws",
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
    Format(
        name="mentioned",
        title="Scripts, Makefiles, Go, and YAML of no other kind",
        files="`*.sh`, `*.bash`, `Makefile`, `*.mk`, `justfile`, `Tiltfile`, `*.go`, `*.y[a]ml` "
        "in which no other format has a reference",
        places="nothing is pinned: `pinner list --unread` shows what looks like a reference",
        patterns=(
            "*.sh", "*.bash", "*.bats", "Makefile", "GNUmakefile", "makefile", "*.mk", "justfile",
            "Justfile", "Tiltfile", "*.go", "*.yml", "*.yaml",
        ),
        has_escapes=False,
        is_last_resort=True,
        words=(
            (b"docker", b"podman", b"nerdctl", b"buildah", b"IMAGE", b"IMG", b"image", b"Image"),
        ),
        module="mentioned",
    ),
)  # fmt: skip

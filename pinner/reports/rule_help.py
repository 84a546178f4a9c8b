"""Why a finding matters and how it is fixed, in the words of docs/findings.md."""

from __future__ import annotations

from msgspec import Struct

from pinner.model.findings import FindingName

DOCUMENT = "https://pinner-lock.readthedocs.io/en/stable/findings.html"


class Help(Struct, frozen=True):
    """Two paragraphs of markdown."""

    why: str
    how: str


HELP = {
    FindingName.UNPINNED: Help(
        "The tag may point to another image tomorrow, and every machine may run another one.",
        "Run `pinner lock` and commit what it changed. If the reference is to float, "
        "put a `# pinner: ignore` comment on its line or alone on the line before, or "
        "name it under `ignore` in the configuration.",
    ),
    FindingName.NOT_LOCKED: Help(
        "Nobody has checked that the registry has this digest, and a change of it would "
        "go unnoticed.",
        "Run `pinner lock`; it looks that the digest exists and records it.",
    ),
    FindingName.DIGEST_MISMATCH: Help(
        "One of the two was changed by hand, by a bot, or by a merge.",
        "If the file is right, run `pinner lock`, which adopts the new digest after a "
        "look at the registry; otherwise undo the change in the file.",
    ),
    FindingName.UNTRUSTED: Help(
        "Somebody may have changed the digest by hand, or moved the tag to an image that you "
        "would not want.",
        "`pinner lock` asks for the proof of what is locked; `pinner image signatures IMAGE` "
        "shows what there is and why it does not count.",
    ),
    FindingName.STALE_ENTRY: Help(
        "Who reviews the lockfile sees images that are not there any more.",
        "Run `pinner lock`; no network is needed.",
    ),
    FindingName.PLATFORM_VARIABLE: Help(
        "It is another image on every platform, and no digest fits them all.",
        "Choose between stages by the argument (`FROM x AS base-amd64` … `FROM "
        "base-${TARGETARCH}`), so that each image is written out.",
    ),
    FindingName.AMBIGUOUS_STAGE: Help(
        "If it is an image, it is pulled without a digest.",
        "Write a tag after the name if it is an image.",
    ),
    FindingName.CHART_DECIDES: Help(
        "What is deployed changes with the chart, and no digest stands anywhere.",
        "Write the tag that the chart has into the values, beside the `digest` field if "
        "the chart has one; `--strict` makes it an error.",
    ),
    FindingName.LOCKED_ONLY: Help(
        "Whoever builds or deploys this file pulls what the tag gives.",
        "Nothing needs to be fixed where that is wanted (`rewrite = false`, `composed = "
        '"lock-only"`, `--lock-only`); `--strict` makes it an error.',
    ),
    FindingName.WEAKENED: Help(
        "Who can change what the gate looks at can walk around it.",
        "Bring that change in by itself, reviewed as what it is; the settings of REF "
        "are in force until then.",
    ),
    FindingName.NEW_DIGEST: Help(
        "A digest is only as good as the tag that it was taken from; anybody can write "
        "another one.",
        "Take it out and run `pinner lock` or `pinner update`, or ask whoever wrote it "
        "where it comes from.",
    ),
    FindingName.MISSING_FILE: Help(
        "What it would pull is not known.",
        "Correct the path, or check the file out.",
    ),
    FindingName.OUTSIDE: Help(
        "What it pulls is decided where the gate does not look.",
        "Move it into the project, or run pinner from the folder that holds both.",
    ),
    FindingName.UNKNOWN_DIRECTIVE: Help(
        "A word with a typing mistake would do nothing, and an ignore would never end.",
        "Write `# pinner: ignore`, `# pinner: ignore[reason]` or `# pinner: "
        "ignore[reason] until 2027-01-01`; what else is to be said goes behind ` - ` or "
        "into a comment of its own.",
    ),
    FindingName.IGNORE_EXPIRES: Help(
        "After that day the reference is checked like any other.",
        "Pin the reference and take the comment out, or agree on a later date.",
    ),
    FindingName.IGNORE_EXPIRED: Help(
        "Somebody meant to look at it again by that day.",
        "Take the comment out and run `pinner lock`, or agree on a later date.",
    ),
    FindingName.UNSET_VARIABLE: Help(
        "Whoever builds or starts this decides what it is, so it cannot be pinned here.",
        "Give the variable a default (`ARG BASE=alpine:3.19`, `${TAG:-1.25}`), or a "
        "value in the `.env` file beside the compose file.",
    ),
    FindingName.TEMPLATED: Help(
        "What will run is decided elsewhere, and nothing here can hold a digest.",
        "Pin the value where it comes from, or render the template and run pinner on the result.",
    ),
    FindingName.INVALID_REFERENCE: Help(
        "The build or the cluster will refuse it, or it is a placeholder that pinner "
        "cannot see through.",
        "Correct it; names are written in lower case, tags have at most 128 characters.",
    ),
    FindingName.UNSUPPORTED_EDIT: Help(
        "It stays unpinned.",
        "Write the reference out where it is used, or on one line.",
    ),
    FindingName.REGISTRY_NOT_ALLOWED: Help(
        "The project has decided whom it trusts.",
        "Use an image of an allowed registry, or add this one to the list.",
    ),
    FindingName.TAG_REQUIRED: Help(
        "Without a tag nobody can tell what the digest was meant to be, and `pinner "
        "update` cannot move it.",
        "Write the tag before the digest.",
    ),
    FindingName.UNREADABLE: Help(
        "What it may refer to is not checked.",
        "Correct the file at the line named; if it is not what it seems, name it under `exclude`.",
    ),
    FindingName.MOVED: Help(
        "There is a newer build, often with security fixes.",
        "Run `pinner update`.",
    ),
    FindingName.GONE: Help(
        "The next build or start on a fresh machine will fail.",
        "Run `pinner update` to take what the tag gives now, or restore the image.",
    ),
    FindingName.SINGLE_PLATFORM: Help(
        "It breaks silently on machines of any other architecture.",
        "Take the digest out of the file, run `pinner lock`, and the index is pinned. "
        "If one platform is meant, `pinner lock --pin-platform linux/arm64 PATH` says "
        "so in the lockfile.",
    ),
    FindingName.UNREACHABLE: Help(
        "Nothing is known about this reference.",
        "See what the message says: log in, correct the name, or try again later.",
    ),
}

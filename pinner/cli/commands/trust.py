"""`pinner image signatures` and `pinner trust`."""

from __future__ import annotations

from pinner.cli.output import TextOrJson, say_briefly, show, show_log
from pinner.operations.asking import make_client
from pinner.operations.image import parse_reference
from pinner.project.opening import open_project
from pinner.project.trust_rules import require_extra
from pinner.reports.signatures import signatures_row, signatures_text


def image_signatures(ref: str, *, format_: TextOrJson, no_cache: bool, verbose: bool) -> int:
    """Print what is attached to an image, and what the rules make of it; 1 if one is not met."""
    import json

    show_log(verbose=verbose, debug=False)
    require_extra()
    reference = parse_reference(ref)
    project = open_project((), use_cache=not no_cache)
    client = make_client(project)
    from pinner.evidence.listing import list_signatures

    exact = reference.with_digest(reference.digest or client.head(reference).digest)
    found = list_signatures(client, exact, project.settings.trust_rules)
    verdicts = [
        {
            "wanted": one.rule.wanted_signer,
            "attestations": list(one.rule.attestations),
            "satisfied": one.evidence is not None,
            "words": one.evidence.words if one.evidence else one.words,
        }
        for one in found.verdicts
    ]
    listed = [
        {
            "kind": one.kind,
            "place": one.place,
            "about": one.about,
            "signer": one.signer,
            "rules": [{"wanted": wanted, "answer": answer} for wanted, answer in one.answers],
        }
        for one in found.listed
    ]
    row = signatures_row(found.reference, found.digest, listed, verdicts)
    as_json = format_ is TextOrJson.JSON
    show(f"{json.dumps(row, indent=2)}\n" if as_json else signatures_text(row))
    return 0 if all(one.evidence is not None for one in found.verdicts) else 1


def trust_refresh(*, verbose: bool) -> int:
    """Fetch Sigstore's root of trust anew."""
    show_log(verbose=verbose, debug=False)
    require_extra()
    from pinner.evidence.keyless import refresh_root

    refresh_root()
    say_briefly("Sigstore's root of trust is up to date")
    return 0

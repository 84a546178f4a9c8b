"""The schemas of pipelines that check-jsonschema brings: are the texts of tests such files?"""

import json
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML


def complaints(schema, text):
    """What a schema has against a text."""
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = True
    return [error.message for error in _validator(schema).iter_errors(yaml.load(text))]


@cache
def _validator(schema):
    import check_jsonschema
    import jsonschema

    folder = Path(check_jsonschema.__file__).parent / "builtin_schemas/vendor"
    content = json.loads((folder / f"{schema}.json").read_text(encoding="utf-8"))
    return jsonschema.validators.validator_for(content)(content)

"""The nouns of the field: references, platforms, occurrences, findings, errors.

Nothing of pinner comes in.
"""

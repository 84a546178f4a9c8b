"""Why a digest may be trusted: signatures and attestations found beside it, and checked.

`project` and what is below it come in; a registry is what can answer `Store`.
"""

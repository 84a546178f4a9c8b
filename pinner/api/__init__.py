"""What programs import, by way of `pinner` itself; stable by Semantic Versioning.

Everything but `cli` comes in; nothing is printed here, no signal caught and no folder changed.
"""

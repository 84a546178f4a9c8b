"""What is to be pinned to what, and the edits and the lockfile that say so; pure.

Only `model` comes in.
"""

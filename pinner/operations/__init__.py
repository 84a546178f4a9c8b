"""The verbs: lock, verify, update, unpin, and questions about images; they print nothing.

Everything but `cli` comes in.
"""

"""Arguments, exit codes, the one boundary for errors, and what a command needs.

Everything comes in.
"""

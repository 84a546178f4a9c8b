"""The commands as plain functions, one module each: arguments in, exit code out.

Everything but typer comes in, so that a run pays for no parser that it does not need.
"""

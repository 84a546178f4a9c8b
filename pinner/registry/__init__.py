"""A client of the OCI distribution API.

`project` and what is below it come in.
"""

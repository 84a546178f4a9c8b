"""A folder on the disk: its configuration, its files, reading them all and writing them at once.

`scanners`, `pins` and what is below them come in.
"""

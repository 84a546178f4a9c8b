"""What is known of each format, a file or a folder each, and their table.

`spans` and `model` come in; no format knows another.
"""

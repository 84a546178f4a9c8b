"""Text with positions, and how references in it are read and placed, whatever the format.

Only `model` comes in.
"""

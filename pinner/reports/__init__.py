"""What was found and done, in words and in the formats of other programs.

`project` and what is below it come in.
"""

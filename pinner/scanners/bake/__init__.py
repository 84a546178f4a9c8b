"""Bake files of buildx, in HCL or JSON; nothing of another format comes in."""

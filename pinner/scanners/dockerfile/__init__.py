"""Dockerfiles, as BuildKit reads them; nothing of another format comes in."""

"""Compose files, as compose-go reads them; nothing of another format comes in."""

"""What pinner does, one module a verb."""

"""What pinner says, one module a format."""

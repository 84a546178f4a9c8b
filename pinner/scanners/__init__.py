"""The scanners: each module is one file format."""

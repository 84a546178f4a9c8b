"""Pin container images by digest, with a lockfile."""

__version__ = "0.1.0"

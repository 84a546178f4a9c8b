"""Write the image layout of examples/shop anew: python tests/make_examples.py."""

from pathlib import Path

from images import Image, Layout

BOTH = ("linux/amd64", "linux/arm64")
NAMES = (
    "docker.io/docker/dockerfile:1",
    "docker.io/library/node:22-alpine",
    "docker.io/library/python:3.12-slim",
    "docker.io/library/busybox:1.36",
    "docker.io/library/postgres:16.4",
    "docker.io/library/redis:7",
    "gcr.io/distroless/python3-debian12:nonroot",
    "ghcr.io/astral-sh/uv:0.8",
    "quay.io/prometheus/statsd-exporter:v0.27.1",
    "registry.example.com/shop/shop:1.4.2",
)

if __name__ == "__main__":
    layout = Layout(Path(__file__).parent.parent / "examples" / "shop" / "images")
    for name in NAMES:
        layout.add(name, Image(content=name, platforms=BOTH))

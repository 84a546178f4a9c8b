"""Kubernetes manifests and custom resources; nothing of another format comes in."""

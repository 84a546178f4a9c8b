"""Pipelines of continuous integration, a module for each system; no other format comes in."""

"""Kinds of files this app reads."""

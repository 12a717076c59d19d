"""Verbs of compliance."""

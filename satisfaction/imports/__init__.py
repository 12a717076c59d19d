"""Imports of satisfaction."""

from satisfaction.imports import survey  # noqa: F401  it registers itself

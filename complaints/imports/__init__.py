"""Imports of complaints."""

from complaints.imports import cases  # noqa: F401  it registers itself

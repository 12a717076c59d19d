"""Imports of expenses."""

from expenses.imports import ledger  # noqa: F401  it registers itself

"""Kinds of files that compliance reads; importing the package registers them."""

from compliance.imports import log_ins, trips  # noqa: F401

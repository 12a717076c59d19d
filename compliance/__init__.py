"""Compliance: log-in rule, trips and leave, organisation checks, account changes."""

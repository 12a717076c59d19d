"""Compliance in changes of the organisation; importing the package registers it."""

from compliance.org_changes import daily, duties, staffing, strategic  # noqa: F401

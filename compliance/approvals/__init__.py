"""What of compliance can be approved; importing the package registers it."""

from compliance.approvals import duties, staffing  # noqa: F401

"""Reading approvals."""

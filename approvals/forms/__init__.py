"""Forms of approvals."""

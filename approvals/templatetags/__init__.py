"""Tags of approvals."""

"""Acting on approvals: each verb one function and one transaction."""

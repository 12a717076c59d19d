"""Pages of the front door, one's own account, and people."""

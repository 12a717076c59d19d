"""What administrators see of background work and do about it: pages, command, self-check."""

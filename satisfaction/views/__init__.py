"""Pages of satisfaction."""

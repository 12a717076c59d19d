"""Forms of satisfaction."""

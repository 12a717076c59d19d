"""Input of satisfaction."""

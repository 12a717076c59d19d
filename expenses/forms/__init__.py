"""Forms of expenses."""

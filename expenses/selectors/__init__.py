"""What is read, scoped by `visible_to`."""

"""What is written: one verb, one function, one transaction."""

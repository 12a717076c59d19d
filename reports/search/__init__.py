"""Search over everything in reach: kinds of things, what is remembered, the pages."""

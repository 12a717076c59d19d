"""Pages of the archive, one module a screen."""

"""Who may see and do what: surface, matrix, canaries, scope."""

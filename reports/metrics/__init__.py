"""Figures, each defined once: what they count, how they are kept ready, how they are read."""

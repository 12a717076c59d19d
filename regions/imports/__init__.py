"""Files of this app; each module registers its kind."""

from regions.imports import public_days  # noqa: F401  it registers itself

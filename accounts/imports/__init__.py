"""Files of people: the organisation with its units, people, posts and roles."""

from accounts.imports import organisation  # noqa: F401  it registers itself

"""What compliance adds to the demonstration; each module registers its part."""

from compliance.demo import daily, staffing, strategic  # noqa: F401

"""What compliance adds to the demonstration; each module registers its part."""

from compliance.demo import daily, duties, staffing, strategic  # noqa: F401

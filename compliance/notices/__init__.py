"""What compliance tells people; importing the package registers it."""

from compliance.notices import daily, duties, staffing, strategic  # noqa: F401

"""What compliance reads."""

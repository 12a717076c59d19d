"""Complaints: from intake to call-back, time limits, escalation."""

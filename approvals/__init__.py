"""Approvals: flows as data, tasks, decisions, stand-ins; knows no expense."""

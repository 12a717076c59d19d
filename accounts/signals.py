"""Signals of people."""

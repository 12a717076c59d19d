"""Imports of complaints."""

"""Selectors of complaints."""

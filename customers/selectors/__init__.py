"""Reads made for pages, searches and exports; all of them start from `visible_to` or branches."""

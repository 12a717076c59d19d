"""Checks of what only the project as a whole knows; found by core.doctor through this package.

Each app may add its own in a module `doctor`. What a finding means and how to settle it is in
docs/operations.md.
"""

from crm_site.doctor import broker, configuration, data, database, machine, work

__all__ = ["broker", "configuration", "data", "database", "machine", "work"]

"""The privacy notice of the survey: its words stand in a template, its version with each answer.

Whoever changes the words gives them a new version; forms that were opened under a former one are
still taken until its last link has expired.
"""

NOTICE_VERSION = "2026-11"
TAKEN_VERSIONS = frozenset({NOTICE_VERSION})

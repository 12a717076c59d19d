"""Telling a person of his own gap before anybody else reads of it (LOG-03)."""

from django.urls import reverse

from compliance.selectors.gaps import WARN, Gap, gaps
from core.notices.services import Letter, notify_each
from regions.policies import policy_values


def warn_gaps() -> int:
    """Tell everybody whose gap has come to the days of the policy and is no lapse yet, once a gap;
    whoever has logged in since is left alone. Returns how many were told. Safe to run twice."""
    warn = policy_values(WARN)
    due = [
        gap
        for gap in gaps()
        if not gap.ended and warn.get(gap.unit) and warn[gap.unit] <= gap.days < gap.limit
    ]
    return notify_each("compliance.gap_warning", map(_letter, due))


def _letter(gap: Gap) -> Letter:
    facts = {"days": gap.days, "left": gap.left, "through": gap.through}
    url = reverse("compliance:me")
    return Letter(gap.person, f"gap:{gap.person}:{gap.since.isoformat()}", url, facts)

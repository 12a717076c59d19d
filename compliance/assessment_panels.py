"""Confirmed yearly assessments on the page of a person."""

from typing import Any

from compliance.models import Assessment
from compliance.panels import OwnPanel, OwnQuestion, register_own_panel

SHOWN = 6


def own_assessments(asked: OwnQuestion) -> list[Assessment]:
    """The last assessments of a person that were confirmed, the newest first."""
    rows = Assessment.objects.filter(person=asked.person, confirmed_at__isnull=False)
    seen = asked.seen(rows).select_related("person")
    return list(seen.order_by("-year", "role")[:SHOWN])


def _own_rows(asked: OwnQuestion) -> dict[str, Any]:
    return {"assessments": own_assessments(asked)}


register_own_panel(
    OwnPanel(
        key="assessments",
        order=90,
        clause=lambda asked: "",  # a year is no duty of a month
        template="compliance/strategic/_own_assessments.html",
        context=_own_rows,
    )
)

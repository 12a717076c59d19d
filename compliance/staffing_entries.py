"""What somebody has to mend stands in his calendar: findings and points of inspections (CAL-02)."""

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import Q
from django.urls import reverse

from compliance.agenda import Entry, midnight, register_entries
from compliance.checks import sentence
from compliance.models import Finding, InspectionPoint, PointState
from compliance.states import FINDING_OPEN


@register_entries
def findings(
    people: Collection[int], reader: Any, first: dt.date, last: dt.date
) -> Iterator[Entry]:
    """Findings that were given to somebody, on the day until which he mends them. His own stand in
    his calendar also where he may not open the page of findings."""
    given = Finding.objects.filter(
        owner__in=people, state__in=FINDING_OPEN, due_on__range=(first, last)
    )
    seen = set(given.visible_to(reader).values_list("pk", flat=True))
    row: Any
    for row in given.filter(Q(pk__in=seen) | Q(owner=reader.pk)):
        words = sentence(row.rule, row.evidence, row.message)
        url = row.get_absolute_url() if row.pk in seen else reverse("compliance:me")
        yield _until(row.owner_id, row.due_on, words, url, "finding", row.pk)


@register_entries
def points(people: Collection[int], reader: Any, first: dt.date, last: dt.date) -> Iterator[Entry]:
    """What inspections found, on the day until which somebody mends it (KPI-13)."""
    rows = InspectionPoint.objects.visible_to(reader).filter(
        owner__in=people, state=PointState.OPEN, due_on__range=(first, last)
    )
    for row in rows.select_related("inspection"):
        url = row.inspection.get_absolute_url()
        yield _until(row.owner_id, row.due_on, row.text[:60], url, "point", row.pk)


def _until(person: int, day: dt.date, title: str, url: str, kind: str, pk: int) -> Entry:
    """Something that is due on a day."""
    end = midnight(day + dt.timedelta(days=1))
    return Entry(person, midnight(day), end, True, title, url, kind, key=f"{kind}-{pk}")

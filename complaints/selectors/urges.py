"""What somebody urged, and what became of it (CMP-04)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case as When
from django.db.models import IntegerField, Value
from django.db.models import When as Branch

from complaints.models import Case, Urge
from complaints.states import OPEN

SIZE = 100


@dataclass(frozen=True, slots=True)
class UrgeRow:
    """An urge: late when its date has passed and nobody answered while the case is open."""

    urge: Urge
    is_late: bool
    is_waiting: bool


def urges_by(user: Any, now: datetime) -> list[UrgeRow]:
    """The urges of a person on cases he sees: unanswered ones first, each group newest first."""
    waits = When(
        Branch(answered_at=None, case__state__in=sorted(OPEN), then=Value(0)),
        default=Value(1),
        output_field=IntegerField(),
    )
    rows = (
        Urge.objects.filter(by=user, case__in=Case.objects.visible_to(user))
        .select_related("case__unit", "case__handler", "case__category__parent", "answered_by")
        .annotate(rank=waits)
        .order_by("rank", "-urged_at", "-pk")[:SIZE]
    )
    return [_row(urge, now) for urge in rows]


def _row(urge: Urge, now: datetime) -> UrgeRow:
    waiting = urge.answered_at is None and urge.case.state in OPEN
    return UrgeRow(urge, waiting and urge.answer_by <= now, waiting)

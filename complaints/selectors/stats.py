"""Counts over the cases of a span, for operators and checks of imports."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, F, QuerySet
from django.db.models.functions import TruncMonth
from django.utils import timezone, translation

from accounts.scopes import narrow
from complaints.models import Case
from complaints.selectors.timeliness import JUDGED, verdicts
from complaints.states import State
from core.scope import EVERYTHING
from core.values.dates import CHINA
from regions.models import OrgUnit

LATE = timedelta(hours=24)


def midnight(day: date) -> datetime:
    """The instant at which a day begins in China."""
    return datetime.combine(day, time(), CHINA)


def next_month(first: date) -> date:
    """The first day of the month after the one that begins on a day."""
    return (first + timedelta(days=31)).replace(day=1)


def complaint_stats(first: date, last: date, unit: OrgUnit | None = None) -> dict[str, Any]:
    """The cases taken in from `first` to `last`, both included, of a branch (of the group without
    one). Categories and levels in the words of the files, states in Chinese; no empty or zero
    keys. Shares are None where no limit can be judged."""
    scope = narrow(EVERYTHING, unit, below=True) if unit else EVERYTHING
    cases = Case.objects.visible_to(scope).filter(
        taken_in_at__gte=midnight(first), taken_in_at__lt=midnight(last + timedelta(days=1))
    )
    late = cases.filter(first_contact_at__gt=F("taken_in_at") + LATE)
    return {
        "rows": cases.count(),
        "by_category": _by(cases, "top_category__name"),
        "by_level": _by(cases, "level__name"),
        "by_status": _by_status(cases),
        "by_month": _by_month(cases),
        "responded_late_clock_hours": {"24": late.count()},
        "within_limit": kept_shares(cases),
    }


def _by(cases: QuerySet[Case], column: str) -> dict[str, int]:
    rows = cases.exclude(**{column: None}).order_by().values_list(column).annotate(n=Count("pk"))
    return dict(sorted(rows))


def _by_status(cases: QuerySet[Case]) -> dict[str, int]:
    with translation.override("zh-hans"):
        words = {state.value: str(state.label) for state in State}
    return {words[state]: count for state, count in _by(cases, "state").items()}


def _by_month(cases: QuerySet[Case]) -> dict[str, int]:
    month = TruncMonth("taken_in_at", tzinfo=CHINA)
    rows = cases.order_by().values_list(month).annotate(n=Count("pk"))
    return {f"{timezone.localtime(day, CHINA):%Y-%m}": count for day, count in sorted(rows)}


def kept_shares(cases: QuerySet[Case]) -> dict[str, float | None]:
    """Of the limits that can be judged, the share that was kept, by kind of limit."""
    found = verdicts(cases)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT kind, avg(kept::int) FROM ({found.sql}) v GROUP BY kind",  # noqa: S608
            found.params,
        )
        shares = dict(cursor.fetchall())
    return {
        str(limit): None if shares.get(limit) is None else round(float(shares[limit]), 4)
        for limit in JUDGED
    }

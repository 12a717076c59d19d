"""Which new answers are low or alarming, by the rules of their units (CUS-06).

A fixed number of queries for any number of answers: the strictest rule of all units cuts in the
database, each unit's own rule in memory, where few are left.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, ExpressionWrapper, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from regions.policies import policy_values
from satisfaction.models import (
    Cause,
    ItemRole,
    QuestionnaireKind,
    Rating,
    Remark,
    Response,
)

# How long a new answer may wait for a run: longer than the scheduler ever stood still.
LOOK_BACK = timedelta(days=7)
FOLLOWED = (
    QuestionnaireKind.OWNERS,
    QuestionnaireKind.BUSINESS,
    QuestionnaireKind.AFTER_CASE,
)
# Of several causes in one answer the first of these is the case's.
URGENCY = {Cause.REMARK: 0, Cause.OVERALL: 1, Cause.ITEM: 2}
#: An answer on a scale of five: (score − low) / (high − low) · 4 + 1. "4.0", because a plain 4
#: reaches the database as a whole number, and those are divided without remainder there.
POINTS = ExpressionWrapper(
    (F("score") - F("item__low")) * Value(Decimal("4.0")) / (F("item__high") - F("item__low")) + 1,
    output_field=DecimalField(max_digits=6, decimal_places=4),
)


@dataclass(frozen=True, slots=True)
class Signal:
    """Why an answer is followed up. `points` are of five; an alarming remark has a `word`."""

    response: int
    cause: Cause
    item: int | None = None
    points: Decimal | None = None
    word: str = ""
    touch_point: str = ""

    @property
    def rank(self) -> tuple[int, Decimal]:
        """The most urgent first: alarming remarks, then the lowest answers."""
        return URGENCY[self.cause], self.points or Decimal(0)


def fresh_answers(now: datetime) -> QuerySet[Response]:
    """Answers of the last days that nobody has voided and nothing was made of yet.

    Those of anonymous waves are looked at from the next day on, all of a day together: the
    minute of a case would tell when somebody answered. What somebody answers when he is asked
    again decides about the case that is there, and opens no other.
    """
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return (
        Response.objects.counted()
        .filter(created_at__gte=now - LOOK_BACK, created_at__lte=now, recovery=None)
        .filter(wave__version__questionnaire__kind__in=FOLLOWED)
        .filter(Q(is_anonymous=False) | Q(created_at__lt=today))
        .exclude(sample__asks_again__isnull=False)
    )


def signals(now: datetime) -> list[Signal]:
    """The answers to follow up, each with its most urgent cause; the most urgent first."""
    fresh = fresh_answers(now)
    recent = _recent_enough(now)
    best: dict[int, Signal] = {}
    for unit, given_at, one in [*_low_ratings(fresh), *_alarms(fresh)]:
        if given_at < recent[unit]:
            continue
        known = best.get(one.response)
        if known is None or one.rank < known.rank:
            best[one.response] = one
    return sorted(best.values(), key=lambda one: (one.rank, one.response))


def _recent_enough(now: datetime) -> Mapping[int, datetime]:
    days = policy_values("satisfaction.loop_days")
    return {unit: now - timedelta(days=value) for unit, value in days.items()}


Found = Iterable[tuple[int, datetime, Signal]]  # unit, when it was given, why


def _low_ratings(fresh: QuerySet[Response]) -> Found:
    overall = policy_values("satisfaction.low_overall")
    items = {
        unit: {row["touch_point"]: row["points"] for row in table}
        for unit, table in policy_values("satisfaction.low_items").items()
    }
    highest = max([*overall.values(), *(max(row.values(), default=0) for row in items.values())])
    rows = (
        Rating.objects.filter(response__in=fresh, score__isnull=False)
        .filter(item__role__in=(ItemRole.OVERALL, ItemRole.ITEM))
        .annotate(points=POINTS, given_at=Coalesce("response__answered_at", "response__created_at"))
        .filter(points__lte=highest)
        .values_list(
            "response_id", "response__unit_id", "given_at", "item_id", "item__role", "points",
            "item__indicator__touch_point", "item__indicator__parent__touch_point",
        )
    )  # fmt: skip
    for response, unit, given_at, item, role, points, own, above in rows:
        point = own or above or ""
        is_overall = role == ItemRole.OVERALL
        limit = overall[unit] if is_overall else items[unit].get(point, 0)
        if points <= limit:
            cause = Cause.OVERALL if is_overall else Cause.ITEM
            shown = points.quantize(Decimal("0.01"))
            yield unit, given_at, Signal(response, cause, item, shown, touch_point=point)


def _alarms(fresh: QuerySet[Response]) -> Found:
    words = {
        unit: [word for word in text.split() if word]
        for unit, text in policy_values("satisfaction.alarm_words").items()
    }
    every = sorted({word for some in words.values() for word in some})
    if not every:
        return
    rows = (
        Remark.objects.filter(response__in=fresh, text__regex="|".join(map(re.escape, every)))
        .annotate(given_at=Coalesce("response__answered_at", "response__created_at"))
        .values_list("response_id", "response__unit_id", "given_at", "item_id", "text")
    )
    for response, unit, given_at, item, text in rows:
        word = next((one for one in words[unit] if one in text), "")
        if word:
            yield unit, given_at, Signal(response, Cause.REMARK, item, word=word[:40])


def overall_points(responses: Iterable[int]) -> dict[int, Decimal]:
    """Key of a response → its overall answer on a scale of five; those without one are absent."""
    rows = Rating.objects.filter(
        response__in=list(responses), item__role=ItemRole.OVERALL, score__isnull=False
    )
    found: dict[int, Any] = dict(rows.annotate(points=POINTS).values_list("response_id", "points"))
    return found

"""Ratings after cases as pages show them: figures of units, the rules behind them, one case."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.scopes import narrow
from complaints.models import Case
from core.scope import scope_of
from regions.models import OrgUnit
from regions.policies import effective, find, policy_values
from satisfaction.intervals import mean_interval
from satisfaction.models import (
    ItemRole,
    QuestionnaireKind,
    Rating,
    Remark,
    Response,
    Sample,
    SampleState,
)
from satisfaction.selectors.low import POINTS

RIGHT = "satisfaction.view_response"
RULES = tuple(
    f"satisfaction.{name}"
    for name in ("rated_kinds", "rating_share", "rating_delay", "rating_days", "recovered_at")
)


@dataclass(frozen=True, slots=True)
class UnitRating:
    """What owners say of how the cases of a unit were handled. `mean` of the overall answer on a
    scale of five with its interval at 95 %, None below the fewest answers of a figure."""

    unit: OrgUnit
    asked: int
    answered: int
    n: int
    mean: float | None = None
    low: float | None = None
    high: float | None = None


def unit_ratings(user: Any, unit: OrgUnit, year: int) -> list[UnitRating]:
    """The units right below one and itself, of the samples that became due in a year."""
    scope = narrow(scope_of(user, RIGHT), unit, below=True)
    samples = Sample.objects.visible_to(scope, RIGHT).filter(
        case__isnull=False, due_at__year=year, asks_again=None
    )
    asked = _counts(samples)
    if not asked:
        return []
    lines = [one for one in OrgUnit.objects.below(unit).in_tree_order() if one.parent_id == unit.pk]
    places = {one.pk: one for one in OrgUnit.objects.filter(pk__in=asked)}
    scores = _scores(samples)
    minimum = policy_values("satisfaction.minimum_n")
    found = []
    for one in [*lines, unit]:
        within = {key for key in asked if one.pk in places[key].ancestor_ids()}
        if within:
            found.append(_line(one, within, asked, scores, minimum[one.pk]))
    return found


def _counts(samples: QuerySet[Sample]) -> dict[int, tuple[int, int]]:
    """Unit → how many were asked, and how many answered."""
    came = Count("pk", filter=Q(state=SampleState.ANSWERED))
    rows = samples.order_by().values_list("unit").annotate(asked=Count("pk"), came=came)
    return {unit: (asked, answered) for unit, asked, answered in rows}


def _scores(samples: QuerySet[Sample]) -> dict[int, list[float]]:
    """Unit → the overall answers on a scale of five; what was voided does not count."""
    rows = Rating.objects.filter(
        response__sample__in=samples,
        response__voided_at=None,
        item__role=ItemRole.OVERALL,
        score__isnull=False,
    ).annotate(points=POINTS)
    found: dict[int, list[float]] = {}
    for unit, points in rows.values_list("response__unit_id", "points"):
        found.setdefault(unit, []).append(float(points))
    return found


def _line(
    unit: OrgUnit,
    within: Iterable[int],
    asked: dict[int, tuple[int, int]],
    scores: dict[int, list[float]],
    minimum: int,
) -> UnitRating:
    keys = list(within)
    all_points = [one for key in keys for one in scores.get(key, ())]
    n = len(all_points)
    line = UnitRating(
        unit, sum(asked[key][0] for key in keys), sum(asked[key][1] for key in keys), n
    )
    if n == 0 or n < minimum:
        return line
    mean = sum(all_points) / n
    if n < 2:
        return UnitRating(unit, line.asked, line.answered, n, mean)
    spread = sum((one - mean) ** 2 for one in all_points) / (n - 1)
    low, high = mean_interval(mean, spread, n)
    # A mean lies on the scale, so its interval is cut where the scale ends.
    return UnitRating(
        unit, line.asked, line.answered, n, mean, max(1.0, float(low)), min(5.0, float(high))
    )


@dataclass(frozen=True, slots=True)
class RuleInForce:
    """A rule of a unit in words, whose rule it is (None: the product's own) and since when."""

    key: str
    title: str
    words: str
    source: OrgUnit | None
    since: date | None


def rules_of(unit: OrgUnit) -> list[RuleInForce]:
    """The rules by which the owners of a unit's cases are asked."""
    found = [(find(key), effective(key, unit)) for key in RULES]
    sources = OrgUnit.objects.in_bulk({one.source_id for _rule, one in found if one.source_id})
    return [
        RuleInForce(
            rule.key,
            str(rule.title),
            rule.type.words(one.value),
            sources.get(one.source_id or 0),
            one.since,
        )
        for rule, one in found
    ]


# --- one case, one customer -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CaseRating:
    """What the owner answered after a case: item by item, with his words."""

    sample: Sample
    answers: list[tuple[str, int, int]]  # item, score, highest
    remarks: list[str]


def ratings_of(user: Any, case: Case) -> list[CaseRating]:
    """The ratings of a case round by round, for who may read answers of its unit."""
    samples = list(
        Sample.objects.visible_to(user, RIGHT)
        .filter(case=case)
        .select_related("response")
        .order_by("case_round", "pk")
    )
    responses = [
        one.response.pk
        for one in samples
        if hasattr(one, "response") and one.response.voided_at is None
    ]
    said = _answers(responses)
    words = _remarks(responses)
    return [
        CaseRating(one, said.get(key, []), words.get(key, []))
        for one in samples
        for key in [one.response.pk if hasattr(one, "response") else 0]
    ]


def _answers(responses: list[int]) -> dict[int, list[tuple[str, int, int]]]:
    rows = Rating.objects.filter(response__in=responses, score__isnull=False)
    found: dict[int, list[tuple[str, int, int]]] = {}
    for one in rows.select_related("item").order_by("item__position"):
        line = (one.item.shown_name, one.score or 0, one.item.high or 0)
        found.setdefault(one.response_id, []).append(line)
    return found


def _remarks(responses: list[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    rows = Remark.objects.filter(response__in=responses).order_by("pk")
    for response, text in rows.values_list("response_id", "text"):
        found.setdefault(response, []).append(text)
    return found


def answers_of_customer(user: Any, customer: Any) -> QuerySet[Response]:
    """What a customer answered under his name, the latest first; never of an anonymous wave."""
    return (
        Response.objects.visible_to(user, "satisfaction.view_identity")
        .filter(customer=customer, is_anonymous=False, wave__is_anonymous=False)
        .exclude(wave__version__questionnaire__kind=QuestionnaireKind.MATURITY)
        .select_related("wave__version__questionnaire", "unit")
        .order_by("-answered_at", "-pk")
    )

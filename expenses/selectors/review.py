"""Applications that deserve a second look, with the reason (EXP-10).

Nothing here says that somebody did wrong: it says what is unusual, so that a person looks.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import ExtractIsoWeekDay
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.scopes import narrow
from core.display import listed, money
from core.scope import scope_of
from expenses.models import Application, ApplicationCustomer, Category, Receipt, ReviewMark
from expenses.states import GRANTED, State
from regions.models import OrgUnit
from regions.policies import policy

RIGHT: Final = "expenses.review_application"
NEAR, SPLIT, WEEKENDS, RECEIPT = "near_ceiling", "split", "weekends", "same_receipt"
WORDS: Final = {
    NEAR: gettext_lazy("Just under a ceiling"),
    SPLIT: gettext_lazy("Perhaps split"),
    WEEKENDS: gettext_lazy("Cluster of weekends"),
    RECEIPT: gettext_lazy("Similar receipts"),
}
GENERAL: Final = "expenses.regional_ceiling"
CLOSE: Final = Decimal("0.8")  # from this share of a ceiling on an amount lies just under it
OFTEN: Final = 3  # so many of them are unusual
SPLIT_DAYS: Final = 7  # papers for one customer within so many days may be one that was split
CLUSTER_DAYS: Final = 30
LOOK_BACK: Final = 180  # days
SATURDAY: Final = 6
MOST: Final = 200
COUNTS: Final = frozenset({*GRANTED, State.IN_APPROVAL})


@dataclass(frozen=True, slots=True)
class Finding:
    """An application, what is unusual about it (a key of WORDS), and the reason in a sentence."""

    application: Application
    kind: str
    reason: str

    @property
    def label(self) -> str:
        return str(WORDS[self.kind])


@dataclass(frozen=True, slots=True)
class ReviewQuery:
    """The review list: of a unit with those below it, of one kind of finding; or with `marked`
    what was looked at."""

    today: date
    unit: OrgUnit | None = None
    kind: str = ""
    marked: bool = False


def findings(user: Any, query: ReviewQuery) -> list[Finding]:
    """What is unusual in the last LOOK_BACK days, the newest application first; at most MOST.

    What somebody marked as looked at is left out, or with `marked` is all there is.
    """
    papers = _papers(user, query)
    kinds = {NEAR: _near, SPLIT: _split, WEEKENDS: _weekends, RECEIPT: _receipts}
    wanted = [query.kind] if query.kind else list(kinds)
    reasons: dict[tuple[int, str], str] = {}
    for kind in wanted:
        for key, reason in kinds[kind](papers):
            reasons.setdefault((key, kind), reason)
    known = set(
        ReviewMark.objects.filter(application__in={key for key, _kind in reasons}).values_list(
            "application", "finding"
        )
    )
    left = [one for one in reasons if (one in known) == query.marked]
    rows = Application.objects.select_related("unit", "category", "applicant").in_bulk(
        {key for key, _kind in left}
    )
    found = [Finding(rows[key], kind, reasons[key, kind]) for key, kind in left]
    found.sort(key=lambda one: (one.application.applied_on, one.application.pk), reverse=True)
    return found[:MOST]


def _papers(user: Any, query: ReviewQuery) -> QuerySet[Application]:
    scope = scope_of(user, RIGHT)
    if query.unit:
        scope = narrow(scope, query.unit, below=True)
    since = query.today - timedelta(days=LOOK_BACK)
    rows = Application.objects.visible_to(scope, RIGHT)
    return rows.filter(state__in=COUNTS, applied_on__gte=since, import_run=None).order_by()


Reasons = Iterator[tuple[int, str]]


def _ceilings() -> dict[int, list[Decimal]]:
    """The ceilings that hold for each category: its own, and that of the general manager."""
    general = Decimal(policy(GENERAL))
    found = {}
    for row in Category.objects.all():
        own = [Decimal(policy(row.ceiling_policy))] if row.ceiling_policy else []
        found[row.pk] = [*own, general]
    return found


def _near(papers: QuerySet[Application]) -> Reasons:
    """The same customer, again and again just under a ceiling."""
    close = Q(pk__in=[])
    for category, limits in _ceilings().items():
        for limit in limits:
            close |= Q(category=category, amount__gte=limit * CLOSE, amount__lte=limit)
    rows = ApplicationCustomer.objects.filter(application__in=papers.filter(close).values("pk"))
    groups: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for customer, paper, name in rows.values_list("customer", "application", "customer__name"):
        groups[customer].append((paper, name))
    for group in groups.values():
        if len(group) >= OFTEN:
            words = ngettext(
                "{count} application for {customer} just under a ceiling within {days} days.",
                "{count} applications for {customer} just under a ceiling within {days} days.",
                len(group),
            )
            for paper, name in group:
                yield paper, words.format(count=len(group), customer=name, days=LOOK_BACK)


def _split(papers: QuerySet[Application]) -> Reasons:
    """One unit, one customer, a few days: each paper stays under the ceiling that all together
    exceed."""
    limits = {key: max(values) for key, values in _ceilings().items()}
    rows = (
        ApplicationCustomer.objects.filter(application__in=papers.values("pk"))
        .values_list(
            "customer",
            "application__unit",
            "application__category",
            "application__applied_on",
            "application",
            "application__amount",
            "customer__name",
        )
        .order_by("customer", "application__applied_on", "application")
    )
    groups: dict[tuple[int, int, int], list[tuple[date, int, Decimal, str]]] = defaultdict(list)
    for customer, unit, category, day, paper, amount, name in rows:
        if amount <= limits[category]:
            groups[customer, unit, category].append((day, paper, amount, name))
    for (_customer, _unit, category), group in groups.items():
        yield from _windows(group, limits[category])


def _windows(group: list[tuple[date, int, Decimal, str]], limit: Decimal) -> Reasons:
    """The papers of days close together whose sum exceeds the limit."""
    for start, (first, *_rest) in enumerate(group):
        near = [one for one in group[start:] if (one[0] - first).days < SPLIT_DAYS]
        total = sum((amount for _day, _paper, amount, _name in near), Decimal(0))
        if len(near) > 1 and total > limit:
            words = _(
                "{count} applications for {customer} within {days} days, {total} together; "
                "the ceiling is {limit}."
            )
            for _day, paper, _amount, name in near:
                yield (
                    paper,
                    words.format(
                        count=len(near),
                        customer=name,
                        days=SPLIT_DAYS,
                        total=money(total),
                        limit=money(limit),
                    ),
                )


def _weekends(papers: QuerySet[Application]) -> Reasons:
    """One applicant with many events on weekends in a short time."""
    rows = (
        papers.filter(event_on__isnull=False, applicant__isnull=False)
        .annotate(weekday=ExtractIsoWeekDay("event_on"))
        .filter(weekday__gte=SATURDAY)
        .values_list("applicant", "event_on", "pk", "applicant__name")
        .order_by("applicant", "event_on", "pk")
    )
    groups: dict[int, list[tuple[date, int, str]]] = defaultdict(list)
    for person, day, paper, name in rows:
        if day is not None and person is not None:
            groups[person].append((day, paper, name))
    for group in groups.values():
        for start, (first, *_rest) in enumerate(group):
            near = [one for one in group[start:] if (one[0] - first).days < CLUSTER_DAYS]
            if len(near) < OFTEN:
                continue
            words = _("{count} events of {person} on weekends within {days} days.")
            for _day, paper, name in near:
                yield paper, words.format(count=len(near), person=name, days=CLUSTER_DAYS)


def _receipts(papers: QuerySet[Application]) -> Reasons:
    """Receipts of the same issuer, day and amount in several papers. The same number or file is
    refused when it is uploaded; this finds what was copied with other numbers."""
    same = (
        Receipt.objects.filter(application__in=papers.values("pk"), issued_on__isnull=False)
        .exclude(issuer="")
        .values("issuer", "issued_on", "amount")
        .annotate(n=Count("application", distinct=True))
        .filter(n__gt=1)
        .order_by()
    )
    for group in same[:MOST]:
        rows = Receipt.objects.filter(
            application__in=papers.values("pk"),
            issuer=group["issuer"],
            issued_on=group["issued_on"],
            amount=group["amount"],
        ).values_list("application", "application__number")
        yield from _each(list(dict.fromkeys(rows)), {**group})


def _each(rows: Iterable[tuple[int, str]], group: dict[str, Any]) -> Reasons:
    rows = list(rows)
    words = _("Receipts of {issuer} over {amount} of the same day also in {numbers}.")
    for paper, _number in rows:
        others = [number for key, number in rows if key != paper]
        yield (
            paper,
            words.format(
                issuer=group["issuer"], amount=money(group["amount"]), numbers=listed(others)
            ),
        )

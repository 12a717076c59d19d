"""The owners a wave is about, by project and stage, and who of them is left alone (SAT-04)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case as Choose
from django.db.models import CharField, Count, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy

from complaints.models import Case, CaseKind
from complaints.states import OPEN
from customers.models import Contact, Customer, CustomerUnit, OwnerStage
from customers.models.customers import stage_condition
from regions.models import Kind, OrgUnit
from satisfaction.models import Response, Sample, SampleState, Wave, WaveState

# Why somebody is left out, in the order in which reasons are looked for.
LEFT_OUT = {
    "refused": gettext_lazy("refused before"),
    "case_open": gettext_lazy("has a complaint open"),
    "asked": gettext_lazy("was asked not long ago"),
    "unreachable": gettext_lazy("no number and no e-mail"),
    "elsewhere": gettext_lazy("is asked about another flat"),
}


@dataclass(slots=True)
class Target:
    """Owners of one project and stage: all of them, and those who may be asked."""

    owners: int = 0
    free: int = 0


@dataclass(slots=True)
class Targets:
    """The target population by (unit, stage), and how many are left out for which reason."""

    cells: dict[tuple[int, str], Target] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def free(self) -> Mapping[tuple[int, str], int]:
        return {cell: target.free for cell, target in self.cells.items()}


def targets_of(wave: Wave, at: datetime) -> Targets:
    """Count the target population, in one query."""
    found = Targets()
    left_out = dict.fromkeys(LEFT_OUT, 0)
    owners: Any = owners_asked_about(wave, at)
    rows = owners.order_by().values_list("unit", "owner_stage", "reason")
    for unit, stage, reason, count in rows.annotate(count=Count("pk")):
        target = found.cells.setdefault((unit, stage), Target())
        target.owners += count
        if reason:
            left_out[reason] += count
        else:
            target.free += count
    found.left_out = {reason: count for reason, count in left_out.items() if count}
    return found


def with_stage(places: QuerySet[CustomerUnit], day: date) -> QuerySet[CustomerUnit]:
    """Places with the `owner_stage` of a day: of people who signed or took over a flat."""
    stage = Choose(
        *(When(stage_condition(one, day), then=Value(one)) for one in OwnerStage),
        output_field=CharField(),
    )
    return places.annotate(owner_stage=stage).exclude(owner_stage=None)


def owners_asked_about(wave: Wave, at: datetime) -> QuerySet[CustomerUnit]:
    """The target population, a row a place: `owner_stage`, and `reason` why it is left out ("" for
    those who may be drawn). Who owns in several projects stands here more than once."""
    projects = OrgUnit.objects.below(wave.unit).filter(kind=Kind.PROJECT, merged_into=None)
    places = CustomerUnit.objects.filter(unit__in=projects)
    reasons = [
        When(Exists(condition), then=Value(reason)) for reason, condition in _against(wave, at)
    ]
    reason = Choose(*reasons, When(~_reachable(), then=Value("unreachable")), default=Value(""))
    return with_stage(places, timezone.localdate(at)).annotate(reason=Cast(reason, CharField()))


def _against(wave: Wave, at: datetime) -> list[tuple[str, QuerySet]]:
    """Reasons to leave somebody out, each as what must exist for his place."""
    mine = {"customer": OuterRef("customer")}
    others = Sample.objects.filter(**mine).exclude(wave=wave)
    found: list[tuple[str, QuerySet]] = [
        ("refused", others.filter(state=SampleState.REFUSED)),
    ]
    if wave.excludes_open_cases:
        cases = Case.objects.filter(**mine, kind=CaseKind.COMPLAINT, state__in=sorted(OPEN))
        found.append(("case_open", cases))
    if wave.excluded_days:
        since = at - timedelta(days=wave.excluded_days)
        waiting = [SampleState.DRAWN, SampleState.INVITED, SampleState.OPENED]
        asked = others.exclude(state=SampleState.RESERVE).filter(
            Q(invited_at__gte=since)
            | Q(answered_on__gte=timezone.localdate(since))
            | Q(state__in=waiting, wave__state=WaveState.OPEN, wave__is_standing=False)
        )
        found.append(("asked", asked))
        answered = Response.objects.filter(**mine, answered_at__gte=since).exclude(wave=wave)
        found.append(("asked", answered))
    return found


def _reachable() -> Q:
    """Places of customers with a number, or with a contact who has a number or an e-mail."""
    numbers = Q(phone_cipher__isnull=False) | Q(other_phone_cipher__isnull=False)
    direct = Customer.objects.filter(numbers, pk=OuterRef("customer"))
    ways = Q(phone_cipher__isnull=False) | Q(email_cipher__isnull=False)
    through = Contact.objects.filter(ways, customer=OuterRef("customer"))
    return Q(Exists(direct)) | Q(Exists(through))

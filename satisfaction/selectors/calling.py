"""Who may be called next, and how far the quotas are (SAT-04)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.utils import timezone

from customers.models import OwnerStage
from satisfaction.models import Call, Quota, Response, Sample, SampleState, Wave, WaveState

RIGHT = "satisfaction.call_sample"
ASKED = (SampleState.DRAWN, SampleState.INVITED, SampleState.OPENED)


def called_waves(by: Any) -> QuerySet[Wave]:
    """Waves whose people may be called: open, and not anonymous, for whoever is called is known."""
    waves = Wave.objects.visible_to(by, RIGHT)
    return waves.filter(state=WaveState.OPEN, is_anonymous=False).order_by("code")


def waiting(by: Any, now: datetime | None = None) -> QuerySet[Sample]:
    """People in reach who may be called now by anybody: who asked to be called back first, then by
    the random order of the draw. Cells that are full, and people without a number, are left out."""
    moment = now or timezone.now()
    number = Q(customer__phone_cipher__isnull=False) | Q(customer__other_phone_cipher__isnull=False)
    return (
        Sample.objects.visible_to(by, RIGHT)
        .filter(
            number,
            Q(held_until__isnull=True) | Q(held_until__lte=moment),
            Q(due_at__isnull=True) | Q(due_at__lte=moment),
            state__in=ASKED,
            wave__state=WaveState.OPEN,
            wave__is_anonymous=False,
        )
        .exclude(Exists(_full_cells()))
        .order_by(F("due_at").asc(nulls_last=True), "wave_id", "position", "pk")
    )


def _full_cells() -> QuerySet[Quota]:
    """Quotas of an outer sample's cell that have all the answers they want."""

    def answers(**cell: Any) -> Subquery:
        rows = Response.objects.counted().filter(
            wave=OuterRef("wave"), unit=OuterRef("unit"), **cell
        )
        return Subquery(rows.order_by().values("wave").annotate(n=Count("pk")).values("n"))

    have = Case(When(stage="", then=answers()), default=answers(stage=OuterRef("stage")))
    here = Q(stage="") | Q(stage=OuterRef("stage"))
    cells = Quota.objects.filter(here, wave=OuterRef("wave"), unit=OuterRef("unit"))
    return cells.annotate(have=have).filter(wanted__lte=F("have"))


@dataclass(frozen=True, slots=True)
class Cell:
    """A quota as the desk shows it."""

    unit: str
    stage: str
    wanted: int
    have: int

    @property
    def stage_words(self) -> str:
        """The stage in words; empty where the quota takes any."""
        return str(OwnerStage(self.stage).label) if self.stage in OwnerStage.values else self.stage

    @property
    def is_full(self) -> bool:
        return self.have >= self.wanted


def cells_of(wave: Wave, units: Any) -> list[Cell]:
    """The quotas of a wave in the units given, with the answers that count so far. Two queries."""
    rows = Response.objects.counted().filter(wave=wave).order_by().values_list("unit", "stage")
    by_stage: dict[tuple[int, str], int] = {}
    for unit, stage, number in rows.annotate(n=Count("pk")):
        by_stage[unit, stage] = number
        by_stage[unit, "*"] = by_stage.get((unit, "*"), 0) + number
    quotas = Quota.objects.filter(wave=wave, unit__in=units).select_related("unit")
    return [
        Cell(
            quota.unit.name,
            quota.stage,
            quota.wanted,
            by_stage.get((quota.unit_id, quota.stage or "*"), 0),
        )
        for quota in quotas.order_by("unit__path", "stage")
    ]


def calls_of(sample: Sample) -> list[Call]:
    """Earlier calls of one person, the latest first."""
    return list(sample.calls.select_related("by").order_by("-at", "-pk"))


def later(by: Any, now: datetime | None = None) -> QuerySet[Sample]:
    """People in reach who will be called again at a time to come."""
    moment = now or timezone.now()
    rows = Sample.objects.visible_to(by, RIGHT).filter(
        due_at__gt=moment, state__in=ASKED, wave__state=WaveState.OPEN, wave__is_anonymous=False
    )
    return rows.order_by("due_at")

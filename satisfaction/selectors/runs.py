"""Scoring runs: what went in, by which method, what came out, and how far both passes are."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from core.keyset import Key, Order
from core.scope import scope_of
from regions.models import OrgUnit
from satisfaction.models import ScoringRun, Wave
from satisfaction.models.questionnaires import SCORED_KINDS

SCORE = "satisfaction.score_wave"
LATEST = Order("-started", "started_at", descending=True, kind="time")


def run_parts(reader: Any, wave: str = "") -> list[QuerySet[ScoringRun]]:
    """Runs of the waves that the reader sees, of one wave when its code is given."""
    runs = ScoringRun.objects.filter(wave__in=Wave.objects.visible_to(reader, SCORE))
    return [runs.filter(wave__code=wave) if wave else runs]


def run_rows(keys: Iterable[Key]) -> list[ScoringRun]:
    """The runs of these keys with all that a row shows, in one query."""
    wanted = [key.pk for key in keys]
    found = ScoringRun.objects.select_related("wave__unit", "by", "analysis").in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]


def run_in_reach(reader: Any, pk: int) -> ScoringRun | None:
    """A run of a wave that the reader sees."""
    return (
        run_parts(reader)[0]
        .select_related("wave__unit", "wave__version__questionnaire", "by", "analysis")
        .filter(pk=pk)
        .first()
    )


def waves_to_score(reader: Any) -> QuerySet[Wave]:
    """Waves whose whole branch the reader may score, the latest first."""
    units = OrgUnit.objects.visible_to(scope_of(reader, SCORE))
    return (
        Wave.objects.filter(unit__in=units, version__questionnaire__kind__in=SCORED_KINDS)
        .select_related("version__questionnaire", "unit")
        .order_by("-pk")
    )

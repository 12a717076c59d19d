"""Taking the surveys of the demonstration out."""

from typing import Any

from django.db import models
from django.db.models import Q

from core.models import Job
from customers.demo.parts import Gone
from satisfaction.demo.waves import CODE
from satisfaction.models import (
    Chosen,
    Indicator,
    Item,
    Questionnaire,
    QuestionnaireVersion,
    Rating,
    Recovery,
    Remark,
    Response,
    ScoringRun,
    Wave,
)
from satisfaction.services.library import ready_indicators

FROZEN = ("QuestionnaireVersion", "Section", "Item", "Option")
HISTORIES = (
    "satisfaction.Response:delete_delete",
    "satisfaction.ResponseEvent:append_only",
    *(f"satisfaction.{model}:frozen" for model in FROZEN),
)


def _remove_unused_indicators() -> None:
    """The ready tree, as far as nobody asks by it; it comes back with one click. Nodes that the
    group added stay, with those above them."""
    if Item.objects.filter(indicator__isnull=False).exists():
        return
    for level in range(Indicator.DEEPEST, 0, -1):
        ready = Indicator.objects.filter(level=level, code__in=ready_indicators())
        ready.filter(children=None).delete()


def remove_waves(cursor: Any, gone: Gone) -> dict[str, int]:
    """Waves of the units that go, with all that was asked in them, whoever answered; of waves that
    stay the answers about these units."""
    waves = list(
        Wave.objects.filter(Q(code__startswith=CODE) | Q(unit__in=gone.units)).values_list(
            "pk", flat=True
        )
    )
    Wave.objects.filter(pk__in=waves).update(run=None)
    runs = list(ScoringRun.objects.filter(wave__in=waves).values_list("pk", flat=True))
    jobs = Job.objects.filter(kind__startswith="satisfaction.")
    jobs.filter(Q(payload__wave__in=waves) | Q(payload__run__in=runs)).delete()
    mine = Response.objects.filter(Q(wave__in=waves) | Q(unit__in=gone.units))
    keys = list(mine.values_list("pk", flat=True))
    Recovery.objects.filter(Q(response__in=keys) | Q(unit__in=gone.units)).delete()
    parts: tuple[type[models.Model], ...] = (Rating, Remark, Chosen)
    for table in parts:
        table._base_manager.filter(response__in=keys)._raw_delete(using="default")
    cursor.execute("DELETE FROM satisfaction_responseevent WHERE pgh_obj_id = ANY(%s)", [keys])
    Response.objects.filter(pk__in=keys)._raw_delete(using="default")
    Wave.objects.filter(pk__in=waves).delete()
    versions = QuestionnaireVersion.objects.filter(questionnaire__code__startswith=CODE, waves=None)
    versions.delete()
    Questionnaire.objects.filter(code__startswith=CODE, versions=None).delete()
    _remove_unused_indicators()
    return {"waves": len(waves), "responses": len(keys)}

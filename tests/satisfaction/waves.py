"""Waves that are planned and drawn, and owners who can be asked."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from customers.models import CustomerUnit
from regions.models import OrgUnit
from satisfaction.models import Item, ItemRole, Questionnaire, QuestionnaireVersion, Sample, Wave
from satisfaction.services.quotas import set_quotas
from satisfaction.services.waves import plan_wave
from tests.factories import make_customer

TODAY = timezone.localdate
STAGE_DAYS = {"owner_to_be": None, "settling_in": 100, "stable": 500, "long_standing": 1200}
_phones = iter(range(13_900_000_000, 13_999_999_999))


def make_version(kind: str = "owners", code: str = "owners") -> QuestionnaireVersion:
    """A version that asks for overall satisfaction alone."""
    questionnaire, _made = Questionnaire.objects.get_or_create(
        code=code, defaults={"kind": kind, "title": "业主满意度"}
    )
    version, made = QuestionnaireVersion.objects.get_or_create(
        questionnaire=questionnaire, number=1
    )
    if made:
        Item.objects.create(
            version=version, position=1, role=ItemRole.OVERALL, name="总体", low=1, high=5
        )
    return version


def make_owner(unit: OrgUnit, stage: str = "stable", *, phone: bool = True, **more: Any) -> Any:
    """Somebody who owns in a project and stands in a stage today."""
    number = {"phone": f"+86{next(_phones)}"} if phone else {}
    customer = make_customer(unit=unit, **number, **more)
    place_dates(customer, unit, stage)
    return customer


def place_dates(customer: Any, unit: OrgUnit, stage: str) -> None:
    """Give the place of an owner the dates of a stage."""
    days = STAGE_DAYS[stage]
    dates = {"signed_on": date(2020, 1, 1)}
    if days is not None:
        dates["handed_over_on"] = timezone.localdate() - timedelta(days=days)
    CustomerUnit.objects.filter(customer=customer, unit=unit).update(**dates)


def make_wave(unit: OrgUnit, code: str = "W1", **more: Any) -> Wave:
    """A planned wave that draws as many as are wanted, and as many reserves again."""
    given = {"expected_response": 100, "reserve_share": 100, "title": code} | more
    return plan_wave(code=code, unit=unit, version=make_version(), by=None, **given)


def quota(wave: Wave, unit: OrgUnit, wanted: int, stage: str = "stable") -> None:
    """One quota and no other."""
    set_quotas(wave, {(unit.pk, stage): wanted}, by=None)


def listed(wave: Wave) -> list[tuple]:
    """The drawn list as it reads: project, stage, place, state, customer."""
    rows = Sample.objects.filter(wave=wave).order_by("unit_id", "stage", "position")
    return list(rows.values_list("unit_id", "stage", "position", "state", "customer_id"))

"""The reading side of the demonstration: figures that are added up, saved reports of which one is
sent, what units wrote about the month before; and how all that goes again."""

from datetime import time
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import RoleGrant, User
from compliance.months import month_of, months_later
from customers.demo.histories import forget_history
from customers.demo.parts import Gone, Part, Scene, register
from regions.models import Kind, OrgUnit
from reports.builder.schedules import save_schedule
from reports.builder.services import save_report
from reports.metrics.rollups import nightly, rebuild, reseal
from reports.models import (
    Audience,
    ClosedMonth,
    Commentary,
    Form,
    Mark,
    Rhythm,
    Rollup,
    RollupState,
    SavedReport,
    Seal,
    ServiceMeasure,
)
from reports.standard.catalogue import STANDARDS
from reports.standard.commentaries import (
    receive_commentary,
    receivers_of,
    submit_commentary,
    write_commentary,
)
from reports.standard.service_entries import enter_measure

# What cities wrote, and what the region above said: None, nothing yet.
WRITTEN = (
    (
        "本月新签业主以改善型家庭为主，重点客户保持稳定。资料完整度最低的两个项目已安排专人补录，"
        "下月底前完成；对三个月未联系的战略客户逐户回访。",
        (True, "分析到位，请按计划落实补录。"),
    ),
    (
        "客户总数增长放缓，流失集中在交付后第二年。建议把物业费诉求的首次回应提前到当日。",
        (False, "请补充流失客户的去向和具体原因。"),
    ),
    ("企业客户采购集中于前五家，占比偏高，下季度计划新开发两家本地客户。", None),
)


# What no record knows of the service: measure, value, where it comes from.
MEASURES = (
    ("value_added", "6", "增值服务目录"),
    ("delivered", "93.5", "送货签收单"),
    ("ease", "4.2", "本月电话回访，38 份"),
    ("tracked", "88", "售后台账"),
)
MEASURED = 3  # cities

# Saved for everybody, the first of them sent every month.
REPORTS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "各区域投诉类别（近 90 天）",
        {
            "subject": "cases",
            "filters": [{"field": "taken_in_at", "op": "span", "value": "last_90"}],
            "groups": ["region", "top"],
            "measures": ["count", "mean:rating"],
            "chart": "bars",
        },
    ),
    (
        "本年费用按类别",
        {
            "subject": "expenses",
            "filters": [{"field": "applied_on", "op": "span", "value": "this_year"}],
            "groups": ["category"],
            "measures": ["count", "sum:approved", "sum:paid"],
            "chart": "bars",
        },
    ),
)


def write_figures(_cursor: Any, scene: Scene) -> dict[str, int]:
    """Add up everything, so that the dashboard is not empty."""
    rebuild()
    nightly()
    _write_reports(scene)
    _write_commentaries()
    _write_measures()
    return {}


def _write_reports(scene: Scene) -> None:
    by = User.objects.get(pk=scene.chosen["group-function"].key)
    saved = [
        save_report(by=by, name=name, definition=asked, audience=Audience.ALL)
        for name, asked in REPORTS
    ]
    rhythm = {"rhythm": Rhythm.MONTHLY_WORKING, "day": 1, "at": time(8, 30), "working_days": True}
    save_schedule(by=by, report=saved[0], facts={**rhythm, "form": Form.LINK}, people=[by])


def _write_commentaries() -> None:
    """Cities write about their customers of the month before; one word of the region each."""
    month = f"{months_later(month_of(timezone.localdate()), -1):%Y-%m}"
    cities = OrgUnit.objects.filter(kind=Kind.CITY, parent__kind=Kind.REGION).order_by("path")
    for city, (text, word) in zip(cities, WRITTEN, strict=False):
        heads = RoleGrant.objects.now().filter(role__code="section-head", unit=city)
        by = User.objects.active().filter(pk__in=heads.values("user")).order_by("pk").first()
        if by is None:
            continue
        report = STANDARDS["customer-analysis"]
        row = write_commentary(standard=report, unit=city, period=month, text=text, by=by)
        row = submit_commentary(row, by=by)
        above = [one for one in receivers_of(city) if one.pk != by.pk]
        if word is not None and above:
            receive_commentary(row, by=above[0], accept=word[0], note=word[1])


def _write_measures() -> None:
    """What some cities said of their service in the month before; the others have yet to."""
    today = timezone.localdate()
    month = f"{months_later(month_of(today), -1):%Y-%m}"
    cities = OrgUnit.objects.filter(kind=Kind.CITY, parent__kind=Kind.REGION).order_by("path")
    for city in cities[:MEASURED]:
        heads = RoleGrant.objects.now().filter(role__code="section-head", unit=city)
        by = User.objects.active().filter(pk__in=heads.values("user")).order_by("pk").first()
        if by is None:
            continue
        for item, value, source in MEASURES:
            enter_measure(
                unit=city,
                period=month,
                item=item,
                value=Decimal(value),
                source=source,
                known_on=month_of(today),
                by=by,
            )


def remove_figures(cursor: Any, gone: Gone) -> dict[str, int]:
    """Forget the figures of units that go, and that months of nobody else's were closed: what is
    entered into such a month later would else count as having come too late. Marks that the
    removal leaves are used up later."""
    SavedReport.objects.filter(owner__in=gone.people).delete()
    Commentary.objects.filter(unit__in=gone.units).delete()
    measures = ServiceMeasure.objects.filter(unit__in=gone.units)
    keys = list(measures.values_list("pk", flat=True))
    measures.delete()
    forget_history(cursor, ServiceMeasure, keys)
    Rollup.objects.filter(unit__in=gone.units).delete()
    reseal()
    Mark.objects.filter(unit_id__in=gone.units).delete()
    frozen = Rollup.objects.filter(frozen=True).values("starts_on")
    ClosedMonth.objects.exclude(month__in=frozen).delete()
    if not Rollup.objects.exists():
        RollupState.objects.all().delete()
        Seal.objects.all().delete()
    return {}


register(
    Part(
        write=write_figures,
        remove=remove_figures,
        titles={},
        histories=(
            "reports.ServiceMeasure:delete_delete",
            "reports.ServiceMeasureEvent:append_only",
        ),
    )
)

"""The figures of the demonstration: added up when it is loaded, forgotten when it goes; and what
units wrote about those of the month before."""

from typing import Any

from django.utils import timezone

from accounts.models import RoleGrant, User
from compliance.months import month_of, months_later
from customers.demo.parts import Gone, Part, Scene, register
from regions.models import Kind, OrgUnit
from reports.metrics.rollups import nightly, rebuild, reseal
from reports.models import ClosedMonth, Commentary, Mark, Rollup, RollupState, Seal
from reports.standard.catalogue import STANDARDS
from reports.standard.commentaries import (
    receive_commentary,
    receivers_of,
    submit_commentary,
    write_commentary,
)

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


def write_figures(_cursor: Any, _scene: Scene) -> dict[str, int]:
    """Add up everything, so that the dashboard is not empty."""
    rebuild()
    nightly()
    _write_commentaries()
    return {}


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


def remove_figures(_cursor: Any, gone: Gone) -> dict[str, int]:
    """Forget the figures of units that go, and that months of nobody else's were closed: what is
    entered into such a month later would else count as having come too late. Marks that the
    removal leaves are used up later."""
    Commentary.objects.filter(unit__in=gone.units).delete()
    Rollup.objects.filter(unit__in=gone.units).delete()
    reseal()
    Mark.objects.filter(unit_id__in=gone.units).delete()
    frozen = Rollup.objects.filter(frozen=True).values("starts_on")
    ClosedMonth.objects.exclude(month__in=frozen).delete()
    if not Rollup.objects.exists():
        RollupState.objects.all().delete()
        Seal.objects.all().delete()
    return {}


register(Part(write=write_figures, remove=remove_figures, titles={}))

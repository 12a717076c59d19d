"""Contracts of business customers, their payments, what may come next; sales targets."""

import datetime as dt
import random
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.demo.parts import Gone, Part, Scene, register
from customers.models import (
    Contract,
    ContractStatus,
    CustomerKind,
    CustomerUnit,
    Opportunity,
    SalesTarget,
    Transaction,
)
from customers.services import (
    add_instalment,
    add_receipt,
    save_contract,
    save_opportunity,
    set_target,
)
from regions.models import OrgUnit

MOST = 14  # customers with contracts
TITLES = (
    "写字楼租赁合同",
    "物业服务合同",
    "员工公寓团租协议",
    "会议场地年度框架协议",
    "绿植养护合同",
)
HOPES = (
    ("二期写字楼扩租", "需求确认"),
    ("员工公寓续签", "商务谈判"),
    ("年会场地预订", "初步接触"),
    ("园区绿化承包", "方案报价"),
    ("停车月卡批量采购", "赢单"),
    ("商铺联合推广", "输单"),
)
CHECKERS = ("法务 李敏", "法务 周航", "合同管理 陈洁")
LOST = "对方预算取消，明年再议。"
HALF_YEAR = 182
KINDS: tuple[tuple[str, Any], ...] = (
    ("contracts", Contract),
    ("opportunities", Opportunity),
    ("sales_targets", SalesTarget),
)


def write_deals(cursor: Any, scene: Scene) -> dict[str, int]:
    """A contract of each of some customers with four instalments, mostly paid; opportunities."""
    draw = random.Random(scene.seed)  # noqa: S311  the same demonstration each time
    keys = [one.key for one in scene.archive.clients if one.kind == CustomerKind.ORGANISATION]
    found = CustomerUnit.objects.filter(customer__in=keys, keeper__isnull=False)
    found = found.select_related("customer", "unit", "keeper").order_by("customer_id", "pk")
    places = list({place.customer_id: place for place in found}.values())[:MOST]
    today = timezone.localdate(scene.now)
    for number, place in enumerate(places):
        _contract(place, number, today, draw)
        title, stage = HOPES[number % len(HOPES)]
        save_opportunity(
            None,
            by=place.keeper,
            place=place,
            stage=stage,
            title=title,
            expected_amount=Decimal(draw.randrange(5, 90) * 10_000),
            expected_on=today + dt.timedelta(days=draw.randrange(20, 200)),
            lost_reason=LOST if stage == "输单" else "",
        )
    targets = _targets(places, today, draw)
    return {"contracts": len(places), "opportunities": len(places), "sales_targets": targets}


def _targets(places: list[CustomerUnit], today: dt.date, draw: random.Random) -> int:
    """Of the products that each subsidiary sells most of this year, and of a few customers."""
    year, count = today.year, 0
    for region in sorted({place.region_id for place in places if place.region_id}):
        unit = OrgUnit.objects.get(pk=region)
        here = CustomerUnit.objects.filter(region=region).values("customer")
        sales = Transaction.objects.filter(customer__in=here, on__year=year).order_by()
        sums = sales.values_list("product").annotate(sum=Sum("amount")).order_by("-sum")
        for product, amount in sums[:4]:
            _aim(unit, year, amount * Decimal(draw.randrange(85, 150)) / 100, product=product)
            count += 1
    for place in places[:5]:
        sold = place.customer.transactions.filter(on__year=year).aggregate(sum=Sum("amount"))
        _aim(place.unit, year, (sold["sum"] or 50_000) * Decimal("1.2"), customer=place.customer)
        count += 1
    return count


def _aim(unit: OrgUnit, year: int, amount: Decimal, **of: Any) -> None:
    """A target in whole ten thousands, one at least."""
    set_target(
        unit, by=None, year=year, amount=max(round(amount / 10_000), 1) * Decimal(10_000), **of
    )


def _contract(place: CustomerUnit, number: int, today: dt.date, draw: random.Random) -> None:
    """Signed within the last year, in four parts a quarter of a year apart; every fourth customer
    is late with the latest of them."""
    who, part = place.keeper, Decimal(draw.randrange(3, 40) * 5000)
    signed = today - dt.timedelta(days=draw.randrange(120, 340))
    contract = save_contract(
        None,
        by=who,
        place=place,
        number=f"HT-{signed.year}-{number + 1:03}",
        title=TITLES[number % len(TITLES)],
        status=ContractStatus.RUNNING,
        amount=part * 4,
        signed_on=signed,
        valid_from=signed,
        valid_until=signed + dt.timedelta(days=2 * HALF_YEAR),
        checked_by=CHECKERS[number % len(CHECKERS)],
    )
    days = [signed + dt.timedelta(days=30 + 91 * turn) for turn in range(4)]
    for day in days:
        add_instalment(contract, by=who, due_on=day, amount=part)
    past = [day for day in days if day < today]
    for turn, day in enumerate(past if number % 4 else past[:-1]):
        on = min(day + dt.timedelta(days=draw.randrange(-5, 12)), today)
        reference = f"SK{signed.year}{number + 1:03}{turn + 1}"
        add_receipt(contract, by=who, on=on, amount=part, reference=reference)


def remove_deals(cursor: Any, gone: Gone) -> dict[str, int]:
    """Contracts with their payments, and opportunities, of the customers who go."""
    counts = {}
    for word, model in KINDS:
        of_theirs = Q(customer__in=gone.customers) | Q(unit__in=gone.units)
        rows = model._default_manager.filter(of_theirs)
        counts[word] = rows.count()
        rows.delete()
    return counts


register(
    Part(
        write_deals,
        remove_deals,
        {
            "contracts": _("Contracts"),
            "opportunities": _("Opportunities"),
            "sales_targets": _("Sales targets"),
        },
    )
)

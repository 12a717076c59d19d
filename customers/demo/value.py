"""Sheets of a few business customers: demand, credit, delivered value; and customers who left."""

import datetime as dt
import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Max, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from approvals.selectors.people import heads
from customers.demo.parts import Gone, Part, Scene, register
from customers.models import (
    CreditSheet,
    CustomerKind,
    CustomerUnit,
    Demand,
    DemandSource,
    Loss,
    Transaction,
    ValueSheet,
)
from customers.models.value import COSTS, VALUES
from customers.services import assess_credit, judge_value, record_loss, save_demand, win_back
from customers.services.value import CRITERIA
from regions.policies import policy

SHEETS: tuple[Any, ...] = (Demand, CreditSheet, ValueSheet)
MOST = 16  # customers with sheets
RIVALS = ("宏远置业", "嘉和物业", "中盛商管", "万顺地产")
GROUNDS = "查阅近三年付款台账与对公征信，现场走访其经营场所；往来无逾期。"
SAID = "物业响应快、对接人稳定；流程环节偏多，报批等待较长。"
WON = "区域负责人拜访，调整了报价与对接人。"
LOST = (
    ("价格", "竞争对手", "续租报价高于同片区一成。"),
    ("服务不到位", "竞争对手", "三个月内更换两任对接人，客户多次反映无人跟进。"),
    ("客户需求变化", "停止购买", "总部统一采购，不再单独购买。"),
    ("客户经营困难或停业", "停业注销", "门店关闭，欠款已结清。"),
    ("竞争对手争取", "竞争对手", "对方免三个月租金。"),
    ("联系中断", "去向不明", "半年未联系，电话停机。"),
    ("交付或供货不及时", "竞争对手", "两次延期进场。"),
    ("迁址或出售房产", "迁往外地", "总部迁往外省。"),
)


def write_value(cursor: Any, scene: Scene) -> dict[str, int]:
    """Sheets of the business customers who bought most lately, and losses of some who stopped."""
    draw = random.Random(scene.seed)  # noqa: S311  the same demonstration each time
    keys = [one.key for one in scene.archive.clients if one.kind == CustomerKind.ORGANISATION]
    found = CustomerUnit.objects.filter(customer__in=keys, keeper__isnull=False)
    found = found.select_related("customer", "unit", "keeper").order_by("customer_id", "pk")
    places = {place.customer_id: place for place in found}
    today = timezone.localdate(scene.now)
    sums = _bought(list(places), dt.date(today.year, 1, 1))
    best = sorted(sums, key=lambda key: (-sums[key], key))[:MOST]
    for number, key in enumerate(best):
        _sheets(places[key], sums[key], number, today, draw)
    chief = User.objects.get(pk=scene.chosen["section-head"].key)
    for key in best[: MOST - 4]:
        _credit(places[key], chief, today.year, draw)
    lost = _losses([place for key, place in places.items() if key not in best], today, draw)
    sheets = sum(model.objects.filter(customer__in=best).count() for model in SHEETS)
    return {"value_sheets": sheets, "losses": lost}


def _bought(keys: list[int], since: dt.date) -> dict[int, Decimal]:
    """What customers bought since a day, of those who bought anything."""
    rows = Transaction.objects.filter(customer__in=keys, on__gte=since).order_by()
    sums = dict(rows.values_list("customer").annotate(sum=Sum("amount")))
    return {key: amount for key, amount in sums.items() if amount > 0}


def _sheets(
    place: CustomerUnit, bought: Decimal, number: int, today: dt.date, draw: random.Random
) -> None:
    """What he buys in all, of one product by name now and then; how he judges us, and a rival."""
    who, customer = place.keeper, place.customer
    times = Decimal(str(round(draw.uniform(1.4, 5.5), 2)))
    whole = (bought * times / 1000).quantize(1)
    method = draw.choice(DemandSource.values)
    save_demand(customer, by=who, year=today.year, amount=whole * 1000, method=method)
    product = customer.transactions.order_by("-amount").values_list("product", flat=True).first()
    if product and number % 2 == 0:
        part = (whole * Decimal("0.6")).quantize(1) * 1000
        save_demand(customer, by=who, year=today.year, amount=part, method=method, product=product)
    judge_value(customer, by=who, year=today.year, points=_points(draw, 6, 3), note=SAID)
    if number % 3 == 0:
        rival = RIVALS[number // 3 % len(RIVALS)]
        points = _points(draw, 6, 3)
        judge_value(customer, by=who, year=today.year, points=points, offer=rival)


def _points(draw: random.Random, value: int, cost: int) -> dict[str, int]:
    near = {part: value + draw.randrange(-1, 4) for part in VALUES}
    return near | {part: cost + draw.randrange(-2, 4) for part in COSTS}


def _credit(place: CustomerUnit, chief: User, year: int, draw: random.Random) -> None:
    """An assessment of this year, for half of them one of the year before too."""
    by = next(iter(heads(place.unit)), chief)
    level = draw.uniform(0.55, 0.98)
    for of, part in ((year - 1, level - 0.04), (year, level)):
        if of < year and draw.random() < 0.5:
            continue
        points = {
            row["word"]: (row["most"] * Decimal(str(round(part, 2)))).quantize(Decimal("0.5"))
            for row in policy(CRITERIA)
        }
        assess_credit(place.customer, by=by, year=of, points=points, remark=GROUNDS)


def _losses(places: Sequence[CustomerUnit], today: dt.date, draw: random.Random) -> int:
    """Customers who stopped buying within a year; two of them came back."""
    rows = Transaction.objects.filter(customer__in=[place.customer_id for place in places])
    last = dict(rows.order_by().values_list("customer").annotate(day=Max("on")))
    days = {key: day + dt.timedelta(days=60) for key, day in last.items()}
    since = today - dt.timedelta(days=340)
    gone = [one for one in places if since <= days.get(one.customer_id, today) < today]
    gone.sort(key=lambda place: days.get(place.customer_id, since))
    for number, (place, (cause, where, note)) in enumerate(zip(gone, LOST, strict=False)):
        loss = record_loss(
            place,
            by=place.keeper,
            lost_on=days.get(place.customer_id, since),
            cause=cause,
            direction=where,
            competitor=draw.choice(RIVALS) if where == "竞争对手" else "",
            note=note,
        )
        if number in (0, 4):
            back = min(loss.lost_on + dt.timedelta(days=45), today)
            win_back(loss, by=place.keeper, on=back, how=WON)
    return min(len(gone), len(LOST))


def remove_value(cursor: Any, gone: Gone) -> dict[str, int]:
    """The sheets and losses of the customers who go."""
    sheets = 0
    for model in SHEETS:
        deleted, _models = model.objects.filter(customer__in=gone.customers).delete()
        sheets += deleted
    losses, _models = Loss.objects.filter(customer__in=gone.customers).delete()
    return {"value_sheets": sheets, "losses": losses}


register(
    Part(
        write_value,
        remove_value,
        {"value_sheets": _("Sheets of customers"), "losses": _("Lost customers")},
    )
)

"""Gifts, key dates and customer events of the demonstration."""

import datetime as dt
from decimal import Decimal
from random import Random

from django.utils import timezone

from accounts.models import User
from customers.demo.organisation import Unit
from customers.demo.parts import Scene
from customers.models import Customer
from expenses.models import Category, DateKind, EventKind
from expenses.services import events, gifts, key_dates
from regions.models import OrgUnit

GIFTS = (
    ("茶叶礼盒", "260.00", 24, False),
    ("保温杯", "68.00", 60, True),
    ("月饼礼盒", "98.00", 3, False),
    ("自有产品套装", "180.00", 15, True),
)
DATES = (
    (DateKind.ANNIVERSARY, "公司成立周年庆", 5, "gift", "1800.00"),
    (DateKind.YEAR_END, "年终答谢会", 18, "event", "2800.00"),
    (DateKind.WEDDING, "儿子婚礼", 9, "family", "500.00"),
    (DateKind.FAMILY, "母亲八十寿辰", 25, "family", "300.00"),
)
EVENTS = (
    (EventKind.PARTY, "重阳敬老茶话会", -20, "社区活动室", 35),
    (EventKind.FORUM, "交付前业主座谈会", -6, "营销中心二楼", 22),
    (EventKind.GROUP, "装修标准专题协商", 8, "项目会议室", 12),
)
MINUTES = "介绍了近期工程进度和物业接管安排；业主提出增设儿童活动区，承诺两周内答复。"


def write_gifts(scene: Scene, unit: Unit) -> int:
    """A stock in the city of the project that is shown."""
    place = OrgUnit.objects.get(pk=unit.parent.key if unit.parent else unit.key)
    by = User.objects.get(pk=scene.chosen["section-head"].key)
    for name, price, count, own in GIFTS:
        gift = gifts.create(place, name=name, price=Decimal(price), is_own_product=own, by=by)
        gifts.receive(gift, quantity=count, by=by, reason="年度采购入库")
    return len(GIFTS)


def write_dates(scene: Scene, units: list[Unit], guests: dict[int, list[int]]) -> int:
    """Days that come round in the next weeks, for customers of some projects."""
    categories = {one.code: one for one in Category.objects.all()}
    count = 0
    for shift, unit in enumerate(units):
        owner = User.objects.get(pk=unit.officers[0].key)
        place = OrgUnit.objects.get(pk=unit.key)
        people = Customer.objects.in_bulk(guests[unit.key][: len(DATES)])
        for (kind, title, days, code, amount), customer in zip(
            DATES, people.values(), strict=False
        ):
            day = timezone.localdate() + dt.timedelta(days=days + shift)
            key_dates.save(
                by=owner,
                unit=place,
                customer=customer,
                kind=kind,
                title=title,
                month=day.month,
                day=day.day,
                owner=owner,
                category=categories[code],
                amount=Decimal(amount),
            )
            count += 1
    return count


def write_events(scene: Scene, units: list[Unit], guests: dict[int, list[int]]) -> int:
    """Events that were held, with minutes, and one that is planned."""
    random, count = Random(scene.seed + 9), 0  # noqa: S311  invented data
    for unit in units[:2]:
        by = User.objects.get(pk=unit.officers[0].key)
        place = OrgUnit.objects.get(pk=unit.key)
        for kind, title, days, room, people in EVENTS:
            known = list(Customer.objects.in_bulk(guests[unit.key]).values())
            invited = random.sample(known, min(len(known), 5))
            event = events.save(
                by=by,
                unit=place,
                kind=kind,
                title=title,
                starts_at=timezone.now().replace(hour=6, minute=0, second=0, microsecond=0)
                + dt.timedelta(days=days),
                place=room,
                people=people,
                customers=[(one, None) for one in invited],
            )
            if days < 0:
                came = {one.pk for one in invited[:4]}
                events.hold(event, by=by, minutes=MINUTES, came=came, people=people - 3)
            count += 1
    return count

"""Three years of purchases of the business customers, with a season; some stay away, others
have not bought yet."""

import datetime as dt
import hashlib
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.bulk import copy_rows
from customers.demo.parts import Gone, Part, Scene, register
from customers.models import Customer, CustomerKind, Transaction, TransactionFile

MONTHS = 38
# How the months of a year sell, January first: little around the new year, much before its end.
SEASON = (6, 4, 9, 10, 11, 9, 7, 7, 12, 10, 12, 14)
PRODUCTS = (
    ("物业增值服务", 6_000),
    ("写字楼租赁", 42_000),
    ("会议场地", 3_500),
    ("员工公寓团租", 18_000),
    ("停车月卡团购", 1_200),
    ("绿植养护", 800),
    ("联合推广", 9_000),
)
# What a product costs us of its price; the files of some products never say it.
COSTS = {
    "物业增值服务": 0.72,
    "写字楼租赁": 0.55,
    "会议场地": 0.48,
    "员工公寓团租": 0.81,
    "停车月卡团购": 0.35,
    "绿植养护": 0.9,
}
BUSINESS = ("地区专营店", "地区批量销售店", "国际性用品商", "地区电气店", "")
IMPORTANT = ("战略客户", "重点客户")
TRUSTED = ("老客户介绍", "员工推荐")
COLUMNS = "customer_id on product quantity amount cost file_id row"


def write_purchases(cursor: Any, scene: Scene) -> dict[str, int]:
    """Purchases as one file brought them."""
    draw = random.Random(scene.seed)  # noqa: S311  the same demonstration each time
    firms = [one for one in scene.archive.clients if one.kind == CustomerKind.ORGANISATION]
    digest = hashlib.sha256(f"demonstration {scene.seed}".encode()).hexdigest()
    file = TransactionFile.objects.create(
        digest=digest, name="demo", import_run_id=scene.run, created_at=scene.now
    )
    today = timezone.localdate(scene.now)
    bought = []
    for firm in firms:
        mine = list(_lines(firm.key, draw, today))
        # Which of them never bought anything does not change what the others buy.
        bought += mine if _buys(firm, random.Random(firm.code)) else []  # noqa: S311
    lines = list(_with_cost(bought, random.Random(scene.seed + 1)))  # noqa: S311  as above
    rows = ((*line, file.pk, number) for number, line in enumerate(lines, start=1))
    # "on" is a word of SQL.
    copy_rows(cursor, "customers_transaction", COLUMNS.replace(" on ", ' "on" '), rows)
    for firm in firms:
        word = draw.choice(BUSINESS)
        Customer.objects.filter(pk=firm.key).update(business_type=word)
    return {"purchases": len(lines)}


def _buys(firm: Any, draw: random.Random) -> bool:
    """Whether a firm is a customer yet: important ones, and those who were recommended, more."""
    chance = 0.45 + 0.3 * (firm.level in IMPORTANT) + 0.2 * (firm.source in TRUSTED)
    return draw.random() < chance


def _lines(
    customer: int, draw: random.Random, today: dt.date
) -> Iterator[tuple[int, dt.date, str, int, Decimal]]:
    """What one customer bought; some stopped months ago, some have only begun."""
    size = draw.paretovariate(1.2)
    began = draw.choice((MONTHS, MONTHS, MONTHS, draw.randrange(1, MONTHS)))
    ended = draw.choice((0, 0, 0, 0, draw.randrange(3, 20)))
    month = today.replace(day=1)
    for ago in range(MONTHS):
        if ended <= ago < began and draw.random() < SEASON[month.month - 1] / 16:
            day = min(month.replace(day=draw.randrange(1, 28)), today)
            product, price = draw.choice(PRODUCTS)
            quantity = draw.randrange(1, 6)
            amount = Decimal(int(price * quantity * min(size, 12) * draw.uniform(0.7, 1.3)))
            yield customer, day, product, quantity, amount
        month = (month - dt.timedelta(days=1)).replace(day=1)


def _with_cost(lines: list[tuple[Any, ...]], draw: random.Random) -> Iterator[tuple[Any, ...]]:
    """Lines with their cost; every customer has his own price, so that some bring a loss."""
    terms: dict[int, float] = {}
    for line in lines:
        customer, product, amount = line[0], line[2], line[4]
        part = COSTS.get(product)
        dear = terms.setdefault(customer, draw.choice((0.85, 0.95, 1.0, 1.05, 1.35)))
        known = part is not None and draw.random() < 0.95
        cost = Decimal(int(float(amount) * (part or 0) * dear)) if known else None
        yield (*line, cost)


def remove_purchases(cursor: Any, gone: Gone) -> dict[str, int]:
    """The purchases of the customers who go, and the files that brought nothing else."""
    deleted, _models = Transaction.objects.filter(customer__in=gone.customers).delete()
    TransactionFile.objects.filter(import_run__in=gone.runs, transactions__isnull=True).delete()
    return {"purchases": deleted}


register(Part(write_purchases, remove_purchases, {"purchases": _("Purchases")}))

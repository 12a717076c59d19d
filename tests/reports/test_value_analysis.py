"""Share of wallet, losses, credit and delivered value: by hand, a second way, in scope."""

import datetime as dt
import random
from collections import Counter, defaultdict
from decimal import Decimal
from fractions import Fraction

import pytest
from django.urls import reverse
from django.utils import timezone

from compliance.models import Nomination
from customers.models import Customer, CustomerUnit, Loss
from customers.models.losses import LossQuerySet
from customers.models.value import SheetQuerySet
from customers.services import save_demand, win_back
from regions.models import OrgUnit
from reports.analysis.losses import by_cause, by_direction, composition, losses
from reports.analysis.sheets import credit, delivered
from reports.analysis.tables import GROUPS, METHODS
from reports.analysis.tables_portfolio import TITLES
from reports.analysis.wallet import passed, wallet
from tests.factories import (
    make_credit,
    make_loss,
    make_place,
    make_strategic,
    make_value,
    say,
)
from tests.reports.test_analysis import buy, firm
from tests.reports.test_portfolio import TODAY, asked

pytestmark = pytest.mark.django_db
KEYS = ("wallet", "losses", "credit", "delivered")
LONG_AGO = dt.date(2020, 1, 1)


def demand(customer, amount, product="", year=2026):
    save_demand(
        customer, by=None, year=year, amount=Decimal(amount), method="asked", product=product
    )


# --- share of wallet ------------------------------------------------------------------------------


def test_share_of_wallet_by_hand(world):
    """A demand of 365,000 is 181,000 by 30 June, the 181st of 365 days; 72,400 of it is 40 %."""
    day = dt.date(2026, 6, 30)
    one = firm(world.n1a, "C1", d2026_02_01=72_400, d2025_12_31=5, d2026_07_01=9)
    firm(world.n1a, "C2", d2026_03_01=17_600)
    demand(one, 365_000)
    found = wallet(asked(world.north, as_of=day))
    [line] = found.lines
    assert passed(day) == Decimal(181) / 365
    assert (line.demand, line.ours, line.open) == (181_000, 72_400, 108_600)
    assert (line.share, line.of_sales) == (0.4, 72_400 / 90_000)
    assert line.gap == pytest.approx(0.1)
    assert found.unknown == 1


def test_a_whole_year_is_compared_whole_and_the_units_own_share_holds(world):
    one = firm(world.n1a, "C1", d2025_02_01=100)
    demand(one, 400, year=2025)
    say(world.north, "customers.wallet_share", Decimal(20), since=LONG_AGO)
    [line] = wallet(asked(world.north, as_of=dt.date(2025, 12, 31))).lines
    assert (line.demand, line.share, line.wanted) == (400, 0.25, 0.2)
    assert wallet(asked(world.north, as_of=dt.date(2024, 12, 31))).lines == []


def test_products_compare_those_whose_demand_of_them_is_known(world):
    day = dt.date(2025, 12, 31)
    one, two = firm(world.n1a, "C1"), firm(world.n1a, "C2")
    for customer, product, amount in ((one, "泵", 30), (one, "阀", 10), (two, "泵", 500)):
        row = buy(customer, dt.date(2025, 5, 5), amount)
        type(row).objects.filter(pk=row.pk).update(product=product)
    demand(one, 60, "泵", year=2025)
    demand(one, 100, year=2025)
    demand(two, 1000, year=2025)
    found = wallet(asked(world.north, as_of=day))
    assert [(x.word, x.demand, x.ours, x.share) for x in found.products] == [("泵", 60, 30, 0.5)]
    assert [(x.code, x.share) for x in found.lines] == [("C2", 0.5), ("C1", 0.4)]
    assert len(found.months) == 12
    assert (found.months[4].demand, found.months[4].ours) == (Decimal(1100) / 12, 540)


def test_only_whole_months_stand_there(world):
    demand(firm(world.n1a, "C1"), 120)
    months = [
        [x.word for x in wallet(asked(world.north, as_of=day)).months]
        for day in (dt.date(2026, 1, 30), dt.date(2026, 1, 31), dt.date(2026, 3, 1))
    ]
    assert months == [[], ["1"], ["1", "2"]]


def test_share_of_wallet_against_a_second_computation(world):
    """Random purchases and demands, added up one by one with fractions."""
    draw = random.Random(7)  # noqa: S311
    firms = [firm(world.n1a, f"C{n}") for n in range(9)]
    bought: dict[str, Fraction] = defaultdict(Fraction)
    for _n in range(60):
        customer, day = draw.choice(firms), dt.date(2024, 7, 1) + dt.timedelta(draw.randrange(365))
        amount = Decimal(draw.randrange(-2000, 90_000)) / 100
        buy(customer, day, amount)
        if dt.date(2025, 1, 1) <= day <= dt.date(2025, 4, 10):
            bought[customer.code] += Fraction(amount)
    demands = {customer.code: draw.randrange(1, 9) * 1000 for customer in firms[:6]}
    for customer in firms[:6]:
        demand(customer, demands[customer.code], year=2025)
    found = wallet(asked(world.north, as_of=dt.date(2025, 4, 10)))
    total = sum(bought.values())
    part = Fraction(31 + 28 + 31 + 10, 365)
    assert {x.code for x in found.lines} == set(demands)
    for line in found.lines:
        mine = bought[line.code]
        assert line.share == pytest.approx(float(mine / (demands[line.code] * part)))
        assert line.of_sales == pytest.approx(float(mine / total))


# --- losses ---------------------------------------------------------------------------------------


def day(ago):
    return TODAY - dt.timedelta(days=ago)


def test_losses_by_hand(world):
    one = firm(world.n1a, "C1", "地区专营店", d2026_06_01=300, d2025_01_01=1000)
    two = firm(world.n1b, "C2", "地区专营店", d2026_01_01=50)
    three = firm(world.n1a, "C3")
    firm(world.n1a, "C4")
    Customer.objects.filter(pk__in=(one.pk, two.pk)).update(level="重点客户")
    make_loss(customer=one, lost_on=dt.date(2026, 7, 1), competitor="大河物资")
    back = make_loss(customer=two, lost_on=dt.date(2026, 2, 1), cause="联系中断")
    win_back(back, by=None, on=dt.date(2026, 5, 1))
    make_loss(customer=three, lost_on=day(364), cause="价格", direction="去向不明")
    for ago in (365, -0):
        customer = firm(world.s1a if ago == 0 else world.n1a, f"D{ago}")
        make_loss(customer=customer, lost_on=day(ago))
    lines = losses(asked(world.north))
    assert [(x.code, x.amount, x.back) for x in lines] == [
        ("C1", 300, False), ("C2", 50, True), ("C3", 0, False),
    ]  # fmt: skip
    assert [(x.word, x.lost, x.amount, x.back, x.within_control) for x in by_cause(lines)] == [
        ("价格", 2, 300, 0, True), ("联系中断", 1, 50, 1, True),
    ]  # fmt: skip
    assert [(x.word, x.lost, x.share) for x in by_direction(lines)] == [
        ("竞争对手", 2, 2 / 3), ("去向不明", 1, 1 / 3),
    ]  # fmt: skip
    parts = composition(asked(world.north), lines)
    assert [(x.word, x.lost, x.whole, x.rate) for x in parts["level"]] == [
        ("重点客户", 2, 2, 1.0), ("", 1, 3, 1 / 3),
    ]  # fmt: skip
    assert [(x.word, x.lost, x.whole) for x in parts["business_type"]] == [
        ("地区专营店", 2, 2), ("其他", 1, 3),
    ]  # fmt: skip
    assert [(x.word, x.lost, x.whole) for x in parts["unit"]] == [("北方公司", 3, 5)]


def test_two_units_of_one_name_are_not_added_up(client, world):
    OrgUnit.objects.filter(pk__in=(world.n1a.pk, world.n1b.pk)).update(name="同名项目")
    make_loss(customer=firm(world.n1a, "C1"), lost_on=day(3))
    for code in ("C2", "C3"):
        make_loss(customer=firm(world.n1b, code), lost_on=day(2))
    firm(world.n1b, "C4")

    question = asked(world.n1)
    parts = composition(question, losses(question))
    assert [(x.word, x.key, x.lost, x.whole) for x in parts["unit"]] == [
        ("同名项目", world.n1b.code, 2, 3), ("同名项目", world.n1a.code, 1, 1),
    ]  # fmt: skip

    client.force_login(world.north_head)
    at = {"unit": world.n1.code, "as_of": TODAY.isoformat()}
    page = client.get(reverse("reports:customer-analysis", args=["losses"]), at)
    shown = [one["table"] for one in page.context["tables"]]
    [table] = [one for one in shown if one.title == str(TITLES["unit"])]
    names = [f"同名项目 {unit.code}" for unit in (world.n1b, world.n1a)]
    assert [row[:2] for row in table.rows] == [(names[0], 2), (names[1], 1)]
    for url, codes in zip(table.links, (["C2", "C3"], ["C1"]), strict=True):
        shown = client.get(url).context["tables"][-1]["table"]
        assert sorted(row[1] for row in shown.rows) == codes
        assert "同名项目" in shown.title


def test_who_came_back_after_the_day_was_still_lost_on_it(world):
    customer = firm(world.n1a, "C1")
    loss = make_loss(customer=customer, lost_on=dt.date(2026, 2, 1))
    win_back(loss, by=None, on=dt.date(2026, 5, 1))
    for on, back in ((dt.date(2026, 4, 30), False), (dt.date(2026, 5, 1), True)):
        assert [x.back for x in losses(asked(world.north, as_of=on))] == [back]


def test_losses_against_a_second_computation(world):
    """Random losses of three units, counted one by one."""
    draw = random.Random(11)  # noqa: S311
    for n in range(30):
        customer = firm(draw.choice((world.n1a, world.n1b, world.s1a)), f"C{n:02}")
        for _n in range(draw.randrange(3)):
            buy(customer, day(draw.randrange(800)), draw.randrange(1, 500))
        if draw.random() < 0.7:
            cause = draw.choice(("价格", "联系中断", "其他"))
            make_loss(customer=customer, lost_on=day(draw.randrange(500)), cause=cause)
    counts, sums = Counter(), defaultdict(Decimal)
    for loss in Loss.objects.select_related("unit", "customer"):
        if loss.unit.path.startswith(world.north.path) and 0 <= (TODAY - loss.lost_on).days < 365:
            counts[loss.cause] += 1
            for row in loss.customer.transactions.all():
                if 0 <= (loss.lost_on - row.on).days < 365:
                    sums[loss.cause] += row.amount
    found = by_cause(losses(asked(world.north)))
    assert {x.word: (x.lost, x.amount) for x in found} == {
        word: (count, sums[word]) for word, count in counts.items()
    }
    assert len(found) == 3


# --- credit and delivered value -------------------------------------------------------------------


def test_credit_by_hand(world):
    """Of each criterion 80 % are 80 points and 2,000,000; 60 % are 60 points and 300,000."""
    one = firm(world.n1a, "C1", d2026_06_01=300)
    two = firm(world.n1a, "C2", d2026_06_01=40)
    firm(world.n1a, "C3", d2026_06_01=5)
    old = firm(world.n1a, "C4", d2026_06_01=2)
    make_credit(customer=one, year=2026)
    make_credit(customer=one, year=2025, part="0.7")
    make_credit(customer=two, year=2025, part="0.6")
    make_credit(customer=old, year=2024, part="0.6")
    make_credit(customer=two, year=2027)
    grades, lines = credit(asked(world.north))
    assert [(x.grade, x.customers, x.limit, x.amount) for x in grades] == [
        ("AA", 1, 2_000_000, 300), ("B", 2, 600_000, 42), ("", 2, None, 7),
    ]  # fmt: skip
    assert [(x.code, x.year, x.points, x.change) for x in lines] == [
        ("C1", 2026, 80, 10), ("C2", 2025, 60, None), ("C4", 2024, 60, None),
    ]  # fmt: skip


def test_delivered_value_by_hand(world):
    one, two = firm(world.n1a, "C1"), firm(world.n1a, "C2")
    make_value(customer=one, points="87653221")
    make_value(customer=one, points="99883333", offer="大河")
    make_value(customer=one, points="55555555", offer="小溪")
    make_value(customer=one, points="11111111", year=2025)
    make_value(customer=two, points="44442222", year=2025)
    make_value(customer=two, points="99990000", year=2026, offer="大河")
    parts, lines = delivered(asked(world.north))
    assert [(x.code, x.year, x.delivered, x.rival, x.lead) for x in lines] == [
        ("C2", 2025, 8, "", None), ("C1", 2026, 18, "大河", -4),
    ]  # fmt: skip
    product = parts[0]
    assert (product.part, product.ours, product.rivals) == ("product", 6.0, 7.0)


# --- pages ----------------------------------------------------------------------------------------


def fill(world):
    for unit, code in ((world.n1a, "C1"), (world.s1a, "QSOUTH")):
        customer = firm(unit, code, d2026_03_01=40)
        demand(customer, 9000 if code == "QSOUTH" else 500, "南方泵" if code == "QSOUTH" else "泵")
        make_credit(customer=customer, year=2026)
        make_value(customer=customer)
        make_loss(customer=customer, lost_on=dt.date(2026, 5, 1), competitor=f"{code}竞品")


@pytest.mark.parametrize("key", KEYS)
def test_every_page_keeps_the_readers_scope(client, world, key):
    fill(world)
    client.force_login(world.north_head)
    answer = client.get(
        reverse("reports:customer-analysis", args=[key]), {"as_of": TODAY.isoformat()}
    )
    text = answer.content.decode()
    assert not answer.context["is_empty"]
    assert answer.context["sentence"]
    assert ">C1<" in text
    assert not any(word in text for word in ("QSOUTH", "南方", "9,000"))


@pytest.mark.parametrize("key", KEYS)
def test_a_protection_switched_off_is_noticed(client, world, monkeypatch, key):
    """What the page would show if rows were not narrowed to the branch."""
    fill(world)
    for rows in (SheetQuerySet, LossQuerySet):
        monkeypatch.setattr(rows, "visible_to", lambda rows, *args: rows)
    client.force_login(world.north_head)
    answer = client.get(
        reverse("reports:customer-analysis", args=[key]), {"as_of": TODAY.isoformat()}
    )
    assert "QSOUTH" in answer.content.decode()


def test_staff_see_the_losses_of_customers_they_keep(world):
    mine, other = firm(world.n1a, "C1"), firm(world.n1a, "C2")
    CustomerUnit.objects.filter(customer=mine).update(keeper=world.north_clerk)
    make_place(customer=mine, unit=world.s1a)
    make_loss(customer=mine, unit=world.n1a)
    make_loss(customer=mine, unit=world.s1a)
    make_loss(customer=other)
    seen = Loss.objects.visible_to(world.north_clerk)
    assert [(x.customer, x.unit) for x in seen] == [(mine, world.n1a)]
    assert Loss.objects.visible_to(world.north_head).count() == 2


def test_every_method_stands_in_one_group_and_the_page_offers_the_groups(client, world):
    keys = [key for _title, mine in GROUPS for key in mine]
    assert sorted(keys) == sorted(set(keys)) == sorted(METHODS)
    client.force_login(world.north_head)
    answer = client.get(reverse("reports:customer-analysis", args=["losses"]))
    assert [current for _title, _url, current in answer.context["groups"]].count(True) == 1
    assert len(answer.context["methods"]) == len(GROUPS[2][1])


@pytest.mark.parametrize("key", KEYS)
def test_the_number_of_queries_does_not_grow(client, world, django_assert_max_num_queries, key):
    fill(world)
    client.force_login(world.north_head)
    address, query = reverse("reports:customer-analysis", args=[key]), {"as_of": "2026-11-21"}
    client.get(address, query)
    with django_assert_max_num_queries(24) as first:
        client.get(address, query)
    for n in range(2, 8):
        customer = firm(world.n1a, f"C{n}", d2026_03_01=40)
        demand(customer, 500, "泵")
        make_credit(customer=customer, year=2026)
        make_value(customer=customer)
        make_loss(customer=customer, lost_on=dt.date(2026, 5, 1))
    with django_assert_max_num_queries(len(first)):
        client.get(address, query)


def test_sentences_count_all_customers_not_those_that_a_page_shows(client, world, monkeypatch):
    """A page with room for one row tells of both: 181,000 and 18,100 yuan of demand through
    30 June, 72,400 and 18,100 of it bought of us; 18 and 10 points delivered."""
    monkeypatch.setattr("reports.analysis.views.SHOWN", 1)
    one, two = firm(world.n1a, "C1", d2026_02_01=72_400), firm(world.n1a, "C2", d2026_02_01=18_100)
    demand(one, 365_000)
    demand(two, 36_500)
    make_value(customer=one)
    make_value(customer=two, points="66553333")
    client.force_login(world.north_head)
    for key, words in (
        ("wallet", "已知 2 家客户的总需求量，其中 45.5% 向我方购买；0 家低于要求。"),
        ("delivered", "2 家客户已评价，让渡价值平均 +14.0 分；其中 0 家竞争对手更高。"),
    ):
        assert _told(client, key) == words


def test_the_sentence_of_the_round_counts_all_who_were_nominated(client, world, monkeypatch):
    monkeypatch.setattr("reports.analysis.views.SHOWN", 1)
    for word in "甲乙":
        make_strategic(unit=world.n1a, by=world.north_clerk, leader=world.north_head, word=word)
    opened = Nomination.objects.get(customer__name="甲集团")
    Nomination.objects.filter(pk=opened.pk).update(mark=Decimal(48))
    client.force_login(world.north_head)
    told = _told(client, "evaluation", as_of=f"{timezone.localdate().year}-12-31")
    assert told == "本轮 2 位客户中有 1 位已评分。"


def _told(client, key, as_of="2026-06-30"):
    """The sentence of a page whose last table shows one row."""
    answer = client.get(reverse("reports:customer-analysis", args=[key]), {"as_of": as_of})
    assert len(answer.context["tables"][-1]["rows"]) == 1
    return answer.context["sentence"]

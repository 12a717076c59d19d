"""Who is likely to buy (VAL-15): the example by hand, a second, slow computation, the page."""

import datetime as dt
import hashlib
import math
import random
from collections import Counter, defaultdict
from decimal import Decimal

import pytest
from django.urls import reverse

from customers.models import Customer, Transaction
from reports.analysis import leads as scoring
from reports.analysis.tables import METHODS
from tests.factories import make_activity, make_customer, make_place, say
from tests.reports.test_analysis import buy, firm
from tests.reports.test_portfolio import asked

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 21)
LEAST = 5


@pytest.fixture
def few(world):
    """Five customers alike are enough to conclude from."""
    say(world.group, "reports.least_alike", LEAST, since=dt.date(2026, 1, 1))


def sourced(unit, letter, customers, buyers, **values):
    """So many firms of a source, of whom so many bought a pump for ¥1,000."""
    for number in range(customers):
        one = firm(unit, f"{letter}{number:02}")
        Customer.objects.filter(pk=one.pk).update(source=letter, **values)
        if number < buyers:
            row = buy(one, dt.date(2026, 3, 5), 1000)
            Transaction.objects.filter(pk=row.pk).update(product="泵")


def read(question):
    """Everything the page reads."""
    model = scoring.learn(question)
    found = scoring.needs(question, model)
    lines = scoring.leads(question, model, found)
    return model, found, lines, scoring.crosses(question, model, found)


def test_the_example_by_hand(world, few):
    """Of 8 recommended firms 6 bought, of 12 others 4: 7/12 ÷ 3/12 = 2.33 and 5/12 ÷ 9/12 = 0.56
    of even odds make 70 % and 35.7 %."""
    sourced(world.n1a, "荐", 8, 6)
    sourced(world.n1a, "访", 12, 4)
    sourced(world.s1a, "外", 30, 30)
    model, _found, lines, others = read(asked(world.north))
    factors = {x.word: x.factor for x in model.features if x.feature == "source"}
    assert factors == {"荐": pytest.approx(7 / 3), "访": pytest.approx(5 / 9)}
    assert [x.code for x in lines] == ["荐06", "荐07", *(f"访{n:02}" for n in range(4, 12))]
    assert [round(x.score, 4) for x in lines[1:3]] == [0.7, 0.3571]
    assert [x.word for x in lines[0].reasons if x.factor != 1] == ["荐"]
    assert (lines[0].need.product, lines[0].need.buyers, lines[0].need.of) == ("泵", 10, 10)
    assert [x.worth for x in lines[1:3]] == [Decimal("700.00"), Decimal("357.14")]
    assert [(x.word, x.customers, x.buyers, x.worth) for x in model.classes] == [
        ("organisation:其他", 20, 10, 500)
    ]
    assert others == []  # everybody who bought has the one product there is


def test_what_too_few_share_counts_for_nothing(world, few):
    """Four of a source say nothing, and four who did not buy let nobody be scored."""
    sourced(world.n1a, "荐", 9, 5)
    sourced(world.n1a, "访", 4, 0)
    model, _found, lines, _others = read(asked(world.north))
    assert {x.word: x.factor is None for x in model.features if x.feature == "source"} == {
        "荐": False, "访": True,
    }  # fmt: skip
    prior, factor = 6 / 9, (6 / 7) / (5 / 10)
    # One word of two: B 5, others 8, of whom the source is known of all.
    assert lines[0].code == "荐05"
    assert lines[0].score == pytest.approx(prior * factor / (1 + prior * factor))
    Customer.objects.filter(code__in=[f"访{n:02}" for n in range(4)]).delete()
    model, _found, lines, _others = read(asked(world.north))
    assert [(x.code, x.score, x.worth, x.reasons) for x in lines[:1]] == [("荐05", None, None, ())]
    assert lines[0].need.product == "泵"


def test_potential_is_no_reason_and_contacts_count_before_the_purchase(world, few):
    """What is called potential is not known; a contact after the purchase did not lead to it."""
    sourced(world.n1a, "荐", 12, 6, level="潜在客户")
    first = Customer.objects.get(code="荐00")
    march = [dt.date(2026, 3, day) for day in (3, 4, 5)]
    for day in (*march, dt.date(2025, 3, 4)):
        at = dt.datetime.combine(day, dt.time(4), dt.UTC)
        make_activity(customer=first, by=world.north_clerk, at=at)
    model = scoring.learn(asked(world.north))
    assert {x.feature for x in model.features} == {"source", "part", "contacts"}
    counts = {x.word: (x.customers, x.buyers) for x in model.features if x.feature == "contacts"}
    assert counts == {"0": (11, 5), "1": (1, 1)}


def test_a_sibling_sees_neither_the_customers_nor_their_purchases(client, world, few):
    sourced(world.n1a, "荐", 12, 6)
    client.force_login(world.south_head)
    page = client.get(reverse("reports:customer-analysis", args=["leads"]))
    assert page.context["is_empty"]
    client.force_login(world.north_head)
    page = client.get(reverse("reports:customer-analysis", args=["leads"]))
    assert len(page.context["tables"][0]["rows"]) == 6
    chosen = client.get(
        reverse("reports:customer-analysis", args=["leads"]), {"part": "organisation:其他"}
    )
    assert [len(one["rows"]) for one in chosen.context["tables"]] == [1, 0, 6]


# --- a second implementation ----------------------------------------------------------------------

WORDS = {
    "source": ("", "荐", "访", "标"),
    "industry": ("", "教育", "餐饮"),
    "business_type": ("", "地区专营店", "地区电气店"),
    "level": ("", "重点客户", "潜在客户"),
}
PRODUCTS = ("泵", "阀", "管", "")


@pytest.fixture
def crowd(world, few):
    """Firms and persons with chances of their own, in two regions, one in both."""
    draw, rows = random.Random(7), []
    for number in range(130):
        kind = "person" if number % 5 == 0 else "organisation"
        unit = draw.choice((world.n1a, world.n1b, world.s1a))
        one = make_customer(unit=unit, kind=kind, name=f"客户{number}", code=f"K{number:03}")
        values = {name: draw.choice(words) for name, words in WORDS.items()}
        values |= {"birth_year": draw.choice((None, 1960, 1985, 2000))}
        if kind == "person":
            values |= {"business_type": "", "industry": ""}
        Customer.objects.filter(pk=one.pk).update(**values)
        parts = {"N" if unit != world.s1a else "S"}
        if number == 3:
            make_place(customer=one, unit=world.s1a if parts == {"N"} else world.n1a)
            parts = {"N", "S"}
        bought, spoken = [], []
        chance = 0.25 + 0.4 * (values["source"] == "荐")
        for _n in range(draw.randrange(1, 4)):
            if draw.random() < chance:
                day = TODAY - dt.timedelta(days=draw.randrange(-5, 900))
                line = (day, draw.choice(PRODUCTS), draw.choice((100, 250, -40)))
                bought.append(line)
                row = buy(one, day, line[2])
                Transaction.objects.filter(pk=row.pk).update(product=line[1])
        for _n in range(draw.randrange(0, 5)):
            day = TODAY - dt.timedelta(days=draw.randrange(0, 500))
            spoken.append(day)
            at = dt.datetime.combine(day, dt.time(4), dt.UTC)
            make_activity(customer=one, by=world.north_clerk, unit=unit, at=at)
        rows.append((one, kind, values, parts, bought, spoken))
    return rows


def slow_rows(rows):
    """code → kind, features, whether he bought, his money and products."""
    started = min(day for row in rows for day in row[5])
    found = {}
    for one, kind, values, parts, bought, spoken in rows:
        before = [line for line in bought if line[0] <= TODAY]
        days = [day for day, _product, amount in before if amount > 0]
        until = min(days) if days else TODAY + dt.timedelta(days=1)
        touched = sum(until - dt.timedelta(days=365) <= day < until for day in spoken)
        features = {name: values[name] for name in ("source", "industry", "business_type")}
        features["level"] = values["level"].replace("潜在客户", "")
        age = None if values["birth_year"] is None else 2026 - values["birth_year"]
        features["age"] = {None: "", 66: "66", 41: "35", 26: "25"}[age]
        features["part"] = "".join(parts) if len(parts) == 1 else ""
        steps = "0" if not touched else "1" if touched < 3 else "3"
        features["contacts"] = "" if until <= started else steps
        word = (values["business_type"] or "其他") if kind != "person" else features["level"]
        found[one.code] = {
            "kind": kind,
            "class": f"{kind}:{word}",
            "features": features,
            "bought": bool(days),
            "amount": sum(amount for _day, _product, amount in before) if days else 0,
            "products": {p for _day, p, amount in before if amount > 0 and p} if days else set(),
            "lines": before,
            "held": int(hashlib.md5(one.code.encode()).hexdigest()[0], 16) < 4,
        }
    return found


def slow_factors(people):
    """(feature, word) → factor, learned from people of one kind."""
    found = {}
    for feature in ("source", "industry", "business_type", "level", "age", "part", "contacts"):
        yes, no = Counter(), Counter()
        for x in people:
            if x["features"][feature]:
                (yes if x["bought"] else no)[x["features"][feature]] += 1
        words = set(yes) | set(no)
        if min(yes.total(), no.total()) < LEAST:
            continue
        for word in words:
            if yes[word] + no[word] >= LEAST:
                found[feature, word] = ((yes[word] + 1) / (yes.total() + len(words))) / (
                    (no[word] + 1) / (no.total() + len(words))
                )
    return found


def slow_score(people, person):
    """The chance of one, learned from people."""
    yes = sum(x["bought"] for x in people)
    odds = (yes + 1) / (len(people) - yes + 1)
    factors = slow_factors(people)
    return odds * math.prod(factors.get(pair, 1) for pair in person["features"].items())


def slow_auc(people):
    """Every pair of a held-out buyer and a held-out other, compared."""
    taught = [x for x in people if not x["held"]]
    scores = {True: [], False: []}
    for x in people:
        if x["held"]:
            scores[x["bought"]].append(round(math.log(slow_score(taught, x)), 8))
    pairs = [(a > b) + (a == b) / 2 for a in scores[True] for b in scores[False]]
    return sum(pairs) / len(pairs), len(scores[True]), len(scores[False])


def slow_need(people, group):
    """Products of a class by how many of its buyers bought them."""
    buyers, money = Counter(), defaultdict(int)
    mine = [x for x in people if group in (x["class"], x["kind"]) and x["bought"]]
    for x in mine:
        for product in x["products"]:
            buyers[product] += 1
            money[product] += sum(amount for _d, p, amount in x["lines"] if p == product)
    order = sorted(buyers, key=lambda p: (-buyers[p], -money[p], p))
    return len(mine), [(p, buyers[p], money[p]) for p in order]


def test_everything_against_a_second_computation(world, crowd):
    people = slow_rows(crowd)
    model, _found, lines, others = read(asked(world.group))
    kinds = {
        kind: [x for x in people.values() if x["kind"] == kind]
        for kind in ("organisation", "person")
    }
    expected = {
        code: slow_score(kinds[x["kind"]], x) for code, x in people.items() if not x["bought"]
    }
    assert {x.code: x.score for x in lines} == {
        code: pytest.approx(odds / (1 + odds)) for code, odds in expected.items()
    }
    assert [x.score for x in lines] == sorted((x.score for x in lines), reverse=True)
    auc, yes, no = slow_auc(kinds["organisation"])
    check = model.kinds["organisation"].check
    assert (check.auc, check.buyers, check.others) == (pytest.approx(auc), yes, no)
    assert model.kinds["person"].check is None
    for line in lines:
        size, products = slow_need(people.values(), line.group)
        if size < LEAST:
            size, products = slow_need(people.values(), people[line.code]["kind"])
        assert (line.need.product, line.need.buyers, line.need.of) == (*products[0][:2], size)
    proposed = {}
    for code, x in people.items():
        size, products = slow_need(people.values(), x["class"])
        if size < LEAST:
            size, products = slow_need(people.values(), x["kind"])
        free = [p for p in products if p[1] >= LEAST and p[0] not in x["products"]]
        if x["bought"] and free:
            proposed[code] = (free[0][0], round(Decimal(free[0][2]) / size, 2))
    assert {x.code: (x.need.product, x.worth) for x in others} == proposed
    worths = defaultdict(lambda: [0, 0])
    for x in people.values():
        worths[x["class"]][0] += x["amount"]
        worths[x["class"]][1] += 1
    assert {x.word: x.worth for x in model.classes} == {
        word: Decimal(amount) / count for word, (amount, count) in worths.items()
    }


def test_the_page_says_what_the_scores_rest_on(client, world, crowd):
    client.force_login(world.boss)
    url = reverse("reports:customer-analysis", args=["leads"])
    page = client.get(url, {"as_of": asked(world.group).as_of.isoformat()})
    [who, _others, counts, classes] = [one["table"] for one in page.context["tables"]]
    check = scoring.learn(asked(world.group)).kinds["organisation"].check
    assert f"{check.auc * 100:.1f}%" in who.note
    assert all(row[4] or row[5] for row in who.rows if row[3] is not None)
    assert counts.rows
    assert classes.rows
    assert METHODS["leads"].sentence([who, _others, counts, classes]) == page.context["sentence"]

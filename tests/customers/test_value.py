"""Sheets of a customer: who may write them, what is refused, what pages and papers show."""

import datetime as dt
import io
from decimal import Decimal

import pypdf
import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from core.errors import Refused
from customers.models import CreditSheet, Demand, Loss, ValueSheet
from customers.selectors.value import value_file
from customers.services import (
    assess_credit,
    drop_demand,
    judge_value,
    record_loss,
    save_demand,
    win_back,
)
from customers.services.value import grade_of
from regions.policies import policy
from tests.factories import (
    make_credit,
    make_customer,
    make_loss,
    make_place,
    make_share,
    make_value,
    place_of,
    say,
)
from tests.reports.test_analysis import buy

pytestmark = pytest.mark.django_db
LONG_AGO = dt.date(2020, 1, 1)


@pytest.fixture
def firm(world):
    return make_customer(
        unit=world.n1a,
        kind="organisation",
        name="江城电器有限公司",
        code="C1",
        keeper=world.north_clerk,
    )


def demand(customer, by, amount, product="", year=2026):
    return save_demand(
        customer, by=by, year=year, amount=Decimal(amount), method="asked", product=product
    )


# --- demand ---------------------------------------------------------------------------------------


def test_the_same_year_and_product_again_replaces_what_was_noted(world, firm):
    demand(firm, world.north_clerk, 100)
    demand(firm, world.north_clerk, 250)
    demand(firm, world.north_clerk, 70, year=2025)
    assert sorted(Demand.objects.values_list("year", "amount")) == [
        (2025, Decimal(70)), (2026, Decimal(250)),
    ]  # fmt: skip


def test_all_he_buys_is_never_less_than_its_products(world, firm):
    demand(firm, world.north_clerk, 60, "泵")
    demand(firm, world.north_clerk, 40, "阀")
    with pytest.raises(Refused):
        demand(firm, world.north_clerk, 99)
    demand(firm, world.north_clerk, 100)
    with pytest.raises(Refused):
        demand(firm, world.north_clerk, 41, "阀")
    with pytest.raises(Refused):
        demand(firm, world.north_clerk, -1, "管")
    with pytest.raises(Refused):
        demand(firm, world.north_clerk, 1, year=1989)
    assert Demand.objects.count() == 3


def test_the_tab_shows_the_share_of_each_year(client, world, firm):
    demand(firm, world.north_clerk, 200)
    demand(firm, world.north_clerk, 80, "泵", year=2025)
    demand(firm, world.north_clerk, 20, "阀", year=2025)
    buy(firm, dt.date(2025, 5, 5), 25)
    buy(firm, dt.date(2026, 5, 5), 50)
    years = value_file(world.north_head, firm).demands
    assert [(x.year, x.demand, x.ours, x.share) for x in years] == [
        (2026, Decimal(200), Decimal(50), 0.25), (2025, Decimal(100), Decimal(25), 0.25),
    ]  # fmt: skip
    client.force_login(world.north_head)
    page = client.get(firm.get_absolute_url(), {"tab": "value"}).content.decode()
    assert "25.0%" in page


def test_a_line_noted_by_mistake_can_go(client, world, firm):
    row = demand(firm, world.north_clerk, 200)
    client.force_login(world.north_head)
    address = reverse("customers:demand-delete", args=[row.pk])
    assert client.get(address).status_code == 200
    assert Demand.objects.exists()
    assert client.post(address).status_code == 302
    assert not Demand.objects.exists()
    assert Entry.objects.filter(action="customer.demand_dropped").count() == 1


# --- losses ---------------------------------------------------------------------------------------


def test_a_loss_takes_its_words_from_the_catalogue_of_the_group(world, firm):
    place = place_of(firm)
    given = {"by": world.north_clerk, "lost_on": dt.date(2026, 3, 1)}
    for wrong in (
        {"cause": "天气", "direction": "竞争对手"},
        {"cause": "价格", "direction": "月球"},
    ):
        with pytest.raises(Refused):
            record_loss(place, **given, **wrong)
    say(world.group, "customers.loss_causes", ({"word": "天气", "side": "ours"},), since=LONG_AGO)
    loss = record_loss(place, **given, cause="天气", direction="竞争对手")
    assert (loss.within_control, loss.unit, loss.project_id) == (True, world.n1a, world.n1a.pk)


def test_nobody_is_lost_twice_at_once_or_tomorrow(world, firm):
    today = timezone.localdate()
    with pytest.raises(Refused):
        make_loss(customer=firm, by=world.north_clerk, lost_on=today + dt.timedelta(days=1))
    loss = make_loss(customer=firm, by=world.north_clerk, lost_on=today - dt.timedelta(days=9))
    with pytest.raises(Refused):
        make_loss(customer=firm, by=world.north_clerk)
    with pytest.raises(Refused):
        win_back(loss, by=world.north_clerk, on=today - dt.timedelta(days=10))
    with pytest.raises(Refused):
        win_back(loss, by=world.north_clerk, on=today + dt.timedelta(days=1))
    win_back(loss, by=world.north_head, on=today, how="总经理拜访")
    with pytest.raises(Refused):
        win_back(loss, by=world.north_head, on=today)
    again = make_loss(customer=firm, by=world.north_clerk)
    assert list(Loss.objects.still()) == [again]


def test_the_database_refuses_two_open_losses_and_a_return_before(world, firm):
    loss = make_loss(customer=firm, by=world.north_clerk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Loss.objects.filter(pk=loss.pk).update(won_back_on=loss.lost_on - dt.timedelta(days=1))
    loss.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        loss.save(force_insert=True)


def test_the_customers_page_tells_of_the_loss_and_the_return(client, world, firm):
    client.force_login(world.north_head)
    page = client.get(firm.get_absolute_url()).content.decode()
    address = reverse("customers:loss-new", args=[firm.pk])
    assert address in page
    given = {
        "place": place_of(firm).pk, "lost_on": "2026-03-01", "cause": "价格",
        "direction": "竞争对手", "competitor": "大河物资",
    }  # fmt: skip
    assert client.post(address, given).status_code == 302
    page = client.get(firm.get_absolute_url()).content.decode()
    assert "大河物资" in page
    assert address not in page
    loss = Loss.objects.get()
    back = reverse("customers:loss-won-back", args=[loss.pk])
    assert back in client.get(firm.get_absolute_url(), {"tab": "value"}).content.decode()
    assert client.post(back, {"on": "2026-02-01"}).status_code == 422
    assert client.post(back, {"on": "2026-04-01", "how": "新报价"}).status_code == 302
    assert "新报价" in client.get(firm.get_absolute_url()).content.decode()
    assert client.get(back).status_code == 404


# --- credit ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "grade", "limit"),
    [
        ("100", "AAA", 5_000_000), ("90", "AAA", 5_000_000), ("89.9", "AA", 2_000_000),
        ("60", "B", 300_000), ("59.9", "C", 0), ("0", "C", 0),
    ],
)  # fmt: skip
def test_the_grade_follows_from_the_points(points, grade, limit):
    assert grade_of(Decimal(points), policy("customers.credit_grades")) == (grade, limit)


def test_an_assessment_keeps_the_criteria_of_its_day(world, firm):
    """30, 25, 15, 15, 10 and 5 points at most: eight tenths of each are 80 points, grade AA."""
    sheet = make_credit(customer=firm, by=world.north_head)
    assert (sheet.points, sheet.grade, sheet.limit) == (Decimal("80.0"), "AA", 2_000_000)
    new = ({"word": "只看付款", "most": Decimal(100)},)
    say(world.group, "customers.credit_criteria", new)
    sheet.refresh_from_db()
    assert sheet.lines[0] == {"word": "履约与付款记录", "most": "30", "points": "24.0"}
    with pytest.raises(Refused):
        assess_credit(firm, by=world.north_head, year=2026, points={"履约与付款记录": Decimal(30)})
    later = assess_credit(firm, by=world.north_head, year=2026, points={"只看付款": Decimal(95)})
    assert (CreditSheet.objects.count(), later.grade) == (1, "AAA")
    told = Entry.objects.filter(action="customer.credit_assessed").order_by("pk")
    assert [(one.detail["points"], one.detail["grade"]) for one in told] == [
        ("80.0", "AA"), ("95", "AAA"),
    ]  # fmt: skip


def test_another_limit_needs_a_reason_and_points_their_bounds(world, firm):
    with pytest.raises(Refused):
        make_credit(customer=firm, by=world.north_head, limit=Decimal(5))
    with pytest.raises(Refused):
        make_credit(customer=firm, by=world.north_head, part="1.1")
    with pytest.raises(Refused):
        make_credit(customer=make_customer(unit=world.n1a), by=world.north_head)
    sheet = make_credit(customer=firm, by=world.north_head, limit=Decimal(5), reason="新客户")
    assert (sheet.proposed, sheet.limit, sheet.reason) == (2_000_000, 5, "新客户")


def test_only_heads_assess_and_only_their_own_customers(client, world, firm):
    address = reverse("customers:credit-new", args=[firm.pk])
    for person, status in (
        (world.north_clerk, 403), (world.south_head, 404), (world.north_head, 200),
    ):  # fmt: skip
        client.force_login(person)
        assert client.get(address).status_code == status
    given = {f"points_{place}": 5 for place in range(6)} | {"year": 2026, "remark": "查账"}
    assert client.post(address, given | {"points_5": 6}).status_code == 422
    assert client.post(address, given).status_code == 302
    assert CreditSheet.objects.get().points == 30


def test_a_share_opens_no_sheet(client, world, firm):
    make_credit(customer=firm, by=world.north_head)
    make_value(customer=firm, by=world.north_head)
    demand(firm, world.north_head, 900)
    make_share(customer=firm, to=world.south_clerk, by=world.north_head, may_change=True)
    client.force_login(world.south_clerk)
    assert client.get(firm.get_absolute_url()).status_code == 200
    assert value_file(world.south_clerk, firm).is_empty
    for name, args in (
        ("credit", [firm.pk, 2026]), ("value", [firm.pk, 2026]), ("demand-new", [firm.pk]),
        ("value-new", [firm.pk]), ("loss-new", [firm.pk]),
    ):  # fmt: skip
        assert client.get(reverse(f"customers:{name}", args=args)).status_code == 404, name


def test_who_assessed_is_told_to_those_who_may_know_him(client, world, firm):
    make_place(customer=firm, unit=world.s1a)
    make_credit(customer=firm, by=world.north_head)
    address = reverse("customers:credit", args=[firm.pk, 2026])
    for person, told in ((world.north_clerk, True), (world.south_head, False)):
        client.force_login(person)
        page = client.get(address)
        assert page.status_code == 200
        assert (world.north_head.name in page.content.decode()) is told


# --- delivered value ------------------------------------------------------------------------------


def test_delivered_value_is_four_values_less_four_costs(client, world, firm):
    sheet = make_value(customer=firm, by=world.north_clerk, points="87653221")
    assert (sheet.value, sheet.cost, sheet.delivered) == (26, 8, 18)
    rival = make_value(customer=firm, by=world.north_clerk, points="99883333", offer="大河物资")
    client.force_login(world.north_clerk)
    answer = client.get(reverse("customers:value", args=[firm.pk, 2026]))
    assert answer.context["offers"] == [sheet, rival]
    assert [row["cells"] for row in answer.context["rows"] if row["total"]] == [
        [26, 34], [8, 12], ["+18", "+22"],
    ]  # fmt: skip


def test_points_are_0_to_10_and_complete(world, firm):
    points = dict.fromkeys(
        ("product", "service", "personnel", "image", "money", "time", "energy", "psychic"), 10
    )
    judge_value(firm, by=world.north_clerk, year=2026, points=points)
    for wrong in ({"time": 11}, {"time": -1}):
        with pytest.raises(Refused):
            judge_value(firm, by=world.north_clerk, year=2026, points=points | wrong)
    del points["psychic"]
    with pytest.raises(Refused):
        judge_value(firm, by=world.north_clerk, year=2026, points=points)
    assert ValueSheet.objects.count() == 1


def test_a_competitors_offer_never_replaces_ours(client, world, firm):
    make_value(customer=firm, by=world.north_clerk, points="55555555")
    client.force_login(world.north_clerk)
    address = reverse("customers:value-new", args=[firm.pk])
    form = client.get(address, {"year": 2026, "competitor": 1}).context["form"]
    assert "product" not in form.initial
    given = dict.fromkeys(("product", "service", "personnel", "image"), 9) | {
        "year": 2026, "money": 1, "time": 1, "energy": 1, "psychic": 1, "offer": "",
    }  # fmt: skip
    assert client.post(f"{address}?competitor=1", given).status_code == 422
    assert client.post(f"{address}?competitor=1", given | {"offer": "大河"}).status_code == 302
    assert sorted(ValueSheet.objects.values_list("offer", "product")) == [("", 5), ("大河", 9)]


# --- paper ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("credit-paper", ("财务实力", "AA", "2,000,000")),
        ("value-paper", ("大河物资", "+18", "+22")),
    ],
)
def test_sheets_can_be_taken_away_as_pdf(client, world, firm, name, words):
    make_credit(customer=firm, by=world.north_head)
    make_value(customer=firm, by=world.north_head)
    make_value(customer=firm, by=world.north_head, points="99883333", offer="大河物资")
    client.force_login(world.north_head)
    answer = client.get(reverse(f"customers:{name}", args=[firm.pk, 2026]))
    text = "".join(
        page.extract_text()
        for page in pypdf.PdfReader(io.BytesIO(b"".join(answer.streaming_content))).pages
    )
    for word in ("江城电器有限公司", *words):
        assert word in text
    assert Entry.objects.filter(action="customer.sheet_taken").count() == 1
    client.force_login(world.south_head)
    assert client.get(reverse(f"customers:{name}", args=[firm.pk, 2026])).status_code == 404


def test_dropping_is_told_to_the_audit(world, firm):
    drop_demand(demand(firm, world.north_clerk, 5), by=world.north_clerk)
    assert not Demand.objects.exists()

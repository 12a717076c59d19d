"""Service measures of a unit and a period (VAL-16): counted by hand, entered by people."""

import datetime as dt
import io
from dataclasses import replace
from decimal import Decimal

import openpyxl
import pytest
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from complaints.models import SparePart, WorkOrder
from compliance.models import RuleDocument, RuleVersion
from core.errors import Refused
from core.jobs import work
from core.models import Job
from expenses.models import Application, Category, Gift, GiftLine, GiftMovement
from reports.metrics.periods import read_period
from reports.models import ServiceMeasure
from reports.standard.answers import answer
from reports.standard.base import Question
from reports.standard.exports import STANDARD
from reports.standard.service import KEY, REPORT
from reports.standard.service_entries import enter_measure
from reports.standard.service_items import ENTERED, ITEMS
from tests.access.small import fresh
from tests.factories import make_case, make_post

pytestmark = pytest.mark.django_db
PERIOD = "2026-10"
URL = reverse("reports:standard-report", args=[KEY])


def moment(day, hour=9):
    return dt.datetime(2026, 10, day, hour, tzinfo=timezone.get_default_timezone())


def values_of(reader, unit, period=PERIOD):
    """Item → value, as the report has it."""
    asked = Question(fresh(reader), unit, read_period(period, timezone.localdate()))
    found = answer(REPORT, asked)
    titles = {str(item.title): key for key, item in ITEMS.items()}
    return {titles[row[0]]: row[1] for rows in found.rows.values() for row in rows}, found


def ordered(unit, approved, given, number):
    """A line of a gift, approved and handed over."""
    gift, _made = Gift.objects.get_or_create(
        name="杯", unit=unit, defaults={"price": 1, **_place(unit)}
    )
    row = Application(
        number=f"A{number}", category=Category.objects.get(code="gift"), title="礼品", amount=1,
        state="approved", approved_amount=1, approved_at=approved,
    )  # fmt: skip
    row.place_in(unit)
    row.save()
    GiftLine.objects.create(application=row, gift=gift, quantity=1, price=1, given_at=given)


def _place(unit):
    gift = Gift(name="x")
    gift.place_in(unit)
    return {"region": gift.region, "city": gift.city, "project": gift.project}


def test_orders_by_hand(world):
    """2, 4 and 12 hours: median 4, spread 4.32; one still open, one of the month before."""
    for number, hours in enumerate((2, 4, 12)):
        start = moment(5 + number)
        ordered(world.n1a, start, start + dt.timedelta(hours=hours), number)
    ordered(world.n1a, moment(20), None, 7)
    ordered(world.n1a, moment(31), moment(31) + dt.timedelta(days=9), 8)
    ordered(world.n1a, dt.datetime(2026, 9, 1, tzinfo=dt.UTC), None, 9)
    ordered(world.s1a, moment(5), moment(30), 10)
    found, _report = values_of(world.north_head, world.north)
    assert (found["order_time"], found["orders_open"]) == (4, 2)
    assert found["order_spread"] == Decimal("4.32")


def test_a_gift_runs_out_when_a_movement_leaves_nothing(world):
    """Out on the 3rd and, filled up, on the 9th; what ran out in September does not count."""
    gift = Gift(name="杯", price=1)
    gift.place_in(world.n1)
    gift.save()
    september = dt.datetime(2026, 9, 3, tzinfo=dt.UTC)
    for at, kind, quantity in (
        (september, "receive", 5), (september, "give", -5), (moment(1), "receive", 4),
        (moment(2), "give", -3), (moment(3), "give", -1), (moment(8), "receive", 2),
        (moment(9), "correct", -2), (moment(10), "receive", 1),
    ):  # fmt: skip
        GiftMovement.objects.create(gift=gift, kind=kind, quantity=quantity, at=at)
    found, _report = values_of(world.north_head, world.n1)
    assert found["stock_outs"] == 2


def test_works_and_parts_by_hand(world):
    """Two of three on time; of four parts one is under warranty."""
    case = make_case(unit=world.n1a)
    for number, (planned, done) in enumerate(((5, 5), (6, 4), (7, 9))):
        one = WorkOrder(
            case=case, title="修", crew="一班", state="accepted", accepted_at=moment(20),
            planned_from=dt.date(2026, 10, 1), planned_until=dt.date(2026, 10, planned),
            finished_at=moment(done, 23),
        )  # fmt: skip
        one.place_in(world.n1a)
        one.save()
        for part in range(2 if number else 0):
            SparePart.objects.create(
                work=one, name="阀", quantity=1, unit_price=1, under_warranty=number * part == 1
            )
    found, _report = values_of(world.north_head, world.n1a)
    assert (found["works"], found["parts"], found["parts_free"]) == (3, 4, 25)
    assert found["works_on_time"] == Decimal("66.67")
    assert values_of(world.north_head, world.n1a, "2026-09")[0]["works_on_time"] is None


def test_rules_in_force_and_posts_staffed(world):
    """Of the unit and above it, issued and begun; one function of nine is carried."""
    for unit, begins, issued, retired in (
        (world.group, 1, True, False), (world.north, 31, True, False),
        (world.n1, 1, False, False), (world.n1a, 1, True, True), (world.south, 1, True, False),
    ):  # fmt: skip
        rule = RuleDocument(
            title=f"服务规定{unit.code}", keeper=world.boss, is_retired=retired,
            next_review_on=dt.date(2027, 1, 1),
        )  # fmt: skip
        rule.place_in(unit)
        rule.save()
        RuleVersion.objects.create(
            document=rule, number="1", approver="总经理", drafter=world.boss,
            effective_on=dt.date(2026, 10, begins),
            body="…", issued_at=moment(1) if issued else None,
        )  # fmt: skip
    make_post(user=world.north_clerk, unit=world.n1, function="客户运营管理")
    found, _report = values_of(world.north_head, world.n1a)
    assert found["rules"] == 2
    today = f"{timezone.localdate():%Y-%m}"
    found, _report = values_of(world.north_head, world.n1, today)
    assert found["posts"] == Decimal("11.11")


# --- what people enter ----------------------------------------------------------------------------


def enter(world, **more):
    given = {
        "unit": world.n1a, "period": PERIOD, "item": "ease", "value": Decimal("4.5"),
        "source": "十月电话回访", "known_on": dt.date(2026, 11, 2), "by": fresh(world.north_head),
    } | more  # fmt: skip
    return enter_measure(**given)


def test_what_is_entered_stands_there_with_source_and_day_and_the_rest_is_missing(world):
    enter(world)
    enter(world, value=Decimal(4))
    found, report = values_of(world.north_head, world.n1a)
    assert found["ease"] == 4
    [row] = [row for row in report.rows["during"] if row[1] == 4]
    assert row[4:] == ("十月电话回访", dt.date(2026, 11, 2))
    assert world.north_head.name in row[3]
    missing = [key for key, value in found.items() if value is None]
    assert set(ENTERED) - {"ease"} <= set(missing)
    assert report.facts == {"known": len(found) - len(missing), "missing": len(missing)}
    assert all(str(ITEMS[key].title) in report.notes[-1] for key in missing)
    assert values_of(world.north_head, world.n1)[0]["ease"] is None  # nothing is added up
    assert Entry.objects.filter(action="reports.service_entered").count() == 2
    enter(world, value=None)
    assert not ServiceMeasure.objects.exists()
    assert Entry.objects.filter(action="reports.service_taken_back").count() == 1


@pytest.mark.parametrize(
    "more",
    [
        {"item": "order_time"}, {"item": "nothing"}, {"value": Decimal("5.01")},
        {"value": Decimal("0.99")}, {"source": "  "}, {"known_on": None},
        {"known_on": dt.date(2030, 1, 1)}, {"item": "tracked", "value": Decimal(101)},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(world, more):
    with pytest.raises(Refused):
        enter(world, **more)
    assert not ServiceMeasure.objects.exists()


def test_others_units_are_refused(world):
    for who in (world.south_head, world.north_clerk):
        with pytest.raises(Refused):
            enter(world, by=fresh(who))
    enter(world)
    row = ServiceMeasure.objects.get()
    with pytest.raises(IntegrityError):
        ServiceMeasure.objects.create(
            unit=world.n1a, period=PERIOD, item="ease", value=1, source="x", known_on=row.known_on
        )


def test_the_page_leads_to_the_form_and_the_workbook_says_the_same(client, world):
    client.force_login(world.north_head)
    query = f"?unit={world.n1a.code}&period={PERIOD}"
    url = reverse("reports:service-enter", args=["tracked"]) + query
    assert url.replace("&", "&amp;") in client.get(URL + query).content.decode()
    assert (
        client.post(url, {"value": "88", "source": "", "known_on": "2026-11-02"}).status_code == 422
    )
    told = {"value": "88", "source": "仓库台账", "known_on": "2026-11-02"}
    assert client.post(url, told).status_code == 302
    assert "仓库台账" in client.get(URL + query).content.decode()
    client.post(reverse("reports:standard-export", args=[KEY]), {"filter": query[1:]})
    job = Job.objects.filter(kind=STANDARD.kind).latest("pk")
    work(job.pk)
    file = client.get(reverse("reports:standard-export-file", args=[job.pk]))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(file.streaming_content)))
    cells = [row for sheet in book for row in sheet.iter_rows(values_only=True)]
    [row] = [row for row in cells if "仓库台账" in row]
    assert float(row[1]) == 88
    sibling = reverse("reports:service-enter", args=["tracked"]) + "?unit=S1A&period=2026-10"
    assert client.get(sibling).status_code == 404
    assert client.get(reverse("reports:service-enter", args=["works"]) + query).status_code == 404


def test_without_rights_to_cases_and_money_those_measures_are_left_out(world):
    asked = Question(fresh(world.north_head), world.n1a, read_period(PERIOD, timezone.localdate()))
    every = {row[0] for rows in answer(REPORT, asked).rows.values() for row in rows}
    assert every == {str(item.title) for item in ITEMS.values()}
    reader = fresh(world.north_clerk)
    fewer = answer(REPORT, replace(asked, reader=reader))
    shown = {row[0] for rows in fewer.rows.values() for row in rows}
    assert str(ITEMS["posts"].title) not in shown
    assert not any(any(links) for links in fewer.links.values())

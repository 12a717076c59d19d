"""Pages of the analysis, the review list, the gift stock, key dates, events and categories."""

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from expenses.ledger_book import write_ledger
from expenses.models import (
    Application,
    Category,
    Event,
    EventState,
    Gift,
    KeyDate,
    LedgerEntry,
    Receipt,
    ReviewMark,
)
from expenses.selectors.analysis import WAYS, Money, Question, papers_of, sorted_by, total_of
from expenses.selectors.effect import per_owner
from expenses.selectors.key_date_list import KeyDateQuery, key_date_parts, place_of
from expenses.selectors.lists import LedgerQuery
from expenses.selectors.review import NEAR, RECEIPT, SPLIT, WEEKENDS, ReviewQuery, findings
from expenses.services import events, gifts, key_dates
from expenses.states import State
from tests.expenses.papers import YEAR, category, give_budget, granted, picture, write
from tests.factories import make_customer, make_user

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


def at(name, *args):
    return reverse(f"expenses:{name}", args=args)


@pytest.fixture
def treasurer(world):
    """Somebody of the group who plans, reviews and keeps categories."""
    return make_user(unit=world.group, role="group-function")


def paper(world, amount, *, by=None, **more):
    """A draft that is made granted and paid without its way: the pages only add up."""
    row = write(world, amount, by=by, **more)
    sums = {"approved_amount": row.amount, "paid_amount": row.amount}
    Application.objects.filter(pk=row.pk).update(state=State.PAID, **sums)
    row.refresh_from_db()
    return row


# --- analysis ---------------------------------------------------------------------------------


def test_every_way_of_sorting_adds_up_to_the_whole(world):
    couple = [(make_customer(unit=world.n1a), None) for _n in range(3)]
    paper(world, "100.00", customers=couple)
    paper(world, "50.50", code="event")
    paper(world, "7.00", unit=world.n1b)
    paper(world, "1000.00", unit=world.s1a, by=world.south_clerk)
    write(world, "999.00")  # a draft does not count
    asked = Question(world.north, date(YEAR, 1, 1), date(YEAR, 12, 31))

    total = total_of(papers_of(world.north_head, asked))
    assert total == Money(3, *(Decimal("157.50"),) * 3)
    for way in WAYS:
        lines = sorted_by(world.north_head, asked, way)
        assert sum(one.money.paid for one in lines) == total.paid, way
    customers = sorted_by(world.north_head, asked, "customer")
    assert (
        sorted(one.money.paid for one in customers if one.what in {c for c, _n in couple})
        == [Decimal("33.33")] * 3
    )
    units = {one.label: one.money.paid for one in sorted_by(world.north_head, asked, "unit")}
    assert units == {world.n1.name: Decimal("157.50")}
    assert total_of(papers_of(world.south_head, asked)) == Money()
    owners = per_owner(world.north_head, sorted_by(world.north_head, asked, "unit"), None)
    assert [(one.paid, one.reading) for one in owners] == [(Decimal("157.50"), None)]
    assert owners[0].each == owners[0].paid / owners[0].owners


def test_the_analysis_leads_to_its_papers_and_is_taken_away(
    client, world, django_assert_num_queries
):
    paper(world, "300.00")
    client.force_login(world.north_head)
    address = at("analysis")
    client.get(address)
    with django_assert_num_queries(ANALYSIS_QUERIES):
        shown = client.get(address, {"way": "category"})
    (row,) = shown.context["rows"]
    assert (row["money"].paid, row["paid_width"]) == (Decimal("300.00"), "100.00")
    assert [one["paper"].amount for one in client.get(row["url"]).context["rows"]] == [
        Decimal("300.00")
    ]
    for code in ("event", "festive"):
        paper(world, "10.00", code=code)
    with django_assert_num_queries(ANALYSIS_QUERIES):
        assert len(client.get(address, {"way": "category"}).context["rows"]) == 3

    answer = client.get(at("analysis-workbook"))
    book = load_workbook(BytesIO(b"".join(answer.streaming_content)))
    sheet = book.worksheets[2]  # by category
    assert [row[4].value for row in sheet.iter_rows(min_row=2)] == [10, 10, 300]
    answer = client.get(at("analysis-pdf"))
    assert b"".join(answer.streaming_content)[:5] == b"%PDF-"
    client.force_login(world.north_clerk)
    assert client.get(address).status_code == 403


ANALYSIS_QUERIES = 20


def test_the_ledger_is_a_workbook_of_the_readers_lines(world, cast, tmp_path):
    give_budget(world)
    granted(world, "120.00")
    target = tmp_path / "ledger.xlsx"
    assert write_ledger(world.north_head, LedgerQuery(), target) == LedgerEntry.objects.count() == 1
    (row,) = load_workbook(target).worksheets[0].iter_rows(min_row=2, values_only=True)
    assert row[7:9] == (120, 0)
    assert write_ledger(world.south_head, LedgerQuery(), target) == 0


# --- the review list --------------------------------------------------------------------------


def kinds(user, **more):
    return sorted(
        (one.kind, one.application.pk) for one in findings(user, ReviewQuery(TODAY(), **more))
    )


def test_many_papers_just_under_a_ceiling_are_found(world):
    one = [(make_customer(unit=world.n1a), None)]
    first = paper(world, "2900.00", customers=one)
    second = paper(world, "3000.00", customers=one)
    long_ago = TODAY() - timedelta(days=40)
    Application.objects.filter(pk=second.pk).update(applied_on=long_ago)
    assert kinds(world.north_head) == []
    third = paper(world, "2500.00", customers=one)
    Application.objects.filter(pk=third.pk).update(applied_on=TODAY() - timedelta(days=20))
    assert kinds(world.north_head) == [(NEAR, key) for key in (first.pk, second.pk, third.pk)]
    assert kinds(world.south_head) == []
    paper(world, "3000.01", customers=one)
    assert [kind for kind, _key in kinds(world.north_head)].count(NEAR) == 3


def test_a_split_paper_is_found(world):
    one = [(make_customer(unit=world.n1a), None)]
    papers = [paper(world, "1600.00", customers=one) for _n in range(2)]
    assert kinds(world.north_head) == [(SPLIT, one.pk) for one in papers]
    late = TODAY() - timedelta(days=8)
    Application.objects.filter(pk=papers[0].pk).update(applied_on=late)
    assert kinds(world.north_head) == []


def test_weekends_and_like_receipts_are_found(world):
    saturday = TODAY() - timedelta(days=(TODAY().weekday() - 5) % 7)
    papers = [paper(world, "10.00", event_on=saturday) for _n in range(3)]
    assert kinds(world.north_head) == [(WEEKENDS, one.pk) for one in papers]
    monday = saturday + timedelta(days=2)
    Application.objects.filter(pk=papers[2].pk).update(event_on=monday)
    assert kinds(world.north_head) == []

    for number, one in enumerate(papers[:2]):
        Receipt.objects.create(
            application=one,
            number=f"N{number}",
            amount=Decimal("10.00"),
            issuer="武汉花店",
            issued_on=TODAY(),
            name="a.png",
            stored_name=f"{number}",
            sha256=f"{number}" * 64,
            mime="image/png",
            size=1,
        )
    assert kinds(world.north_head) == [(RECEIPT, one.pk) for one in papers[:2]]


def test_a_finding_leaves_the_list_once_somebody_looked(client, world, django_assert_num_queries):
    one = [(make_customer(unit=world.n1a), None)]
    papers = [paper(world, "1600.00", customers=one) for _n in range(2)]
    client.force_login(world.north_head)
    client.get(at("review"))
    with django_assert_num_queries(REVIEW_QUERIES):
        assert len(client.get(at("review")).context["rows"]) == 2
    papers.append(paper(world, "1600.00", customers=one))
    with django_assert_num_queries(REVIEW_QUERIES):
        assert len(client.get(at("review")).context["rows"]) == 3

    address = at("review-mark", papers[0].pk, SPLIT)
    assert client.get(address).status_code == 200
    assert client.post(address, {"note": "两次活动，属实"}).status_code == 302
    mark = ReviewMark.objects.get()
    assert (mark.application, mark.by, mark.note) == (papers[0], world.north_head, "两次活动，属实")
    assert len(client.get(at("review")).context["rows"]) == 2
    (shown,) = client.get(at("review"), {"marked": "on"}).context["rows"]
    assert (shown[0].application, shown[1]) == (papers[0], mark)
    client.force_login(world.south_head)
    assert client.post(address, {"note": "x"}).status_code == 404


REVIEW_QUERIES = 13


# --- the gift stock ---------------------------------------------------------------------------


def test_gifts_come_in_and_are_counted(client, world, django_assert_num_queries):
    client.force_login(world.north_head)
    facts = {"unit": world.n1.code, "name": "月饼礼盒", "price": "88.00"}
    assert client.post(at("gift-new"), facts).status_code == 302
    assert client.post(at("gift-new"), facts).status_code == 422
    gift = Gift.objects.get()
    assert client.post(at("gift-receive", gift.pk), {"quantity": "20"}).status_code == 302
    assert client.post(at("gift-count", gift.pk), {"counted": "18"}).status_code == 422
    answer = client.post(at("gift-count", gift.pk), {"counted": "18", "reason": "破损两盒"})
    assert answer.status_code == 302
    gift.refresh_from_db()
    assert gift.stock == 18
    with django_assert_num_queries(GIFT_QUERIES):
        moves = client.get(at("gift", gift.pk)).context["page"].rows
    assert [one.quantity for one in moves] == [-2, 20]
    with django_assert_num_queries(STOCK_QUERIES):
        client.get(at("stock"))
    for name in ("茶具", "雨伞"):
        gifts.create(world.n1, name=name, price=Decimal(1), by=None)
    with django_assert_num_queries(STOCK_QUERIES):
        assert len(client.get(at("stock")).context["rows"]) == 3
    client.force_login(world.north_clerk)
    assert client.get(at("gift", gift.pk)).status_code in (200, 404)
    assert client.post(at("gift-receive", gift.pk), {"quantity": "1"}).status_code == 403
    client.force_login(world.south_head)
    assert client.get(at("gift", gift.pk)).status_code == 404


STOCK_QUERIES, GIFT_QUERIES = 7, 9


# --- key dates --------------------------------------------------------------------------------


def key_date(world, customer, **more):
    facts = {"kind": "wedding", "owner": world.north_clerk, "remind_days": 7} | more
    return key_dates.save(by=None, unit=world.n1a, customer=customer, **facts)


def test_key_dates_stand_in_the_order_they_come(world):
    customer = make_customer(unit=world.n1a)
    today = date(2026, 12, 20)
    late = key_date(world, customer, month=1, day=5)
    soon = key_date(world, customer, month=12, day=20)
    once = key_date(world, customer, on=date(2026, 12, 31))
    key_date(world, customer, on=date(2027, 12, 31))
    key_date(world, customer, month=2, day=20)
    key_date(world, customer, month=12, day=19)

    def found(user, days=30):
        (part,) = key_date_parts(user, KeyDateQuery(today, days))
        return list(part.order_by("place", "pk"))

    assert found(world.north_head) == [soon, once, late]
    assert found(world.south_head) == []
    assert len(found(world.north_head, 364)) == 5
    assert place_of(today) == 1220


def test_a_key_date_is_kept_and_opens_an_application(client, world, django_assert_num_queries):
    customer = make_customer(unit=world.n1a, keeper=world.north_clerk)
    client.force_login(world.north_head)
    facts = {
        "customer": customer.pk,
        "unit": world.n1a.code,
        "kind": "wedding",
        "repeats": "yearly",
        "month": str(TODAY().month),
        "day": "",
        "remind_days": "7",
        "owner": world.north_clerk.employee_no,
        "is_active": "on",
    }
    answer = client.post(at("key-date-new"), facts)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["day"])
    assert client.post(at("key-date-new"), facts | {"day": str(TODAY().day)}).status_code == 302
    one = KeyDate.objects.get()
    with django_assert_num_queries(KEY_DATE_QUERIES):
        (row,) = client.get(at("key-dates")).context["rows"]
    assert (row["on"], row["days"]) == (TODAY(), 0)
    assert row["apply_url"] == f"{at('new')}?key_date={one.pk}"
    for _n in range(2):
        key_date(world, customer, on=TODAY())
    with django_assert_num_queries(KEY_DATE_QUERIES):
        assert len(client.get(at("key-dates")).context["rows"]) == 3
    assert client.get(at("key-date", one.pk)).status_code == 200
    changed = facts | {"repeats": "once", "on": TODAY().isoformat(), "day": ""}
    assert client.post(at("key-date", one.pk), changed).status_code == 302
    one.refresh_from_db()
    assert (one.on, one.month, one.day) == (TODAY(), None, None)
    client.force_login(world.south_head)
    assert client.get(at("key-date", one.pk)).status_code == 404


KEY_DATE_QUERIES = 7


# --- events -----------------------------------------------------------------------------------


def test_an_event_is_planned_held_and_shown(client, world, django_assert_num_queries):
    guest = make_customer(unit=world.n1a, keeper=world.north_clerk)
    client.force_login(world.north_head)
    start = timezone.localtime() - timedelta(hours=2)
    facts = {
        "unit": world.n1a.code,
        "kind": "party",
        "title": "业主联谊会",
        "starts_at": start.strftime("%Y-%m-%dT%H:%M"),
        "organiser": world.north_head.employee_no,
        "customers": [guest.pk],
    }
    assert client.post(at("event-new"), facts | {"title": ""}).status_code == 422
    answer = client.post(at("event-new"), facts)
    event = Event.objects.get()
    assert (answer.status_code, answer.url) == (302, event.get_absolute_url())
    assert client.post(at("event-hold", event.pk), {"minutes": ""}).status_code == 422
    held = {"minutes": "二十人到场。", "came": [guest.pk], "people": "20"}
    assert client.post(at("event-hold", event.pk), held).status_code == 302
    event.refresh_from_db()
    assert (event.state, event.customers.get().came) == (EventState.HELD, True)
    client.post(at("event-attach", event.pk), {"files": [picture()]})
    file = event.files.get()
    wrong = {"files": [SimpleUploadedFile("病毒.exe", b"MZ\x90\x00\x03\x00\xff\xff")]}
    said = client.post(at("event-attach", event.pk), wrong, headers={"HX-Request": "true"})
    assert "data-refused" in said.content.decode()
    assert file.name in said.content.decode()
    for name in ("event-file", "event-thumb"):
        answer = client.get(at(name, event.pk, file.pk))
        assert (answer.status_code, bool(answer.getvalue())) == (200, True)
    assert client.get(event.get_absolute_url()).status_code == 200

    with django_assert_num_queries(EVENT_QUERIES):
        client.get(at("events"))
    for number in range(2):
        events.save(
            by=None,
            unit=world.n1a,
            kind="forum",
            title=f"论坛{number}",
            starts_at=timezone.now(),
            organiser=world.north_head,
        )
    with django_assert_num_queries(EVENT_QUERIES):
        assert len(client.get(at("events")).context["rows"]) == 3
    planned = Event.objects.filter(state=EventState.PLANNED)[0]
    assert client.post(at("event-cancel", planned.pk)).status_code == 302
    client.force_login(world.south_head)
    assert client.get(event.get_absolute_url()).status_code == 404
    assert client.get(at("event-file", event.pk, file.pk)).status_code == 404


EVENT_QUERIES = 7


# --- categories -------------------------------------------------------------------------------


def test_a_category_keeps_its_questions(client, world, treasurer):
    gift = category()
    client.force_login(treasurer)
    assert client.get(at("categories")).status_code == 200
    facts = {
        "name": gift.name,
        "family": gift.family,
        **{name: getattr(gift, name) for name in ("customers", "case", "beneficiary", "gifts")},
        "event": gift.event,
        "fields_text": "供应商 | text | 必填\n送货方式 | choice | | 自提, 快递",
        "evidence_days": "5",
        "evidence_kinds": ["photo"],
        "position": "5",
        "is_offered": "on",
    }
    bad = facts | {"fields_text": "供应商 | 图片"}
    answer = client.post(at("category", gift.pk), bad)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["fields_text"])
    assert client.post(at("category", gift.pk), facts).status_code == 302
    gift.refresh_from_db()
    assert gift.fields == [
        {"key": "q1", "label": "供应商", "type": "text", "required": True, "choices": []},
        {
            "key": "q2",
            "label": "送货方式",
            "type": "choice",
            "required": False,
            "choices": ["自提", "快递"],
        },
    ]
    swapped = facts | {"fields_text": "送货方式 | choice | | 自提\n供应商"}
    client.post(at("category", gift.pk), swapped)
    gift.refresh_from_db()
    assert [(one["key"], one["label"]) for one in gift.fields] == [
        ("q2", "送货方式"),
        ("q1", "供应商"),
    ]
    assert client.post(at("category-new"), facts | {"code": "more"}).status_code == 422
    count = Category.objects.count()
    made = client.post(at("category-new"), facts | {"code": "more", "name": "新类别"})
    assert (made.status_code, Category.objects.count()) == (302, count + 1)
    client.force_login(world.north_head)
    assert client.get(at("category", gift.pk)).status_code == 403

"""The analyses as people take them away: real workbooks with charts, PDF files with text; and the
committee's marks and the effect of a change by hand."""

import datetime as dt
import io
from decimal import Decimal

import pypdf
import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.models import Entry
from complaints.models import Case
from complaints.selectors.timeliness import verdicts
from compliance.models import LogInDay, Nomination
from core.errors import Refused
from customers.models import CustomerUnit
from customers.services import save_demand
from reports.analysis.base import rows_of
from reports.analysis.effect import KEPT, effect, log_ins_by_month, time_saved
from reports.analysis.evaluation import evaluation
from reports.analysis.tables import METHODS
from reports.metrics.perimeter import Perimeter
from reports.metrics.periods import read_period
from reports.metrics.reading import series_of
from reports.metrics.registry import METRICS
from reports.metrics.rollups import refresh
from reports.models import RollupState
from tests.factories import (
    make_activity,
    make_case,
    make_credit,
    make_customer,
    make_loss,
    make_strategic,
    make_value,
    say,
)
from tests.reports.figures import fill
from tests.reports.taking import workbook
from tests.reports.test_analysis import firm
from tests.reports.test_portfolio import asked

pytestmark = pytest.mark.django_db
# Methods whose table of the last sheet has no column that is drawn, by how many charts they have.
CHARTS = {"effect": 1, "rfm": 1, "abc": 1, "cooperation": 1, "quality": 2, "life-cycle": 1,
          "cohorts": 1, "seasonal": 1, "products": 1, "composition": 5, "retention": 2,
          "evaluation": 1, "wallet": 3, "losses": 6, "credit": 2, "delivered": 2,
          "profile": 4, "leads": 1, "profit": 1}  # fmt: skip


@pytest.fixture
def full(world):
    """Something for every method, in the north and in the south."""
    today = timezone.localdate()
    for unit, code, clerk, leader in (
        (world.n1a, "C1", world.north_clerk, world.north_head),
        (world.s1a, "QSOUTH", world.south_clerk, world.south_head),
    ):
        bought = {f"d{today.year - 2}_03_05": 700, f"d{today.year - 1}_03_05": 50}
        customer = firm(unit, code, "地区专营店", **bought, **{f"d{today.year}_01_01": 9})
        amount = Decimal(5000)
        save_demand(customer, by=clerk, year=today.year, amount=amount, method="plan", product="泵")
        make_credit(customer=customer, by=clerk, year=today.year)
        make_value(customer=customer, by=clerk, year=today.year)
        make_loss(customer=customer, by=clerk, competitor=f"{code}竞品")
        owner = make_customer(unit=unit, by=clerk, name=f"业主{code}")
        CustomerUnit.objects.filter(customer=owner).update(
            signed_on=dt.date(2025, 1, 10), handed_over_on=dt.date(2026, 1, 10)
        )
        make_strategic(unit=unit, by=clerk, leader=leader, word=f"战略{code}")
        days = (today - dt.timedelta(days=back) for back in range(3))
        LogInDay.objects.bulk_create(
            LogInDay(
                person=clerk, day=day, unit=unit, reason="met", working=True, log_ins=1, needed=1
            )
            for day in days
        )  # fmt: skip


@pytest.mark.parametrize("key", METHODS)
def test_every_workbook_opens_with_the_rows_of_the_page_and_its_charts(client, world, full, key):
    client.force_login(world.north_head)
    page = client.get(reverse("reports:customer-analysis", args=[key]))
    assert not page.context["is_empty"]
    tables = [one["table"] for one in page.context["tables"]]
    book = workbook(client, key)
    assert len(book.worksheets) == 1 + len(tables)
    for sheet, table in zip(book.worksheets[1:], tables, strict=True):
        head, *rows = sheet.iter_rows(values_only=True)
        assert head[: len(table.columns)] == tuple(str(one.label) for one in table.columns)
        assert [row[0] for row in rows] == [row[0] for row in table.rows]
    assert sum(len(sheet._charts) for sheet in book.worksheets) == CHARTS[key]
    text = " ".join(
        str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row
    )
    assert "QSOUTH" not in text


@pytest.mark.parametrize("key", METHODS)
def test_every_pdf_has_text_and_stays_in_scope(client, world, full, key):
    client.force_login(world.north_head)
    answer = client.get(reverse("reports:customer-paper", args=[key]))
    content = b"".join(answer.streaming_content)
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    assert world.north.name in text
    assert world.north_head.name in text
    assert str(METHODS[key].title)[:4] in text
    assert "QSOUTH" not in text
    taken = Entry.objects.get(action="reports.analysis_taken")
    assert (taken.detail["method"], taken.detail["unit"]) == (key, world.north.code)


# --- the committee's marks ------------------------------------------------------------------------


def test_marks_of_the_round_by_hand(world):
    """Half marked, unmarked and marked nominations; the round of the year before beside them."""
    rows = {}
    for unit, word, by, leader in (
        (world.n1a, "甲", world.north_clerk, world.north_head),
        (world.n1a, "乙", world.north_clerk, world.north_head),
        (world.s1a, "丙", world.south_clerk, world.south_head),
    ):
        rows[word] = make_strategic(unit=unit, by=by, leader=leader, word=word)
    sheet = [
        {"word": "合作业绩", "weight": "60", "mark": "80"},
        {"word": "履约与付款", "weight": "40", "mark": "0"},
    ]
    Nomination.objects.filter(pk=rows["甲"].pk).update(sheet=sheet, mark=Decimal(48))
    sheet[1]["mark"] = ""
    Nomination.objects.filter(pk=rows["乙"].pk).update(sheet=sheet)
    today = timezone.localdate()
    held = rows["甲"].round
    held.opens_on = today
    held.save()
    lines = evaluation(asked(world.north, as_of=today))
    assert [(x.name, x.mark, x.marks) for x in lines] == [
        ("甲集团", 48, (("合作业绩", 80), ("履约与付款", 0))),
        ("乙集团", None, (("合作业绩", 80), ("履约与付款", None))),
    ]  # fmt: skip
    assert evaluation(asked(world.north, as_of=today - dt.timedelta(days=1))) == []


def test_the_page_of_half_marked_nominations_opens(client, world):
    row = make_strategic(unit=world.n1a, by=world.north_clerk, leader=world.north_head, word="甲")
    sheet = [{"word": "合作业绩", "weight": "100", "mark": ""}]
    Nomination.objects.filter(pk=row.pk).update(sheet=sheet)
    client.force_login(world.north_head)
    page = client.get(reverse("reports:customer-analysis", args=["evaluation"]))
    assert [row[0] for row in page.context["tables"][0]["table"].rows] == ["甲集团"]


# --- the effect of a change -----------------------------------------------------------------------

NOON = dt.time(4, tzinfo=dt.UTC)


def case_of(unit, taken_in, first=None, resolved=None, rating=None):
    """A complaint with the times of its answers, in hours after it was taken in."""
    at = dt.datetime.combine(taken_in, NOON)
    hours = {"first_contact_at": first, "resolved_at": resolved}
    times = {name: at + dt.timedelta(hours=n) for name, n in hours.items() if n is not None}
    case = make_case(unit=unit)
    Case.objects.filter(pk=case.pk).update(taken_in_at=at, rating=rating, **times)


def test_handling_times_before_and_after_by_hand(world):
    """After: 2, 5, 9 hours and an open one, median 5; before: 4 and 20 hours, the lower middle."""
    after, before = dt.date(2026, 11, 15), dt.date(2026, 11, 5)
    for hours in (2, 5, 9, None):
        case_of(world.n1a, after, 1, hours, 5 if hours == 2 else None)
    for hours in (4, 20):
        case_of(world.n1a, before, 3, hours, 3)
    case_of(world.s1a, after, 100, 200, 1)
    lines = {x.measure: x for x in effect(asked(world.north, since=dt.date(2026, 11, 12)))}
    found = {key: (x.before, x.after) for key, x in lines.items()}
    assert found["taken_in"] == (2, 4)
    assert found["first_contact"] == (3, 1)
    assert found["resolution"] == (4, 5)
    assert found["rating"] == (3, 5)
    assert lines["resolution"].change == 1
    # Four cases after: two hours less each until first contact, one more until resolved.
    saved = time_saved(list(lines.values()))
    assert [(x.measure, x.cases, x.hours) for x in saved] == [
        ("first_contact", 4, 8),
        ("resolution", 4, -4),
    ]


def test_time_saved_stands_on_page_and_in_the_workbook_where_both_medians_are_known(client, world):
    """Before: 8 hours; after: 3 and 3, so that 10 hours were saved. Of the days before nothing is
    resolved; then nothing is said of that."""
    case_of(world.n1a, dt.date(2026, 11, 5), 8, None)
    for _n in range(2):
        case_of(world.n1a, dt.date(2026, 11, 15), 3, 4)
    client.force_login(world.north_head)
    query = {"as_of": "2026-11-21", "since": "2026-11-12"}
    page = client.get(reverse("reports:customer-analysis", args=["effect"]), query)
    [table] = [one["table"] for one in page.context["tables"] if len(one["table"].columns) == 5]
    assert [row[1:] for row in table.rows] == [(8, 3, 2, 10)]
    assert table.note
    sheets = workbook(client, "effect", **query).worksheets
    assert [list(sheet.values)[1][1:5] for sheet in sheets if sheet.title == table.title] == [
        (8, 3, 2, 10)
    ]
    client.force_login(world.admin)  # sees no cases
    page = client.get(reverse("reports:customer-analysis", args=["effect"]), query)
    assert all(one["table"].title != table.title for one in page.context["tables"])


def test_the_log_in_rate_before_and_after_by_hand(world):
    """Before two of four expected days are met, after three of three."""
    days = [(2, "met"), (3, "missed"), (4, "met"), (5, "missed"), (12, "met"), (13, "met"),
            (14, "met"), (15, "leave")]  # fmt: skip
    LogInDay.objects.bulk_create(
        LogInDay(
            person=world.north_clerk, day=dt.date(2026, 11, day), unit=world.n1a, reason=reason,
            working=True, log_ins=1, needed=1,
        )
        for day, reason in days
    )  # fmt: skip
    question = asked(world.north, since=dt.date(2026, 11, 12))
    line = next(x for x in effect(question) if x.measure == "log_ins")
    assert (line.before, line.after) == (0.5, 1.0)
    assert log_ins_by_month(question) == [(dt.date(2026, 11, 1), 7, 5)]


def test_rates_in_time_are_those_of_the_dashboard(world):
    """Limits that passed since the midnight judged by count in neither, at the very same time."""
    fill(world)
    today = timezone.localdate()
    RollupState.objects.update_or_create(id=1, defaults={"judged_on": today - dt.timedelta(days=3)})
    refresh()
    month = read_period(f"{today:%Y-%m}", today)
    perimeter = Perimeter(User.objects.get(pk=world.north_head.pk), world.north)
    wanted = [METRICS[key] for key in KEPT.values()]
    shown = {one.metric.key: one.value for one in series_of(perimeter, month, wanted)}

    question = asked(world.north, as_of=month.end, since=month.first)
    found = {x.measure: x.after for x in effect(question)}

    assert {KEPT[key]: found[key] for key in KEPT} == {
        key: None if value is None else float(value) for key, value in shown.items()
    }
    now = verdicts(Case.objects.filter(unit__path__startswith=world.north.path))
    counted = dict(
        rows_of(f"SELECT kind, avg(kept::int)::float8 FROM ({now.sql}) v GROUP BY 1", now.params)
    )
    assert counted["first_contact"] != found["first_contact_kept"]


def test_without_the_rights_the_effect_shows_contacts_alone(client, world):
    client.force_login(world.admin)
    page = client.get(reverse("reports:customer-analysis", args=["effect"]))
    assert len(page.context["tables"][-1]["table"].rows) == 1


def expecting(*rows):
    """The rule's rows: (measure, value)."""
    return tuple({"measure": key, "value": Decimal(value)} for key, value in rows)


def test_what_was_expected_is_met_or_not_as_page_and_workbook_say(client, world):
    """Of 3,650 contacts a year 100 are due in ten days; a median of 5 hours is over 4; of the
    rating nothing is expected; nobody logged in, so that there is no figure."""
    for hours in (2, 5, 9):
        case_of(world.n1a, dt.date(2026, 11, 15), 1, hours)
    rows = (("contacts", 3650), ("resolution", 4), ("first_contact", 1), ("log_ins", 95))
    say(world.group, "reports.expected_effect", expecting(*rows), since=dt.date(2026, 1, 1))
    for _n in range(100):
        at = dt.datetime(2026, 11, 13, 4, tzinfo=dt.UTC)
        make_activity(customer=make_customer(unit=world.n1a), by=world.north_clerk, at=at)
    question = asked(world.north, since=dt.date(2026, 11, 12))
    found = {x.measure: (x.after, x.expected, x.met) for x in effect(question)}
    assert found["contacts"] == (100, 100, True)
    assert found["resolution"] == (5, 4, False)
    assert found["first_contact"] == (1, 1, True)
    assert found["log_ins"] == (None, 0.95, None)
    assert found["rating"] == (None, None, None)
    client.force_login(world.north_head)
    query = {"as_of": "2026-11-21", "since": "2026-11-12"}
    page = client.get(reverse("reports:customer-analysis", args=["effect"]), query)
    table = page.context["tables"][-1]["table"]
    assert "4 项" in page.context["sentence"] or "2 of 4" in page.context["sentence"]
    assert world.group.name in table.note
    sheet = workbook(client, "effect", **query).worksheets[-1]
    assert [row[5:7] for row in sheet.iter_rows(min_row=2, values_only=True)] == [
        (None if row[5] is None else pytest.approx(float(row[5])), row[6]) for row in table.rows
    ]
    say(world.north, "reports.expected_effect", (), since=dt.date(2026, 11, 1))
    assert {x.expected for x in effect(question)} == {None}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ((("log_ins", 101),), "A share is 100 at most, a rating 5."),
        ((("rating", 6),), "A share is 100 at most, a rating 5."),
        ((("rating", 4), ("rating", 5)), "Each measure has one expected value."),
    ],
)
def test_what_cannot_be_expected_is_refused(world, rows, sentence):
    with pytest.raises(Refused) as refused:
        say(world.group, "reports.expected_effect", expecting(*rows))
    assert str(_(sentence)) in str(refused.value)

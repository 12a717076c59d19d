"""The dashboard: which figures it shows to whom, where they lead, what it asks of the database."""

import datetime as dt
import re
from decimal import Decimal
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape
from openpyxl import load_workbook

from accounts.models import Reach, Role, User
from compliance.models import LogInDay
from compliance.selectors.classes import STRATEGIC
from compliance.services.targets import set_targets
from core import display
from customers.models import CustomerUnit
from expenses.models import Budget
from regions.models import ChangeKind
from regions.policies.types import rows
from reports.dashboard import others
from reports.dashboard.basis import basis_of, months_words
from reports.dashboard.others import OTHERS
from reports.dashboard.tiles import targets_of, verdict_on
from reports.metrics.definitions import KEPT
from reports.metrics.perimeter import Perimeter
from reports.metrics.periods import Period, read_period
from reports.metrics.reading import series_of
from reports.metrics.registry import METRICS
from reports.metrics.rollups import nightly, refresh
from tests.factories import (
    give,
    make_activity,
    make_case,
    make_customer,
    make_strategic,
    make_user,
    say,
)
from tests.reports.figures import carry_out, close_before, days_ago, fill, plainly
from tests.reports.test_rollups import this_month
from tests.satisfaction.published import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def full(world):
    fill(world)
    refresh()
    nightly()
    return world


def tiles(page) -> dict[str, object]:
    return {tile.key: tile for _label, several in page.context["groups"] for tile in several}


def test_every_tile_leads_to_exactly_its_rows(client, full):
    client.force_login(full.north_head)
    page = client.get("/reports/", {"unit": full.n1.code})
    shown = tiles(page)

    keys = {key for key, metric in METRICS.items() if metric.tile}
    assert keys == set(shown) - {"strategic_due", "satisfaction"}
    assert page.context["form"]["unit"].value() == full.n1.code
    for key in keys:
        rows = client.get(shown[key].url)
        assert rows.status_code == 200, key
        assert rows.context["unit"] == full.n1
        number = int(re.sub(r"\D", "", rows.context["count"]))
        if METRICS[key].measure == "rows":
            assert f"{number:,}" == shown[key].value == rows.context["figure"], key
            assert len(rows.context["lines"]) == min(number, 25), key
    assert "unit=N1" in shown["contacts"].url


def test_the_scope_is_the_readers_whatever_the_address_asks(client, full):
    client.force_login(full.north_head)

    page = client.get("/reports/", {"unit": full.s1a.code})
    assert page.context["unit"] == full.north
    page = client.get("/reports/rows/contacts/", {"unit": full.s1a.code})
    assert page.context["unit"] == full.north
    assert full.s1a.name not in page.content.decode()
    client.force_login(full.north_clerk)
    page = client.get("/reports/")
    assert page.context["unit"] == full.n1a
    assert "expenses_paid" not in tiles(page)
    assert client.get("/reports/rows/expenses_paid/").status_code == 404
    assert client.get("/reports/rows/no-such/").status_code == 404


def test_the_picker_of_the_tree_chooses_a_unit_with_those_below_or_alone(client, full):
    client.force_login(full.north_head)
    page = client.get("/reports/", {"unit": full.n1.code, "below": "1"})
    assert (page.context["unit"], page.context["below"]) == (full.n1, True)
    assert list(page.context["form"].tops) == [full.north]
    assert 'data-crm="unit-tree"' in page.content.decode()

    alone = client.get("/reports/", {"unit": full.n1.code, "below": "0"})
    assert alone.context["below"] is False
    assert tiles(alone)["contacts"].value == "0"
    assert "only=on" in tiles(alone)["contacts"].url


def test_charts_come_as_tables_with_the_same_figures(client, full):
    client.force_login(full.boss)
    page = client.get("/reports/", {"metric": "contacts"})
    charts = {chart.key: chart for chart in page.context["charts"]}

    assert set(charts) == {"trend", "parts", "units"}
    assert len(charts["trend"].rows) == 13
    total = int(tiles(page)["contacts"].value)
    assert sum(row.value for row in charts["parts"].rows) == total
    assert sum(row.value for row in charts["units"].rows) == total
    assert [row.label for row in charts["units"].rows] == [full.north.name, full.south.name]
    below = client.get(charts["units"].rows[0].url)
    assert below.context["unit"] == full.north
    assert int(tiles(below)["contacts"].value) == charts["units"].rows[0].value
    for row in charts["parts"].rows:
        assert int(client.get(row.url).context["figure"]) == row.value
    alone = client.get("/reports/", {"metric": "contacts", "only": "on"})
    assert "units" not in {chart.key for chart in alone.context["charts"]}


def test_a_target_of_the_month_stands_beside_its_figure(client, full):
    month = this_month().first
    set_targets(unit=full.n1, month=month, values={"contacts": 2, "cases": 999}, by=None)
    client.force_login(full.boss)

    shown = tiles(client.get("/reports/", {"unit": full.n1.code}))
    assert (shown["contacts"].state, "2" in shown["contacts"].target) == ("met", True)
    assert (shown["cases_closed"].state, "999" in shown["cases_closed"].target) == ("", True)
    before = tiles(client.get("/reports/", {"unit": full.n1.code, "period": str(month.year)}))
    assert before["contacts"].target == ""


def test_the_workbook_holds_the_same_and_is_recorded(client, full):
    from audit.models import Entry

    client.force_login(full.north_head)
    answer = client.get("/reports/workbook/")

    assert answer.status_code == 200
    book = load_workbook(BytesIO(b"".join(answer.streaming_content)))
    about, figures, months = (list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets)
    assert about[1][1] == f"{full.north.name} {full.north.code}"
    counted = plainly(
        {one.pk for one in (full.north, full.n1, full.n1a, full.n1b)},
        this_month().first,
        this_month().last,
    )
    told = {row[0]: row[1] for row in figures[1:]}
    for key, value in counted.items():
        wanted = None if value is None else round(float(value), 4)
        assert told.pop(str(METRICS[key].title)) == wanted, key
    assert list(told) == [str(OTHERS[0].title)]
    assert told[str(OTHERS[0].title)] == 0
    sums = {(row[0], row[1]): row[2] for row in months[1:]}
    assert sums[str(METRICS["contacts"].title), this_month().key] == counted["contacts"]
    assert full.south.name not in str([about, figures, months])
    assert Entry.objects.filter(action="reports.dashboard_taken").count() == 1


def basis(reader, unit, period) -> list[str]:
    perimeter = Perimeter(User.objects.get(pk=reader.pk), unit, day=period.end)
    return basis_of(series_of(perimeter, period, METRICS.values()), period)


def a_closed_month() -> Period:
    """The month of 40 days ago: its time for late entries is over, whatever day it is."""
    return read_period(f"{timezone.localdate(days_ago(40)):%Y-%m}", timezone.localdate())


def test_figures_of_own_rows_are_never_called_frozen(client, full):
    query = {"period": a_closed_month().key}
    client.force_login(full.north_head)
    whole = client.get("/reports/", query)
    assert (whole.context["frozen"], len(whole.context["basis"])) == (1, 1)
    assert "#lock" in whole.content.decode()
    client.force_login(full.north_clerk)
    page = client.get("/reports/", query)

    assert page.context["own_only"] is True
    assert (page.context["frozen"], len(page.context["basis"])) == (0, 1)
    assert page.context["basis"][0] in page.content.decode()
    assert page.context["basis"] != whole.context["basis"]
    assert "#lock" not in page.content.decode()
    before = int(tiles(page)["contacts"].value)
    customer = CustomerUnit.objects.filter(unit=full.n1a).first().customer
    at = timezone.make_aware(dt.datetime.combine(a_closed_month().last, dt.time(10)))
    make_activity(customer=customer, by=full.north_clerk, at=at)
    assert int(tiles(client.get("/reports/", query))["contacts"].value) == before + 1
    assert client.get("/reports/").context["basis"] == []


def test_which_months_are_frozen_is_said_in_words(full, english):
    month = a_closed_month()
    close_before()
    nightly()
    year = read_period(str(month.first.year), timezone.localdate())
    assert basis(full.north_head, full.north, month)[0] == (
        f"What happened in {month.key} is closed: these figures are frozen."
    )
    assert basis(full.north_clerk, full.n1a, month) == [
        "These figures are counted now from your own rows; those of past months are not frozen."
    ]
    first = basis(full.boss, full.group, year)[0]
    assert first.startswith("What happened in ")
    assert f"{month.key} is closed" in first
    assert first.endswith("can still change.")  # its other months are not frozen
    assert basis(full.boss, full.group, this_month()) == []
    months = [dt.date(2025, 12, 1), dt.date(2026, 1, 1), dt.date(2026, 3, 1)]
    assert months_words(months) == "2025-12 – 2026-01, 2026-03"


def test_the_rows_say_what_each_adds_and_which_limits_were_kept(client, full):
    client.force_login(full.boss)
    page = client.get("/reports/rows/expenses_paid/", {"unit": full.n1a.code})
    paid = [Decimal(line["adds"].lstrip("¥").replace(",", "")) for line in page.context["lines"]]
    assert page.context["figure"] == display.money(sum(paid))
    assert sum(paid) > 0

    page = client.get("/reports/rows/response_on_time/", {"unit": full.n1a.code})
    kept = [line["part"] == KEPT["kept"] for line in page.context["lines"]]
    assert {line["part"] for line in page.context["lines"]} == set(KEPT.values())
    assert [line["adds"] for line in page.context["lines"]] == ["1" if one else "0" for one in kept]
    assert page.context["figure"] == display.share(Decimal(sum(kept)) / len(kept))
    page = client.get("/reports/rows/budget_used/", {"unit": full.n1a.code})
    [line] = page.context["lines"]
    assert page.context["sum"].startswith(line["adds"])
    page = client.get("/reports/rows/log_in_rate/", {"unit": full.n1.code, "part": "missed"})
    assert {line["adds"] for line in page.context["lines"]} == {"0"}


def test_a_share_that_is_wanted_stands_beside_it_and_in_the_comparison(client, full):
    say(full.n1, "reports.metric_targets", wanted("0.5"))
    say(full.n1b, "reports.metric_targets", wanted("99.5"))
    LogInDay.objects.filter(unit=full.n1b).update(reason="missed")
    refresh()
    client.force_login(full.north_head)

    def shown(unit):
        tile = tiles(client.get("/reports/", {"unit": unit.code}))["log_in_rate"]
        return tile.target[-5:], tile.state

    assert shown(full.n1a)[0].endswith(" 0.5%")
    assert shown(full.n1b) == ("99.5%", "")  # a month that runs misses nothing yet
    assert tiles(client.get("/reports/", {"unit": "N"}))["log_in_rate"].target == ""
    met = Decimal("0.995")
    rate, month = METRICS["log_in_rate"], this_month()
    assert verdict_on(rate, met, met, month) == verdict_on(rate, met, met, month.before) == "met"
    assert verdict_on(rate, Decimal("0.99"), met, month.before) == "missed"
    late = METRICS["complaints_late"]  # of which less is better
    assert verdict_on(late, Decimal(3), Decimal(2), month.before) == "missed"
    assert verdict_on(late, Decimal(2), Decimal(2), month.before) == "met"
    # Of what should be little nothing is won before the month is over.
    assert verdict_on(late, Decimal(0), Decimal(2), month) == "so_far"
    assert verdict_on(late, Decimal(3), Decimal(2), month) == ""

    page = client.get("/reports/units/", {"unit": full.n1.code})
    cells = {
        line.unit: line.cells[place]
        for block in page.context["blocks"]
        for place, metric in enumerate(block.metrics)
        if metric.key == "log_in_rate"
        for line in block.lines
    }
    assert {unit.code: cell.target for unit, cell in cells.items() if cell.text} == {
        unit.code: "99.5%" if unit == full.n1b else "0.5%" for unit in cells if cells[unit].text
    }
    assert cells[full.n1b].target == "99.5%"


def wanted(share) -> tuple:
    """The table that wants a share of days with a log-in, in per cent."""
    return rows([{"metric": "log_in_rate", "share": Decimal(share)}])


def test_targets_are_those_of_the_readers_branch_or_his_own(full):
    month = this_month()
    for unit, person, value in (
        (full.n1a, None, 5),
        (full.s1a, None, 7),
        (full.n1a, full.north_clerk, 3),
    ):
        set_targets(
            unit=unit, person=person, month=month.first, values={"contacts": value}, by=None
        )

    def seen(reader, unit):
        return targets_of(Perimeter(User.objects.get(pk=reader.pk), unit), month).get("contacts")

    assert seen(full.north_head, full.n1a) == seen(full.boss, full.n1a) == 5
    assert seen(full.north_head, full.s1a) is None
    assert seen(full.boss, full.s1a) == 7
    assert seen(full.north_clerk, full.n1a) == 3
    assert seen(full.south_clerk, full.n1a) is None


def test_what_others_keep_says_of_when_it_is_and_follows_the_period(client, full):
    today = timezone.localdate()
    answers = {full.n1a: (40, 4.0), full.n1b: (40, 3.0)}
    publish("OLD", answers, year=2024, month=3)
    publish("NEW", {full.n1a: (40, 4.5), full.n1b: (40, 4.5)}, year=today.year - 1, month=1)
    client.force_login(full.north_head)

    def asked(period):
        return tiles(client.get("/reports/", {"unit": full.n1.code, "period": period}))

    now = asked(this_month().key)
    assert (now["satisfaction"].label[-3:], now["satisfaction"].value) == ("NEW", "4.50")
    assert now["satisfaction"].as_of == dt.date(today.year - 1, 1, 1)
    assert "wave=NEW" in now["satisfaction"].url
    then = asked("2024-03")
    assert (then["satisfaction"].label[-3:], then["satisfaction"].value) == ("OLD", "3.50")
    assert (then["satisfaction"].as_of, "wave=OLD" in then["satisfaction"].url) == (None, True)
    assert "satisfaction" not in asked("2024-02")
    # Whom somebody owed a visit then was not kept: the past has no such tile, and says so.
    assert now["strategic_due"].as_of is None
    assert "strategic_due" not in then
    [strategic, _score] = OTHERS
    past = {"unit": full.n1.code, "period": this_month().before.key}
    for path in ("/reports/", "/reports/units/"):
        assert str(strategic.not_then) in client.get(path, past).content.decode()
        running = {"unit": full.n1.code}
        assert str(strategic.not_then) not in client.get(path, running).content.decode()
    blocks = client.get("/reports/units/", past).context["blocks"]
    assert "strategic_due" not in [one.key for block in blocks for one in block.metrics]
    words = client.get("/reports/metrics/").content.decode()
    for other in OTHERS:
        assert f'id="{other.key}"' in words
        assert escape(str(other.sentence)) in words


def test_scores_and_late_visits_stand_beside_units_as_well(client, full, monkeypatch):
    """Each as its own page says of the unit; nobody is late by himself here, so all are."""
    today = timezone.localdate()
    publish("NEW", {full.n1a: (40, 4.0), full.n1b: (40, 3.0)}, year=today.year - 1, month=1)
    for unit in (full.n1a, full.n1a, full.n1b, full.s1a):
        make_customer(unit=unit, kind="organisation", level=STRATEGIC)
    everybody = lambda rows, _today=None: sorted(rows.values_list("pk", flat=True))  # noqa: E731
    monkeypatch.setattr(others, "late_customers", everybody)
    client.force_login(full.north_head)

    page = client.get("/reports/units/", {"unit": full.n1.code})

    cells = {
        (line.unit.code, metric.key): line.cells[place]
        for block in page.context["blocks"]
        for place, metric in enumerate(block.metrics)
        for line in block.lines
    }
    late = {unit: cells[unit.code, "strategic_due"].text for unit in (full.n1, full.n1a, full.n1b)}
    assert late == {full.n1: "3", full.n1a: "2", full.n1b: "1"}
    score = cells[full.n1a.code, "satisfaction"]
    assert score.text.startswith("4.00 (3.")
    assert f"unit={full.n1a.code}" in score.url
    assert cells[full.n1.code, "satisfaction"].text.startswith("3.50 (")


def test_the_unit_itself_has_its_own_late_visits_in_the_comparison(client, full, monkeypatch):
    for unit in (full.n1, full.n1, full.n1a, full.s1a):
        make_customer(unit=unit, kind="organisation", level=STRATEGIC)
    everybody = lambda rows, _today=None: sorted(rows.values_list("pk", flat=True))  # noqa: E731
    monkeypatch.setattr(others, "late_customers", everybody)
    client.force_login(full.north_head)

    blocks = client.get("/reports/units/", {"unit": full.n1.code}).context["blocks"]

    [block] = [one for one in blocks if "strategic_due" in [each.key for each in one.metrics]]
    place = [each.key for each in block.metrics].index("strategic_due")
    told = {(line.unit, line.is_own): line.cells[place] for line in block.lines}
    texts = {(unit.code, own): cell.text for (unit, own), cell in told.items()}
    assert texts == {
        ("N1", False): "3",
        ("N1", True): "2",
        ("N1A", False): "1",
        ("N1B", False): "0",
    }
    assert told[full.n1, True].url.endswith("?late=on&unit=N1&only=on")


def test_the_number_of_queries_does_not_grow(client, full):
    make_strategic(unit=full.n1, by=full.north_head, leader=full.boss)
    make_strategic(unit=full.n1a, by=full.north_clerk, leader=full.north_head, word="重点")
    publish("W", {full.n1a: (40, 4.0), full.n1b: (40, 3.0)})
    refresh()

    def queries(user) -> int:
        client.force_login(user)
        client.get("/reports/")
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert client.get("/reports/").status_code == 200
        return len(found)

    before = {name: queries(full.people[name]) for name in ("boss", "north_head", "north_clerk")}
    for name in ("n1a", "n1b", "s1a", "s1b"):
        for _number in range(3):
            make_activity(
                customer=make_customer(unit=full.units[name]),
                by=full.north_clerk,
            )
            make_case(unit=full.units[name])
    refresh()

    after = {name: queries(full.people[name]) for name in before}
    assert after == before == {"boss": 24, "north_head": 24, "north_clerk": 25}


def test_an_address_of_nonsense_shows_the_running_month(client, full):
    client.force_login(full.boss)
    for query in (
        "period=2026-13",
        "period=2026-Q9",
        "period=9999",
        "period=x",
        "metric=x",
        "unit=x",
        "unit=%00",
    ):
        page = client.get(f"/reports/?{query}")
        assert page.status_code == 200
        assert page.context["period"] == this_month()


def test_a_month_long_ago_can_be_asked_for(client, full):
    client.force_login(full.boss)
    page = client.get("/reports/?period=2019-03")

    assert page.context["period"].key == "2019-03"
    assert tiles(page)["contacts"].value == "0"
    assert tiles(page)["customers"].value is None  # nobody took a snapshot then
    assert client.get(tiles(page)["contacts"].url).context["period"].key == "2019-03"


def test_every_figure_is_explained(client, full):
    client.force_login(full.boss)
    page = client.get("/reports/metrics/")

    assert page.status_code == 200
    for metric in METRICS.values():
        assert f'id="{metric.key}"' in page.content.decode()
    told = {
        one.key: [fact.text for fact in facts]
        for _label, rows_of in page.context["groups"]
        for one, facts in rows_of
    }
    assert set(told) == {*METRICS, "strategic_due", "satisfaction"}
    words = page.content.decode()
    for key, (name, *texts) in told.items():
        assert name == key
        assert len(texts) == 5
        assert all(texts), key
        for text in texts:
            assert escape(text) in words, (key, text)
    _name, _counted, whose, source, rounding, frozen = told["contacts"]
    assert "customers_activity" in source
    assert "5" in frozen
    assert told["customers"][5] != frozen
    assert told["expenses_paid"][4] != rounding
    assert told["complaint_rate"][2] != whose
    assert told["response_on_time"][3].count("complaints_case") == 1
    query = parse_qs(urlsplit(tiles(client.get("/reports/"))["contacts"].url).query)
    assert query == {"unit": ["G"], "period": [this_month().key]}


def test_figures_are_sorted_by_what_they_consist_of_each_part_with_its_rows(client, full):
    client.force_login(full.north_head)
    page = client.get("/reports/", {"unit": full.n1.code})
    shown = tiles(page)
    charts = {chart.figure: chart for chart in page.context["sorted"]}

    for key in ("customers", "owners", "complaints_open", "complaints_late"):
        chart = charts[str(METRICS[key].title)]
        assert sum(row.value for row in chart.rows) == int(shown[key].value), key
    assert str(METRICS["complaints_age"].title) in charts
    for chart in charts.values():
        for row in chart.rows:
            number = re.sub(r"\D", "", client.get(row.url).context["count"])
            assert int(number) == row.value, (chart.figure, row.label)


def test_units_stand_side_by_side_with_the_figures_of_each(client, full):
    client.force_login(full.north_head)
    page = client.get("/reports/units/", {"unit": full.n1.code})

    for block in page.context["blocks"]:
        whole, *parts = block.lines
        assert (whole.is_whole, whole.unit) == (True, full.n1)
        assert [line.unit for line in parts] == [full.n1a, full.n1b]
        for place, metric in enumerate(block.metrics):
            if metric.measure == "rows":
                cells = [int(line.cells[place].text) for line in parts]
                assert sum(cells) == int(whole.cells[place].text), metric.key
    client.force_login(full.north_clerk)
    own = client.get("/reports/units/", {"unit": full.n1a.code})
    assert own.context["blocks"] == []


def test_a_closed_month_says_so_and_tells_what_came_later(client, full):
    # A month with figures; 40 days later its time for late entries is over, whatever day it is.
    month = read_period(f"{timezone.localdate(days_ago(40)):%Y-%m}", timezone.localdate())
    client.force_login(full.boss)
    query = {"unit": full.n1.code, "period": month.key}
    before = client.get("/reports/", query)
    assert (before.context["frozen"], before.context["later"]) == (1, [])
    assert "#lock" in before.content.decode()
    assert client.get("/reports/").context["frozen"] == 0
    value = tiles(before)["contacts"].value

    customer = CustomerUnit.objects.filter(unit=full.n1a).first().customer
    at = timezone.make_aware(dt.datetime.combine(month.last, dt.time(10)))
    make_activity(customer=customer, by=full.north_clerk, at=at)
    refresh()

    after = client.get("/reports/", query)
    assert tiles(after)["contacts"].value == value
    assert [(str(title), words) for title, words in after.context["later"]] == [
        (str(METRICS["contacts"].title), "+1")
    ]
    rows = client.get("/reports/rows/contacts/", query)
    assert rows.context["later"] == "+1"


def test_only_stocks_of_too_many_rows_are_shown_as_of_the_night(client, full, monkeypatch):
    """¥ of budgets are no rows: the share is that of now, as its rows are."""
    monkeypatch.setattr("reports.metrics.reading.MOST_LIVE", 1)
    Budget.objects.filter(unit=full.n1a).update(
        allotted=F("allotted") + 90_000, spent=F("spent") + 50_000
    )
    client.force_login(full.north_head)
    shown = tiles(client.get("/reports/", {"unit": full.n1.code}))
    assert (shown["budget_used"].as_of, shown["customers"].as_of) == (None, timezone.localdate())
    # Whose contact is overdue is sought among customers: too many of these, and it is the night's.
    assert (shown["contacts_overdue"].value, shown["contacts_overdue"].as_of) == (
        "0", timezone.localdate(),
    )  # fmt: skip
    assert client.get(shown["contacts_overdue"].url).context["as_of"] == timezone.localdate()
    page = client.get(shown["budget_used"].url)
    assert shown["budget_used"].value == page.context["figure"]
    assert page.context["figure"] == display.share(
        plainly({full.n1a.pk, full.n1b.pk}, this_month().first, timezone.localdate())["budget_used"]
    )
    assert page.context["as_of"] is None
    told = client.get(shown["customers"].url)
    assert told.context["as_of"] == timezone.localdate()
    assert f"{timezone.localdate():%Y-%m-%d}" in told.content.decode()


def test_a_unit_that_has_merged_since_opens_with_its_own_past(client, full):
    """It has its line last month; today it is no unit, and another one says so in its place."""
    past = this_month().before.key
    client.force_login(full.north_head)
    asked = {"unit": full.n1b.code, "period": past}
    before = tiles(client.get("/reports/", asked))["contacts"].value
    assert before != "0"
    carry_out(ChangeKind.MERGE, unit=full.n1b, target=full.n1a)
    refresh()
    block = client.get("/reports/units/", {"unit": full.n1.code, "period": past}).context["blocks"][
        0
    ]
    assert full.n1b.name in [line.unit.name for line in block.lines]
    page = client.get("/reports/", asked)
    assert (page.context["unit"], tiles(page)["contacts"].value) == (full.n1b, before)
    assert not page.context["form"].is_elsewhere
    assert full.n1b not in page.context["form"].units
    rows = client.get(tiles(page)["contacts"].url)
    assert (rows.context["unit"], rows.context["figure"]) == (full.n1b, before)
    assert len(rows.context["lines"]) == int(before)
    now = client.get("/reports/", {"unit": full.n1b.code})
    assert (now.context["unit"], now.context["form"].is_elsewhere) == (full.north, True)


def test_another_unit_than_the_one_asked_for_says_so(client, full):
    client.force_login(full.north_head)
    for path in ("/reports/", "/reports/units/", "/reports/rows/contacts/"):
        for code, elsewhere in ((full.s1a.code, True), ("X", True), ("", False), ("N1", False)):
            page = client.get(path, {"unit": code})
            assert page.context["form"].is_elsewhere is elsewhere
            assert ('id="other-unit"' in page.content.decode()) is elsewhere


def test_days_of_ones_own_beyond_reach_are_no_rows_of_the_figure(client, full):
    """Who sees the figures of a branch and the days of one project alone: his own days stored in
    the other project stand neither in the figure nor among its rows."""
    codes = {"view_dashboard": full.n1, "view_log_ins": full.n1a}
    person = make_user(unit=full.n1a, role=None, no="R1")
    for code, unit in codes.items():
        role = Role.objects.create(code=code, name=code, reach=Reach.SUBTREE)
        role.permissions.add(Permission.objects.get(codename=code))
        give(person, code, unit)
    LogInDay.objects.create(
        person=person, day=this_month().first, unit=full.n1b, reason="met",
        working=True, log_ins=1, needed=1,
    )  # fmt: skip
    refresh()
    client.force_login(User.objects.get(pk=person.pk))
    asked = {"unit": full.n1.code}
    page = client.get("/reports/rows/log_in_rate/", asked)
    days = LogInDay.objects.filter(unit=full.n1a, day__gte=this_month().first)
    assert page.context["count"].startswith(str(days.count()))
    assert {line["unit"] for line in page.context["lines"]} <= {full.n1a.name}


def test_a_past_stock_has_no_link_to_the_rows_of_today(client, world):
    full = world
    fill(full)
    close_before()
    refresh()
    nightly()
    client.force_login(full.north_head)
    past = {"unit": full.n1.code, "period": this_month().before.key}
    page = client.get("/reports/", past)
    shown = tiles(page)
    places = CustomerUnit.objects.filter(unit__in=(full.n1a, full.n1b))
    assert shown["customers"].value == str(places.count())
    for key, tile in shown.items():
        if key in METRICS:
            assert bool(tile.url) == (METRICS[key].kind == "flow"), key
    assert all(row.url == "" for chart in page.context["sorted"] for row in chart.rows)
    assert '<a class="card crm-tile" href="">' not in page.content.decode()
    cells = {
        metric.key: line.cells[place]
        for block in client.get("/reports/units/", past).context["blocks"]
        for place, metric in enumerate(block.metrics)
        for line in block.lines
    }
    assert (cells["customers"].url, bool(cells["contacts"].url)) == ("", True)
    [kept, unknown, _strategic] = page.context["notes"]
    assert past["period"] in kept
    assert str(METRICS["findings"].title) in unknown
    assert str(METRICS["customers"].title) not in unknown
    assert kept in page.content.decode()
    now = tiles(client.get("/reports/", {"unit": full.n1.code}))
    assert all(now[key].url for key in METRICS if key in now)

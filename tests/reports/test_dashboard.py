"""The dashboard: which figures it shows to whom, where they lead, what it asks of the database."""

import datetime as dt
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from compliance.services.targets import set_targets
from customers.models import CustomerUnit
from reports.metrics.periods import read_period
from reports.metrics.registry import METRICS
from reports.metrics.rollups import nightly, refresh
from tests.factories import make_activity, make_case, make_customer
from tests.reports.figures import days_ago, fill
from tests.reports.test_rollups import this_month

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
    assert list(page.context["form"].tops()) == [full.north]
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
    assert b"".join(answer.streaming_content).startswith(b"PK")
    assert Entry.objects.filter(action="reports.dashboard_taken").count() == 1


def test_the_number_of_queries_does_not_grow(client, full):
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
    assert after == before
    assert max(before.values()) <= MOST_QUERIES


MOST_QUERIES = 60


def test_an_address_of_nonsense_shows_the_running_month(client, full):
    client.force_login(full.boss)
    for query in (
        "period=2026-13",
        "period=2026-Q9",
        "period=9999",
        "period=x",
        "metric=x",
        "unit=x",
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

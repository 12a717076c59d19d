"""Every figure of every dashboard on the data of two branches full of marks: counted a second
time, row by row, in each scope; and the other branch changes none of them."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from complaints.models import Case
from compliance.models import Charge
from compliance.months import months_before
from core import display
from core.scope import scope_of
from regions.models import OrgUnit
from reports.dashboard.forms import VIEW
from reports.dashboard.tiles import written
from reports.metrics.periods import Period, read_period
from reports.metrics.registry import METRICS, Kind
from reports.metrics.rollups import nightly, refresh
from tests.access.branches import NORTH, SOUTH, Branch, make_branch, make_crossing, make_group
from tests.api.conftest import Program
from tests.factories import make_activity
from tests.reports.figures import close_before, days_ago, plainly
from tests.reports.programs import same_as_months, same_as_pages

pytestmark = pytest.mark.django_db
OF_OTHERS = {"strategic_due", "satisfaction"}  # counted by follow-up and by the survey


def enter(client, reader: User) -> None:
    """Log in anew; the same person twice within a second would be one device."""
    client.logout()
    client.force_login(reader)


def shown(client, unit: OrgUnit, **query) -> dict[str, str | None]:
    """What the tiles of a dashboard say."""
    page = client.get("/reports/", {"unit": unit.code} | query)
    assert page.status_code == 200
    assert page.context["unit"] == unit
    return {
        tile.key: tile.value
        for _label, several in page.context["groups"]
        for tile in several
        if tile.key not in OF_OTHERS
    }


def expected(
    reader: User, unit: OrgUnit, *, below: bool, sees: set[int], period: Period
) -> dict[str, str | None]:
    """The same, out of single rows: of units seen whole all of them, of others the own ones. Of a
    period that is over only what happened; nobody can count what there was."""
    units = set(OrgUnit.objects.below(unit).values_list("pk", flat=True)) if below else {unit.pk}
    own = reader if scope_of(reader, "customers.view_customer").own else None
    counted = plainly(units & sees, period.first, period.last, own)
    return {
        key: written(METRICS[key], None if value is None else Decimal(value), short=True)
        for key, value in counted.items()
        if METRICS[key].tile
        and METRICS[key].opens_to(reader)
        and (period.runs or (METRICS[key].kind == Kind.FLOW and not METRICS[key].once))
    }


def figures_of(client, reader: User, sees: set[int], key: str = "") -> dict[tuple[str, bool], dict]:
    """Every dashboard of a period that a reader can open, each compared with its second
    computation."""
    period = read_period(key, timezone.localdate())
    enter(client, reader)
    reader = User.objects.get(pk=reader.pk)
    found = {}
    for unit in OrgUnit.objects.visible_to(reader, VIEW).in_tree_order():
        for below in (True, False):
            query = {"period": period.key} | ({} if below else {"only": "on"})
            found[unit.code, below] = shown(client, unit, **query)
            wanted = expected(reader, unit, below=below, sees=sees, period=period)
            told = {key: found[unit.code, below].get(key) for key in wanted}
            assert told == wanted, (reader.employee_no, unit.code, below)
            assert set(found[unit.code, below]) - OF_OTHERS == {
                one for one, metric in METRICS.items() if metric.tile and metric.opens_to(reader)
            }
    return found


def test_every_figure_of_every_dashboard_in_each_scope(client, monkeypatch):
    group, people = make_group()
    north = make_branch(NORTH, group)
    crossing = make_crossing(north)
    past = _live_through(north)
    _night()
    every = set(OrgUnit.objects.values_list("pk", flat=True))
    mine = {name: figures_of(client, north.people[name], every) for name in ("clerk", "head")}
    assert sum(value not in (None, "0") for value in mine["head"][NORTH.word, True].values()) > 9

    before = figures_of(client, north.people["head"], every, past)
    assert before[NORTH.word, True]["contacts"] == "1"
    south = make_branch(SOUTH, group, crossing)
    _live_through(south)
    _night()

    every = set(OrgUnit.objects.values_list("pk", flat=True))
    again = {name: figures_of(client, north.people[name], every) for name in ("clerk", "head")}
    assert again == mine
    assert figures_of(client, north.people["head"], every, past) == before
    figures_of(client, south.people["head"], every)
    _scores(client, north, south)
    _late_visits(client, north, south)
    for name in ("boss", "reader"):
        figures_of(client, people[name], every)
    _compare_units(client, people["boss"], group)
    _compare_units(client, north.people["head"], north.units["region"])
    _tell_programs(client, north, people["boss"], past, monkeypatch)
    _late_entry(client, north, every, past)


def _tell_programs(client, north: Branch, boss: User, past: str, monkeypatch) -> None:
    """The API says what the dashboards say, by dimension, by unit and by month; each survey with
    how many answered."""
    monkeypatch.setattr("api.services.tokens.USE", "customers.view_customer")
    for name, top, period, fewest in (
        ("clerk", north.units["a"].code, "", 1),
        ("head", NORTH.word, "", 8),
        ("head", NORTH.word, past, 1),
    ):
        seen = same_as_pages(client, north.people[name], top, period)
        assert len(seen) >= fewest, (name, period, seen)
    months = [f"{month:%Y-%m}" for month in months_before(timezone.localdate().replace(day=1), 2)]
    for reader, top in ((north.people["clerk"], north.units["a"].code), (boss, "G")):
        same_as_months(Program(reader), top, months)
    told = Program(north.people["head"]).get("metrics/figures/", unit=NORTH.word).json()
    survey = next(one for one in told["figures"] if one["metric"] == "satisfaction")["survey"]
    assert (survey["wave"], survey["answers"]) == (f"{NORTH.word}-S", 80)
    visits = next(one for one in told["figures"] if one["metric"] == "strategic_due")
    assert (visits["value"], visits["own_rows"]) == ("1", False)


def _live_through(branch: Branch) -> str:
    """A contact and a case of a month that the night closes, households, and a strategic customer
    whom nobody met since long. Returns the month."""
    at = days_ago(40)
    unit, clerk = branch.units["a"], branch.people["clerk"]
    make_activity(customer=branch.customers["mine"], unit=unit, by=clerk, at=at)
    case = Case.objects.filter(unit=unit, kind="complaint").order_by("pk").first()
    Case.objects.filter(pk=case.pk).update(taken_in_at=at)
    OrgUnit.objects.filter(pk=unit.pk).update(households=700)
    long_ago = timezone.localdate(days_ago(800))
    Charge.objects.filter(unit=unit).update(
        specialist_since=long_ago, leader_since=long_ago, listed_on=long_ago
    )
    return f"{timezone.localdate(at):%Y-%m}"


def _night() -> None:
    """Adds everything up; first the customers of now are those the month began with."""
    close_before()
    refresh()
    nightly()


def _late_entry(client, north: Branch, sees: set[int], past: str) -> None:
    """What comes after closing leaves the head's figure and changes that of own rows."""
    unit, clerk = north.units["a"], north.people["clerk"]
    make_activity(customer=north.customers["mine"], unit=unit, by=clerk, at=days_ago(40))
    refresh()
    enter(client, north.people["head"])
    assert shown(client, unit, period=past)["contacts"] == "1"
    assert figures_of(client, clerk, sees, past)[unit.code, True]["contacts"] == "2"


def _other(client, reader: User, unit: OrgUnit, key: str) -> Any:
    enter(client, reader)
    page = client.get("/reports/", {"unit": unit.code})
    tiles = [tile for _label, several in page.context["groups"] for tile in several]
    return next((tile for tile in tiles if tile.key == key), None)


def _scores(client, north: Branch, south: Branch) -> None:
    """The mean of a branch out of what its projects answered, 40 each, and its page."""
    for branch, other in ((north, south), (south, north)):
        unit, head = branch.units["region"], branch.people["head"]
        tile = _other(client, head, unit, "satisfaction")
        mean = (int(branch.marks.digits) / 20 + 3.5) / 2
        assert tile.value == display.score(mean)
        assert f"{branch.marks.word}-S" in tile.label
        page = client.get(tile.url)
        assert page.status_code == 200
        assert f"{branch.marks.word}-S" in page.content.decode()
        assert other.marks.word not in page.content.decode()
        assert _other(client, head, other.units["region"], "satisfaction").value == tile.value


def _late_visits(client, north: Branch, south: Branch) -> None:
    """The strategic customer of each branch, whom nobody met."""
    for branch, other in ((north, south), (south, north)):
        tile = _other(client, branch.people["head"], branch.units["region"], "strategic_due")
        assert tile.value == "1"
        page = client.get(tile.url)
        assert [row.customer.name for row in page.context["rows"]] == [
            f"{branch.marks.sign}战略集团"
        ]
        assert other.marks.sign not in page.content.decode()


def _compare_units(client, boss: User, group: OrgUnit) -> None:
    """The units side by side say what the dashboard of each says."""
    enter(client, boss)
    page = client.get("/reports/units/", {"unit": group.code})
    for block in page.context["blocks"]:
        for line in block.lines:
            alone = shown(client, line.unit, **({"only": "on"} if line.is_own else {}))
            for metric, cell in zip(block.metrics, line.cells, strict=True):
                if metric.key in OF_OTHERS:
                    tile = None if line.is_own else _other(client, boss, line.unit, metric.key)
                    value = tile.value if tile else None
                    said = cell.text.split(" ")[0] if cell.text else None
                    assert said == value, (line.unit.code, metric.key)
                    assert cell.text is None or client.get(cell.url).status_code == 200
                    continue
                assert cell.text == alone[metric.key], (line.unit.code, metric.key)
                rows = client.get(cell.url)
                if metric.measure == "rows":
                    number = int(re.sub(r"\D", "", rows.context["count"]))
                    assert f"{number:,}" == cell.text, (line.unit.code, metric.key)

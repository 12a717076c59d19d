"""Every figure of every dashboard on the data of two branches full of marks: counted a second
time, row by row, in each scope; and the other branch changes none of them."""

import re
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import User
from core.scope import scope_of
from regions.models import OrgUnit
from reports.dashboard.forms import VIEW
from reports.dashboard.tiles import written
from reports.metrics.periods import read_period
from reports.metrics.registry import METRICS
from reports.metrics.rollups import nightly, refresh
from tests.access.branches import NORTH, SOUTH, make_branch, make_crossing, make_group
from tests.reports.figures import plainly

pytestmark = pytest.mark.django_db
OF_OTHERS = {"strategic_due", "satisfaction"}  # counted by follow-up and by the survey


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


def expected(reader: User, unit: OrgUnit, *, below: bool, sees: set[int]) -> dict[str, str | None]:
    """The same, out of single rows: of units seen whole all of them, of others the own ones."""
    period = read_period("", timezone.localdate())
    units = set(OrgUnit.objects.below(unit).values_list("pk", flat=True)) if below else {unit.pk}
    own = reader if scope_of(reader, "customers.view_customer").own else None
    counted = plainly(units & sees, period.first, period.last, own)
    return {
        key: written(METRICS[key], None if value is None else Decimal(value), short=True)
        for key, value in counted.items()
        if METRICS[key].tile and METRICS[key].opens_to(reader)
    }


def figures_of(client, reader: User, sees: set[int]) -> dict[tuple[str, bool], dict]:
    """Every dashboard a reader can open, each compared with its second computation."""
    client.force_login(reader)
    reader = User.objects.get(pk=reader.pk)
    found = {}
    for unit in OrgUnit.objects.visible_to(reader, VIEW).in_tree_order():
        for below in (True, False):
            query = {} if below else {"only": "on"}
            found[unit.code, below] = shown(client, unit, **query)
            wanted = expected(reader, unit, below=below, sees=sees)
            assert found[unit.code, below] == wanted, (reader.employee_no, unit.code, below)
    return found


def test_every_figure_of_every_dashboard_in_each_scope(client):
    group, people = make_group()
    north = make_branch(NORTH, group)
    crossing = make_crossing(north)
    refresh()
    nightly()
    every = set(OrgUnit.objects.values_list("pk", flat=True))
    mine = {name: figures_of(client, north.people[name], every) for name in ("clerk", "head")}
    assert sum(value not in (None, "0") for value in mine["head"][NORTH.word, True].values()) > 9

    south = make_branch(SOUTH, group, crossing)
    refresh()
    nightly()

    every = set(OrgUnit.objects.values_list("pk", flat=True))
    again = {name: figures_of(client, north.people[name], every) for name in ("clerk", "head")}
    assert again == mine
    figures_of(client, south.people["head"], every)
    for name in ("boss", "reader"):
        figures_of(client, people[name], every)
    _compare_units(client, people["boss"], group)


def _compare_units(client, boss: User, group: OrgUnit) -> None:
    """The units side by side say what the dashboard of each says."""
    client.force_login(boss)
    page = client.get("/reports/units/", {"unit": group.code})
    for block in page.context["blocks"]:
        for line in block.lines:
            alone = shown(client, line.unit, **({"only": "on"} if line.is_own else {}))
            for metric, cell in zip(block.metrics, line.cells, strict=True):
                assert cell.text == alone[metric.key], (line.unit.code, metric.key)
                rows = client.get(cell.url)
                if metric.measure == "rows":
                    number = int(re.sub(r"\D", "", rows.context["count"]))
                    assert f"{number:,}" == cell.text, (line.unit.code, metric.key)

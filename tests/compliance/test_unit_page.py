"""The page of a unit: each figure is that of its month, each link leads to exactly its rows."""

import datetime as dt

import pytest

from compliance.models import Assignment, FindingEvent
from compliance.months import month_end, months_later
from compliance.panels import Question, unit_panels
from tests.compliance.duties import at, day
from tests.factories import make_account_change, make_finding, make_lapse, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
MONTHS = (dt.date(2026, 9, 1), dt.date(2026, 10, 1), dt.date(2026, 11, 1))


@pytest.fixture
def history(world, time_machine):
    """What three months left behind in the northern city and its project."""
    time_machine.move_to(at("11-23 10:00"))
    _findings(world)
    _changes(world)
    for number, first in enumerate(("08-25", "10-01", "10-12")):
        person = make_user(unit=world.n1a if number else world.n1)
        make_lapse(person=person, first=day(first), days=15)
    _tasks(world)
    return world


def _findings(world):
    made = {
        "borne": make_finding(unit=world.n1, opened_on=day("09-10"), severity="high"),
        "gone": make_finding(
            unit=world.n1a, opened_on=day("09-12"), state="closed", closed_on=day("10-31")
        ),
        "new": make_finding(unit=world.n1a, opened_on=day("10-10"), rule="TESTS-2"),
        "borne_now": make_finding(
            unit=world.n1, opened_on=day("10-20"), state="excepted",
            excepted_until=day("12-31"), rule="TESTS-3",
        ),
    }  # fmt: skip
    moves = [("borne", "excepted", "09-20"), ("borne", "resumed", "10-05")]
    for name, kind, when in [*moves, ("borne_now", "excepted", "11-02")]:
        FindingEvent.objects.create(finding=made[name], kind=kind, at=at(f"{when} 09:00"))


def _changes(world):
    for unit, event, values in (
        (world.n1, "09-03", {"state": "done", "done_at": at("10-31 23:59")}),
        (world.n1a, "09-30", {"state": "done", "done_at": at("11-01 00:01")}),
        (world.n1a, "10-20", {}),
        (world.n1, "10-21", {"state": "withdrawn"}),
        (world.n1, "11-30", {}),
    ):
        person, on = make_user(unit=unit), day(event)
        make_account_change(
            unit=unit, person=person, event_on=on, due_on=on + dt.timedelta(days=1), **values
        )


def _tasks(world):
    for unit, due, values in (
        (world.n1, "10-05", {"state": "open"}),
        (world.n1a, "10-31", {"state": "done", "finished_at": at("11-02 09:00")}),
        (world.n1a, "10-31", {"state": "done", "finished_at": at("10-30 09:00")}),
        (world.n1a, "11-02", {"state": "open"}),
        (world.n1a, "11-30", {"state": "open"}),
    ):
        task = Assignment(
            to=world.north_clerk, by=world.north_head, title="核对", due_at=at(f"{due} 18:00"),
            **{"result": "已核对"} | values if values["state"] == "done" else values,
        )  # fmt: skip
        task.place_in(unit)
        task.save()


def tiles(world, month, *, below=True):
    question = Question(
        reader=world.north_head,
        unit=world.n1,
        below=below,
        first=month,
        last=month_end(month),
        before=(months_later(month, -1), month),
    )
    return {panel.key: panel.tile(question) for panel in unit_panels()}


FIGURES = {
    # Findings, account changes, lapses, tasks late: at the end of September, October, today.
    ("findings", True): (1, 3, 2),
    ("findings", False): (0, 2, 1),
    ("account_changes", True): (2, 2, 2),
    ("account_changes", False): (1, 0, 1),
    ("lapses", True): (1, 2, 0),
    ("lapses", False): (1, 0, 0),
    ("tasks", True): (0, 2, 1),
    ("tasks", False): (0, 1, 0),
}


@pytest.mark.parametrize(("panel", "below"), FIGURES)
def test_a_figure_is_that_of_its_month_and_leads_to_its_rows(client, history, panel, below):
    client.force_login(history.north_head)
    wanted = FIGURES[panel, below]
    for number, month in enumerate(MONTHS):
        tile = tiles(history, month, below=below)[panel]

        assert tile.value == str(wanted[number])
        assert tile.trend[-1 - number :] == tuple(float(one) for one in wanted[: number + 1])
        assert tile.before.endswith(f" {wanted[number - 1] if number else 0}")
        page = client.get(tile.url)
        assert len(page.context["page"].rows) == wanted[number], tile.url


def test_the_gravest_of_a_month_are_the_rows_of_its_tile(client, history):
    client.force_login(history.north_head)
    found = {}
    for month in MONTHS:
        page = client.get(f"/compliance/units/N1/?month={month:%Y-%m}")
        values = {key: values for key, _template, values in page.context["sections"]}
        rows = [row["finding"] for row in values["findings"]["findings"]]
        found[month.month] = [(row.rule, row.opened_on.day) for row in rows]

    assert found == {
        9: [("TESTS", 12)],
        10: [("TESTS", 10), ("TESTS-2", 10), ("TESTS-3", 20)],
        11: [("TESTS", 10), ("TESTS-2", 10)],
    }

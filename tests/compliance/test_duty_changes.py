"""Trips, lapses, notices and sanctions when units move, merge and split."""

import pytest
from django.utils import timezone

from compliance.models import (
    Absence,
    Circular,
    CircularLine,
    Commendation,
    Lapse,
    LogInSum,
    Sanction,
)
from compliance.org_changes.duties import Absences, Circulars, Commendations, Lapses, Sanctions
from regions.models import ChangeKind
from regions.services import mend_scope_columns, rehearse, undo_change
from tests.complaints.test_org_changes import carry, draft
from tests.factories import make_duties, make_lapse, make_user

pytestmark = pytest.mark.django_db
TABLES = (Absence, Circular, Commendation, Lapse, LogInSum, Sanction)
DAY = timezone.timedelta(days=1)


@pytest.fixture
def duties(world):
    """Of somebody at the northern company; a trip that is over, a settled sanction."""
    world.people["member"] = make_user(unit=world.n1, role="staff", no="N-MEMBER")
    made = make_duties(person=world.member, by=world.north_head)
    today = timezone.localdate()
    past = Absence(
        person=world.member,
        kind="leave",
        state="approved",
        first_day=today - 9 * DAY,
        last_day=today - DAY,
    )
    past.place_in(world.n1)
    past.save()
    return made | {"past": past.pk}


def lying():
    """Where every row lies, by all four columns."""
    return {
        (model.__name__, row.pk): (row.unit_id, row.region_id, row.city_id, row.project_id)
        for model in TABLES
        for row in model.objects.all()
    }


def test_rows_follow_a_company_that_moves(world, duties):
    before = lying()
    change = carry(ChangeKind.MOVE, unit=world.n1, target=world.south)

    assert set(lying().values()) == {(world.n1.pk, world.south.pk, world.n1.pk, None)}
    assert mend_scope_columns() == 0
    assert Sanction.objects.visible_to(world.south_head).count() == 1
    undo_change(change, by=None, reason="误操作")
    assert lying() == before


def test_what_has_a_way_to_go_goes_with_a_merger(world, duties):
    before = lying()
    preview = dict(rehearse(draft(ChangeKind.MERGE, unit=world.n1, target=world.s1)).counts)
    titles = (Absences.title, Lapses.title, Circulars.title, Sanctions.title)
    assert [preview[str(title)] for title in titles] == [2, 2, 1, 1]
    change = carry(ChangeKind.MERGE, unit=world.n1, target=world.s1)

    stays = {
        ("Absence", duties["past"]),
        *(("LogInSum", pk) for pk in LogInSum.objects.values_list("pk", flat=True)),
        ("Commendation", duties["commendation"]),
    }
    stays |= {
        ("Circular", pk)
        for pk in Circular.objects.filter(state="published").values_list("pk", flat=True)
    }
    now = lying()
    assert {key for key, place in now.items() if place[0] == world.n1.pk} == stays
    assert {now[key] for key in now.keys() - stays} == {
        (world.s1.pk, world.south.pk, world.s1.pk, None)
    }
    assert mend_scope_columns() == 0
    undo_change(change, by=None, reason="误操作")
    assert lying() == before


def test_two_drafts_become_one(world, duties):
    other = make_lapse(person=world.south_clerk, first=timezone.localdate() - 20 * DAY, days=15)
    south = Circular(title="南方", opening="南方", drafted_on=timezone.localdate())
    south.place_in(world.s1)
    south.save()
    CircularLine.objects.create(circular=south, lapse=other, days=15)
    change = carry(ChangeKind.MERGE, unit=world.n1, target=world.s1)

    row = Circular.objects.get(state="draft")
    people = row.lines.order_by("lapse__person__employee_no")
    named = list(people.values_list("lapse__person__employee_no", flat=True))
    assert (row.pk, row.version, row.unit, named) == (
        south.pk,
        2,
        world.s1,
        ["N-MEMBER", "S-CLERK"],
    )
    undo_change(change, by=None, reason="误操作")
    rows = Circular.objects.filter(state="draft").order_by("pk")
    assert [(one.unit, one.lines.count()) for one in rows] == [(world.n1, 1), (world.s1, 1)]


def test_drafts_of_the_same_kind_become_one_and_their_commendations_go_along(world, duties):
    last = timezone.localdate().replace(day=1) - 40 * DAY
    for name, unit in (("member", world.n1), ("south_clerk", world.s1)):
        circular = Circular(kind="praise", title="表扬", opening="表扬", drafted_on=last)
        row = Commendation(
            person=world.people[name],
            first_day=last - 20 * DAY,
            last_day=last,
            days=15,
            measure="praise",
        )
        for one in (circular, row):
            one.place_in(unit)
            one.save()
        CircularLine.objects.create(circular=circular, commendation=row, days=15)
    before = lying()
    preview = dict(rehearse(draft(ChangeKind.MERGE, unit=world.n1, target=world.s1)).counts)
    assert (preview[str(Circulars.title)], preview[str(Commendations.title)]) == (2, 1)
    change = carry(ChangeKind.MERGE, unit=world.n1, target=world.s1)

    drafts = Circular.objects.filter(state="draft").order_by("kind")
    found = [(one.kind, one.unit, one.version, one.lines.count()) for one in drafts]
    assert found == [("lapse", world.s1, 1, 1), ("praise", world.s1, 2, 2)]
    assert set(Commendation.objects.filter(state="draft").values_list("unit", flat=True)) == {
        world.s1.pk
    }
    undo_change(change, by=None, reason="误操作")
    assert lying() == before
    assert [one.lines.count() for one in Circular.objects.filter(kind="praise", state="draft")] == [
        1,
        1,
    ]


def test_nothing_goes_to_a_unit_that_is_split_off(world):
    make_duties(person=world.north_clerk, by=world.north_head)
    before = lying()
    given = {"name": "北方二期", "code": "N1Z", "buildings": ["3"]}
    carry(ChangeKind.SPLIT, unit=world.n1a, **given)

    assert lying() == before
    assert mend_scope_columns() == 0

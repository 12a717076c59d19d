"""Cases in changes of the organisation, and open cases as work that people hand over."""

import datetime as dt

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.handover import kind_named
from accounts.models import HandOver, User
from accounts.selectors.hand_over import receivers_for, work_table
from accounts.services import carry_out, draft_hand_over, undo_hand_over
from complaints.models import AnswerTemplate, Case, CaseEntry, Deadline, WorkOrder
from complaints.org_changes import Cases, Measures
from complaints.services import make_move
from complaints.services.answers import save_template
from complaints.services.assignment import may_handle
from complaints.services.contract_works import plan_work, save_contractor
from complaints.services.measures import check_measure, give_measure, report_done
from complaints.services.recompute import JOB
from complaints.services.work import CASES, case_takers
from core import jobs
from core.errors import Refused, Stale
from core.models import Job
from regions.models import ChangeKind
from regions.services import (
    apply_change,
    approve_change,
    draft_change,
    mend_scope_columns,
    propose_change,
    rehearse,
    undo_change,
)
from tests.complaints.cases import cast_of, fresh, help_with, stand
from tests.factories import (
    give,
    make_case,
    make_customer,
    make_ownership,
    make_property,
    make_user,
)

pytestmark = pytest.mark.django_db


def draft(kind, **given):
    payload = {key: given.pop(key) for key in list(given) if key not in ("unit", "target")}
    return draft_change(
        by=None, kind=kind, effective_on=timezone.localdate(), reason="组织调整", payload=payload,
        **given,
    )  # fmt: skip


def carry(kind, **given):
    change = approve_change(propose_change(draft(kind, **given), by=None), by=None)
    return apply_change(change, by=None)


def lies(case: Case) -> tuple:
    """Where a case lies, by all four columns."""
    now = Case.objects.get(pk=case.pk)
    return now.unit_id, now.region_id, now.city_id, now.project_id


def columns(unit) -> tuple:
    unit.refresh_from_db()
    return (unit.pk, *unit.scope_columns())


@pytest.fixture
def cases(world):
    """In n1a one case open, one closed, one merged into the open one; in n1b one open."""
    found = {name: make_case(unit=world.n1a, assign=False) for name in ("open", "closed", "twin")}
    stand(found["closed"], "closed", world.north_clerk)
    make_move(found["twin"], "merge", by=None, into=found["open"])
    found["beside"] = make_case(unit=world.n1b, assign=False)
    return found


def test_cases_follow_a_project_that_moves(world, cases):
    change = carry(ChangeKind.MOVE, unit=world.n1a, target=world.s1)

    for name in ("open", "closed", "twin"):
        assert lies(cases[name]) == (world.n1a.pk, world.south.pk, world.s1.pk, world.n1a.pk)
    assert lies(cases["beside"]) == columns(world.n1b)
    assert mend_scope_columns() == 0
    assert Case.objects.visible_to(world.south_head).count() == 3

    undo_change(change, by=None, reason="误操作")
    assert lies(cases["open"]) == columns(world.n1a)


def test_what_is_open_goes_with_a_merger_and_what_ended_stays(world, cases):
    before = {name: lies(case) for name, case in cases.items()}
    change = carry(ChangeKind.MERGE, unit=world.n1a, target=world.s1a)

    assert lies(cases["open"]) == lies(cases["twin"]) == columns(world.s1a)
    assert lies(cases["closed"])[0] == world.n1a.pk
    assert Case.objects.visible_to(world.south_head).count() == 3
    assert mend_scope_columns() == 0

    undo_change(change, by=None, reason="误操作")
    assert {name: lies(case) for name, case in cases.items()} == before


def test_the_rehearsal_counts_open_cases_and_moves_none(world, cases):
    preview = rehearse(draft(ChangeKind.MERGE, unit=world.n1a, target=world.s1a))

    assert dict(preview.counts)[str(Cases.title)] == 1
    assert lies(cases["open"]) == columns(world.n1a)


def test_a_unit_with_open_cases_is_not_closed_without_a_successor(world, cases):
    preview = rehearse(draft(ChangeKind.CLOSE, unit=world.n1a))

    assert any(str(Cases.title) in problem for problem in preview.problems)


def test_in_a_split_a_case_follows_its_flat_and_its_customer(world):
    gone, stays = (make_property(unit=world.n1a, building=name) for name in ("1", "2"))
    mover, both, remainder = (make_customer(unit=world.n1a) for _number in range(3))
    for customer, flats in ((mover, [gone]), (both, [gone, stays]), (remainder, [stays])):
        for flat in flats:
            make_ownership(customer=customer, flat=flat, signed_on=dt.date(2024, 1, 2))
    by_flat = make_case(unit=world.n1a, customer=both, flat=gone, assign=False)
    closed = make_case(unit=world.n1a, customer=mover, flat=gone, assign=False)
    stand(closed, "closed", world.north_clerk)
    by_customer = make_case(unit=world.n1a, customer=mover, assign=False)
    left = [
        make_case(unit=world.n1a, customer=both, assign=False),
        make_case(unit=world.n1a, customer=mover, flat=stays, assign=False),
        make_case(unit=world.n1a, assign=False),
    ]

    change = carry(ChangeKind.SPLIT, unit=world.n1a, code="N1Z", name="北方新苑", buildings=["1"])

    new = change.target
    assert {lies(case) for case in (by_flat, closed, by_customer)} == {columns(new)}
    assert {lies(case) for case in left} == {columns(world.n1a)}
    assert mend_scope_columns() == 0


def test_the_nightly_comparison_mends_cases(world, cases):
    Case.objects.filter(pk=cases["open"].pk).update(region_id=world.south.pk, city_id=None)

    assert mend_scope_columns() == 1
    assert lies(cases["open"]) == columns(world.n1a)


def test_limits_follow_the_rules_and_the_calendar_of_the_new_branch(world, cases):
    from regions.policies.types import Span
    from tests.factories import say

    say(world.south, "complaints.handling", Span(4, "hours"))
    carry(ChangeKind.MOVE, unit=world.n1a, target=world.s1)
    for job in Job.objects.filter(kind=JOB):
        jobs.work(job.pk)

    limit = Deadline.objects.get(case=cases["open"], kind="resolution")
    assert (limit.amount, limit.unit_of_time) == (4, "hours")


# --- works, measures, contractors, templates ------------------------------------------------------


def place(row) -> tuple:
    """Where any row of a scoped table lies, by all four columns."""
    row.refresh_from_db()
    return row.unit_id, row.region_id, row.city_id, row.project_id


@pytest.fixture
def around(world, cases):
    """A work of each case, two measures, contractors and templates of n1a."""
    today = timezone.localdate()
    plan = {"title": "打胶", "crew": "班组", "planned_from": today, "planned_until": today}
    rows = {"work": plan_work(cases["open"], by=None, **plan)}
    rows["done_work"] = WorkOrder.objects.create(
        case=cases["closed"], unit=world.n1a, region=world.north, city=world.n1, project=world.n1a,
        state="cancelled", **plan,
    )  # fmt: skip
    given = {"unit": world.n1a, "by": None, "due_on": today, "owner": world.north_clerk}
    rows["measure"] = give_measure(text="样板", **given)
    rows["checked"] = give_measure(text="抽检", **given)
    report_done(rows["checked"], by=None, result="已完成")
    check_measure(rows["checked"], by=None, effective=True)
    rows["firm"] = save_contractor(None, by=None, unit=world.n1a, name="北方防水")
    rows["twin_firm"] = save_contractor(None, by=None, unit=world.n1a, name="门窗")
    save_contractor(None, by=None, unit=world.s1a, name="门窗")
    text = {"channel": "sms", "text": "您好"}
    rows["template"] = save_template(None, by=None, unit=world.n1a, name="告知", **text)
    rows["twin_template"] = save_template(None, by=None, unit=world.n1a, name="办结", **text)
    save_template(None, by=None, unit=world.s1a, name="办结", **text)
    return rows


def test_in_a_merger_works_follow_their_cases_and_lists_are_united(world, around):
    scoped = ("work", "done_work", "measure", "checked", "firm", "twin_firm")
    before = {name: place(around[name]) for name in scoped}
    change = carry(ChangeKind.MERGE, unit=world.n1a, target=world.s1a)

    for name in ("work", "measure", "firm"):
        assert place(around[name]) == columns(world.s1a), name
    for name in ("done_work", "checked", "twin_firm"):
        assert place(around[name])[0] == world.n1a.pk, name
    units = dict(AnswerTemplate.objects.values_list("pk", "unit"))
    assert units[around["template"].pk] == world.s1a.pk
    assert units[around["twin_template"].pk] == world.n1a.pk
    assert mend_scope_columns() == 0
    seen = {around["work"], around["done_work"]}
    assert set(WorkOrder.objects.visible_to(world.south_head)) == seen

    undo_change(change, by=None, reason="误操作")
    assert {name: place(around[name]) for name in scoped} == before
    assert AnswerTemplate.objects.get(pk=around["template"].pk).unit == world.n1a


def test_works_follow_a_project_that_moves_and_a_case_that_is_split_off(world, around):
    carry(ChangeKind.MOVE, unit=world.n1a, target=world.s1)
    assert place(around["work"]) == (world.n1a.pk, world.south.pk, world.s1.pk, world.n1a.pk)
    flat = make_property(unit=world.n1a, building="1")
    case = make_case(unit=world.n1a, flat=flat, assign=False)
    today = timezone.localdate()
    work = plan_work(
        case, by=None, title="打胶", crew="班组", planned_from=today, planned_until=today
    )

    change = carry(ChangeKind.SPLIT, unit=world.n1a, code="N1Z", name="北方新苑", buildings=["1"])

    assert place(work) == columns(change.target)
    assert place(around["work"])[0] == world.n1a.pk
    assert mend_scope_columns() == 0


def test_a_unit_with_open_measures_is_not_closed_without_a_successor(world):
    give_measure(
        unit=world.n1a, by=None, text="样板", owner=world.north_clerk,
        due_on=timezone.localdate(),
    )  # fmt: skip
    preview = rehearse(draft(ChangeKind.CLOSE, unit=world.n1a))

    assert any(str(Measures.title) in problem for problem in preview.problems)


# --- work -----------------------------------------------------------------------------------------


@pytest.fixture
def cast(world):
    return cast_of(world)


def test_takers_are_those_who_may_handle(world, cast):
    """The set answer and the answer for one are the same."""
    give(cast["handler"], "section-head", world.s1a)
    people = [User.objects.get(pk=person.pk) for person in cast.values()]
    people.append(make_user(unit=world.n1a, state="frozen"))
    units = [world.n1a, world.n1b, world.n1, world.s1a]

    found = case_takers(people, [unit.pk for unit in units])

    for person in people:
        able = {
            unit.pk for unit in units
            if person.is_active and may_handle(person, Case(unit=unit))
        }  # fmt: skip
        assert found[person.pk] == able, person
    assert found[cast["handler"].pk] == {world.n1a.pk, world.s1a.pk}
    assert found[cast["officer"].pk] == set()


def test_open_cases_of_somebody_who_leaves_go_to_whoever_may_handle_them(world, cast):
    case = stand(make_case(unit=world.n1a, assign=False), "in_progress", cast["handler"])
    closed = stand(make_case(unit=world.n1a, assign=False), "closed", cast["handler"])
    help_with(case, cast["helper"])
    table = work_table(cast["handler"], by=world.north_head)
    assert (
        dict(zip(map(str, table.titles), table.totals, strict=True))[str(kind_named(CASES).title)]
        == 1
    )
    able = receivers_for(cast["handler"], by=world.north_head, text="", limit=50)
    assert cast["helper"] in able
    assert cast["sibling"] not in able

    plan = draft_hand_over(by=world.north_head, giver=cast["handler"], to=[cast["sibling"]])
    with pytest.raises(Refused):
        carry_out(plan, by=world.north_head)
    plan = draft_hand_over(
        by=world.north_head, giver=cast["handler"], to=[cast["helper"]], reason="离职"
    )
    done = carry_out(plan, by=world.north_head)

    now = fresh(case)
    assert (now.handler, now.state, done.count) == (cast["helper"], "in_progress", 1)
    assert now.version == case.version + 1
    assert not now.people.exists()
    entry = CaseEntry.objects.filter(case=case).first()
    assert (entry.kind, entry.by, entry.text) == ("handed_over", world.north_head, "离职")
    assert entry.facts == {"handler": cast["helper"].pk, "former": cast["handler"].pk}
    assert fresh(closed).handler == cast["handler"]
    with pytest.raises(Stale):
        make_move(case, "resolve", by=cast["helper"], resolution="已修复", version=case.version)


def test_a_hand_over_taken_back_is_in_the_log_of_what_came_back(world, cast):
    case, other = (
        stand(make_case(unit=world.n1a, assign=False), "accepted", cast["handler"]) for _n in "ab"
    )
    plan = draft_hand_over(by=None, giver=cast["handler"], to=[cast["helper"]])
    done = carry_out(plan, by=None)
    make_move(other, "assign", by=None, handler=cast["head"])

    undo_hand_over(HandOver.objects.get(pk=done.pk), by=None)

    assert (fresh(case).handler, fresh(other).handler) == (cast["handler"], cast["head"])
    kinds = CaseEntry.objects.filter(kind="handed_over").order_by("pk").values_list("case", "facts")
    assert [(pk, facts["handler"]) for pk, facts in kinds if pk == case.pk] == [
        (case.pk, cast["helper"].pk), (case.pk, cast["handler"].pk),
    ]  # fmt: skip
    assert [pk for pk, _facts in kinds].count(other.pk) == 1


def test_many_cases_are_handed_over_in_as_many_statements_as_few(
    world, cast, django_assert_num_queries
):
    from django.test.utils import CaptureQueriesContext

    def statements(count: int, giver: str, to: str) -> int:
        for _number in range(count):
            make_case(unit=world.n1a, handler=cast[giver])
        plan = draft_hand_over(by=None, giver=cast[giver], to=[cast[to]])
        with CaptureQueriesContext(connection) as queries:
            carry_out(plan, by=None)
        return len(queries)

    assert statements(2, "handler", "head") == statements(20, "helper", "head")
    assert CaseEntry.objects.filter(kind="handed_over").count() == 22
    assert CASES == "complaints.case"


def test_the_page_of_somebody_who_leaves_shows_his_open_cases(world, cast, client):
    make_case(unit=world.n1a, handler=cast["handler"])
    client.force_login(world.north_head)

    page = client.get(reverse("accounts:person-leave", args=[cast["handler"].employee_no]))

    assert page.status_code == 200
    assert str(kind_named(CASES).title) in page.content.decode()

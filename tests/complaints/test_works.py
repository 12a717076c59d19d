"""Works of contractors: the table of their states, delays, parts, what they keep from happening."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import Entry
from complaints.models import CaseEntry, Contractor, Level, SparePart, WorkOrder
from complaints.selectors.contract_works import (
    LATE_ONES,
    WorkQuery,
    contractors_for,
    contractors_of,
    contractors_seen,
    total_of,
    work_parts,
)
from complaints.services import contract_works, make_move
from complaints.services.contract_works import (
    add_part,
    change_work,
    move_work,
    plan_work,
    remove_part,
    save_contractor,
)
from complaints.services.groups import form_group, resolve_group
from complaints.work_states import GOING_ON, UNFINISHED, WORK_MOVES, WorkState, work_moves_from
from core.errors import Refused, Stale
from core.models import Notice
from tests.complaints.cases import cast_of, facts_for, fresh, help_with, stand
from tests.complaints.test_concurrency import PATIENCE, meet, outcome
from tests.factories import make_case, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)

WAYS = {
    WorkState.PLANNED: "",
    WorkState.UNDER_WAY: "start",
    WorkState.DONE: "start finish",
    WorkState.ACCEPTED: "start finish accept",
    WorkState.REFUSED: "start finish refuse",
    WorkState.CANCELLED: "cancel",
}


@pytest.fixture
def cast(world):
    return cast_of(world)


@pytest.fixture
def case(world, cast):
    return stand(make_case(unit=world.n1a, assign=False), "in_progress", cast["handler"])


def plan(case, by=None, **values):
    today = timezone.localdate()
    given = {
        "title": "外墙缝重新打胶",
        "crew": "防水班组",
        "planned_from": today,
        "planned_until": today + DAY,
    }
    return plan_work(case, by=by, **(given | values))


def work_in(case, state, **values):
    """A work led to a state; the operator makes every move."""
    work = plan(case, **values)
    for name in WAYS[WorkState(state)].split():
        move_work(work, name, by=None, reason="原因" if WORK_MOVES[name].asks else "")
    return WorkOrder.objects.get(pk=work.pk)


def again(work):
    return WorkOrder.objects.get(pk=work.pk)


# --- the table ------------------------------------------------------------------------------------


def test_the_table_is_what_the_documentation_says():
    assert {name: (set(map(str, move.sources)), str(move.target), move.asks)
            for name, move in WORK_MOVES.items()} == {
        "start": ({"planned", "refused"}, "under_way", ""),
        "finish": ({"under_way"}, "done", ""),
        "accept": ({"done"}, "accepted", ""),
        "refuse": ({"done"}, "refused", "reason"),
        "cancel": ({"planned", "under_way", "refused"}, "cancelled", "reason"),
    }  # fmt: skip
    assert {WorkState.DONE} == UNFINISHED - GOING_ON


@pytest.mark.parametrize(("state", "name"), list(itertools.product(WorkState, WORK_MOVES)))
def test_every_move_from_every_state(case, cast, state, name):
    """The legal ones lead where the table says; the others change nothing at all."""
    work = work_in(case, state)
    move = WORK_MOVES[name]
    before = (
        list(WorkOrder.objects.values()),
        CaseEntry.objects.count(),
        Entry.objects.count(),
        Notice.objects.count(),
    )
    if state in move.sources:
        moved = move_work(work, name, by=cast["handler"], reason="原因")

        assert (moved.state, moved.version) == (move.target, work.version + 1)
        entry = CaseEntry.objects.filter(case=case).first()
        assert (entry.kind, entry.by, entry.facts["work"]) == (
            f"work_{name}", cast["handler"], work.pk,
        )  # fmt: skip
        assert name in {one.name for one in work_moves_from(state)}
        return
    with pytest.raises(Refused) as refusal:
        move_work(work, name, by=cast["handler"], reason="原因")
    assert str(WorkState(state).label) in str(refusal.value)
    assert before == (
        list(WorkOrder.objects.values()),
        CaseEntry.objects.count(),
        Entry.objects.count(),
        Notice.objects.count(),
    )


@pytest.mark.parametrize("name", ["refuse", "cancel"])
def test_a_reason_is_asked_for(case, cast, name):
    work = work_in(case, "done" if name == "refuse" else "planned")
    with pytest.raises(Refused):
        move_work(work, name, by=cast["handler"], reason=" ")
    assert move_work(work, name, by=cast["handler"], reason="渗水依旧").reason == "渗水依旧"


def test_moments_and_people_are_written_down(case, cast):
    work = work_in(case, "refused")
    first = work.started_at
    assert (work.refused_times, work.accepted_at) == (1, None)

    move_work(work, "start", by=cast["handler"])
    assert again(work).finished_at is None
    move_work(work, "finish", by=cast["handler"])
    done = move_work(work, "accept", by=cast["handler"])

    assert done.started_at == first
    assert first < done.finished_at < done.accepted_at
    assert done.accepted_by == cast["handler"]
    assert done.reason == ""


@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("handler", True),
        ("helper", True),
        ("head", True),
        ("bystander", False),
        ("enterer", False),
        ("officer", False),
        ("sibling", False),
        ("far", False),
        ("reader", False),
        ("boss", False),
        ("admin", False),
    ],
)
def test_who_may_send_move_change_and_supply(case, cast, who, may):
    help_with(case, cast["helper"])
    work = work_in(case, "under_way")
    part = add_part(work, by=None, name="密封胶", quantity=2, unit_price=Decimal("18.50"))
    for act in (
        lambda: plan(case, by=cast[who]),
        lambda: change_work(work, by=cast[who], title="新"),
        lambda: add_part(work, by=cast[who], name="胶", quantity=1, unit_price=1),
        lambda: remove_part(part, by=cast[who]),
        lambda: move_work(work, "finish", by=cast[who]),
    ):
        if may:
            act()
        else:
            with pytest.raises(Refused):
                act()
    assert WorkOrder.objects.count() == 1 + may
    assert (again(work).state, again(work).title) == (
        ("done", "新") if may else ("under_way", "外墙缝重新打胶")
    )


# --- planning -------------------------------------------------------------------------------------


def test_a_work_lies_where_its_case_lies(case, cast):
    firm = save_contractor(None, by=None, unit=case.unit.parent, name="北方防水", trade="防水")
    work = plan(case, by=cast["handler"], crew="", contractor=firm)

    assert (work.unit, work.region_id, work.city_id, work.project_id) == (
        case.unit, case.region_id, case.city_id, case.project_id,
    )  # fmt: skip
    assert (work.trade, work.who, work.entered_by) == ("防水", "北方防水", cast["handler"])
    entry = CaseEntry.objects.filter(case=case).first()
    assert (entry.kind, entry.text, entry.internal) == ("work_planned", work.title, True)


def test_what_cannot_be_planned(case, cast, world):
    far = save_contractor(None, by=None, unit=world.south, name="南方防水")
    today = timezone.localdate()
    for values in (
        {"title": " "},
        {"crew": ""},
        {"contractor": far},
        {"planned_until": today - DAY},
    ):
        with pytest.raises(Refused):
            plan(case, by=cast["handler"], **values)
    assert not WorkOrder.objects.exists()
    make_move(case, "resolve", by=None, **facts_for("resolve", case, None))
    with pytest.raises(Refused):
        plan(case, by=cast["handler"])


def test_pressed_twice_it_is_one_work(case, cast):
    first = plan(case, by=cast["handler"])

    assert plan(case, by=cast["handler"]) == first
    assert plan(case, by=cast["handler"], title="另一件") != first
    WorkOrder.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(minutes=2))
    assert plan(case, by=cast["handler"]) != first


def test_the_database_itself_refuses_nonsense(case):
    work = plan(case)
    for values in (
        {"planned_until": work.planned_from - DAY},
        {"crew": "", "contractor": None},
        {"labour_cost": -1},
        {"state": "accepted"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            WorkOrder.objects.filter(pk=work.pk).update(**values)


def test_a_changed_plan_stands_in_the_log_and_guards_against_the_slower(case, cast):
    work = plan(case)
    later = work.planned_until + 3 * DAY

    changed = change_work(work, by=cast["handler"], version=1, planned_until=later)

    entry = CaseEntry.objects.filter(case=case).first()
    assert entry.facts == {
        "work": work.pk,
        "day_before": work.planned_until.isoformat(),
        "day": later.isoformat(),
    }
    assert changed.version == 2
    with pytest.raises(Stale):
        change_work(work, by=cast["head"], version=1, title="另一件")
    with pytest.raises(Refused):
        change_work(work, by=cast["head"], planned_until=work.planned_from - DAY)
    for state in ("accepted", "cancelled"):
        with pytest.raises(Refused):
            change_work(work_in(case, state, title=state), by=cast["handler"], title="新")


def test_days_late(case):
    today = timezone.localdate()
    late = work_in(case, "under_way", planned_from=today - 5 * DAY, planned_until=today - 2 * DAY)
    done = work_in(
        case, "done", title="二", planned_from=today - 5 * DAY, planned_until=today - 3 * DAY
    )
    gone = work_in(
        case, "cancelled", title="三", planned_from=today - 5 * DAY, planned_until=today - 3 * DAY
    )
    plan(case, title="四", planned_until=today)

    assert (late.days_late, done.days_late, gone.days_late) == (2, 3, 0)
    WorkOrder.objects.filter(pk=done.pk).update(finished_at=timezone.now() - 3 * DAY)
    assert again(done).days_late == 0
    assert list(WorkOrder.objects.all().late(today)) == [late]


# --- parts ----------------------------------------------------------------------------------------


def test_parts_under_warranty_cost_nothing(case, cast):
    work = plan(case, labour_cost=Decimal("300.00"))
    part = add_part(
        work,
        by=cast["handler"],
        name="密封胶",
        quantity=Decimal("2.5"),
        unit_price=Decimal("18.33"),
    )
    add_part(work, by=None, name="滑轮", quantity=1, unit_price=Decimal(90), under_warranty=True)

    assert part.cost == Decimal("45.82")  # to the cent, halves to the even one
    assert total_of(again(work)) == Decimal("345.82")
    remove_part(part, by=cast["handler"])
    assert total_of(again(work)) == Decimal("300.00")
    move_work(work, "cancel", by=None, reason="不做了")
    with pytest.raises(Refused):
        add_part(work, by=cast["handler"], name="胶", quantity=1, unit_price=1)
    with pytest.raises(Refused):
        remove_part(SparePart.objects.get(), by=cast["handler"])


# --- what open works keep from happening ----------------------------------------------------------


@pytest.mark.parametrize("state", list(WorkState))
@pytest.mark.parametrize("name", ["resolve", "merge"])
def test_a_case_is_not_resolved_or_merged_while_somebody_is_at_work(case, state, name):
    work = work_in(case, state)

    if state in UNFINISHED:
        with pytest.raises(Refused) as refusal:
            make_move(case, name, by=None, **facts_for(name, case, None))
        assert work.title in str(refusal.value)
        assert fresh(case).state == "in_progress"
    else:
        make_move(case, name, by=None, **facts_for(name, case, None))


def test_a_rejected_case_has_nobody_at_work(world, cast):
    case = stand(make_case(unit=world.n1a, assign=False), "assigned", cast["handler"])
    plan(case)
    make_move(case, "ask_reject", by=None, reason="非我司项目")
    with pytest.raises(Refused):
        make_move(case, "reject", by=None)
    assert fresh(case).state == "assigned"


def test_a_group_is_not_resolved_while_somebody_is_at_work_on_one(world, cast):
    Level.objects.get_or_create(name="群体投诉", defaults={"is_mass": True})
    cases = [make_case(unit=world.n1a, assign=False) for _number in range(2)]
    parent = form_group(cases, by=None, content="渗水")
    plan(cases[1])

    with pytest.raises(Refused):
        resolve_group(parent, by=None, resolution="已统一维修")
    assert {fresh(case).state for case in [parent, *cases]} & {"resolved"} == set()


# --- the handler is told --------------------------------------------------------------------------


def told():
    return Notice.objects.filter(kind="complaints.works_done")


def test_the_handler_of_a_waiting_case_is_told_when_the_last_work_is_done(case, cast):
    first, last = plan(case), plan(case, title="内墙重刷")
    make_move(case, "wait_contractor", by=None, **facts_for("wait_contractor", case, None))
    for work in (first, last):
        move_work(work, "start", by=None)
    move_work(first, "finish", by=None)
    assert not told().exists()

    move_work(last, "finish", by=cast["head"])

    notice = told().get()
    assert (notice.user, notice.url) == (cast["handler"], case.get_absolute_url())
    assert fresh(case).state == "waiting_contractor"  # he looks first
    move_work(first, "accept", by=None)
    assert told().count() == 1
    move_work(last, "refuse", by=None, reason="色差")
    move_work(last, "start", by=None)
    move_work(last, "finish", by=None)
    assert told().count() == 2


def test_a_cancelled_work_is_not_waited_for(case, cast):
    first, last = plan(case), plan(case, title="内墙重刷")
    make_move(case, "wait_contractor", by=None, **facts_for("wait_contractor", case, None))
    move_work(first, "start", by=None)
    move_work(first, "finish", by=None)
    move_work(last, "cancel", by=None, reason="不做了")
    assert told().count() == 1


def test_nobody_is_told_where_nobody_waits_or_nothing_was_done(case, cast):
    move_work(work_in(case, "under_way"), "finish", by=None)
    make_move(case, "wait_contractor", by=None, **facts_for("wait_contractor", case, None))
    WorkOrder.objects.all().delete()
    move_work(plan(case), "cancel", by=None, reason="不做了")
    assert not told().exists()


# --- contractors and the list ---------------------------------------------------------------------


def test_contractors_serve_their_unit_and_all_below(world, cast):
    city = save_contractor(None, by=None, unit=world.n1, name="城市防水")
    own = save_contractor(None, by=cast["head"], unit=world.n1a, name="项目门窗", phone="027-1")
    save_contractor(None, by=None, unit=world.n1b, name="旁边")
    save_contractor(None, by=None, unit=world.n1a, name="旧的", is_active=False)

    assert contractors_for(world.n1a) == sorted([city, own], key=lambda one: one.name)
    for unit in (world.n1, world.n1b, world.south):
        with pytest.raises(Refused):
            save_contractor(None, by=cast["head"], unit=unit, name="新")
    with pytest.raises(Refused):
        save_contractor(city, by=cast["head"], unit=world.n1a, name="城市防水")
    with pytest.raises(Refused):
        save_contractor(None, by=cast["head"], unit=world.n1a, name="项目门窗")
    with pytest.raises(Refused):
        save_contractor(None, by=cast["handler"], unit=world.n1a, name="新")
    assert {one.name for one in contractors_of(cast["head"])} == {"项目门窗", "旧的"}
    assert set(contractors_seen(cast["handler"])) == {
        city,
        own,
        Contractor.objects.get(name="旧的"),
    }


def test_contractors_show_what_they_have_in_hand(case, cast):
    today = timezone.localdate()
    firm = save_contractor(None, by=None, unit=case.unit, name="北方防水")
    work_in(case, "accepted", title="一", contractor=firm)
    work_in(case, "done", title="二", contractor=firm)
    work_in(
        case, "planned", title="三", contractor=firm,
        planned_from=today - 2 * DAY, planned_until=today - DAY,
    )  # fmt: skip

    (shown,) = contractors_of(cast["head"])

    assert (shown.going_on, shown.late) == (2, 1)


def test_the_list_is_that_of_the_cases_one_sees(world, case, cast):
    help_with(case, cast["helper"])
    work = work_in(case, "under_way")
    beside = plan(make_case(unit=world.n1b, assign=False))
    far = plan(make_case(unit=world.s1a, assign=False))

    def seen(who, **query):
        parts = work_parts(cast[who], WorkQuery(**query))
        return {one for part in parts for one in part}

    for who in ("handler", "helper", "head"):
        assert seen(who) == {work}, who
        assert set(WorkOrder.objects.visible_to(cast[who])) == {work}, who
    for who in ("bystander", "enterer", "admin"):
        assert seen(who) == set(WorkOrder.objects.visible_to(cast[who])) == set(), who
    assert seen("far") == {far}
    assert seen("boss") == {work, beside, far}
    assert seen("boss", unit=world.n1) == {work, beside}
    assert seen("boss", show=LATE_ONES) == set()
    assert seen("boss", show="under_way") == {work}


def test_somebody_with_own_reach_in_two_places_sees_both(world, cast):
    """Whole branches and own ones add up."""
    from tests.factories import give

    both = make_user(unit=world.n1a, no="B-1")
    give(both, "section-head", world.s1a)
    mine = stand(make_case(unit=world.n1a, assign=False), "in_progress", both)
    works = {plan(mine), plan(make_case(unit=world.s1a, assign=False))}
    plan(make_case(unit=world.n1a, assign=False))

    from accounts.models import User

    both = User.objects.get(pk=both.pk)
    assert set(WorkOrder.objects.visible_to(both)) == works
    parts = work_parts(both, WorkQuery())
    assert {one for part in parts for one in part} == works


# --- two at once ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_two_who_finish_the_same_work_one_is_told(world):
    cast = cast_of(world)
    case = stand(make_case(unit=world.n1a, assign=False), "in_progress", cast["handler"])
    work = work_in(case, "under_way")

    ended = meet(
        lambda: move_work(work, "finish", by=cast["handler"], version=work.version),
        lambda: move_work(work, "finish", by=cast["head"], version=work.version),
    )

    assert ended.startswith("Stale")
    assert CaseEntry.objects.filter(case=case, kind="work_finish").count() == 1
    assert again(work).version == work.version + 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_would_finish_it(world, monkeypatch):
    """The broken twin."""
    cast = cast_of(world)
    case = stand(make_case(unit=world.n1a, assign=False), "in_progress", cast["handler"])
    work = work_in(case, "under_way")

    def unlocked(work, by, version):
        return WorkOrder.objects.select_related("case").get(pk=work.pk)

    monkeypatch.setattr(contract_works, "_hold", unlocked)
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        seen = contract_works._hold(work, None, None)
        other = pool.submit(outcome, lambda: move_work(work, "finish", by=cast["head"]))
        assert other.result(timeout=PATIENCE) == "done"
        monkeypatch.setattr(contract_works, "_hold", lambda work, by, version: seen)
        move_work(work, "finish", by=cast["handler"])
    assert CaseEntry.objects.filter(case=case, kind="work_finish").count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_last_two_works_finished_at_once_tell_the_handler(world):
    """Each alone would see the other one still going on; the lock of the case lets one see both."""
    cast = cast_of(world)
    case = stand(make_case(unit=world.n1a, assign=False), "in_progress", cast["handler"])
    first = work_in(case, "under_way")
    last = work_in(case, "under_way", title="内墙重刷")
    make_move(case, "wait_contractor", by=None, **facts_for("wait_contractor", case, None))

    ended = meet(
        lambda: move_work(first, "finish", by=cast["handler"]),
        lambda: move_work(last, "finish", by=cast["head"]),
    )

    assert ended == "done"
    assert told().count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_button_pressed_twice_at_once_plans_one_work(world):
    cast = cast_of(world)
    case = stand(make_case(unit=world.n1a, assign=False), "in_progress", cast["handler"])

    ended = meet(lambda: plan(case, by=cast["handler"]), lambda: plan(case, by=cast["handler"]))

    assert ended == "done"
    assert WorkOrder.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_no_work_is_planned_while_the_case_is_resolved(world):
    cast = cast_of(world)
    case = stand(make_case(unit=world.n1a, assign=False), "in_progress", cast["handler"])

    ended = meet(
        lambda: make_move(case, "resolve", by=cast["handler"], resolution="已修复"),
        lambda: plan(case, by=cast["head"]),
    )

    assert ended.startswith("Refused")
    assert not WorkOrder.objects.exists()

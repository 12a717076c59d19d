"""The table of moves: every pair of state and move, what moves ask for, and who may make them."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from audit.models import Entry
from complaints.models import Case, CaseEntry, CasePerson, Deadline, LimitKind, Pause
from complaints.services import make_move, register_case, why_not
from complaints.services.moves import MISSING
from complaints.states import MOVES, State
from core.errors import Refused
from core.models import Notice
from tests.complaints.cases import (
    cast_of,
    everything,
    facts_for,
    fresh,
    help_with,
    local,
    make_ready,
    stand,
)
from tests.factories import give, make_case, make_post, make_user, say

pytestmark = pytest.mark.django_db

# Written down by hand, not read from the product: state → "move:state afterwards".
TABLE = {
    "registered": "assign:assigned contact:registered ask_reject:registered reject:rejected"
    " merge:merged urge:registered"
    " answer_urge:registered disagree:registered react:registered",
    "assigned": "assign:assigned accept:accepted contact:assigned plan:assigned"
    " ask_reject:assigned reject:rejected merge:merged urge:assigned"
    " answer_urge:assigned disagree:assigned react:assigned",
    "accepted": "assign:assigned contact:accepted start:in_progress plan:accepted"
    " ask_reject:accepted reject:rejected merge:merged urge:accepted"
    " answer_urge:accepted disagree:accepted react:accepted",
    "in_progress": "assign:assigned contact:in_progress plan:in_progress wait_owner:waiting_owner"
    " wait_contractor:waiting_contractor resolve:resolved merge:merged urge:in_progress"
    " answer_urge:in_progress disagree:in_progress react:in_progress",
    "waiting_owner": "assign:assigned contact:waiting_owner plan:waiting_owner resume:in_progress"
    " merge:merged urge:waiting_owner"
    " answer_urge:waiting_owner disagree:waiting_owner react:waiting_owner",
    "waiting_contractor": "assign:assigned contact:waiting_contractor plan:waiting_contractor"
    " resume:in_progress merge:merged urge:waiting_contractor"
    " answer_urge:waiting_contractor disagree:waiting_contractor react:waiting_contractor",
    "resolved": "call_back:called_back answer_urge:resolved react:resolved",
    "called_back": "close:closed reopen:in_progress answer_urge:called_back react:called_back",
    "closed": "reopen:in_progress",
    "rejected": "reopen:in_progress",
    "merged": "unmerge:assigned",
}
LEGAL = {
    (state, *pair.split(":")) for state, line in TABLE.items() for pair in line.split()
}  # (state, move, state afterwards)


@pytest.fixture
def cast(world):
    return cast_of(world)


def handled(world, cast, state: str) -> Case:
    case = make_case(unit=world.n1a, assign=False)
    return stand(case, state, cast["handler"])


def other_handler(name: str, case: Case, cast) -> dict:
    """What a move asks for; a case that somebody has is assigned to somebody else."""
    return facts_for(name, case, cast["helper" if case.handler_id else "handler"])


def test_the_table_knows_every_state_and_move():
    assert set(TABLE) == set(State.values)
    assert {move for _state, move, _after in LEGAL} == set(MOVES)
    assert len(LEGAL) == sum(len(move.sources) for move in MOVES.values())


@pytest.mark.parametrize("state", State.values)
def test_every_legal_move_does_what_the_table_says_and_no_other_is_made(world, cast, state):
    standing = handled(world, cast, state)
    for name in MOVES:
        after = {move: target for source, move, target in LEGAL if source == state}.get(name)
        with transaction.atomic():
            facts = other_handler(name, standing, cast)
            if after is None:
                before = everything()
                with pytest.raises(Refused, match=str(standing.get_state_display())):
                    make_move(standing, name, by=None, **facts)
                assert everything() == before, (state, name)
            else:
                make_ready(standing, name)
                entries, audits = CaseEntry.objects.count(), Entry.objects.count()
                moved = make_move(standing, name, by=None, **facts)
                now = fresh(standing)
                assert (moved.state, now.state) == (after, after), (state, name)
                assert now.version == standing.version + 1
                entry = CaseEntry.objects.filter(case=standing).first()
                assert (entry.kind, entry.from_state, entry.by) == (name, state, None)
                assert entry.to_state == ("" if after == state else after)
                assert CaseEntry.objects.count() - entries == (2 if name == "merge" else 1)
                assert Entry.objects.count() - audits == 1
                assert Entry.objects.order_by("-pk")[0].action == f"case.{name}"
            transaction.set_rollback(True)


@pytest.mark.parametrize("name", sorted(name for name, move in MOVES.items() if move.asks))
def test_a_move_that_lacks_what_it_asks_for_changes_nothing(world, cast, name):
    source = next(state for state, move, _after in sorted(LEGAL) if move == name)
    case = handled(world, cast, source)
    make_ready(case, name)
    facts = other_handler(name, case, cast)
    for missing in MOVES[name].asks:
        for nothing in (None, "", "  "):
            before = everything()
            with pytest.raises(Refused, match=str(MISSING[missing])[:6]):
                make_move(case, name, by=None, **facts | {missing: nothing})
            assert everything() == before


# --- who ------------------------------------------------------------------------------------------

WORKERS = "handler helper head"
# move → the state it is tried in and who may make it. The case lies in a project; an officer of the
# hotline entered it. `sibling` heads the neighbouring project, `far` the other region.
WHO = {
    "assign": ("assigned", "head"),
    "accept": ("assigned", "handler"),
    "contact": ("in_progress", WORKERS),
    "start": ("accepted", WORKERS),
    "plan": ("in_progress", WORKERS),
    "wait_owner": ("in_progress", WORKERS),
    "wait_contractor": ("in_progress", WORKERS),
    "resume": ("waiting_owner", WORKERS),
    "resolve": ("in_progress", WORKERS),
    "call_back": ("resolved", f"{WORKERS} officer"),
    "close": ("called_back", "head"),
    "ask_reject": ("assigned", WORKERS),
    "reject": ("assigned", "head"),
    "merge": ("assigned", WORKERS),
    "unmerge": ("merged", WORKERS),
    "reopen": ("closed", WORKERS),
    "urge": ("assigned", "head boss"),
    "answer_urge": ("in_progress", WORKERS),
    "disagree": ("in_progress", WORKERS),
    "react": ("in_progress", "boss"),
}


def test_the_list_of_who_knows_every_move():
    assert set(WHO) == set(MOVES)


@pytest.mark.parametrize("name", MOVES)
def test_who_may_make_a_move(world, cast, name):
    state, allowed = WHO[name]
    case = make_case(unit=world.n1a, by=cast["officer"], assign=False)
    case = stand(case, state, cast["handler"])
    help_with(case, cast["helper"])
    make_ready(case, name)
    make_post(user=cast["boss"], unit=world.group, function="客户管理委员会")
    if name == "reject":
        make_move(case, "ask_reject", by=cast["handler"], reason="非我司项目")
    facts = facts_for(name, case, cast["bystander"])
    if name == "merge":  # one merges what one sees
        help_with(facts["into"], cast["handler"])
        help_with(facts["into"], cast["helper"])
    outcomes = {}
    for who, person in cast.items():
        before = everything()
        with transaction.atomic():
            silent = not why_not(fresh(case), MOVES[name], person)
            try:
                make_move(case, name, by=person, **facts)
                outcomes[who] = True
                assert CaseEntry.objects.filter(case=case).first().by == person
            except Refused:
                outcomes[who] = False
                assert everything() == before
            assert silent is outcomes[who], f"the button for {who} says something else"
            transaction.set_rollback(True)
    assert {who for who, done in outcomes.items() if done} == set(allowed.split())


def test_who_entered_a_case_sees_it_and_does_not_work_on_it(world, cast):
    case = make_case(unit=world.n1a, by=cast["enterer"], handler=cast["handler"])

    assert Case.objects.visible_to(cast["enterer"]).get() == case
    assert not Case.objects.visible_to(cast["bystander"]).exists()
    with pytest.raises(Refused):
        make_move(case, "contact", by=cast["enterer"], text="已联系")


def test_a_watcher_does_not_work_on_a_case(world, cast):
    case = make_case(unit=world.n1a, handler=cast["handler"])
    CasePerson.objects.create(case=case, user=cast["bystander"], role="watcher")

    assert Case.objects.visible_to(cast["bystander"]).get() == case
    with pytest.raises(Refused):
        make_move(case, "contact", by=cast["bystander"], text="已联系")


# --- second persons -------------------------------------------------------------------------------


def test_who_proposed_a_rejection_does_not_decide_it(world, cast):
    case = make_case(unit=world.n1a, handler=cast["handler"])
    with pytest.raises(Refused, match="尚无人"):
        make_move(case, "reject", by=cast["head"])
    make_move(case, "ask_reject", by=cast["head"], reason="非我司项目")
    with pytest.raises(Refused, match="第二人"):
        make_move(case, "reject", by=cast["head"])

    make_move(case, "reject", by=world.north_head)

    assert fresh(case).state == State.REJECTED
    assert not Deadline.objects.filter(dropped=False).exists()


@pytest.mark.parametrize(
    ("rule", "serious", "may"),
    [("serious", True, False), ("serious", False, True), ("all", False, False),
     ("none", True, True)],
)  # fmt: skip
def test_who_handled_a_case_may_close_it_as_the_rule_says(world, cast, rule, serious, may):
    from complaints.models import Level

    say(world.group, "complaints.second_person", rule)
    level = Level.objects.filter(is_serious=serious).first()
    case = make_case(unit=world.n1a, level=level, assign=False)
    stand(case, State.CALLED_BACK, cast["head"])
    if may:
        make_move(case, "close", by=cast["head"])
        assert fresh(case).state == State.CLOSED
        return
    with pytest.raises(Refused, match="非经办人"):
        make_move(case, "close", by=cast["head"])
    make_move(case, "close", by=world.north_head)


# --- what single moves do -------------------------------------------------------------------------


def test_a_handler_is_chosen_among_those_whose_role_reaches_the_case(world, cast):
    case = make_case(unit=world.n1a, assign=False)
    for person in (cast["sibling"], cast["officer"], cast["reader"]):
        with pytest.raises(Refused):
            make_move(case, "assign", by=cast["head"], handler=person)
    make_move(case, "assign", by=cast["head"], handler=cast["handler"])
    with pytest.raises(Refused):
        make_move(case, "assign", by=cast["head"], handler=cast["handler"])

    told = Notice.objects.get(kind="complaints.assigned")
    assert (told.user, told.url) == (cast["handler"], case.get_absolute_url())


def test_intake_refuses_a_handler_who_may_not_work_there_and_tells_the_one_it_finds(world, cast):
    with pytest.raises(Refused):
        make_case(unit=world.n1a, handler=cast["sibling"])
    assert not Case.objects.exists()

    case = make_case(unit=world.n1a, by=cast["officer"], handler=cast["handler"])

    assert Notice.objects.get(kind="complaints.assigned").user == cast["handler"]
    assert case.state == State.ASSIGNED


def test_nobody_is_told_of_a_case_that_he_took_in_for_himself(world, cast):
    make_case(unit=world.n1a, by=cast["handler"], handler=cast["handler"])

    assert not Notice.objects.filter(kind="complaints.assigned").exists()


def test_turns_go_by_the_day_of_the_office_not_of_greenwich(world, time_machine):
    """A post that begins today counts at seven in the morning, when it is still yesterday there."""
    time_machine.move_to(local("2026-11-24T07:00"))
    person = make_user(unit=world.s1b)
    from tests.factories import make_post

    make_post(
        user=person, unit=world.s1b, function="投诉管理及舆情对接",
        valid_from=local("2026-11-24T07:00").date(),
    )  # fmt: skip

    assert make_case(unit=world.s1b).handler == person


def test_a_pause_that_lasts_too_long_or_lies_behind_is_refused(world, cast):
    case = handled(world, cast, State.IN_PROGRESS)
    for days in (-1, 40):
        with pytest.raises(Refused):
            make_move(
                case, "wait_owner", by=None, reason="等", until=timezone.now() + timedelta(days)
            )
    assert not Pause.objects.exists()


def test_a_new_handler_ends_the_pause(world, cast):
    case = handled(world, cast, State.WAITING_OWNER)
    assert fresh(case).next_due_at is None

    make_move(case, "assign", by=None, handler=cast["helper"])

    assert Pause.objects.get().ended_at is not None
    assert fresh(case).next_due_at is not None


def test_resolving_meets_what_is_owed_before_and_asks_for_the_call_back(world, cast):
    handled(world, cast, State.RESOLVED)

    met = dict(Deadline.objects.values_list("kind", "met_at"))
    assert [kind for kind, at in met.items() if at is None] == [LimitKind.CALL_BACK]


def test_a_dissatisfied_owner_begins_the_work_anew(world, cast):
    case = handled(world, cast, State.RESOLVED)
    with pytest.raises(Refused):
        make_move(case, "call_back", by=None, outcome="dissatisfied", rating=1)

    make_move(case, "call_back", by=None, outcome="dissatisfied", rating=1, text="仍在渗水")

    case = fresh(case)
    assert (case.state, case.round, case.resolved_at) == (State.IN_PROGRESS, 2, None)
    assert list(Deadline.objects.filter(met_at=None).values_list("kind", "round")) == [
        (LimitKind.RESOLUTION, 2)
    ]
    assert case.next_due_kind == LimitKind.RESOLUTION


def test_calls_in_vain_end_after_as_many_as_the_rule_says(world, cast):
    case = handled(world, cast, State.RESOLVED)
    states = []
    for _try in range(3):
        states.append(make_move(case, "call_back", by=None, outcome="not_reached").state)
    assert states == [State.RESOLVED, State.RESOLVED, State.CALLED_BACK]
    assert fresh(case).rating is None


@pytest.mark.parametrize("days", [0, 31])
def test_a_case_is_reopened_within_the_days_of_the_rule(world, cast, days, time_machine):
    case = handled(world, cast, State.CLOSED)
    time_machine.move_to(timezone.now() + timedelta(days=days))
    if days:
        with pytest.raises(Refused, match="30"):
            make_move(case, "reopen", by=None, reason="又漏了")
        return
    make_move(case, "reopen", by=None, reason="又漏了")
    assert (fresh(case).round, fresh(case).closed_at) == (2, None)


def test_a_case_rejected_before_anybody_had_it_waits_for_a_handler_when_reopened(world, cast):
    case = make_case(unit=world.n1a, assign=False)
    make_move(case, "ask_reject", by=None, reason="非我司项目")
    make_move(case, "reject", by=None)

    make_move(case, "reopen", by=None, reason="确属我司")

    assert (fresh(case).state, fresh(case).next_due_kind) == ("registered", "resolution")


def test_merging_takes_the_clock_away_and_taking_it_back_gives_it_again(world, cast):
    case = handled(world, cast, State.IN_PROGRESS)
    due = case.next_due_at
    into = make_case(unit=world.n1b, assign=False)
    make_move(case, "merge", by=None, into=into)
    assert fresh(case).next_due_at is None
    assert CaseEntry.objects.get(kind="merged_in").case == into

    make_move(case, "unmerge", by=None, reason="并错了")

    assert (fresh(case).state, fresh(case).next_due_at) == (State.IN_PROGRESS, due)


def test_no_case_is_merged_into_itself_an_ended_one_or_one_out_of_reach(world, cast):
    case = handled(world, cast, State.IN_PROGRESS)
    closed = handled(world, cast, State.CLOSED)
    far = make_case(unit=world.s1a, assign=False)
    for into in (case, closed, far):
        before = everything()
        with pytest.raises(Refused):
            make_move(case, "merge", by=cast["handler"], into=into)
        assert everything() == before


def test_a_case_with_others_merged_into_it_is_not_merged_on(world, cast):
    case, other = (make_case(unit=world.n1a, assign=False) for _ in range(2))
    make_move(other, "merge", by=None, into=case)
    with pytest.raises(Refused):
        make_move(case, "merge", by=None, into=make_case(unit=world.n1a, assign=False))


def test_urging_reaches_the_handler_and_without_one_whoever_stands_above(world, cast):
    case = handled(world, cast, State.ASSIGNED)
    make_move(case, "urge", by=cast["head"], **facts_for("urge", case, None))
    assert Notice.objects.get(kind="complaints.urged").user == cast["handler"]

    from tests.factories import make_post

    Notice.objects.all().delete()
    make_post(user=cast["head"], unit=world.n1a, function="项目客户关系负责人")
    vacant = make_case(unit=world.n1a, assign=False)
    make_move(vacant, "urge", by=cast["boss"], **facts_for("urge", vacant, None))
    assert Notice.objects.get(kind="complaints.urged").user == cast["head"]


def test_a_case_comes_in_no_later_than_now_and_where_one_may_register(world, cast):
    with pytest.raises(Refused):
        make_case(unit=world.n1a, taken_in_at=timezone.now() + timedelta(minutes=1))
    with pytest.raises(Refused):
        make_case(unit=world.n1b, by=cast["handler"])
    with pytest.raises(Refused):
        make_case(unit=world.n1a, name="")
    with pytest.raises(Refused):
        register_case(unit=world.n1a, by=None, content=" ", channel="hotline", name="陈志远")
    assert not Case.objects.exists()
    # A second role elsewhere does reach there.
    give(cast["handler"], "staff", world.n1b)
    make_case(unit=world.n1b, by=type(cast["handler"]).objects.get(pk=cast["handler"].pk))

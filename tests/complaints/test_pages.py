"""Pages of cases: who sees which rows, a fixed number of queries, forms that lose nothing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from complaints.models import (
    Case,
    CaseEntry,
    CasePerson,
    Category,
    Complainant,
    Deadline,
    EscalationStep,
    Pause,
    PersonRole,
)
from complaints.selectors.board import SHOWN
from complaints.services import make_move, register_case
from complaints.states import MOVES, State
from tests.factories import (
    give,
    make_case,
    make_customer,
    make_ownership,
    make_property,
    make_user,
)


def page(client, name, *args, **query):
    return client.get(reverse(f"complaints:{name}", args=args), query)


def text(response):
    return response.content.decode()


def queries(client, address):
    """How many queries a page makes, the first visit of the day left out."""
    assert client.get(address).status_code == 200
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.fixture
def officer(world):
    return make_user(unit=world.group, role="hotline", no="G-400", name="孙悦")


def to_resolved(case, by):
    for name, facts in (
        ("accept", {}),
        ("start", {}),
        ("resolve", {"resolution": "已补防水"}),
    ):
        case = make_move(case, name, by=by, **facts)
    return case


# --- lists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "most"),
    [("list", 13), ("desk", 9), ("overdue", 13), ("call-backs", 13), ("board", 14)],
)
def test_the_number_of_queries_of_a_list_does_not_grow(client, world, name, most):
    address = reverse(f"complaints:{name}")
    person = world.north_clerk if name == "desk" else world.north_head
    client.force_login(person)

    def enter():
        case = make_case(unit=world.n1a, category=Category.objects.get(name="渗漏"))
        if name == "call-backs":
            to_resolved(case, world.north_clerk)
        if name == "overdue":
            Case.objects.filter(pk=case.pk).update(next_due_at=timezone.now())
        return case

    enter()
    with_one = queries(client, address)
    numbers = [enter().number for _ in range(2)]

    assert queries(client, address) == with_one
    assert with_one <= most
    assert all(number in text(client.get(address)) for number in numbers)


def test_a_list_shows_the_reach_and_nothing_else(client, world):
    own = make_case(unit=world.n1a, handler=world.north_clerk)
    other = make_case(unit=world.n1b)
    foreign = make_case(unit=world.s1a)

    def seen(person):
        client.force_login(person)
        shown = text(page(client, "list"))
        return {case for case in (own, other, foreign) if case.number in shown}

    assert seen(world.north_clerk) == {own}
    assert seen(world.north_head) == {own, other}
    assert seen(world.boss) == {own, other, foreign}
    assert seen(world.south_head) == {foreign}


def test_a_helper_finds_the_case_in_his_list(client, world):
    case = make_case(unit=world.n1a, assign=False)
    helper = make_user(unit=world.n1a, role="staff")
    client.force_login(helper)
    assert case.number not in text(page(client, "list"))

    CasePerson.objects.create(case=case, user=helper, role=PersonRole.COLLABORATOR)

    assert text(page(client, "list")).count(f">{case.number}<") == 1
    assert page(client, "detail", case.pk).status_code == 200


def test_filters_of_the_list(client, world):
    leak = make_case(unit=world.n1a, category=Category.objects.get(name="渗漏"), channel="hotline")
    noise = make_case(
        unit=world.n1b,
        kind="repair",
        channel="visit",
        category=Category.objects.get(name="噪音"),
        name="吴鑫",
        content="楼上半夜装修",
        room="3栋2单元1201",
        phone="13812345507",
        assign=False,
    )
    client.force_login(world.north_head)

    def found(**query):
        shown = text(page(client, "list", **query))
        return {case for case in (leak, noise) if case.number in shown}

    top = Category.objects.get(name="工程质量")
    assert found(unit="N1A") == {leak}
    assert found(unit="N") == {leak, noise}
    assert found(unit="N", only="on") == set()
    assert found(state="registered") == {noise}
    assert found(state="open") == {leak, noise}
    assert found(state="closed") == set()
    assert found(kind="repair") == {noise}
    assert found(category=top.pk) == {leak}
    assert found(category=leak.category_id) == {leak}
    assert found(level=leak.level_id) == {leak, noise}
    assert found(channel="visit") == {noise}
    assert found(handler=world.north_clerk.employee_no) == {leak}
    assert found(unassigned="on") == {noise}
    assert found(q=noise.number) == {noise}
    assert found(q="吴鑫") == {noise}
    assert found(q="半夜装修") == {noise}
    assert found(q="5507") == {noise}
    assert found(q="3-2-1201") == {noise}
    assert found(overdue="on") == set()
    Case.objects.filter(pk=leak.pk).update(next_due_at=timezone.now() - timedelta(minutes=1))
    assert found(overdue="on") == {leak}


def test_a_full_number_is_not_searched_by_address(client, world):
    case = make_case(unit=world.n1a, phone="13812345507")
    client.force_login(world.north_head)

    shown = text(page(client, "list", q="13812345507"))

    assert case.number not in shown
    assert "后四位" in shown


def test_pages_by_key_show_every_case_once(client, world):
    cases = {make_case(unit=world.n1a, assign=False).number for _ in range(30)}
    client.force_login(world.north_head)
    first = page(client, "list")
    second = page(client, "list", after=first.context["page"].next)
    back = page(client, "list", before=second.context["page"].previous)

    def numbers(response):
        return [row["case"].number for row in response.context["rows"]]

    assert len(numbers(first)) == 25
    assert set(numbers(first) + numbers(second)) == cases
    assert numbers(first) == sorted(cases, reverse=True)[:25]
    assert numbers(back) == numbers(first)


def test_the_rows_alone_answer_htmx(client, world):
    case = make_case(unit=world.n1a)
    client.force_login(world.north_head)

    answered = client.get(reverse("complaints:list"), headers={"HX-Request": "true"})

    assert case.number in text(answered)
    assert "<html" not in text(answered)


def test_the_desk_names_the_most_urgent_first_and_what_waits_for_others_last(client, world):
    later = make_case(unit=world.n1a, handler=world.north_clerk)
    urgent = make_case(unit=world.n1a, handler=world.north_clerk)
    done = to_resolved(make_case(unit=world.n1a, handler=world.north_clerk), world.north_clerk)
    others = make_case(unit=world.n1a, assign=False)
    Case.objects.filter(pk=urgent.pk).update(next_due_at=timezone.now() - timedelta(hours=1))
    client.force_login(world.north_clerk)

    context = page(client, "desk").context

    assert [row["pk"] for row in context["work"]] == [urgent.pk, later.pk]
    assert [row["pk"] for row in context["waiting"]] == [done.pk]
    assert others.pk not in [row["pk"] for row in context["work"]]
    assert context["next"]["url"] == urgent.get_absolute_url()


def test_call_backs_are_cases_whose_work_is_done(client, world):
    done = to_resolved(make_case(unit=world.n1a), world.north_clerk)
    make_case(unit=world.n1a)
    client.force_login(world.north_head)

    rows = page(client, "call-backs").context["rows"]

    assert [row["pk"] for row in rows] == [done.pk]
    assert rows[0]["can_act"]


def test_overdue_ends_where_the_limit_is_met(client, world):
    case = make_case(unit=world.n1a)
    past = timezone.now() - timedelta(hours=30)
    Deadline.objects.filter(case=case, kind="first_contact").update(due_at=past)
    Case.objects.filter(pk=case.pk).update(next_due_at=past, next_due_kind="first_contact")
    client.force_login(world.north_head)
    shown = page(client, "overdue")
    assert [row["pk"] for row in shown.context["rows"]] == [case.pk]
    assert shown.context["rows"][0]["due"].tone == "bad"
    assert "已超时" in text(shown)

    make_move(case, "contact", by=world.north_clerk, text="已致电")

    assert page(client, "overdue").context["rows"] == []


def test_the_board_puts_cases_into_their_columns(client, world):
    assigned = make_case(unit=world.n1a)
    registered = make_case(unit=world.n1a, assign=False)
    make_case(unit=world.s1a)
    client.force_login(world.north_head)

    shown = page(client, "board")
    columns = {one.column.key: [row["pk"] for row in one.rows] for one in shown.context["columns"]}

    assert columns["registered"] == [registered.pk]
    assert columns["assigned"] == [assigned.pk]
    assert sum(len(rows) for rows in columns.values()) == 2
    answered = page(client, "board", case=registered.pk, move="assign")
    assert answered["Location"] == reverse("complaints:move", args=[registered.pk, "assign"])


def drop(client, case, column, **more):
    """A card of a fresh board is put into a column, as board.js does it."""
    data = {"column": column, "version": Case.objects.get(pk=case.pk).version} | more
    return client.post(reverse("complaints:drop", args=[case.pk]), data, HTTP_HX_REQUEST="true")


def card(client, case):
    columns = page(client, "board").context["columns"]
    return next(row for one in columns for row in one.rows if row["pk"] == case.pk)


def test_a_drop_that_asks_for_nothing_is_made_at_once(client, world):
    case = make_case(unit=world.n1a, handler=world.north_clerk)
    make_move(case, "accept", by=world.north_clerk)
    client.force_login(world.north_clerk)
    assert card(client, case)["ways"] == "in_progress"

    answer = drop(client, case, "in_progress")

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["HX-Trigger"] == "crm:moved, crm:close"
    assert Case.objects.get(pk=case.pk).state == State.IN_PROGRESS
    assert "开始处理" in text(
        client.get(reverse("complaints:board"), headers={"HX-Request": "true"})
    )


def test_a_drop_that_asks_for_something_shows_its_form(client, world):
    case = make_case(unit=world.n1a, handler=world.north_clerk)
    for name in ("accept", "start"):
        make_move(case, name, by=world.north_clerk)
    client.force_login(world.north_clerk)
    assert card(client, case)["ways"] == "waiting resolved"

    shown = drop(client, case, "waiting")

    assert "<html" not in text(shown)
    assert shown.context["move"].name == "wait_owner"
    assert [move.name for move in shown.context["ways"]] == ["wait_owner", "wait_contractor"]
    assert Case.objects.get(pk=case.pk).state == State.IN_PROGRESS
    address = reverse("complaints:move", args=[case.pk, "resolve"])
    version = Case.objects.get(pk=case.pk).version
    bad = client.post(address, {"version": version}, headers={"HX-Request": "true"})
    assert bad.status_code == 422
    assert "<html" not in text(bad)
    data = {"version": version, "resolution": "已补防水"}
    good = client.post(address, data, headers={"HX-Request": "true"})
    assert (good.status_code, good["HX-Trigger"]) == (204, "crm:moved, crm:close")


def test_a_drop_without_a_way_says_why_and_what_leads_on(client, world):
    case = make_case(unit=world.n1a, handler=world.north_clerk)
    client.force_login(world.north_clerk)

    shown = drop(client, case, "resolved")

    assert "接单" in shown.context["reason"]
    assert Case.objects.get(pk=case.pk).state == State.ASSIGNED
    assert drop(client, case, "elsewhere").status_code == 404


def test_who_may_not_move_a_card_is_told_so(client, world):
    case = make_case(unit=world.n1a, handler=world.north_clerk)
    make_move(case, "accept", by=world.north_clerk)
    client.force_login(world.boss)
    assert card(client, case)["ways"] == ""

    assert "您的角色" in drop(client, case, "in_progress").context["reason"]
    assert Case.objects.get(pk=case.pk).state == State.ACCEPTED


def test_who_was_slower_with_a_card_is_told_who_was_quicker(client, world):
    case = make_case(unit=world.n1a, handler=world.north_clerk)
    make_move(case, "accept", by=world.north_clerk)
    seen = Case.objects.get(pk=case.pk).version
    make_move(case, "contact", by=world.north_head, text="已致电")
    client.force_login(world.north_clerk)

    shown = drop(client, case, "in_progress", version=seen)

    assert world.north_head.name in shown.context["reason"]
    assert Case.objects.get(pk=case.pk).state == State.ACCEPTED


def test_the_board_shows_the_most_urgent_of_a_column_and_says_that_there_are_more(client, world):
    cases = [make_case(unit=world.n1a, assign=False) for _ in range(SHOWN + 2)]
    now = timezone.now()
    for number, case in enumerate(cases):
        Case.objects.filter(pk=case.pk).update(next_due_at=now + timedelta(hours=100 - number))
    Case.objects.filter(pk=cases[-1].pk).update(next_due_at=None)
    client.force_login(world.north_head)

    first = page(client, "board").context["columns"][0]

    assert [row["pk"] for row in first.rows] == [case.pk for case in cases[-2:0:-1]]
    assert first.more
    late = page(client, "board", overdue="on").context["columns"][0]
    assert late.rows == []
    open_one = [
        one.column.key
        for one in page(client, "board", column="waiting").context["columns"]
        if one.is_open
    ]
    assert open_one == ["waiting"]


# --- the page of one case -------------------------------------------------------------------------


def surround(case, number):
    """Give a case `number` of everything that its page shows in rows."""
    for n in range(number):
        make_move(case, "contact", by=None, text=f"第{n}次联系")
        CasePerson.objects.create(
            case=case, user=make_user(unit=case.unit), role=PersonRole.COLLABORATOR
        )
        Complainant.objects.create(case=case, name=f"邻居{n}", is_first=False)
        child = make_case(unit=case.unit)
        Case.objects.filter(pk=child.pk).update(parent=case)
        make_move(make_case(unit=case.unit), "merge", by=None, into=case)
        step = EscalationStep.objects.filter(case=case, taken_at=None).order_by("at").first()
        step.taken_at, step.told = timezone.now(), [make_user(unit=case.unit).pk]
        step.save()


def test_the_page_of_a_case_makes_a_fixed_number_of_queries(client, world):
    """In its fullest shape: a known owner with a flat under warranty, in a group, a repeat."""
    north = world.north_head
    client.force_login(north)
    flat = make_property(unit=world.n1a)
    owner = make_customer(unit=world.n1a)
    make_ownership(customer=owner, flat=flat, handed_over_on=timezone.localdate())
    counts = []
    for number in (1, 3):
        category = Category.objects.get(name="渗漏")
        case = make_case(unit=world.n1a, customer=owner, flat=flat, category=category)
        surround(case, number)
        others = [make_case(unit=world.n1a) for _ in range(2)]
        Case.objects.filter(pk=case.pk).update(parent=others[0], repeat_of=others[1])
        counts.append(queries(client, case.get_absolute_url()))
        shown = text(client.get(case.get_absolute_url()))
        assert shown.count("邻居") == number
        assert all(one.number in shown for one in others)

    assert counts == [counts[0]] * 2
    assert counts[0] <= 33


@pytest.mark.parametrize("person", ["north_clerk", "north_head", "boss", "reader"])
@pytest.mark.parametrize("state", ["registered", "assigned", "in_progress", "resolved"])
def test_a_button_stands_for_a_move_that_is_allowed(client, world, person, state):
    """What is offered opens its form; what is not offered is refused."""
    case = make_case(unit=world.n1a, handler=world.north_clerk)
    Case.objects.filter(pk=case.pk).update(state=state)
    client.force_login(getattr(world, person))
    shown = page(client, "detail", case.pk).context["buttons"]
    offered = [*shown["others"], *shown["rare"], *([shown["primary"]] if shown["primary"] else [])]
    names = {button["name"] for button in offered}

    opened = {name for name in MOVES if page(client, "move", case.pk, name).status_code == 200}

    assert opened == names
    if person in ("north_clerk", "north_head"):
        assert names
    if person == "reader":
        assert not names


def test_who_may_not_move_reads_whom_the_case_waits_for(client, world):
    case = make_case(unit=world.n1a, handler=world.north_clerk)
    client.force_login(world.boss)

    shown = text(page(client, "detail", case.pk))

    assert world.north_clerk.name in page(client, "detail", case.pk).context["waits"]
    assert "接单" in shown


def test_a_case_of_the_sibling_branch_does_not_exist(client, world):
    case = make_case(unit=world.s1a)
    client.force_login(world.north_head)

    for name, args in (("detail", ()), ("clock", ()), ("move", ("urge",))):
        assert page(client, name, case.pk, *args).status_code == 404


def test_names_of_cases_out_of_reach_are_not_told(client, world):
    case = make_case(unit=world.n1a, handler=world.north_clerk)
    hidden = make_case(unit=world.s1a)
    Case.objects.filter(pk=case.pk).update(repeat_of=hidden, parent=hidden)
    client.force_login(world.north_head)

    assert hidden.number not in text(page(client, "detail", case.pk))


def test_the_number_of_the_caller_is_masked_and_its_showing_recorded(client, world):
    case = make_case(unit=world.n1a, handler=world.north_clerk, phone="13812345507")
    person = case.complainants.get()
    address = reverse("complaints:reveal", args=[case.pk, person.pk])
    client.force_login(world.north_clerk)
    assert "138****5507" in text(page(client, "detail", case.pk))
    assert "13812345507" not in text(page(client, "detail", case.pk))

    asked = client.post(address, headers={"HX-Request": "true"})
    shown = client.post(address, {"reason": "case"}, headers={"HX-Request": "true"})

    assert "13812345507" not in text(asked)
    assert "13812345507" in text(shown)
    entry = Entry.objects.get(action="customer.revealed")
    assert (entry.by, entry.subject_id, entry.detail["reason"]) == (
        world.north_clerk,
        person.pk,
        "case",
    )


def test_the_officer_calls_back_an_owner_whose_file_he_may_not_open(client, world, officer):
    customer = make_customer(unit=world.n1a, phone="+8613812345507")
    case = make_case(unit=world.n1a, customer=customer, name="")
    person = case.complainants.get()
    client.force_login(officer)
    assert f"/customers/{customer.pk}/" not in text(page(client, "detail", case.pk))

    shown = client.post(
        reverse("complaints:reveal", args=[case.pk, person.pk]),
        {"reason": "call-back"},
        headers={"HX-Request": "true"},
    )

    assert "13812345507" in text(shown)
    assert Entry.objects.get(action="customer.revealed").subject_id == customer.pk


# --- moves ----------------------------------------------------------------------------------------


def move(client, case, name, **data):
    data.setdefault("version", Case.objects.get(pk=case.pk).version)
    return client.post(reverse("complaints:move", args=[case.pk, name]), data)


def test_a_case_goes_through_its_forms_from_intake_to_its_end(client, world):
    case = make_case(unit=world.n1a, handler=world.north_clerk)
    client.force_login(world.north_clerk)
    until = (timezone.localtime() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    for name, data in (
        ("accept", {}),
        ("contact", {"text": "已致电业主"}),
        ("plan", {"text": "局部返工"}),
        ("start", {}),
        ("wait_owner", {"reason": "业主出差", "until": until}),
        ("resume", {}),
        ("resolve", {"resolution": "已补防水"}),
        ("call_back", {"outcome": "satisfied", "rating": "5"}),
    ):
        answered = move(client, case, name, **data)
        assert answered.status_code == 302, (name, text(answered))
    client.force_login(world.north_head)
    assert move(client, case, "close").status_code == 302

    case.refresh_from_db()
    assert (case.state, case.rating, case.resolution) == (State.CLOSED, 5, "已补防水")
    assert "业主出差" in text(page(client, "detail", case.pk))


def test_who_was_slower_is_told_and_loses_nothing(client, world):
    case = make_case(unit=world.n1a, handler=world.north_clerk)
    seen = case.version
    make_move(case, "contact", by=world.north_head, text="主管已致电")
    client.force_login(world.north_clerk)

    answered = move(client, case, "contact", version=seen, text="我也打了电话，业主同意")

    assert answered.status_code == 409
    assert world.north_head.name in text(answered)
    assert "我也打了电话，业主同意" in text(answered)
    assert CaseEntry.objects.filter(case=case, kind="contact").count() == 1
    again = answered.context["form"]["version"].value()
    assert move(client, case, "contact", version=again, text="我也打了电话").status_code == 302


def test_a_move_that_came_too_late_shows_what_was_typed(client, world):
    case = make_case(unit=world.n1a, handler=world.north_clerk)
    for name in ("accept", "start"):
        make_move(case, name, by=world.north_clerk)
    seen = Case.objects.get(pk=case.pk).version
    make_move(case, "resolve", by=world.north_head, resolution="已处理")
    client.force_login(world.north_clerk)

    answered = move(client, case, "resolve", version=seen, resolution="写了很久的结果")

    assert answered.status_code == 409
    assert "写了很久的结果" in text(answered)
    assert world.north_head.name in text(answered)


def test_what_a_move_asks_for_must_be_there(client, world):
    case = make_case(unit=world.n1a, handler=world.north_clerk)
    client.force_login(world.north_clerk)

    answered = move(client, case, "contact", text="  ")

    assert answered.status_code == 422
    assert not CaseEntry.objects.filter(case=case, kind="contact").exists()


def test_somebody_else_gets_the_case(client, world):
    case = make_case(unit=world.n1a, handler=world.north_clerk)
    other = make_user(unit=world.n1a, role="staff", name="周敏")
    make_user(unit=world.s1a, role="staff", name="陌生人")
    client.force_login(world.north_head)
    shown = text(page(client, "move", case.pk, "assign"))
    assert "周敏" in shown
    assert "陌生人" not in shown

    assert move(client, case, "assign", handler=other.employee_no).status_code == 302

    case.refresh_from_db()
    assert case.handler == other


def test_a_case_is_merged_into_one_in_reach(client, world):
    case = make_case(unit=world.n1a, handler=world.north_clerk)
    into = make_case(unit=world.n1a, handler=world.north_clerk)
    foreign = make_case(unit=world.s1a)
    client.force_login(world.north_clerk)

    assert move(client, case, "merge", number=foreign.number).status_code == 422
    assert move(client, case, "merge").status_code == 422
    assert move(client, case, "merge", into=into.pk).status_code == 302

    case.refresh_from_db()
    assert (case.state, case.merged_into) == (State.MERGED, into)


# --- why due then ---------------------------------------------------------------------------------


def test_the_counted_stretches_add_up_to_the_limit(client, world):
    case = make_case(unit=world.n1a, handler=world.north_clerk)
    client.force_login(world.north_clerk)

    accounts = page(client, "clock", case.pk).context["accounts"]
    by_kind = {account.deadline.kind: account for account in accounts}

    assert by_kind["first_contact"].minutes == 24 * 60
    assert by_kind["resolution"].minutes == 3 * by_kind["plan"].minutes > 0
    assert any(line.kind == "skipped" for line in by_kind["resolution"].lines)


def test_a_pause_is_told_and_not_counted(client, world):
    now = timezone.now()
    case = make_case(
        unit=world.n1a, handler=world.north_clerk, taken_in_at=now - timedelta(hours=2)
    )
    client.force_login(world.north_clerk)
    before = page(client, "clock", case.pk).context["accounts"]
    for name in ("accept", "start"):
        make_move(case, name, by=world.north_clerk)
    make_move(
        case, "wait_owner", by=world.north_clerk, reason="等备件", until=now + timedelta(days=1)
    )
    assert "计时已暂停" in text(page(client, "detail", case.pk))
    Pause.objects.update(started_at=now - timedelta(hours=1))
    make_move(case, "resume", by=world.north_clerk)

    after = page(client, "clock", case.pk)

    assert "等备件" in text(after)
    lines = [line for one in after.context["accounts"] for line in one.lines]
    assert any(line.kind == "paused" for line in lines)
    assert [one.minutes for one in after.context["accounts"]] == [one.minutes for one in before]


# --- the intake -----------------------------------------------------------------------------------


@pytest.fixture
def owner(world):
    customer = make_customer(
        unit=world.n1a, keeper=world.north_clerk, name="陈志远", phone="+8613812345507"
    )
    flat = make_property(unit=world.n1a, building="3", building_unit="2", room="1201")
    make_ownership(customer=customer, flat=flat)
    return customer


def look(client, find, **data):
    return client.post(
        reverse("complaints:intake-look-up"), {"find": find} | data, headers={"HX-Request": "true"}
    )


@pytest.mark.parametrize("find", ["13812345507", "138 1234 5507", "5507", "3-2-1201"])
def test_an_owner_in_reach_is_found_with_his_flat(client, world, owner, find):
    client.force_login(world.north_clerk)

    shown = look(client, find)

    assert "陈志远" in text(shown)
    assert "3栋2单元1201" in text(shown)
    assert "138****5507" in text(shown)
    assert not Entry.objects.filter(action="case.owner_looked_up").exists()


def test_the_officer_sees_three_things_of_an_owner_and_it_is_recorded(
    client, world, owner, officer
):
    client.force_login(officer)

    shown = look(client, "13812345507")

    assert "陈志远" in text(shown)
    assert world.n1a.name in text(shown)
    assert "138****5507" in text(shown)
    assert "3栋2单元1201" not in text(shown)
    assert owner.code not in text(shown)
    assert Entry.objects.get(action="case.owner_looked_up").detail == {"count": 1}


@pytest.mark.parametrize("find", ["陈志远", "chenzhiyuan", "czy", "陈"])
def test_the_officer_does_not_leaf_through_names(client, world, owner, officer, find):
    client.force_login(officer)

    assert look(client, find).context["found"].matches == []


def test_an_owner_of_another_branch_is_not_found_without_the_right(client, world, owner):
    client.force_login(world.south_head)

    assert look(client, "13812345507").context["found"].matches == []


def test_open_cases_of_the_caller_are_shown_within_reach(client, world, owner, officer):
    case = make_case(unit=world.n1a, customer=owner, name="")
    caller = make_case(unit=world.n1a, phone="13912345507", name="租户")
    hidden = make_case(unit=world.s1a, phone="13912345507", name="别处")
    client.force_login(world.north_head)

    assert {one.pk for one in look(client, "5507").context["found"].cases} == {case.pk, caller.pk}
    found = look(client, "13912345507").context["found"].cases
    assert [one.pk for one in found] == [caller.pk]
    client.force_login(officer)
    found = look(client, "13912345507").context["found"].cases
    assert {one.pk for one in found} == {caller.pk, hidden.pk}


CALL = {"kind": "complaint", "content": "卫生间顶部渗水，第二次", "channel": "hotline"}


def send(client, **data):
    return client.post(reverse("complaints:intake"), CALL | data)


def test_a_known_owner_is_registered_with_flat_category_level_and_handler(client, world, owner):
    client.force_login(world.north_clerk)
    key = look(client, "5507").context["found"].matches[0].key

    answered = send(client, find="5507", owner=key)

    case = Case.objects.get()
    assert answered["Location"] == case.get_absolute_url()
    assert (case.customer, case.unit, case.room) == (owner, world.n1a, "3栋2单元1201")
    assert (case.category.name, case.level.name) == ("渗漏", "一般投诉")
    assert (case.handler, case.state) == (world.north_clerk, State.ASSIGNED)


def test_the_officer_registers_for_an_owner_of_any_branch(client, world, owner, officer):
    client.force_login(officer)
    key = look(client, "3-2-1201").context["found"].matches[0].key

    send(client, find="3-2-1201", owner=key)

    case = Case.objects.get()
    assert (case.customer, case.unit, case.flat, case.room) == (
        owner,
        world.n1a,
        None,
        "3栋2单元1201",
    )
    assert case.entered_by == officer


def test_a_match_that_was_not_offered_is_refused(client, world, owner):
    foreign = make_customer(unit=world.s1a, phone="+8613900000001")
    client.force_login(world.north_clerk)

    answered = send(client, find="5507", owner=f"place-{foreign.places.get().pk}")

    assert answered.status_code == 422
    assert not Case.objects.exists()


def test_a_new_caller_is_registered_by_name_and_number(client, world):
    client.force_login(world.north_clerk)

    send(client, owner="new", name="王租客", phone="139 1234 5678", unit="N1A", room="5栋301")

    case = Case.objects.get()
    assert (case.complainant_name, case.room, case.customer) == ("王租客", "5栋301", None)
    assert case.complainants.get().phone_masked == "139****5678"


def test_the_number_looked_up_is_the_new_callers(client, world):
    client.force_login(world.north_clerk)

    send(client, find="13912345678", name="王租客", unit="N1A")

    assert Case.objects.get().complainants.get().phone_masked == "139****5678"


def test_bad_input_keeps_what_was_typed(client, world):
    client.force_login(world.north_clerk)

    answered = send(client, owner="new", name="王租客", phone="12", unit="N1A")

    assert answered.status_code == 422
    for typed in ("王租客", 'value="12"', "卫生间顶部渗水，第二次", 'value="N1A" selected'):
        assert typed in text(answered), typed
    assert not Case.objects.exists()


def test_a_unit_out_of_reach_is_refused(client, world):
    client.force_login(world.north_clerk)

    assert send(client, owner="new", name="王租客", unit="S1A").status_code == 422
    assert not Case.objects.exists()


def test_a_second_call_goes_into_the_open_case(client, world, owner, officer):
    case = make_case(unit=world.n1a, customer=owner, name="")
    client.force_login(officer)
    key = look(client, "5507").context["found"].matches[0].key

    answered = send(client, find="5507", owner=key, into=case.pk)

    call = Case.objects.exclude(pk=case.pk).get()
    assert answered["Location"] == case.get_absolute_url()
    assert (call.state, call.merged_into, call.handler) == (State.MERGED, case, None)
    assert CaseEntry.objects.get(case=case, kind="merged_in").text == CALL["content"]
    assert not Deadline.objects.filter(case=call, dropped=False).exists()


def proposal(client, **data):
    return client.post(
        reverse("complaints:intake-proposal"), CALL | data, headers={"HX-Request": "true"}
    )


def test_a_proposal_follows_the_words_until_the_officer_chooses(client, world):
    noise, leak = Category.objects.get(name="噪音"), Category.objects.get(name="渗漏")
    client.force_login(world.north_clerk)

    def value(response, name):
        return response.context["form"][name].value()

    first = proposal(client, unit="N1A")
    assert value(first, "category") == str(leak.pk)
    assert value(first, "handler") == world.north_clerk.employee_no
    assert first.context["limits"][0]["due"] > timezone.now()
    second = proposal(
        client,
        unit="N1A",
        content="楼上噪音太吵",
        category=leak.pk,
        proposed_category=first.context["proposed"]["category"],
    )
    assert value(second, "category") == str(noise.pk)
    chosen = proposal(
        client, unit="N1A", content="楼上噪音太吵", category=leak.pk, proposed_category=noise.pk
    )
    assert value(chosen, "category") == str(leak.pk)


def test_without_script_the_search_button_answers_with_the_page(client, world, owner):
    client.force_login(world.north_clerk)

    shown = send(client, find="5507", look="1", content="")

    assert shown.status_code == 200
    assert "陈志远" in text(shown)
    assert not Case.objects.exists()


def test_a_person_who_may_not_handle_is_not_accepted_as_handler(client, world):
    stranger = make_user(unit=world.s1a, role="staff")
    client.force_login(world.north_clerk)

    answered = send(client, owner="new", name="王", unit="N1A", handler=stranger.employee_no)

    assert answered.status_code == 302
    assert Case.objects.get().handler == world.north_clerk


def test_praise_needs_no_limit(client, world):
    case = register_case(
        unit=world.n1a, by=None, content="保洁很好", name="王", channel="phone", kind="praise"
    )
    give(world.north_clerk, "section-head", world.n1a)
    client.force_login(world.north_clerk)

    assert page(client, "detail", case.pk).context["clocks"] == []
    assert page(client, "clock", case.pk).status_code == 200


# --- similar cases --------------------------------------------------------------------------------


def similar(client, unit, content, **more):
    data = {"unit": unit.code, "content": content, "kind": "complaint"} | more
    return client.post(reverse("complaints:intake-proposal"), data).context["similar"]


def test_cases_of_the_same_building_and_category_are_shown_first(client, world):
    leak = Category.objects.get(name="渗漏")
    words = make_case(unit=world.n1a, content="厨房天花板一直滴水没人管", room="9栋1单元101")
    near = make_case(unit=world.n1a, content="返潮", room="3栋1单元801", category=leak)
    make_case(unit=world.n1a, content="返潮", room="4栋1单元801", category=leak)
    make_case(unit=world.n1a, content="车位被占", room="3栋1单元802")
    make_case(unit=world.n1b, content="返潮", room="3栋1单元801", category=leak)
    old = make_case(unit=world.n1a, content="返潮", room="3栋1单元101", category=leak)
    Case.objects.filter(pk=old.pk).update(taken_in_at=timezone.now() - timedelta(days=91))
    client.force_login(world.north_head)

    found = similar(client, world.n1a, "厨房天花板滴水，渗漏严重", room="3栋2单元1201")

    assert [(row["case"].pk, row["is_near"]) for row in found] == [
        (near.pk, True),
        (words.pk, False),
    ]
    assert "同楼栋相似" in text(
        client.post(
            reverse("complaints:intake-proposal"),
            {"unit": world.n1a.code, "content": "渗漏", "room": "3栋2单元1201"},
        )
    )


def test_similar_cases_are_few_in_reach_and_cost_one_query(client, world):
    mine = make_case(unit=world.n1a, content="地下车库照明灯损坏", by=world.north_clerk)
    for _ in range(7):
        make_case(unit=world.n1a, content="地下车库照明灯损坏", assign=False)
    client.force_login(world.north_clerk)
    reached = similar(client, world.n1a, "地下车库照明灯损坏")
    assert [row["case"].pk for row in reached] == [mine.pk]
    client.force_login(world.north_head)

    with CaptureQueriesContext(connection) as captured:
        found = similar(client, world.n1a, "地下车库照明灯损坏")

    assert len(found) == 5
    looked = [one["sql"] for one in captured if 'FROM "complaints_case"' in one["sql"]]
    assert sum("LIMIT 200" in sql for sql in looked) == 1
    assert similar(client, world.n1a, "") == []

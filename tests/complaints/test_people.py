"""Who is on a case besides its handler, what it is classed by, stand-ins, and urges."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import RoleGrant
from accounts.services import appoint_stand_in, carry_out, draft_hand_over, undo_hand_over
from complaints.models import Case, CaseEntry, CasePerson, Category, Deadline, Level, Urge
from complaints.selectors.lists import CaseQuery, case_keys, desk
from complaints.services import escalate, make_move, why_not
from complaints.services.assignment import candidates, next_handler
from complaints.services.people import add_collaborator, remove_person, unwatch, watch
from complaints.services.second_call import register_into
from complaints.states import MOVES
from core.errors import Refused, Stale
from core.models import Notice
from tests.complaints.cases import cast_of, fresh, help_with, stand
from tests.factories import make_case, make_customer, make_post, make_user

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def cast(world):
    return cast_of(world)


@pytest.fixture
def case(world, cast):
    return make_case(unit=world.n1a, handler=cast["handler"])


def away(person, deputy, *, start=-HOUR, end=DAY):
    now = timezone.now()
    return appoint_stand_in(
        person, deputy=deputy, starts_at=now + start, ends_at=now + end, by=None
    )


def told(kind: str) -> list[str]:
    rows = Notice.objects.filter(kind=f"complaints.{kind}").order_by("user__employee_no")
    return [row.user.employee_no for row in rows.select_related("user")]


def again(user):
    """The same person in a new request."""
    return type(user).objects.get(pk=user.pk)


# --- class ----------------------------------------------------------------------------------------


def send_class(client, case, **changes):
    data = {
        "version": fresh(case).version,
        "category": case.category_id or "",
        "level": case.level_id or "",
        "text": "媒体已关注",
    }
    address = reverse("complaints:class", args=[case.pk])
    return client.post(address, data | changes)


def test_another_level_on_the_page_works_the_limits_out_anew(client, world, cast):
    leak = Category.objects.get(name="渗漏")
    case = make_case(unit=world.n1a, handler=cast["handler"], category=leak)
    limit = Deadline.objects.get(case=case, kind="first_contact")
    grave = Level.objects.get(name="重大投诉")
    client.force_login(cast["handler"])
    page = client.get(case.get_absolute_url()).content.decode()
    assert reverse("complaints:class", args=[case.pk]) in page

    assert send_class(client, case, level=grave.pk, text="").status_code == 422
    assert send_class(client, case, level=grave.pk).status_code == 302

    after = Deadline.objects.get(pk=limit.pk)
    assert (after.amount, after.unit_of_time) == (4, "working_hours")
    assert (limit.amount, after.starts_at) == (24, limit.starts_at)
    entry = CaseEntry.objects.get(case=case, kind="classed")
    assert (entry.facts["level"], entry.text) == (["一般投诉", "重大投诉"], "媒体已关注")
    page = client.get(case.get_absolute_url()).content.decode()
    assert "一般投诉 → 重大投诉" in page


def test_who_is_second_with_a_class_keeps_what_he_typed(client, cast, case):
    client.force_login(cast["handler"])
    grave = Level.objects.get(name="重大投诉")
    version = fresh(case).version
    make_move(case, "contact", by=cast["head"], text="已联系")

    answer = send_class(client, case, level=grave.pk, version=version)

    assert answer.status_code == 409
    assert "媒体已关注" in answer.content.decode()
    assert fresh(case).level_id == case.level_id
    data = answer.context["form"].data
    assert send_class(client, case, level=data["level"], version=data["version"]).status_code == 302


def test_who_does_not_work_on_a_case_does_not_class_it(client, world, cast, case):
    grave = Level.objects.get(name="重大投诉")
    watcher = cast["bystander"]
    CasePerson.objects.create(case=case, user=watcher, role="watcher")
    for who, status in ((watcher, 422), (cast["sibling"], 404), (cast["reader"], 403)):
        client.force_login(who)
        assert send_class(client, case, level=grave.pk).status_code == status
    assert fresh(case).level_id == case.level_id


# --- collaborators and those who follow -----------------------------------------------------------


def test_a_colleague_pulled_in_sees_the_case_and_works_on_it(client, world, cast, case):
    helper = cast["helper"]
    assert not Case.objects.visible_to(helper).exists()
    client.force_login(cast["handler"])
    address = reverse("complaints:people", args=[case.pk])
    sent = client.post(address, {"user": helper.employee_no, "text": "懂防水"})

    assert sent.status_code == 302
    assert Case.objects.visible_to(helper).get() == case
    assert [key.pk for key in case_keys(helper, CaseQuery())] == [case.pk]
    assert told("pulled_in") == [helper.employee_no]
    make_move(case, "contact", by=helper, text="已联系")
    entry = CaseEntry.objects.get(case=case, kind="pulled_in")
    assert (entry.by, entry.text) == (cast["handler"], "懂防水")

    row = CasePerson.objects.get()
    remove = reverse("complaints:person-remove", args=[case.pk, row.pk])
    assert client.post(remove).status_code == 302
    assert not Case.objects.visible_to(again(helper)).exists()
    with pytest.raises(Refused):
        make_move(case, "contact", by=again(helper), text="已联系")
    with pytest.raises(Stale):
        remove_person(row, by=cast["handler"])


@pytest.mark.parametrize("who", ["sibling", "far", "officer", "reader", "handler"])
def test_who_may_not_handle_the_case_is_not_pulled_in(cast, case, who):
    with pytest.raises(Refused):
        add_collaborator(case, user=cast[who], by=cast["handler"])
    assert not CasePerson.objects.exists()


def test_only_who_works_on_a_case_pulls_others_in_and_lets_them_go(cast, case):
    row = help_with(case, cast["helper"])
    watcher = watch(case, by=cast["head"])
    for who in ("bystander", "boss", "officer"):
        with pytest.raises(Refused):
            add_collaborator(case, user=cast["enterer"], by=cast[who])
        with pytest.raises(Refused):
            remove_person(row, by=cast[who])
    add_collaborator(case, user=cast["enterer"], by=cast["helper"])
    with pytest.raises(Refused):
        add_collaborator(case, user=cast["enterer"], by=cast["helper"])
    remove_person(row, by=cast["helper"])  # everybody may leave
    remove_person(watcher, by=cast["head"])
    assert CasePerson.objects.get().user == cast["enterer"]


def test_an_ended_case_needs_no_help(world, cast):
    case = stand(make_case(unit=world.n1a, assign=False), "closed", cast["handler"])
    with pytest.raises(Refused):
        add_collaborator(case, user=cast["helper"], by=None)


def test_who_follows_is_told_of_moves_of_others_and_does_not_work(client, world, cast, case):
    client.force_login(cast["head"])
    address = reverse("complaints:watch", args=[case.pk])
    assert client.post(address).status_code == 302
    assert client.post(address).status_code == 302  # twice is once
    assert CasePerson.objects.get().role == "watcher"
    help_with(case, cast["helper"])

    make_move(case, "accept", by=cast["handler"])
    assert told("moved") == sorted([cast["head"].employee_no, cast["helper"].employee_no])
    Notice.objects.all().delete()
    make_move(case, "start", by=cast["helper"])
    assert told("moved") == [cast["head"].employee_no]  # nobody is told of what he did

    assert client.post(address, {"stop": "1"}).status_code == 302
    unwatch(case, by=cast["helper"])  # he helps, that stays
    assert CasePerson.objects.get().user == cast["helper"]


def test_whose_role_no_longer_reaches_the_case_is_not_told(world, cast, case):
    watch(case, by=cast["head"])
    RoleGrant.objects.filter(user=cast["head"]).delete()

    make_move(case, "accept", by=cast["handler"])

    assert told("moved") == []
    with pytest.raises(Refused):
        watch(case, by=cast["far"])
    with pytest.raises(Refused):
        watch(case, by=cast["handler"])


def test_a_case_of_a_sibling_branch_has_no_such_pages(client, cast, case):
    client.force_login(cast["sibling"])
    row = help_with(case, cast["helper"])
    for name, args in (("people", []), ("class", []), ("watch", []), ("person-remove", [row.pk])):
        address = reverse(f"complaints:{name}", args=[case.pk, *args])
        assert client.post(address, {}).status_code == 404, name
    assert CasePerson.objects.get() == row


@pytest.mark.django_db(transaction=True)
def test_two_who_pull_the_same_colleague_in_pull_him_in_once(world):
    cast = cast_of(world)
    case = make_case(unit=world.n1a, handler=cast["handler"])

    def other() -> str:
        try:
            add_collaborator(case, user=cast["helper"], by=cast["head"])
            return "done"
        except Refused:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            add_collaborator(case, user=cast["helper"], by=cast["handler"])
            second = pool.submit(other)
            wait([second], timeout=1.5)
        assert second.result(timeout=30) == "refused"
    assert CasePerson.objects.count() == 1
    assert told("pulled_in") == ["C-HELPER"]


def test_the_page_of_people_asks_as_much_for_one_as_for_three(client, world, cast, case):
    client.force_login(cast["handler"])
    address = reverse("complaints:people", args=[case.pk])

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    help_with(case, cast["helper"])
    queries()
    one = queries()
    for name in ("enterer", "bystander"):
        help_with(case, cast[name])
    assert queries() == one


# --- stand-ins ------------------------------------------------------------------------------------


def test_new_cases_pass_over_whoever_is_away(world):
    function = "投诉管理及舆情对接"
    first, second = (make_user(unit=world.s1b, no=f"S-{name}") for name in ("A", "B"))
    for person in (first, second):
        make_post(user=person, unit=world.s1b, function=function)
    substitute = make_user(unit=world.s1b, no="S-C")
    case = make_case(unit=world.s1b, assign=False)
    assert candidates(case, timezone.localdate()) == [first, second]

    away(first, substitute)
    assert candidates(case, timezone.localdate()) == [second]

    away(second, substitute)
    assert candidates(case, timezone.localdate()) == [substitute]  # all are away: the stand-in
    assert next_handler(case) == substitute


def test_a_stand_in_does_what_the_handler_may_and_no_longer_when_he_is_back(world, cast, case):
    deputy = cast["bystander"]
    assert not Case.objects.visible_to(deputy).exists()
    row = away(cast["handler"], deputy)
    deputy = again(deputy)

    assert Case.objects.visible_to(deputy).get() == case
    assert [key.pk for key in case_keys(deputy, CaseQuery())] == [case.pk]
    assert [one.pk for one in desk(deputy)] == [case.pk]
    make_move(case, "accept", by=deputy)
    make_move(case, "start", by=deputy)
    assert fresh(case).handler == cast["handler"]  # nothing changes hands

    type(row).objects.filter(pk=row.pk).update(ends_at=timezone.now())
    deputy = again(deputy)
    assert not Case.objects.visible_to(deputy).exists()
    assert [one.pk for one in desk(deputy)] == []
    assert why_not(fresh(case), MOVES["resolve"], deputy)


def test_a_stand_in_of_the_handler_is_no_second_person(world, cast):
    case = make_case(
        unit=world.n1a, handler=cast["handler"], level=Level.objects.get(name="重大投诉")
    )
    deputy = make_user(unit=world.n1a, role="section-head", no="C-DEPUTY")
    for name, facts in (
        ("accept", {}),
        ("start", {}),
        ("resolve", {"resolution": "已补"}),
        ("call_back", {"outcome": "satisfied", "rating": 5}),
    ):
        make_move(case, name, by=None, **facts)
    away(cast["handler"], deputy)

    with pytest.raises(Refused, match="非经办人"):
        make_move(case, "close", by=deputy)
    make_move(case, "close", by=cast["head"])


def test_notices_reach_the_stand_in_in_copy(world, cast, case):
    away(cast["handler"], cast["bystander"])
    Notice.objects.all().delete()
    both = sorted(["C-HANDLER", "C-BYSTANDER"])

    make_move(case, "urge", by=cast["head"], reason="业主来电", answer_by=timezone.now() + HOUR)
    assert told("urged") == both
    escalate(Deadline.objects.get(case=case, kind="first_contact").due_at - timedelta(minutes=1))
    assert told("escalated") == both
    make_case(unit=world.n1a, handler=cast["handler"])
    assert told("assigned") == both
    entry = CaseEntry.objects.filter(case=case, kind="escalated").get()
    assert entry.facts["told"] == [cast["handler"].pk, cast["bystander"].pk]


# --- urges and further calls ----------------------------------------------------------------------


def test_an_urge_waits_until_it_is_answered(client, world, cast, case):
    make_move(case, "urge", by=cast["head"], reason="业主来电", answer_by=timezone.now() + HOUR)
    make_move(case, "urge", by=cast["boss"], reason="集团关注", answer_by=timezone.now() + HOUR)
    client.force_login(cast["handler"])
    page = client.get(case.get_absolute_url()).content.decode()
    assert "集团关注" in page
    assert reverse("complaints:move", args=[case.pk, "answer_urge"]) in page

    make_move(case, "answer_urge", by=cast["handler"], text="今日下午上门")

    assert set(Urge.objects.values_list("answer", "answered_by")) == {
        ("今日下午上门", cast["handler"].pk)
    }
    assert told("urge_answered") == sorted([cast["head"].employee_no, cast["boss"].employee_no])
    with pytest.raises(Refused):
        make_move(case, "answer_urge", by=cast["handler"], text="再答一次")
    assert escalate(timezone.now() + 2 * HOUR).urges_late == 0


def test_an_urge_without_an_answer_is_shown_to_the_superior_once(client, world, cast, case):
    later = timezone.now() + HOUR
    make_move(case, "urge", by=cast["head"], reason="业主来电", answer_by=later)
    assert escalate(later - timedelta(seconds=1)).urges_late == 0

    assert [escalate(later + n * HOUR).urges_late for n in range(3)] == [1, 0, 0]

    assert told("urge_late") == [cast["head"].employee_no]
    Urge.objects.update(urged_at=later - 2 * DAY, answer_by=later - DAY)
    client.force_login(cast["head"])
    page = client.get(reverse("complaints:urges"))
    assert [row.is_late for row in page.context["rows"]] == [True]
    client.force_login(cast["boss"])
    assert client.get(reverse("complaints:urges")).context["rows"] == []


def test_the_page_of_urges_asks_as_much_for_one_as_for_three(client, world, cast, case):
    client.force_login(cast["head"])

    def urge() -> None:
        later = timezone.now() + HOUR
        one = make_case(unit=world.n1a, handler=cast["handler"])
        make_move(one, "urge", by=cast["head"], reason="业主来电", answer_by=later)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("complaints:urges")).status_code == 200
        return len(captured)

    urge()
    queries()
    one = queries()
    urge()
    urge()
    assert queries() == one


def test_a_further_call_is_told_to_the_handler(world, cast, case):
    values = {"unit": world.n1a, "content": "又漏了", "name": "陈志远", "channel": "hotline"}
    register_into(case, by=cast["officer"], **values)
    assert told("called_again") == ["C-HANDLER"]

    Notice.objects.all().delete()
    register_into(case, by=cast["handler"], **values)
    assert told("called_again") == []  # he took the call himself


def test_the_notice_of_a_hand_over_leads_to_what_came(world, cast):
    make_case(unit=world.n1a, handler=cast["handler"])
    draft = draft_hand_over(by=world.north_head, giver=cast["handler"], to=[cast["helper"]])
    carry_out(draft, by=world.north_head)
    kind = "accounts.work_received"
    assert Notice.objects.get(kind=kind).url == reverse("complaints:desk")
    undo_hand_over(draft, by=world.north_head)
    returned = Notice.objects.filter(kind="accounts.work_returned")
    assert {row.url for row in returned} == {reverse("complaints:desk")}

    for _number in range(2):
        make_customer(unit=world.n1a, keeper=cast["handler"], by=world.north_head)
    Notice.objects.all().delete()
    draft = draft_hand_over(by=world.north_head, giver=cast["handler"], to=[cast["helper"]])
    carry_out(draft, by=world.north_head)
    assert Notice.objects.get(kind=kind).url == "/customers/"  # most of it

"""Schedules: due days by the working calendar, one mail each, and each his own figures."""

from base64 import b64decode
from datetime import datetime, time, timedelta
from io import BytesIO

import pytest
import time_machine
from django.utils import timezone, translation
from openpyxl import load_workbook

from accounts.models import Role, RoleGrant, User, UserState, WorkLeft
from accounts.selectors.hand_over import work_table
from accounts.services import carry_out, draft_hand_over
from accounts.services.hand_over import find_work_left, undo_hand_over
from audit.models import Entry
from core.errors import Refused
from core.jobs import work
from core.models import Job, JobState, Notice, OutboxMessage
from reports.builder import sending
from reports.builder.rhythm import last_due, next_due
from reports.builder.schedules import (
    delete_schedule,
    save_schedule,
    switch_schedule,
    unsubscribe,
)
from reports.builder.sending import start_due
from reports.builder.services import save_report
from reports.builder.work import takers
from reports.models import Delivery, Form, ReportRun, ReportSchedule, Rhythm, SavedReport
from tests.factories import give, make_case, make_user, say

pytestmark = pytest.mark.django_db

BY_UNIT = {"subject": "cases", "groups": ["unit"], "measures": ["count"]}
WEEKDAYS = {"is_working": lambda day: day.isoweekday() < 6}
FACTS = {
    "rhythm": Rhythm.DAILY,
    "day": 1,
    "at": time(8, 30),
    "working_days": False,
    "form": Form.WORKBOOK,
}


def at(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))


# --- when -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rhythm", "day", "working", "after", "due"),
    [
        # 2026-11-20 is a Friday, 2026-10-31 a Saturday.
        ("daily", 1, False, "2026-11-20 09:00", "2026-11-21 08:30"),
        ("daily", 1, True, "2026-11-20 09:00", "2026-11-23 08:30"),
        ("daily", 1, True, "2026-11-20 08:00", "2026-11-20 08:30"),
        ("weekly", 6, False, "2026-11-16 09:00", "2026-11-21 08:30"),
        ("weekly", 6, True, "2026-11-16 09:00", "2026-11-23 08:30"),
        ("weekly", 6, True, "2026-11-21 12:00", "2026-11-23 08:30"),
        ("monthly", 31, False, "2026-11-16 09:00", "2026-11-30 08:30"),
        ("monthly", 31, True, "2026-10-30 09:00", "2026-11-02 08:30"),
        # A month that lacks the day sends on its last one, and never twice for one month.
        ("monthly", 30, False, "2027-02-01 09:00", "2027-02-28 08:30"),
        ("monthly", 29, False, "2027-02-28 09:00", "2027-03-29 08:30"),
        ("monthly", 29, False, "2028-02-01 09:00", "2028-02-29 08:30"),
        ("monthly", 31, True, "2027-02-01 09:00", "2027-03-01 08:30"),
        ("monthly", 1, True, "2026-10-15 09:00", "2026-11-02 08:30"),
        ("working", 1, True, "2026-10-15 09:00", "2026-11-02 08:30"),
        ("working", 3, True, "2026-10-15 09:00", "2026-11-04 08:30"),
        ("working", -1, True, "2026-10-15 09:00", "2026-10-30 08:30"),
    ],
)
def test_the_next_time(rhythm, day, working, after, due):
    one = ReportSchedule(rhythm=rhythm, day=day, working_days=working, at=time(8, 30))

    assert next_due(one, at(after), **WEEKDAYS) == at(due)


def test_of_a_gap_only_the_newest_is_due():
    one = ReportSchedule(rhythm="daily", day=1, working_days=True, at=time(8, 30))
    one.settled_through = at("2026-11-02 08:30")

    assert last_due(one, at("2026-11-22 12:00"), **WEEKDAYS) == at("2026-11-20 08:30")
    one.settled_through = at("2026-11-20 08:30")
    assert last_due(one, at("2026-11-22 12:00"), **WEEKDAYS) is None


# --- to whom, and what ----------------------------------------------------------------------------


@pytest.fixture
def schedule(world):
    """A report of the boss to the heads of both branches, and a case more in the north."""
    for unit in (world.n1a, world.n1a, world.s1a):
        make_case(unit=unit)
    User.objects.filter(pk__in=(world.north_head.pk, world.south_head.pk)).update(
        email="somebody@example.cn"
    )
    report = save_report(by=world.boss, name="月报", definition=BY_UNIT, audience="own")
    row = save_schedule(
        by=world.boss, report=report, facts=FACTS, people=[world.north_head, world.south_head]
    )
    ReportSchedule.objects.update(
        settled_through=timezone.now() - timedelta(days=9), next_at=timezone.now()
    )
    row.refresh_from_db()
    return row


def run_jobs() -> None:
    for job in Job.objects.filter(kind=sending.SEND, state=JobState.QUEUED):
        work(job.pk)


def mails() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(kind="reports.report_sent").order_by("user"))


def figures(mail: OutboxMessage) -> list[tuple]:
    book = load_workbook(BytesIO(b64decode(mail.payload["files"][0]["content"])))
    return list(book.worksheets[0].iter_rows(min_row=2, values_only=True))


def test_each_receiver_gets_the_figures_of_his_own_branches(world, schedule):
    start_due()
    run_jobs()

    north, south = sorted(mails(), key=lambda mail: mail.user_id != world.north_head.pk)
    assert north.user_id == world.north_head.pk
    assert figures(north) == [(world.n1a.name, 2)]
    assert figures(south) == [(world.s1a.name, 1)]


def test_twice_asked_is_once_sent(world, schedule):
    assert start_due() == 1
    assert start_due() == 0
    run_jobs()
    ReportSchedule.objects.update(
        settled_through=timezone.now() - timedelta(days=9), next_at=timezone.now()
    )
    start_due()
    run_jobs()

    assert ReportRun.objects.count() == 1
    assert Delivery.objects.count() == 2
    assert len(mails()) == 2
    assert Notice.objects.filter(kind="reports.report_sent").count() == 2


def test_killed_between_two_receivers_it_goes_on_with_the_second(world, schedule, monkeypatch):
    start_due()
    job = Job.objects.get(kind=sending.SEND)
    made, real = [], sending.book_bytes

    def dying(asked, user, name):
        if made:
            raise KeyboardInterrupt
        made.append(user.pk)
        return real(asked, user, name)

    monkeypatch.setattr(sending, "book_bytes", dying)
    with pytest.raises(KeyboardInterrupt):
        work(job.pk)
    assert Delivery.objects.count() == len(mails()) == 1
    monkeypatch.setattr(sending, "book_bytes", real)
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    work(job.pk)

    job.refresh_from_db()
    assert job.state == JobState.DONE
    assert [mail.user_id for mail in mails()] == sorted([world.north_head.pk, world.south_head.pk])
    assert Delivery.objects.count() == 2


@pytest.mark.parametrize("broken", ["book_bytes", "notify"])
def test_a_fault_for_one_receiver_keeps_nothing_from_the_others(
    client, world, schedule, monkeypatch, broken
):
    """Also when it fails while it is posted, after something was written already."""
    first = world.north_head if world.north_head.pk < world.south_head.pk else world.south_head
    second = world.south_head if first == world.north_head else world.north_head
    real = getattr(sending, broken)

    def failing(*args, **more):
        person = args[1] if broken == "book_bytes" else args[0][0]
        if person == first:
            raise ZeroDivisionError("figure")
        return real(*args, **more)

    monkeypatch.setattr(sending, broken, failing)
    start_due()
    run_jobs()

    assert Job.objects.get(kind=sending.SEND).state == JobState.DONE
    assert [mail.user_id for mail in mails()] == [second.pk]
    states = dict(Delivery.objects.values_list("user", "state"))
    assert states == {first.pk: "failed", second.pk: "sent"}
    assert Entry.objects.filter(action="report.sent").count() == 1
    client.force_login(world.boss)
    page = client.get(schedule.get_absolute_url())
    assert str(sending.FAULT) in page.content.decode()


def test_a_list_sent_as_a_link_tells_of_all_its_rows(world, schedule):
    for _number in range(25):
        make_case(unit=world.n1b)
    SavedReport.objects.update(definition={"subject": "cases", "columns": ["number"]})
    ReportSchedule.objects.update(form=Form.LINK)
    start_due()
    run_jobs()

    rows = dict(Delivery.objects.values_list("user", "rows"))
    assert rows == {world.north_head.pk: 27, world.south_head.pk: 1}


def test_who_lost_the_right_is_sent_nothing_and_the_page_says_why(client, world, schedule):
    world.south_head.grants.all().delete()
    start_due()
    run_jobs()

    failed = Delivery.objects.get(user=world.south_head)
    assert (failed.state, bool(failed.message)) == ("failed", True)
    assert [mail.user_id for mail in mails()] == [world.north_head.pk]
    client.force_login(world.boss)
    page = client.get(schedule.get_absolute_url())
    assert page.status_code == 200
    assert [one.state for one, _mail in page.context["deliveries"]].count("failed") == 1


def test_who_unsubscribed_and_who_is_out_of_the_owners_reach_gets_nothing(client, world, schedule):
    start_due()
    run_jobs()
    OutboxMessage.objects.all().delete()
    client.force_login(world.south_head)
    url = f"/reports/schedules/{schedule.pk}/unsubscribe/"
    assert client.get(url).status_code == 200
    client.post(url)
    client.force_login(world.north_clerk)
    assert client.get(url).status_code == 404

    assert list(sending.receivers_of(schedule)) == [world.north_head]
    unsubscribe(by=world.north_head, schedule=schedule)
    assert list(sending.receivers_of(schedule)) == []


def test_receivers_who_are_frozen_or_left_get_nothing_until_they_are_back(world, schedule):
    for person, state in ((world.north_head, UserState.FROZEN), (world.south_head, UserState.LEFT)):
        User.objects.filter(pk=person.pk).update(state=state)
    start_due()
    run_jobs()
    assert (mails(), Delivery.objects.count()) == ([], 0)
    assert Job.objects.get(kind=sending.SEND).state == JobState.DONE

    User.objects.filter(pk=world.north_head.pk).update(state=UserState.ACTIVE)
    assert list(sending.receivers_of(schedule)) == [world.north_head]


def test_what_passes_while_a_schedule_is_switched_off_is_not_made_up_for(world, schedule):
    switch_schedule(by=world.boss, schedule=schedule, active=False)
    assert start_due(timezone.now() + timedelta(days=3)) == 0
    later = timezone.now() + timedelta(days=3)
    with time_machine.travel(later, tick=False):
        switch_schedule(by=world.boss, schedule=schedule, active=True)
        assert start_due() == 0
        assert schedule.next_at > later
    assert start_due(schedule.next_at) == 1
    assert ReportRun.objects.count() == 1


# --- said before it is saved ----------------------------------------------------------------------


def said(person, sentence: str) -> str:
    """A sentence in the language of a person."""
    with translation.override(person.language):
        return translation.gettext(sentence)


def asked_at(client, world, **more):
    """The form of a new schedule of the boss, filled in and looked at."""
    report = save_report(by=world.boss, name="月报", definition=BY_UNIT, audience="own")
    client.force_login(world.boss)
    plan = {"rhythm": "weekly", "day": 1, "at": "08:30", "form": "xlsx", "look": "1"}
    url = f"/reports/builder/{report.pk}/schedule/"
    return client.post(url, plan | more, headers={"HX-Request": "true"})


def test_the_form_tells_receivers_and_next_times_before_it_is_saved(client, world):
    User.objects.filter(pk=world.north_head.pk).update(email="somebody@example.cn")
    people = [world.north_head.employee_no, world.admin.employee_no]
    role = Role.objects.get(code="section-head")

    page = asked_at(client, world, people=people, role=role.pk, unit=world.south.code)
    seen = page.context["outlook"]
    assert {one.pk for one in seen.people} == {
        world.north_head.pk, world.admin.pk, world.south_head.pk,
    }  # fmt: skip
    assert [one.pk for one in seen.unable] == [world.admin.pk]  # may not see complaints
    assert world.south_head in seen.unreached  # has no address
    assert len(seen.dues) == 3
    assert {timezone.localtime(due).isoweekday() for due in seen.dues[:1]} <= {1, 2, 3, 4, 5}
    assert world.south_head.name in page.content.decode()
    assert not ReportSchedule.objects.exists()


@pytest.mark.parametrize(
    ("more", "field", "sentence"),
    [
        ({"role": "section-head"}, "unit", "Please choose in which unit the role is held."),
        ({"unit": "south"}, "role", "Please choose which role receives it there."),
        ({}, "people", "Please choose who receives the report."),
        ({"day": 8}, "day", "Please choose a day from 1 (Monday) to 7 (Sunday)."),
        ({"rhythm": "monthly", "day": 32}, "day",
         "Please choose a day from 1 to 31; 31 is the last one of every month."),
        ({"rhythm": "working", "day": 0}, "day",
         "Please choose a working day from 1 to 10, or from −5 to −1."),
    ],
)  # fmt: skip
def test_the_form_says_at_the_field_what_is_missing(client, world, more, field, sentence):
    if "role" in more:
        more = {"role": Role.objects.get(code="section-head").pk}
    if "unit" in more:
        more = {"unit": world.south.code}

    page = asked_at(client, world, **more)
    assert page.context["outlook"] is None
    assert page.context["form"].errors[field] == [said(world.boss, sentence)]


def test_a_role_that_nobody_holds_there_is_refused_and_told_beforehand(client, world):
    RoleGrant.objects.filter(role__code="section-head").delete()
    role = Role.objects.get(code="section-head")
    plan = {"role": role.pk, "unit": world.south.code}

    page = asked_at(client, world, **plan)
    assert page.context["outlook"].total == 0
    assert page.content.decode().count("alert-warning") == 1
    url = page.request["PATH_INFO"]
    whole = {"rhythm": "weekly", "day": 1, "at": "08:30", "form": "xlsx"} | plan
    refused = client.post(url, whole)
    assert refused.status_code == 422
    sentence = "Nobody within your reach holds this role there today. Please choose another unit."
    assert refused.context["form"].non_field_errors() == [said(world.boss, sentence)]
    assert not ReportSchedule.objects.exists()


def test_a_role_in_a_unit_is_everybody_who_holds_it_today(world, schedule):
    save_schedule(
        by=world.north_head,
        report=schedule.report,
        facts=FACTS,
        people=[world.south_head],
        role=Role.objects.get(code="section-head"),
        unit=world.north,
        schedule=schedule,
    )
    ReportSchedule.objects.update(owner=world.north_head)
    one = ReportSchedule.objects.get()

    # The person of the sibling branch is out of the owner's reach.
    assert world.south_head not in sending.receivers_of(one)
    assert world.north_head in sending.receivers_of(one)


def test_a_file_beyond_the_limit_stays_behind_the_log_in(world, schedule, monkeypatch):
    monkeypatch.setattr(sending, "MOST_BYTES", 10)
    start_due()
    run_jobs()

    assert [mail.payload for mail in mails()] == [{}, {}]
    assert schedule.report.get_absolute_url() in mails()[0].text


def test_a_file_of_more_rows_than_may_leave_without_release_stays_behind(world, schedule):
    asked = {"subject": "cases", "columns": ["number"]}
    SavedReport.objects.update(definition=asked)
    say(world.group, "approvals.export_rows", 1)
    start_due()
    run_jobs()

    sent = {mail.user_id: bool(mail.payload) for mail in mails()}
    assert sent == {world.north_head.pk: False, world.south_head.pk: True}
    notes = dict(Delivery.objects.values_list("user", "message"))
    assert [bool(notes[key]) for key in (world.north_head.pk, world.south_head.pk)] == [True, False]


def test_who_may_not_take_the_subject_away_is_sent_a_link(world, schedule):
    role = Role.objects.get(code="section-head")
    role.permissions.remove(role.permissions.get(codename="export_case"))
    start_due()
    run_jobs()

    assert [mail.payload for mail in mails()] == [{}, {}]
    assert set(Delivery.objects.values_list("state", "rows")) == {("sent", 1)}


def test_a_mail_carries_its_file_until_it_is_sent(world, schedule):
    from core.notices.channels.mail import message_of

    start_due()
    run_jobs()

    parts = [part.get_filename() for part in message_of(mails()[0]).iter_attachments()]
    assert parts == ["月报.xlsx"]


def test_deleting_a_schedule_leaves_its_queued_run_without_work(world, schedule):
    start_due()
    delete_schedule(by=world.boss, schedule=schedule)
    run_jobs()

    assert Job.objects.get(kind=sending.SEND).state == JobState.DONE
    assert mails() == []


def test_a_receiver_can_open_what_he_was_sent(client, world, schedule):
    client.force_login(world.north_head)
    assert client.get(schedule.report.get_absolute_url()).status_code == 404
    start_due()
    run_jobs()

    page = client.get(schedule.report.get_absolute_url())
    assert page.context["table"].rows == [(world.n1a.name, 2)]


# --- who answers for it ---------------------------------------------------------------------------


def test_a_schedule_whose_owner_left_says_so_once_to_administrators(world, schedule):
    User.objects.filter(pk=world.boss.pk).update(state=UserState.LEFT)
    for day in (0, 1):
        start_due(timezone.now() + timedelta(days=day))
        run_jobs()

    assert mails() == []
    assert [bool(run.problem) for run in ReportRun.objects.all()] == [True, True]
    told = Notice.objects.filter(kind="reports.schedule_orphaned")
    assert [one.user for one in told] == [world.admin]
    assert told.get().url == f"/people/{world.boss.employee_no}/hand-over/"


def test_a_hand_over_moves_schedule_and_report_and_gives_both_back(world, schedule):
    save_report(by=world.reader, name="月报", definition=BY_UNIT, audience="own")
    assert work_table(world.boss, by=world.admin).count == 1
    draft = draft_hand_over(by=world.admin, giver=world.boss, to=[world.reader])
    done = carry_out(draft, by=world.admin)
    schedule.refresh_from_db()
    assert (schedule.owner, schedule.report.owner) == (world.reader, world.reader)
    assert schedule.report.name == "月报 (2)"
    assert schedule.next_at > timezone.now()
    ReportSchedule.objects.update(next_at=timezone.now())
    start_due()
    run_jobs()
    assert [mail.user_id for mail in mails()] == sorted([world.north_head.pk, world.south_head.pk])
    undo_hand_over(done, by=world.admin)
    schedule.refresh_from_db()
    assert (schedule.owner, schedule.report.owner) == (world.boss, world.boss)


def test_who_may_not_build_reports_takes_no_schedule(world, schedule):
    assert takers([world.north_clerk, world.north_head], [1], None) == {
        world.north_clerk.pk: set(), world.north_head.pk: {1},
    }  # fmt: skip
    with pytest.raises(Refused):
        carry_out(
            draft_hand_over(by=world.admin, giver=world.boss, to=[world.north_clerk]),
            by=world.admin,
        )


def test_schedules_left_behind_are_work_left(world, schedule):
    User.objects.filter(pk=world.boss.pk).update(state=UserState.LEFT)
    find_work_left()
    assert WorkLeft.objects.get(user=world.boss, kind="reports.schedule").count == 1
    ReportSchedule.objects.update(is_active=False)
    find_work_left()
    assert not WorkLeft.objects.filter(kind="reports.schedule").exists()


def test_receivers_beyond_the_bound_are_left_out_and_the_run_says_so(world, schedule, monkeypatch):
    monkeypatch.setattr(sending, "MOST_RECEIVERS", 1)
    start_due()
    run_jobs()

    assert len(mails()) == 1
    assert "1" in ReportRun.objects.get().problem


def test_who_holds_two_branches_gets_a_file_of_each(world):
    """One file a topmost unit, five at most; units below one of them are not sent again."""
    reader = make_user(unit=world.group, role="section-head")
    RoleGrant.objects.filter(user=reader).delete()
    for unit in (world.north, world.south, world.n1a):
        give(reader, "section-head", unit)
    User.objects.filter(pk=reader.pk).update(email="somebody@example.cn")
    facts = FACTS | {"form": Form.WORKBOOK}
    save_schedule(by=world.boss, standard="month-end", facts=facts, people=[reader])
    ReportSchedule.objects.update(
        settled_through=timezone.now() - timedelta(days=9), next_at=timezone.now()
    )
    start_due()
    run_jobs()

    [mail] = mails()
    names = [one["name"] for one in mail.payload["files"]]
    assert len(names) == 2
    assert [world.north.name in names[0], world.south.name in names[1]] == [True, True]

"""Reports that people build: who sees which rows, what a definition may say, and the bounds."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import Role, User
from audit.models import Entry
from core.errors import Refused
from core.exports import start
from core.exports.files import path_of
from core.jobs import work
from core.models import Job, JobState, OutboxMessage
from reports.builder import definitions, query, sending
from reports.builder.definitions import read
from reports.builder.exports import REPORT
from reports.builder.query import TooSlow, bounded, group_table, list_page
from reports.builder.registry import SUBJECTS, Subject
from reports.builder.sending import start_due
from reports.builder.services import save_report
from reports.models import Audience, ReportSchedule, SavedReport
from tests.factories import make_case, make_customer, make_response, make_wave, say

pytestmark = pytest.mark.django_db

BY_UNIT = {"subject": "cases", "groups": ["unit"], "measures": ["count"]}
LIST = {"subject": "customers", "columns": ["code", "name"]}


@pytest.fixture
def cases(world):
    """Two cases in the north and one in the south."""
    return [make_case(unit=unit) for unit in (world.n1a, world.n1a, world.s1a)]


def counts(user, definition=BY_UNIT):
    return {row[0]: row[1] for row in group_table(read(definition), user).rows}


# --- whose rows -----------------------------------------------------------------------------------


def test_each_reader_of_a_shared_report_gets_the_figures_of_his_own_branches(world, cases):
    assert counts(world.boss) == {world.n1a.name: 2, world.s1a.name: 1}
    assert counts(world.north_head) == {world.n1a.name: 2}
    assert counts(world.south_head) == {world.s1a.name: 1}


def test_a_list_shows_rows_in_reach_alone(world):
    here, there = make_customer(unit=world.n1a), make_customer(unit=world.s1a)

    assert list_page(read(LIST), world.north_head).rows == [(here.code, here.name)]
    assert list_page(read(LIST), world.south_head).rows == [(there.code, there.name)]


def test_a_reader_without_the_right_of_the_subject_gets_a_sentence(world, cases, english):
    with pytest.raises(Refused, match="You may not see"):
        group_table(read(BY_UNIT), world.admin)


@pytest.mark.parametrize("key", list(SUBJECTS))
def test_every_field_of_a_subject_can_be_asked(world, cases, key):
    subject = SUBJECTS[key]
    extra = {"filters": [{"field": "wave", "op": "is", "value": "W"}]} if subject.alone else {}
    measures = [f"sum:{f.key}" for f in subject.fields if f.sums]
    measures += [f"mean:{f.key}" for f in subject.fields if f.means]
    for one in [f for f in subject.fields if f.groups]:
        step = ":month" if one.kind in ("date", "datetime") else ""
        asked = {"subject": key, "groups": [one.key + step], "measures": ["count", "share"]} | extra
        group_table(read(asked | {"measures": ["count", *measures[:5]]}), world.boss)
        assert group_table(read(asked), world.boss).cut is False
    if subject.lists:
        columns = [f.key for f in subject.fields if f.lists][:20]
        list_page(read({"subject": key, "columns": columns}), world.boss)


# --- what a definition may say --------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "auth_user"},
        {"columns": ["customer__phone_cipher"]},
        {"columns": ["entered_by__password"]},
        {"groups": ["unit__parent__name"], "measures": ["count"]},
        {"groups": ["unit"], "measures": ["sum:customer__assets"]},
        {"groups": ["entered_at:minute"], "measures": ["count"]},
        {"filters": [{"field": "customer__phone_index", "op": "contains", "value": "1"}]},
        {"filters": [{"field": "name", "op": "regex", "value": "("}]},
        {"filters": [{"field": "kind", "op": "in", "value": ["nothing"]}]},
        {"filters": [{"field": "kind", "op": "in", "value": [["a"]]}]},
        {"filters": [{"field": "signed_on", "op": "from", "value": "yesterday"}]},
        {"filters": ["name"]},
        {"filters": {"name": 1}},
        {"columns": ["code"] * 21},
        {"filters": [{"field": "name", "op": "contains", "value": "张"}] * 13},
        {"columns": [], "groups": ["kind"], "measures": ["count"] * 7},
        {"columns": [], "groups": ["kind", "level", "unit"], "measures": ["count"]},
        {"columns": []},
    ],
)
def test_what_the_registry_does_not_know_is_refused(wrong):
    with pytest.raises(Refused):
        read(LIST | wrong)


def test_a_vanished_field_gives_one_sentence_on_the_page(client, world):
    report = save_report(by=world.boss, name="名单", definition=LIST, audience=Audience.OWN)
    SavedReport.objects.update(definition=LIST | {"columns": ["shoe_size"]})
    client.force_login(world.boss)

    answer = client.get(report.get_absolute_url())

    assert answer.status_code == 200
    assert "shoe_size" in answer.context["refused"][0]
    assert "table" not in answer.context


def test_no_subject_declares_a_number_of_a_person():
    paths = {one.path for subject in SUBJECTS.values() for one in subject.fields}

    words = ("phone", "cipher", "index", "identity", "password", "email", "account", "beneficiary")
    assert [path for path in paths if any(word in path for word in words)] == []


# --- bounds ---------------------------------------------------------------------------------------


def test_a_statement_that_takes_too_long_is_broken_off_and_the_limit_before_holds_again():
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        before = cursor.fetchone()
        with pytest.raises(TooSlow), bounded(1):
            cursor.execute("SELECT pg_sleep(5)")
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == before
        with bounded(1):
            cursor.execute("SELECT 1")
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == before


@pytest.mark.parametrize(
    ("ask", "definition", "method"), [(list_page, LIST, "parts"), (group_table, BY_UNIT, "rows")]
)
def test_a_list_and_a_table_that_take_too_long_are_broken_off(
    world, cases, monkeypatch, ask, definition, method
):
    """Each asks its own rows under the limit it was given."""
    make_customer(unit=world.n1a)
    whole = getattr(Subject, method)

    def slowly(subject, user):
        found = whole(subject, user)
        sleep = {"where": ["(SELECT pg_sleep(2)) IS NOT NULL"]}
        return [one.extra(**sleep) for one in found] if method == "parts" else found.extra(**sleep)

    monkeypatch.setattr(Subject, method, slowly)

    with pytest.raises(TooSlow):
        ask(read(definition), world.boss, seconds=1)


def test_two_pages_of_one_person_are_worked_out_at_once_and_others_are_not_kept(world, english):
    """The places are held by other connections, as those of other requests are."""
    make_case(unit=world.n1a)
    others = [connection.copy() for _place in range(query.MOST_AT_ONCE)]
    try:
        for place, other in enumerate(others):
            other.set_autocommit(False)
            with other.cursor() as cursor:
                keys = [query.LOCK + place, world.boss.pk]
                cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", keys)
                assert cursor.fetchone() == (True,)
        for ask, asked in ((group_table, BY_UNIT), (list_page, LIST)):
            with pytest.raises(Refused, match="2 of your reports"):
                ask(read(asked), world.boss)
            # Nobody else waits for him, and neither do his files.
            ask(read(asked), world.north_head)
            ask(read(asked), world.boss, seconds=query.JOB_SECONDS)
        others[1].rollback()
        assert counts(world.boss) == {world.n1a.name: 1}
    finally:
        for other in others:
            other.rollback()
            other.close()


def test_one_file_of_a_person_is_written_at_a_time(client, world, cases):
    report = save_report(by=world.boss, name="名单", definition=LIST, audience="all")
    start(REPORT, by=world.boss, report=report.pk)

    with pytest.raises(Refused):
        start(REPORT, by=world.boss, report=report.pk)
    start(REPORT, by=world.north_head, report=report.pk)
    assert Job.objects.filter(kind=REPORT.kind).count() == 2


def test_a_file_whose_worker_died_is_written_anew_and_once(world, monkeypatch):
    """Halfway through: nothing is left that somebody could fetch, then the whole file is there."""
    for _number in range(5):
        make_customer(unit=world.n1a)
    monkeypatch.setattr(query, "CHUNK", 2)
    report = save_report(by=world.boss, name="名单", definition=LIST, audience="own")
    job = start(REPORT, by=world.boss, report=report.pk)
    real, asked = query.list_page, []

    def dying(*args, **more):
        asked.append(args)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return real(*args, **more)

    monkeypatch.setattr(query, "list_page", dying)
    with pytest.raises(KeyboardInterrupt):
        work(job.pk)
    assert not path_of(job).exists()
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    work(job.pk)

    job.refresh_from_db()
    assert job.state == JobState.DONE
    sheet = load_workbook(path_of(job)).worksheets[0]
    assert sheet.max_row == 1 + 5
    assert Entry.objects.filter(action="report.exported").count() == 1


def test_groups_are_capped_and_the_table_says_so(world, cases):
    table = group_table(read(BY_UNIT), world.boss, most=1)

    assert len(table.rows) == 1
    assert table.cut is True


def test_an_export_stops_at_the_cap(world, monkeypatch):
    for _number in range(5):
        make_customer(unit=world.n1a)
    monkeypatch.setattr(query, "MOST_ROWS", 3)
    monkeypatch.setattr(query, "CHUNK", 2)

    assert len(list(query.all_rows(read(LIST), world.boss))) == 3


# --- conditions, steps, shares --------------------------------------------------------------------


def test_spans_months_and_shares(world):
    now = timezone.now()
    for days in (0, 0, 400):
        make_case(unit=world.n1a, taken_in_at=now - timedelta(days=days))
    asked = BY_UNIT | {
        "groups": ["taken_in_at:year"],
        "measures": ["count", "share"],
        "filters": [{"field": "taken_in_at", "op": "span", "value": "last_30"}],
    }

    year = f"{timezone.localdate():%Y}"
    assert group_table(read(asked), world.boss).rows == [(year, 2, 1.0)]


# --- small groups of answers ----------------------------------------------------------------------


def answers(world, per_unit):
    wave = make_wave(unit=world.group)
    for unit, number in per_unit.items():
        for _place in range(number):
            make_response(wave=wave, unit=unit, overall=4)
    return {
        "subject": "answers",
        "groups": ["project"],
        "measures": ["count", "mean:overall"],
        "filters": [{"field": "wave", "op": "is", "value": wave.code}],
    }


def test_means_of_few_answers_are_hidden_and_what_gives_them_away(world):
    asked = answers(world, {world.n1a: 3, world.n1b: 31, world.s1a: 40})

    found = {row[0]: row[1:] for row in group_table(read(asked), world.boss).rows}

    assert found[world.n1a.name] == (3, query.HIDDEN)
    # By the whole and the other two the smallest could be worked out: the next one goes too.
    assert found[world.n1b.name] == (31, query.HIDDEN)
    assert found[world.s1a.name] == (40, 4.0)


def test_answers_are_asked_one_wave_at_a_time_and_in_groups():
    for wrong in ({"filters": []}, {"groups": [], "columns": ["overall"]}):
        with pytest.raises(Refused):
            read(
                {
                    "subject": "answers",
                    "groups": ["project"],
                    "measures": ["mean:overall"],
                    "filters": [{"field": "wave", "op": "is", "value": "W"}],
                }
                | wrong
            )


# --- pages ----------------------------------------------------------------------------------------


def test_a_report_is_built_looked_at_and_saved(client, world, cases):
    client.force_login(world.north_head)
    url = f"{reverse('reports:report-new')}?subject=cases"
    form = {"name": "投诉", "audience": "branch", "group_1": "unit", "measures": ["count"]}

    preview = client.post(f"{reverse('reports:report-preview')}?subject=cases", form)
    assert preview.context["table"].rows == [(world.n1a.name, 2)]
    looked = client.post(url, form | {"name": "", "preview": "1"})  # the button without script
    assert (looked.status_code, looked.context["form"].errors) == (200, {})
    assert looked.context["table"].rows == [(world.n1a.name, 2)]
    saved = client.post(url, form)

    report = SavedReport.objects.get()
    assert saved.status_code == 302
    assert report.definition["groups"] == ["unit"]
    page = client.get(report.get_absolute_url())
    assert page.context["table"].rows == [(world.n1a.name, 2)]
    edit = client.get(reverse("reports:report-edit", args=[report.pk]))
    assert edit.context["form"]["group_1"].value() == "unit"


def test_who_may_open_a_report(world):
    def seen_by(user):
        return set(SavedReport.objects.visible_to(user).values_list("name", flat=True))

    for audience in Audience.values:
        save_report(by=world.north_head, name=audience, definition=BY_UNIT, audience=audience)

    assert seen_by(world.north_head) == {"own", "branch", "all"}
    assert seen_by(world.north_clerk) == {"branch", "all"}
    assert seen_by(world.south_head) == {"all"}
    assert seen_by(world.admin) == set()


def test_a_report_of_somebody_else_is_neither_opened_nor_changed(client, world):
    report = save_report(by=world.north_head, name="我", definition=BY_UNIT, audience="own")
    client.force_login(world.south_head)

    assert client.get(report.get_absolute_url()).status_code == 404
    for name in ("report-edit", "report-delete"):
        assert client.post(reverse(f"reports:{name}", args=[report.pk])).status_code == 404
    assert SavedReport.objects.count() == 1


def test_a_report_is_built_shared_sent_regularly_and_stopped_by_its_receiver(client, world, cases):
    """The whole way through the pages, each reader with the figures of his own branch."""
    User.objects.filter(pk=world.south_head.pk).update(email="somebody@example.cn")
    client.force_login(world.boss)
    url = f"{reverse('reports:report-new')}?subject=cases"
    form = {"name": "投诉", "audience": "all", "group_1": "unit", "measures": ["count"]}
    page = client.get(client.post(url, form).url)
    assert dict(page.context["table"].rows) == {world.n1a.name: 2, world.s1a.name: 1}
    report = SavedReport.objects.get()

    client.force_login(world.south_head)
    assert report.name in client.get(reverse("reports:builder")).content.decode()
    page = client.get(report.get_absolute_url())
    assert page.context["table"].rows == [(world.s1a.name, 1)]
    assert client.post(reverse("reports:report-edit", args=[report.pk]), form).status_code == 404

    client.force_login(world.boss)
    plan = {"rhythm": "daily", "day": 1, "at": "08:30", "form": "xlsx"}
    new = reverse("reports:schedule-new", args=[report.pk])
    assert client.post(new, plan).status_code == 422  # nobody receives it
    assert client.post(new, plan | {"rhythm": "weekly", "day": 9}).status_code == 422
    people = [world.south_head.employee_no]
    made = client.post(new, plan | {"people": people})
    schedule = ReportSchedule.objects.get()
    assert (made.status_code, made.url) == (302, schedule.get_absolute_url())
    ReportSchedule.objects.update(
        settled_through=timezone.now() - timedelta(days=9), next_at=timezone.now()
    )
    start_due()
    work(Job.objects.get(kind=sending.SEND).pk)
    mail = OutboxMessage.objects.get(kind="reports.report_sent")
    assert (mail.user, len(mail.payload["files"])) == (world.south_head, 1)
    sent = client.get(schedule.get_absolute_url()).context["deliveries"]
    assert [one.state for one, _mail in sent] == ["sent"]

    client.force_login(world.south_head)
    stop = reverse("reports:unsubscribe", args=[schedule.pk])
    assert stop in mail.text
    client.post(stop)
    assert list(sending.receivers_of(schedule)) == []


def test_paper_of_more_rows_than_may_leave_without_release_is_refused(client, world, cases):
    report = save_report(by=world.boss, name="名单", definition=BY_UNIT, audience="own")
    client.force_login(world.boss)
    url = reverse("reports:report-paper", args=[report.pk])
    assert client.get(url).status_code == 200

    say(world.group, "approvals.export_rows", 1)
    assert client.get(url).status_code == 409
    assert Entry.objects.filter(action="report.exported").count() == 1


def test_as_many_conditions_and_measures_as_are_allowed_are_read(monkeypatch):
    condition = {"field": "name", "op": "contains", "value": "张"}
    assert len(read(LIST | {"filters": [condition] * 12}).filters) == 12
    with pytest.raises(Refused):
        read(LIST | {"filters": [condition] * 13})
    grouped = {"subject": "customers", "groups": ["kind"]}
    assert len(read(grouped | {"measures": ["count", "share"]}).measures) == 2
    monkeypatch.setattr(definitions, "MOST_MEASURES", 1)
    with pytest.raises(Refused):
        read(grouped | {"measures": ["count", "share"]})


def test_groups_whose_small_ones_hide_are_refused_when_not_all_are_known(
    world, monkeypatch, english
):
    """Of answers every group must be known, or what is hidden could be subtracted."""
    asked = answers(world, {world.n1a: 1, world.s1a: 1})
    group_table(read(asked), world.boss)
    monkeypatch.setattr(query, "MOST_CELLS", 1)
    with pytest.raises(Refused, match="too many groups"):
        group_table(read(asked), world.boss)


def test_who_may_see_a_subject_but_not_take_it_gets_neither_paper_nor_workbook(client, world):
    customer = make_customer(unit=world.n1a)
    report = save_report(by=world.boss, name="名单", definition=LIST, audience="all")
    role = Role.objects.get(code="section-head")
    role.permissions.remove(Permission.objects.get(codename="export_customer"))
    client.force_login(world.north_head)

    page = client.get(report.get_absolute_url())
    assert customer.code in page.content.decode()
    assert page.context["may_take"] is False
    paper = client.get(reverse("reports:report-paper", args=[report.pk]))
    assert paper.status_code == 409
    job = work(start(REPORT, by=world.north_head, report=report.pk).pk)
    assert (job.state, bool(job.message)) == (JobState.FAILED, True)
    assert not Entry.objects.filter(action="report.exported").exists()

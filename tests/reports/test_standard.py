"""Standard reports: their figures are those of the selectors in each scope, their templates, and
what goes out of them."""

import datetime as dt
import re
from base64 import b64decode
from copy import deepcopy
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from accounts.models import User
from accounts.scopes import narrow
from audit.models import Entry
from complaints.models import Level
from complaints.selectors.summary import month_summary
from compliance.selectors.owed import Duty
from compliance.selectors.strategic import StrategicQuery, late_customers, strategic_customers
from core.errors import Refused
from core.exports import start
from core.jobs import work
from core.models import Job, JobState, OutboxMessage, Queue
from core.scope import EVERYTHING
from expenses.selectors.lists import LedgerQuery, ledger_sums
from reports.analysis import base as analysis
from reports.analysis.quality import quality_by_unit
from reports.analysis.tables import SEGMENT_WORDS
from reports.builder import sending
from reports.builder.query import TooSlow
from reports.builder.schedules import save_schedule
from reports.builder.sending import start_due
from reports.metrics.periods import Period, read_period
from reports.metrics.registry import METRICS
from reports.metrics.rollups import nightly, refresh
from reports.models import ClosedMonth, Delivery, Form, ReportSchedule, ReportTemplate, Rhythm
from reports.standard import answers, base
from reports.standard.answers import answer, write_book, write_paper
from reports.standard.base import Question, period_sent
from reports.standard.catalogue import STANDARDS
from reports.standard.exports import STANDARD
from reports.standard.template import check_template, left_out, places_of, shipped
from reports.standard.templates import save_template, use_template
from reports.standard.visits import state_of
from tests.access.conftest import taken_back
from tests.factories import make_case, make_lapse, make_strategic, make_world, say
from tests.reports.figures import fill, plainly

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


@pytest.fixture(scope="module")
def filled(django_db_setup, django_db_blocker):
    """A group with figures, in each branch a strategic customer and a lapse; written once."""
    with django_db_blocker.unblock(), taken_back():
        world = make_world()
        _fill(world)
        yield world


@pytest.fixture
def world(filled, db):
    """That group as it was written, whatever a test before did to its objects."""
    return deepcopy(filled)


@pytest.fixture
def full(world):
    return world


def _fill(world):
    fill(world)
    make_strategic(unit=world.n1, by=world.north_head, leader=world.boss, word="北")
    make_strategic(unit=world.s1, by=world.south_head, leader=world.boss, word="南")
    first = TODAY().replace(day=1) - dt.timedelta(days=13)
    make_lapse(person=world.north_clerk, first=first)
    make_lapse(person=world.south_clerk, first=first)
    refresh()
    nightly()


def this_month() -> Period:
    return read_period("", TODAY())


def found(key: str, reader: User, unit) -> base.Found:
    return answer(STANDARDS[key], Question(fresh(reader), unit, this_month()))


def fresh(person: User) -> User:
    return User.objects.get(pk=person.pk)


# --- figures --------------------------------------------------------------------------------------


def test_the_monthly_of_every_unit_is_what_rows_counted_one_by_one_give(full):
    """Figures of the report, of each unit below it, and its list, in each scope."""
    for name in ("group", "north", "n1", "n1a", "s1a"):
        unit = full.units[name]
        report = found("project-monthly", full.boss, unit)
        period = this_month()
        expected = plainly(_below(unit), period.first, period.last)
        for key, value in report.facts.items():
            assert same(value, expected[key]), key
        assert set(report.facts) == {key for key, metric in METRICS.items() if metric.tile}
        keys = [column.key for column in STANDARDS["project-monthly"].tables[1].columns]
        for row in report.rows["units"]:
            line = dict(zip(keys, row, strict=True))
            itself = line["code"] == unit.code
            within = {unit.pk} if itself else _below(_unit(full, line["code"]))
            below = plainly(within, period.first, period.last)
            for key in keys[2:]:
                wanted = below[key]
                assert same(line[key], wanted), key
        assert len(report.rows["complaints"]) == expected["complaints_opened"]


def same(value, wanted) -> bool:
    """Whether a figure is the one counted; shares are compared as they are shown and finer."""
    if value is None or wanted is None:
        return value is wanted
    return round(float(value), 6) == round(float(wanted), 6)


def _below(unit) -> set[int]:
    from regions.models import OrgUnit

    return set(OrgUnit.objects.below(unit).values_list("pk", flat=True))


def _unit(world, code: str):
    return next(unit for unit in world.units.values() if unit.code == code)


def test_the_month_end_summary_is_that_of_the_complaints(full):
    level = Level.objects.order_by("-rank").first()
    Level.objects.exclude(pk=level.pk).update(is_serious=False)
    Level.objects.filter(pk=level.pk).update(is_serious=True)
    case = make_case(unit=full.n1b, level=level)
    there = make_case(unit=full.s1a, level=level)

    refresh()  # what the registry has comes from there, as on every page

    report = found("month-end", full.north_head, full.north)

    total = month_summary(fresh(full.north_head), full.north, this_month().first).total
    assert report.facts["complaints"] == total.complaints > 0
    assert report.facts["still_open"] == total.still_open
    numbers = [row[0] for row in report.rows["serious"]]
    assert (case.number in numbers, there.number in numbers) == (True, False)
    assert sum(row[2] for row in report.rows["units"]) == report.facts["taken_in"]


def test_of_a_closed_month_both_reports_say_the_same_after_a_late_entry(full, english):
    month = closed_month()
    reader, unit = fresh(full.boss), full.n1
    asked = Question(reader, unit, month)
    before = answer(STANDARDS["month-end"], asked)
    late = make_case(unit=full.n1b)
    at = timezone.make_aware(dt.datetime.combine(month.last, dt.time(10)))
    type(late).objects.filter(pk=late.pk).update(taken_in_at=at)
    refresh()

    summary, monthly = (answer(STANDARDS[key], asked) for key in ("month-end", "project-monthly"))

    live = month_summary(reader, unit, month.first).total.complaints
    assert summary.facts["complaints"] == before.facts["complaints"] == live - 1
    for key, metric in (
        ("complaints", "complaints_opened"),
        ("contact_share", "response_on_time"),
        ("resolution_share", "completion_on_time"),
    ):
        assert summary.facts[key] == monthly.facts[metric], key
    keys = [column.key for column in STANDARDS["project-monthly"].tables[1].columns]
    place = keys.index("complaints_opened")
    of_units = {row[1]: row[place] for row in monthly.rows["units"]}
    assert {row[1]: row[3] for row in summary.rows["units"]} == of_units
    assert of_units[full.n1b.code] == live - 1 - of_units[full.n1a.code]
    [frozen] = [note for note in summary.notes if note.startswith("Frozen when")]
    assert "Complaints, First contact within limit, Resolution within limit" in frozen
    [came] = [note for note in summary.notes if "arrived after" in note]
    assert came.startswith("Complaints taken in: +1 ")
    assert "/reports/rows/complaints_opened/" in summary.fact_links["complaints"]


def test_who_sees_own_cases_gets_a_summary_counted_now(full):
    month = closed_month()
    reader = fresh(full.north_clerk)
    report = answer(STANDARDS["month-end"], Question(reader, full.n1a, month))

    total = month_summary(reader, full.n1a, month.first).total
    assert report.facts["complaints"] == total.complaints
    assert report.facts["rate"] is total.rate is None
    assert not report.notes


def closed_month() -> Period:
    """The newest month that the night closed: the one before, or on the first days the one before
    that."""
    newest = ClosedMonth.objects.order_by("-month").first()
    return Period("month", newest.month, TODAY())


def test_a_report_says_of_which_months_which_figures_are_frozen(full, english):
    closed = closed_month()
    year = read_period(str(TODAY().year), TODAY())
    notes = {
        key: answer(STANDARDS[key], Question(fresh(full.boss), full.group, period)).notes
        for key, period in (("project-monthly", closed), ("customer-analysis", closed))
    }
    assert notes["project-monthly"][0] == (
        f"What happened in {closed.key} is closed: these figures are frozen."
    )
    assert notes["customer-analysis"][-1] == (
        "The tables are counted now, from what is recorded today."
    )
    running = answer(STANDARDS["project-monthly"], Question(fresh(full.boss), full.group, year))
    if closed.first.year == year.first.year:
        assert running.notes[0].endswith(
            f"{closed.key} is closed and frozen; the other months of the period can still change."
        )
        assert running.notes[1] == "What there is today is not frozen."
    assert (
        answer(
            STANDARDS["customer-analysis"], Question(fresh(full.boss), full.group, this_month())
        ).notes
        == []
    )


def test_a_report_that_takes_too_long_is_broken_off(full):
    def slowly(_asked):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(2)")
        return base.Found()

    slow = replace(STANDARDS["month-end"], read=slowly)
    with pytest.raises(TooSlow):
        answer(slow, Question(fresh(full.boss), full.group, this_month()), seconds=1)


def test_the_notice_names_the_people_of_the_branch_alone(full):
    report = found("compliance-notice", full.north_head, full.north)

    assert [row[1] for row in report.rows["lapses"]] == [full.north_clerk.employee_no]
    assert report.rows["findings"]
    assert all("S1" not in str(row) for row in report.rows["findings"])
    assert {row[0] for row in report.rows["units"]} == {full.n1.name}


def test_the_ledger_holds_each_line_of_the_branch_and_their_sums(full):
    report = found("expense-ledger", full.boss, full.north)
    query = LedgerQuery(unit=full.north, since=this_month().first, until=this_month().last)

    sums = ledger_sums(full.boss, query)
    assert (report.facts["approved"], report.facts["paid"]) == sums
    assert sums[1] > 0
    for table in ("lines", "categories", "units"):
        keys = [t for t in STANDARDS["expense-ledger"].tables if t.key == table][0].columns
        place = [column.key for column in keys].index("paid")
        assert sum(row[place] for row in report.rows[table]) == sums[1], table
    assert len(report.rows["lines"]) == report.facts["lines"]


def test_the_visit_sheet_counts_whom_the_list_counts(full):
    report = found("strategic-visits", full.north_head, full.north)
    query = StrategicQuery(unit=full.north)
    rows = strategic_customers(full.north_head, query)

    assert report.facts["customers"] == rows.count() == 1
    assert report.facts["late"] == len(late_customers(rows))
    assert {row[0] for row in report.rows["duties"]} == {"北集团"}
    assert report.facts["owed"] == sum(row[7] for row in report.rows["duties"])


def test_a_limit_that_runs_is_due_and_only_a_day_that_passed_is_late(english):
    def duty(done: int, *, late: bool = False) -> Duty:
        first, last = dt.date(2026, 10, 1), dt.date(2026, 12, 31)
        return Duty(None, "specialist", (), first, last, 2, done, late)  # type: ignore[arg-type]

    assert state_of(duty(1), dt.date(2026, 11, 24)) == "Due by 2026-12-31"
    assert state_of(duty(1), dt.date(2026, 12, 31)) == "Due by 2026-12-31"
    assert state_of(duty(1), dt.date(2027, 1, 1)) == "Late, was due by 2026-12-31"
    assert state_of(duty(0, late=True), dt.date(2026, 11, 24)) == "Late, was due by 2026-09-30"
    assert state_of(duty(2), dt.date(2027, 1, 1)) == "Met"


def test_the_analysis_counts_the_customers_of_the_branch(full):
    report = found("customer-analysis", full.boss, full.n1)

    assert report.facts["customers"] == sum(row[1] for row in report.rows["units"])
    assert sum(row[1] for row in report.rows["classes"]) == report.facts["customers"]
    assert [row[0] for row in report.rows["segments"]] == list(map(str, SEGMENT_WORDS.values()))
    scores = [row[3] for row in report.rows["quality"]]
    assert scores == [pytest.approx(100 * x.score) for x in quality_by_unit(_asked(full))]
    assert max(scores) > 1


def _asked(world) -> analysis.Question:
    scope = narrow(EVERYTHING, world.n1, below=True)
    return analysis.Question(world.n1, scope, TODAY())


@pytest.mark.parametrize("key", list(STANDARDS))
def test_every_report_opens_in_each_scope_and_shows_nothing_of_the_sibling(client, full, key):
    standard = STANDARDS[key]
    for reader, unit in ((full.north_head, full.north), (full.south_head, full.south)):
        client.force_login(reader)
        page = client.get(reverse("reports:standard-report", args=[key]))
        assert page.status_code == 200
        assert page.context["asked"].unit == unit
        assert "refused" not in page.context
        other = full.south if unit == full.north else full.north
        asked = client.get(page.wsgi_request.path, {"unit": other.code})
        assert asked.context["asked"].unit == unit
        for table in standard.tables:
            for row in page.context["tables"]:
                if row["key"] == table.key and row["rows"]:
                    assert len(row["rows"][0]["cells"]) == len(table.columns)
        words = page.content.decode()
        assert other.name not in words
    with pytest.raises(Refused):
        answer(standard, Question(fresh(full.north_head), full.south, this_month()))


def test_who_lacks_the_right_of_a_report_does_not_find_it(client, full):
    client.force_login(full.north_clerk)
    url = reverse("reports:standard-report", args=["expense-ledger"])
    assert client.get(url).status_code == 404
    listed = client.get(reverse("reports:standard")).context["standards"]
    assert "expense-ledger" not in [one.key for one in listed]
    with pytest.raises(Refused):
        answer(STANDARDS["expense-ledger"], Question(fresh(full.north_clerk), full.n1a, _month()))


def _month() -> Period:
    return this_month()


# --- workbook and paper ---------------------------------------------------------------------------


def cells(content: bytes) -> dict[str, list[tuple]]:
    book = load_workbook(BytesIO(content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}


@pytest.mark.parametrize("key", list(STANDARDS))
def test_the_shipped_template_holds_all_of_a_report(full, key):
    standard = STANDARDS[key]
    content = shipped(standard)
    check_template(content, standard)
    held = set(re.findall(r"\{\{ (\S+) \}\}", str(cells(content))))
    assert held == set(places_of(standard))

    asked = Question(fresh(full.boss), full.group, this_month())
    written, rows = write_book(standard, asked)
    report = answer(standard, asked)
    sheets = cells(written)
    assert "{{" not in str(sheets)
    assert rows == report.count
    for table, sheet in zip(standard.tables, list(sheets.values())[1:], strict=True):
        expected = report.rows[table.key]
        assert len(sheet) - 1 == max(len(expected), 1), table.key
        for row, wrote in zip(expected, sheet[1:], strict=False):
            for value, got in zip(row, wrote, strict=True):
                if isinstance(value, int | float):
                    assert got == pytest.approx(value)


def test_a_workbook_written_by_the_worker_is_recorded(client, full):
    client.force_login(full.north_head)
    url = reverse("reports:standard-export", args=["month-end"])
    answered = client.post(url, {"filter": f"unit={full.n1.code}&period={this_month().key}"})
    job = Job.objects.get(kind=STANDARD.kind)
    assert (answered.status_code, job.queue) == (302, Queue.REPORTS)
    work(job.pk)

    page = client.get(reverse("reports:standard-export-file", args=[job.pk]))
    name = unquote(page["Content-Disposition"].partition("utf-8''")[2])
    assert name.split()[0] == str(STANDARDS["month-end"].title)
    assert name.split()[1:3] == [full.n1.code, this_month().key]
    sheets = cells(b"".join(page.streaming_content))
    assert full.n1.name in str(sheets)
    entry = Entry.objects.get(action="reports.standard_taken")
    assert (entry.detail["unit"], entry.detail["rows"] > 0) == (full.n1.code, True)


def test_a_job_for_a_unit_that_was_lost_writes_nothing(full):
    payload = {"standard": "month-end", "filter": f"unit={full.s1a.code}"}
    job = work(start(STANDARD, by=full.north_head, **payload).pk)

    assert (job.state, bool(job.message)) == (JobState.FAILED, True)


def test_paper_is_recorded_and_refused_where_a_release_is_needed(client, full):
    client.force_login(full.north_head)
    url = reverse("reports:standard-paper", args=["month-end"])
    answered = client.get(url)
    assert b"".join(answered.streaming_content).startswith(b"%PDF")
    assert Entry.objects.filter(action="reports.standard_taken").count() == 1

    say(full.group, "approvals.export_rows", 1)
    assert client.get(url).status_code == 409
    assert Entry.objects.filter(action="reports.standard_taken").count() == 1


def test_who_may_not_take_it_away_gets_neither_file(full):
    reader = full.reader if hasattr(full, "reader") else full.boss
    reader = fresh(reader)
    standard = STANDARDS["month-end"]
    asked = Question(reader, full.group, this_month())
    role = reader.grants.first().role
    role.permissions.remove(*role.permissions.filter(codename="export_case"))
    asked = Question(fresh(reader), full.group, this_month())

    for write in (write_book, write_paper):
        with pytest.raises(Refused):
            write(standard, asked)


def test_a_table_longer_than_its_bound_says_that_it_was_cut(full, monkeypatch):
    monkeypatch.setattr(base, "MOST_ROWS", 1)
    report = found("compliance-notice", full.boss, full.group)

    assert len(report.rows["findings"]) == 1
    assert "findings" in report.cut
    assert any(":" in note or "：" in note for note in answers.notes_of(
        STANDARDS["compliance-notice"], report
    ))  # fmt: skip


# --- templates ------------------------------------------------------------------------------------


def book_of(values: dict[str, object]) -> bytes:
    book = Workbook()
    for place, value in values.items():
        book.active[place] = value
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def test_the_groups_own_template_is_used_until_it_goes_back(client, full):
    client.force_login(full.boss)
    assert client.get(reverse("reports:standard-template", args=["month-end"])).status_code == 403
    keeper = full.admin
    client.force_login(keeper)
    url = reverse("reports:standard-template", args=["month-end"])
    own = book_of(
        {
            "A1": "{{ unit }} {{ period }}：{{ complaints }} 件",
            "B2": "{{ complaints }}",
            "A4": "{{ units.name }}",
            "B4": "{{ units.complaints }}",
            "A6": "盖章",
        }
    )
    sent = client.post(url, {"file": SimpleUploadedFile("月报.xlsx", own)})
    assert sent.status_code == 302
    assert Entry.objects.filter(action="reports.template_saved").count() == 1

    asked = Question(fresh(full.boss), full.group, this_month())
    report = answer(STANDARDS["month-end"], asked)
    [sheet] = cells(write_book(STANDARDS["month-end"], asked)[0]).values()
    count = report.facts["complaints"]
    assert sheet[0][0] == f"{full.group.name} {this_month().words}：{count} 件"
    assert sheet[1][1] == count
    units = report.rows["units"]
    assert [row[:2] for row in sheet[3 : 3 + len(units)]] == [(x[0], x[3]) for x in units]
    assert len(units) > 1
    assert sheet[4 + len(units)][0] == "盖章"

    back = client.get(reverse("reports:standard-template-file", args=["month-end", 1]))
    assert b"".join(back.streaming_content) == own
    client.post(reverse("reports:standard-template-use", args=["month-end", 0]))
    assert not ReportTemplate.objects.filter(is_current=True).exists()
    assert len(cells(write_book(STANDARDS["month-end"], asked)[0])) > 5
    client.post(reverse("reports:standard-template-use", args=["month-end", 1]))
    assert ReportTemplate.objects.get(is_current=True).version == 1
    assert Entry.objects.filter(action="reports.template_used").count() == 2


def with_macros() -> bytes:
    """A workbook with a part that runs, under the name of one that has none."""
    out = BytesIO(book_of({"A1": "{{ unit }}"}))
    with ZipFile(out, "a") as parts:
        parts.writestr("xl/vbaProject.bin", b"Sub Auto_Open()")
    return out.getvalue()


WRONG = {
    "macros": with_macros(),
    "no workbook": b"PK but nothing else",
    "an old one": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600,
    "empty": b"",
    "no placeholder": book_of({"A1": "月报"}),
    "an unknown one": book_of({"A1": "{{ unit }}", "B1": "{{ salary }}"}),
    "an unknown column": book_of({"A1": "{{ units.salary }}"}),
    "attributes": book_of({"A1": "{{ unit.__class__ }}"}),
    "two tables in a row": book_of({"A1": "{{ units.name }}", "B1": "{{ levels.name }}"}),
    "a formula": book_of({"A1": "{{ unit }}", "B1": "=1+1"}),
    "too wide": book_of({"A1": "{{ unit }}", "XFD1048576": "x"}),
    "too large": b"PK\x03\x04" + b"0" * (1024 * 1024),
}


@pytest.mark.parametrize("what", list(WRONG))
def test_a_workbook_that_cannot_be_a_template_is_refused_with_one_sentence(client, world, what):
    client.force_login(world.admin)
    url = reverse("reports:standard-template", args=["month-end"])
    file = SimpleUploadedFile("x.xlsx", WRONG[what])

    page = client.post(url, {"file": file})

    assert page.status_code == 422
    errors = [str(one) for several in page.context["form"].errors.values() for one in several]
    assert len(errors) == 1
    assert errors[0]
    assert not ReportTemplate.objects.exists()


def test_a_template_that_leaves_parts_out_is_used_and_says_which(client, world):
    client.force_login(world.admin)
    url = reverse("reports:standard-template", args=["month-end"])
    own = book_of({"A1": "{{ unit }}", "A2": "{{ units.name }}"})

    page = client.post(url, {"file": SimpleUploadedFile("月报.xlsx", own)}, follow=True)

    [said] = [str(one) for one in page.context["messages"] if one.level_tag == "warning"]
    missing = left_out(own, STANDARDS["month-end"])
    assert len(missing) == len(STANDARDS["month-end"].tables) - 1
    assert all(title in said for title in missing)
    assert left_out(shipped(STANDARDS["month-end"]), STANDARDS["month-end"]) == []
    current = reverse("reports:standard-template-file", args=["month-end", 1])
    assert page.content.decode().count(current) == 2  # among the versions, and above them


def test_a_template_of_an_older_product_says_that_it_no_longer_fits(client, full):
    """As after an update that took a figure away: the report is written without it."""
    own = book_of({"A1": "{{ unit }}", "A2": "{{ former }}", "A3": "{{ units.former }}"})
    row = ReportTemplate.objects.create(
        standard="month-end", version=1, name="旧.xlsx", content=own, is_current=True
    )
    asked = Question(fresh(full.boss), full.group, this_month())
    [sheet] = cells(write_book(STANDARDS["month-end"], asked)[0]).values()
    assert [value for row in sheet for value in row if value] == [full.group.name]

    client.force_login(full.admin)
    page = client.get(reverse("reports:standard-template", args=["month-end"]))
    assert "former" in page.context["outdated"]
    ReportTemplate.objects.update(is_current=False)
    with pytest.raises(Refused, match="former"):
        use_template(by=None, standard=STANDARDS["month-end"], version=row.version)
    page = client.get(reverse("reports:standard-template", args=["month-end"]))
    assert page.context["outdated"] == ""


def test_the_command_lists_fetches_checks_and_replaces(world, tmp_path, capsys, english):
    own, back = tmp_path / "own.xlsx", tmp_path / "back.xlsx"
    own.write_bytes(book_of({"A1": "{{ unit }}"}))

    call_command("report_template", "check", "month-end", str(own))
    assert "It leaves out: By unit" in capsys.readouterr().out
    assert not ReportTemplate.objects.exists()
    call_command("report_template", "put", "month-end", str(own), "--by", world.admin.employee_no)
    assert ReportTemplate.objects.get(is_current=True).by == world.admin
    call_command("report_template", "get", "month-end", str(back))
    assert back.read_bytes() == own.read_bytes()
    call_command("report_template", "use", "month-end", "--number", "0")
    capsys.readouterr()
    call_command("report_template", "list")
    assert "month-end\t0\t" in capsys.readouterr().out
    own.write_bytes(WRONG["macros"])
    for verb in ("check", "put"):
        with pytest.raises(CommandError, match="macros"):
            call_command("report_template", verb, "month-end", str(own))
    for wrong in (("check", "nothing", str(own)), ("use", "month-end", "--number", "7")):
        with pytest.raises(CommandError):
            call_command("report_template", *wrong)


def test_texts_of_people_never_become_formulas(full):
    make_strategic(unit=full.n1b, by=full.north_head, leader=full.boss, word="=1+1")
    standard = STANDARDS["strategic-visits"]
    asked = Question(fresh(full.boss), full.group, this_month())

    book = load_workbook(BytesIO(write_book(standard, asked)[0]))

    [one] = {
        cell.value: cell for cell in book.worksheets[1]["A"] if cell.value == "=1+1集团"
    }.values()
    assert (one.data_type, one.quotePrefix) == ("s", True)


def test_what_stands_below_a_table_moves_down_with_its_merged_cells(full):
    book = Workbook()
    sheet = book.active
    sheet["A1"] = "{{ units.name }}"
    sheet["A3"] = "审核意见"
    sheet.merge_cells("A3:D3")
    sheet.row_dimensions[3].height = 40
    out = BytesIO()
    book.save(out)
    save_template(by=None, standard=STANDARDS["month-end"], name="x", content=out.getvalue())

    asked = Question(fresh(full.boss), full.group, this_month())
    written = load_workbook(BytesIO(write_book(STANDARDS["month-end"], asked)[0])).active

    units = len(answer(STANDARDS["month-end"], asked).rows["units"])
    assert written.cell(units + 2, 1).value == "审核意见"
    assert [str(area) for area in written.merged_cells.ranges] == [f"A{units + 2}:D{units + 2}"]
    assert written.row_dimensions[units + 2].height == 40


def test_a_version_that_does_not_exist_is_refused(world):
    with pytest.raises(Refused):
        use_template(by=None, standard=STANDARDS["month-end"], version=3)


def test_the_page_of_reports_documents_every_report_and_table():
    text = (Path(__file__).parents[2] / "docs/reports.md").read_text(encoding="utf-8")
    for standard in STANDARDS.values():
        assert f"`{standard.key}`" in text
        for table in standard.tables:
            assert f"`{table.key}`" in text, (standard.key, table.key)


# --- sending --------------------------------------------------------------------------------------

FACTS = {
    "rhythm": Rhythm.MONTHLY_WORKING,
    "day": -1,
    "at": dt.time(17),
    "working_days": True,
    "form": Form.WORKBOOK,
}


@pytest.mark.parametrize(
    ("day", "month"),
    [("2026-11-20", "2026-10"), ("2026-11-21", "2026-11"), ("2027-01-02", "2026-12")],
)
def test_which_month_a_sending_is_about(day, month):
    assert period_sent(dt.date.fromisoformat(day)).key == month


def test_each_receiver_is_sent_the_report_of_his_own_branch(client, full):
    User.objects.filter(pk__in=(full.north_head.pk, full.south_head.pk)).update(
        email="somebody@example.cn"
    )
    client.force_login(full.boss)
    people = [full.north_head.employee_no, full.south_head.employee_no]
    made = client.post(
        reverse("reports:standard-schedule", args=["month-end"]),
        {"rhythm": "working", "day": -1, "at": "17:00", "form": "xlsx", "people": people},
    )
    schedule = ReportSchedule.objects.get()
    assert (made.status_code, schedule.standard, schedule.owner) == (302, "month-end", full.boss)
    assert client.get(reverse("reports:schedules")).status_code == 200
    assert client.get(schedule.get_absolute_url()).status_code == 200
    assert client.get(reverse("reports:schedule-edit", args=[schedule.pk])).status_code == 200
    _due()

    mails = {
        mail.user_id: mail for mail in OutboxMessage.objects.filter(kind="reports.report_sent")
    }
    assert set(mails) == {full.north_head.pk, full.south_head.pk}
    for person, unit, other in (
        (full.north_head, full.north, full.south),
        (full.south_head, full.south, full.north),
    ):
        mail = mails[person.pk]
        words = str(cells(b64decode(mail.payload["files"][0]["content"])))
        assert unit.name in words
        assert other.name not in words
        assert reverse("reports:standard-report", args=["month-end"]) in mail.text


def test_who_may_not_see_the_report_is_sent_nothing(full):
    save_schedule(by=full.boss, standard="expense-ledger", facts=FACTS, people=[full.north_clerk])
    _due()

    assert [(one.state, bool(one.message)) for one in Delivery.objects.all()] == [("failed", True)]
    assert not OutboxMessage.objects.filter(kind="reports.report_sent").exists()


def _due() -> None:
    ReportSchedule.objects.update(
        settled_through=timezone.now() - dt.timedelta(days=40), next_at=timezone.now()
    )
    assert start_due() == 1
    for job in Job.objects.filter(kind=sending.SEND, state=JobState.QUEUED):
        assert job.queue == Queue.REPORTS
        work(job.pk)

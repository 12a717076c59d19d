"""Schedules at work: each due time once, each receiver once, everybody his own figures."""

import logging
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.selectors.people import administrators
from approvals.releases import needs_release
from audit.services import record
from core.errors import Refused
from core.faults import fault_point
from core.jobs import Running, enqueue, handles
from core.models import Queue
from core.notices import notify
from regions.calendars import is_working_day
from reports.builder.book import book_bytes, paper_bytes
from reports.builder.definitions import read
from reports.builder.query import JOB_SECONDS, rows_in_all
from reports.builder.receivers import people_of
from reports.builder.rhythm import last_due, next_due
from reports.models import Delivery, DeliveryState, Form, ReportRun, ReportSchedule
from reports.models.saved import VIEW
from reports.standard.answers import answer, write_book, write_paper
from reports.standard.answers import name_of as standard_name
from reports.standard.base import Question, Standard, period_sent
from reports.standard.catalogue import STANDARDS

log = logging.getLogger(__name__)
SEND: Final = "reports.send"
MOST_RECEIVERS: Final = 300
MOST_BYTES: Final = 1024 * 1024  # of an attachment; longer reports are fetched behind a log-in
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FAULT: Final = gettext_lazy(
    "The report failed by a fault of this system, which the administrators find in its log."
)
TYPES: Final = {Form.WORKBOOK: XLSX, Form.PAPER: "application/pdf"}


@dataclass(frozen=True, slots=True)
class Sent:
    """What goes to one receiver; `note` says why the file stays here."""

    rows: int
    note: str = ""
    files: tuple[dict[str, str], ...] = ()


# --- what is due ----------------------------------------------------------------------------------


def plan_next(schedule: ReportSchedule, now: datetime) -> None:
    """Set when a schedule is due next, by the calendar of its owner's unit. Does not save."""
    working = partial(is_working_day, unit=schedule.owner.unit_id)
    schedule.next_at = next_due(schedule, now, working)


def start_due(now: datetime | None = None) -> int:
    """Queue what is due and was not taken care of, of a gap the newest alone. Returns how many."""
    instant = now or timezone.now()
    due = ReportSchedule.objects.filter(is_active=True, next_at__lte=instant)
    return sum(_start(pk, instant) for pk in due.order_by("next_at").values_list("pk", flat=True))


def _start(pk: int, now: datetime) -> bool:
    """Begin the run of one schedule in one transaction: run, job and what is settled."""
    with transaction.atomic():
        rows = ReportSchedule.objects.select_for_update(of=("self",), skip_locked=True)
        schedule = rows.select_related("owner").filter(pk=pk, is_active=True).first()
        if schedule is None or schedule.next_at is None or schedule.next_at > now:
            return False
        due = last_due(schedule, now, partial(is_working_day, unit=schedule.owner.unit_id))
        if due is not None:
            run, made = ReportRun.objects.get_or_create(schedule=schedule, due_at=due)
            if made:
                enqueue(SEND, key=f"{SEND}:{run.pk}", by=None, payload={"run": run.pk})
            schedule.settled_through = due
        plan_next(schedule, now)
        schedule.save(update_fields=["settled_through", "next_at"])
    return due is not None


# --- one run --------------------------------------------------------------------------------------


def receivers_of(schedule: ReportSchedule) -> QuerySet[User]:
    """Active people whom the owner may name: those named, and holders of the roles named today;
    without those who stopped its mails."""
    named = list(schedule.receivers.select_related("unit"))
    people = [one.user_id for one in named if one.user_id]
    roles = [(one.role_id, one.unit) for one in named if one.role_id and one.unit]
    stopped = schedule.unsubscriptions.values("user")
    known = people_of(schedule.owner, people, roles).exclude(pk__in=stopped)
    return known.select_related("unit").order_by("pk")


@handles(SEND, title=gettext_lazy("Send a report"), queue=Queue.REPORTS)
def _send(running: Running) -> str:
    """Send one due time to everybody; who has his already is left out, so it can be resumed."""
    run = ReportRun.objects.select_related("schedule__owner", "schedule__report").filter(
        pk=running.payload["run"]
    )
    one = run.first()
    if one is None:
        return _("The schedule was deleted.")
    if not one.schedule.owner.is_active:
        _tell_administrators(one.schedule)
        return _end(one, _("The owner of this schedule no longer works here."))
    people = list(receivers_of(one.schedule)[: MOST_RECEIVERS + 1])
    problem = ""
    if len(people) > MOST_RECEIVERS:
        words = _("Only the first {count} receivers were served.")
        problem, people = words.format(count=MOST_RECEIVERS), people[:MOST_RECEIVERS]
    done = set(one.deliveries.values_list("user", flat=True))
    for number, person in enumerate(people, 1):
        if person.pk not in done:
            _deliver(running, one, person)
        running.progress(number, len(people), _("Sending"))
    return _end(one, problem)


def _tell_administrators(schedule: ReportSchedule) -> None:
    """Say that nobody answers for a schedule any more, once for each owner who left."""
    notify(
        administrators(),
        "reports.schedule_orphaned",
        key=f"schedule:{schedule.pk}:{schedule.owner_id}",
        url=reverse("accounts:person-hand-over", args=[schedule.owner.employee_no]),
        name=name_of(schedule),
        owner=schedule.owner.name,
    )


def _end(run: ReportRun, problem: str) -> str:
    ReportRun.objects.filter(pk=run.pk).update(ended_at=timezone.now(), problem=problem[:300])
    sent = run.deliveries.filter(state=DeliveryState.SENT).count()
    return problem or _("{count} people were sent the report.").format(count=sent)


def _deliver(running: Running, run: ReportRun, person: User) -> None:
    """One receiver: his figures in his language, the mail and the note of it in one transaction.
    Whatever goes wrong concerns him alone."""
    with translation.override(person.language):
        sent, problem = _tried(run, person)
        fault_point("report.before_mail")
        with transaction.atomic():
            running.hold()
            if problem or not _posted(run, person, sent):
                message = (problem or str(FAULT))[:300]
                Delivery.objects.create(
                    run=run, user=person, state=DeliveryState.FAILED, message=message
                )


def _tried(run: ReportRun, person: User) -> tuple[Sent, str]:
    """The report of one receiver, or why there is none."""
    try:
        return _made_for(run.schedule, person), ""
    except Refused as refusal:
        return Sent(0), str(refusal)
    except Exception:
        # Everybody after him waits: the log keeps the traceback, the delivery says so.
        log.exception("report %s could not be made for person %s", run.pk, person.pk)
        return Sent(0), str(FAULT)


def _posted(run: ReportRun, person: User, sent: Sent) -> bool:
    """Write that somebody is sent the report, and post it. False if that cannot be done."""
    try:
        with transaction.atomic():
            Delivery.objects.create(
                run=run,
                user=person,
                message=sent.note[:300],
                rows=sent.rows,
                state=DeliveryState.SENT,
            )
            _post(run, person, sent)
    except Exception:
        log.exception("report %s could not be posted to person %s", run.pk, person.pk)
        return False
    return True


def _post(run: ReportRun, person: User, sent: Sent) -> None:
    schedule = run.schedule
    record("report.sent", by=person, subject=schedule, name=name_of(schedule), rows=sent.rows)
    notify(
        [person],
        "reports.report_sent",
        key=f"report:{run.pk}",
        url=url_of(schedule),
        files=sent.files,
        name=name_of(schedule),
        note=sent.note,
        stop=reverse("reports:unsubscribe", args=[schedule.pk]),
    )


def name_of(schedule: ReportSchedule) -> str:
    """What the report is called."""
    if schedule.report:
        return schedule.report.name
    standard = STANDARDS.get(schedule.standard)
    return str(standard.title) if standard else schedule.standard


def url_of(schedule: ReportSchedule) -> str:
    """Where its figures stand, behind a log-in."""
    if schedule.report:
        return schedule.report.get_absolute_url()
    return reverse("reports:standard-report", args=[schedule.standard])


def _made_for(schedule: ReportSchedule, person: User) -> Sent:
    """The report as one receiver may see it now. Raises Refused for who may not see it."""
    if not person.has_perm(VIEW):
        raise Refused(_("You may not see reports any more."))
    made = _made_saved(schedule, person) if schedule.report else _made_standard(schedule, person)
    rows = sum(one.rows for one in made)
    files = [(one.name, one.file) for one in made if one.file is not None]
    if not files:
        return Sent(rows, made[0].note)
    if needs_release(rows):
        return Sent(rows, _("A file of so many rows needs a release; it is sent as a link."))
    if sum(len(content) for _name, content in files) > MOST_BYTES:
        return Sent(rows, _("The file is too large for a mail; it is sent as a link."))
    kind = TYPES[Form(schedule.form)]
    return Sent(
        rows,
        "",
        tuple(
            {
                "name": f"{name}.{schedule.form}",
                "type": kind,
                "content": b64encode(content).decode(),
            }
            for name, content in files
        ),
    )


@dataclass(frozen=True, slots=True)
class Made:
    """A report for one receiver: its rows, its file unless it is a link, and why it is one."""

    rows: int
    name: str
    file: bytes | None = None
    note: str = ""


def _made_saved(schedule: ReportSchedule, person: User) -> list[Made]:
    report: Any = schedule.report
    asked = read(report.definition)
    note = "" if person.has_perm(asked.subject.taking) else _link_alone(schedule)
    if schedule.form == Form.LINK or note:
        rows = rows_in_all(asked, person, seconds=JOB_SECONDS)
        return [Made(rows, report.name, None, note)]
    make = book_bytes if schedule.form == Form.WORKBOOK else paper_bytes
    content, rows = make(asked, person, report.name)
    return [Made(rows, report.name, content)]


def _made_standard(schedule: ReportSchedule, person: User) -> list[Made]:
    """A standard report of each topmost unit that the receiver reaches, of the month that a
    sending on this day is about."""
    standard = STANDARDS.get(schedule.standard)
    if standard is None:
        raise Refused(_("This report does not exist any more."))
    if not standard.opens_to(person):
        raise Refused(_("You may not see “{subject}”.").format(subject=standard.title))
    units = standard.units_sent(person)
    if not units:
        raise Refused(_("This unit is not within your reach."))
    period = period_sent(timezone.localdate())
    return [_made_of(schedule, standard, Question(person, unit, period)) for unit in units]


def _made_of(schedule: ReportSchedule, standard: Standard, asked: Question) -> Made:
    name = standard_name(standard, asked)
    note = "" if asked.reader.has_perm(standard.taking) else _link_alone(schedule)
    if schedule.form == Form.LINK or note:
        return Made(answer(standard, asked).count, name, None, note)
    make = write_book if schedule.form == Form.WORKBOOK else write_paper
    content, rows = make(standard, asked)
    return Made(rows, name, content)


def _link_alone(schedule: ReportSchedule) -> str:
    """Why somebody without the right to take a report away gets no file; nothing where none is
    wanted."""
    if schedule.form == Form.LINK:
        return ""
    return _("Without the right to export it is sent as a link.")

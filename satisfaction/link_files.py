"""Personal links for those without an e-mail: a workbook for the provider of text messages, or a
sheet of QR codes of one project (SAT-04).

Tokens stand in clear in these files alone. A file belongs to whoever asked for it, is deleted
after HOURS, and both making and fetching it are on the record. A killed run begins anew: the
links of its first half are deleted, because nobody ever saw their tokens.
"""

import secrets
from collections.abc import Collection, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.shutting import sweeps
from audit.services import record
from core.errors import Refused
from core.exports.files import delete_files, path_of
from core.faults import fault_point
from core.files.parts import written_whole
from core.files.writer import SheetColumn, SheetWriter
from core.jobs import Ending, Running, enqueue, handles
from core.models import LIVE_JOBS, Job, Queue
from core.notices import notify
from core.pdf import render_pdf
from core.personal_data import Erased
from customers.models import Contact, Customer, Ownership
from regions.models import OrgUnit
from satisfaction.codes import code_of
from satisfaction.models import AskedBy, Sample, SampleState, Wave
from satisfaction.services.invitations import (
    BATCH,
    by_message,
    forget_links,
    invite,
    mark_asked,
    refuse_asking,
    remind,
    to_invite,
    to_remind,
)
from satisfaction.services.links import address_of, issue_links
from satisfaction.services.rights import CHANGE
from satisfaction.services.waves import links_end

ASK, FILE = "satisfaction.invite", "satisfaction.links"
IDENTITY = "satisfaction.view_identity"
HOURS = 24
ACTS = ("invite", "remind")
CODES = "codes"
MOST_CODES = 500
SECONDS = 300
UNASKED = (SampleState.DRAWN, SampleState.INVITED, SampleState.OPENED)


# --- asking for it --------------------------------------------------------------------------------


def start_asking(wave: Wave, act: str, *, by: Any) -> Job:
    """Ask a worker to invite or remind by mail. Raises Refused out of reach and while closed."""
    refuse_asking(wave, by)
    payload = {"wave": wave.pk, "act": act}
    return enqueue(ASK, key=f"{ASK}:{wave.pk}:{act}", by=by, payload=payload)


def start_file(wave: Wave, act: str, *, by: Any, unit: OrgUnit | None = None) -> Job:
    """Ask a worker for a file of links: for a first message (invite), for a reminder (remind), or
    the QR codes of a project. Raises Refused out of reach, without the right to see who answers,
    when nobody is to be asked, and while another file of the wave is being written."""
    refuse_asking(wave, by)
    _refuse_identity(wave, by)
    people = _people(wave, act, unit)
    if not people.exists():
        raise Refused(_("There is nobody to be asked this way now."))
    if act == CODES and people.count() > MOST_CODES:
        raise Refused(_("A sheet holds at most {most} codes.").format(most=MOST_CODES))
    suffix = "pdf" if act == CODES else "xlsx"
    payload = {
        "wave": wave.pk,
        "act": act,
        "unit": unit.pk if unit else None,
        "file": f"{secrets.token_hex(16)}.{suffix}",
    }
    job = enqueue(FILE, key=f"{FILE}:{wave.pk}", by=by, payload=payload, files=True)
    if job.payload != payload:
        raise Refused(_("Another file of this wave is being written. Please wait for it."))
    return job


def _refuse_identity(wave: Wave, by: Any) -> None:
    units = OrgUnit.objects.visible_to(by, IDENTITY) if by is not None else OrgUnit.objects.all()
    if not units.filter(pk=wave.unit_id).exists():
        raise Refused(_("You may not see who is asked in this wave."))


def _people(wave: Wave, act: str, unit: OrgUnit | None) -> QuerySet[Sample]:
    if act == CODES:
        return Sample.objects.filter(wave=wave, unit=unit, state__in=UNASKED)
    now = timezone.now()
    return by_message(to_invite(wave) if act == "invite" else to_remind(wave, now))


# --- doing it -------------------------------------------------------------------------------------


def _wave_of(running: Running) -> Wave:
    rows = Wave.objects.select_related("unit")
    return rows.get(pk=running.payload["wave"])


@handles(ASK, title=gettext_lazy("Invite owners to a survey"))
def _ask_job(running: Running) -> str:
    user, wave = running.job.actor, _wave_of(running)
    if user is None or not user.has_perm(CHANGE):
        raise Refused(_("You may not run surveys any more."))
    act = invite if running.payload["act"] == "invite" else remind

    def progress(done: int, total: int) -> None:
        running.progress(done, total, _("Writing the mails"))

    count = act(wave, by=user, progress=progress)
    return _("{count} mails were written.").format(count=f"{count:,}")


@handles(FILE, title=gettext_lazy("Links of a survey"), queue=Queue.FILES)
def _file_job(running: Running) -> Ending:
    user, wave = running.job.actor, _wave_of(running)
    if user is None or not user.has_perm(CHANGE):
        raise Refused(_("You may not run surveys any more."))
    refuse_asking(wave, user)
    _refuse_identity(wave, user)
    act = running.payload["act"]
    unit = OrgUnit.objects.filter(pk=running.payload["unit"]).first()
    people = _people(wave, act, unit)
    with transaction.atomic():
        running.hold()
        forget_links(Sample.objects.filter(wave=wave), running.job.created_at, user)
    samples = list(people.select_related("customer__subject", "unit").order_by("unit", "pk"))
    target = path_of(running.job)
    with written_whole(target) as part:
        rows = _with_links(running, wave, samples, user)
        if act == CODES:
            part.write_bytes(_sheet(wave, unit, rows, user))
        else:
            _workbook(part, rows)
        part.chmod(0o600)
    fault_point("links.written")
    return Ending(
        _("{count} links were written.").format(count=f"{len(samples):,}"),
        partial(_written, running.job, wave, samples, user),
    )


def _with_links(
    running: Running, wave: Wave, samples: list[Sample], user: Any
) -> Iterator[tuple[Sample, str]]:
    """Everybody with a fresh address, a transaction a batch."""
    until = links_end(wave)
    channel = AskedBy.QR if running.payload["act"] == CODES else AskedBy.LINK
    for start in range(0, len(samples), BATCH):
        batch = samples[start : start + BATCH]
        with transaction.atomic():
            running.hold()
            tokens = issue_links(batch, channel=channel, valid_until=until, by=user)
        running.progress(start + len(batch), len(samples), _("Writing the links"))
        yield from zip(batch, map(address_of, tokens), strict=True)


def _workbook(target: Path, rows: Iterator[tuple[Sample, str]]) -> None:
    columns = (
        SheetColumn(_("Project"), width=18),
        SheetColumn(_("Phone"), "id", 18),
        SheetColumn(_("Link"), "id", 60),
    )
    with SheetWriter(target) as book:
        book.write_sheet(
            _("Links"),
            columns,
            ((one.unit.name, _number(one.customer), link) for one, link in rows),
        )


def _number(customer: Customer | None) -> str:
    """A number in clear: his own, else that of a contact; "" when it was erased."""
    if customer is None:
        return ""
    try:
        own = customer.clear("phone") or customer.clear("other_phone")
        contacts = Contact.objects.filter(customer=customer, phone_cipher__isnull=False)
        return own or next((one.clear("phone") for one in contacts.order_by("-is_key", "pk")), "")
    except Erased:
        return ""


def _sheet(wave: Wave, unit: Any, rows: Iterator[tuple[Sample, str]], user: Any) -> bytes:
    """The codes of a project on paper, each with the room it is for and no name."""
    found = list(rows)
    rooms = dict(
        Ownership.objects.filter(
            customer__in=[one.customer_id for one, _link in found], unit=unit
        ).values_list("customer_id", "property__label")
    )
    cards = [(rooms.get(one.customer_id or 0, ""), code_of(link)) for one, link in found]
    context = {
        "wave": wave,
        "unit": unit,
        "cards": sorted(cards, key=lambda card: card[0]),
        "printed_at": timezone.now(),
        "printed_by": user,
    }
    return render_pdf("satisfaction/codes_paper.html", context, seconds=SECONDS)


def _written(job: Job, wave: Wave, samples: list[Sample], user: Any) -> None:
    """With the end of the job: these people count as asked, and the file is on the record."""
    act = job.payload["act"]
    mark_asked(samples, "remind" if act == "remind" else "invite")
    kind = "satisfaction.codes_sheet" if act == CODES else "satisfaction.links_file"
    record(kind, by=user, subject=wave, code=wave.code, count=len(samples))
    notify(
        [user],
        "core.export_ready",
        key=notice_key(job),
        url=reverse("satisfaction:wave-file", args=[wave.code, job.pk]),
        rows=len(samples),
        outcome="done",
    )


def notice_key(job: Job) -> str:
    """The event of a file being ready (core.notices)."""
    return f"links:{job.pk}"


# --- deleting it ----------------------------------------------------------------------------------


def delete_old_files() -> int:
    """Delete files of links that are older than HOURS. Returns how many."""
    deleted = 0
    jobs = Job.objects.filter(kind=FILE).exclude(state__in=LIVE_JOBS)
    for job in jobs.filter(finished_at__lt=timezone.now() - timedelta(hours=HOURS)):
        if path_of(job).exists():
            path_of(job).unlink()
            deleted += 1
    return deleted


@sweeps
def _delete_files_of(people: Collection[int]) -> None:
    """Files written for people whose accounts close are deleted at once."""
    delete_files(Job.objects.filter(kind=FILE, actor__in=people))

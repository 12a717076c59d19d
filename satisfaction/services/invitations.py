"""Asking the drawn to answer, and reminding them (SAT-04).

Owners with an e-mail (contacts of organisations have one) get a mail through the outbox; for all
others a workbook goes to whoever sends text messages, or a sheet of QR codes is printed. Each
batch is one transaction: the state of the people, their links and their mails are all written or
none, so that a killed run goes on where it stood and nobody is asked or reminded twice.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone, translation
from django.utils.html import linebreaks, urlize
from django.utils.translation import gettext as _

from audit.services import record
from core.errors import Refused
from core.faults import fault_point
from core.notices import outbox
from core.notices.render import Words, text_of
from core.personal_data import Erased
from customers.models import Contact
from regions.models import Kind, OrgUnit
from regions.policies import policy
from satisfaction.models import AskedBy, Sample, SampleState, SurveyLink, Wave, WaveState
from satisfaction.services.links import address_of, issue_links
from satisfaction.services.rights import may_run
from satisfaction.services.waves import links_end

BATCH = 200
ASKED = (SampleState.INVITED, SampleState.OPENED)
Progress = Callable[[int, int], None]


def to_invite(wave: Wave) -> QuerySet[Sample]:
    """Drawn people of a wave who were not asked yet."""
    return Sample.objects.filter(wave=wave, state=SampleState.DRAWN, invited_at=None)


def to_remind(wave: Wave, now: datetime) -> QuerySet[Sample]:
    """People who were asked so long ago that they are reminded, and not too often yet. Who
    answered, refused or dropped out stands in another state and is left alone."""
    rows = Sample.objects.filter(wave=wave, state__in=ASKED)
    if wave.reminder_days is None:
        return rows.none()
    return rows.filter(
        reminders__lt=policy("satisfaction.reminders", unit=wave.unit),
        invited_at__lte=now - timedelta(days=wave.reminder_days),
    ).filter(Q(reminded_at=None) | Q(reminded_at__lte=now - timedelta(days=wave.reminder_days)))


def by_mail(samples: QuerySet[Sample]) -> QuerySet[Sample]:
    """Those who have an e-mail."""
    return samples.filter(customer__in=_with_mail())


def by_message(samples: QuerySet[Sample]) -> QuerySet[Sample]:
    """Those who are reached by a text message only."""
    return samples.exclude(customer__in=_with_mail())


def _with_mail() -> QuerySet:
    return Contact.objects.filter(email_cipher__isnull=False).values("customer")


def refuse_asking(wave: Wave, by: Any) -> None:
    """Raises Refused for somebody who does not run the wave, and for one that is not open."""
    if not may_run(wave.unit, by):
        raise Refused(_("You may not run surveys of {unit}.").format(unit=wave.unit.name))
    if wave.state != WaveState.OPEN:
        raise Refused(_("This wave is not open."))


def invite(wave: Wave, *, by: Any, progress: Progress | None = None) -> int:
    """Mail a personal link to everybody drawn who has an e-mail and was not asked yet. Returns
    how many. Safe to run again, also after a kill. Raises Refused as `refuse_asking`."""
    refuse_asking(wave, by)
    count = _in_batches(wave, by_mail(to_invite(wave)), "invite", timezone.now(), by, progress)
    if count:
        record("satisfaction.invited", by=by, subject=wave, code=wave.code, count=count)
    return count


def remind(
    wave: Wave, *, by: Any, now: datetime | None = None, progress: Progress | None = None
) -> int:
    """Mail a new link to everybody who is due to be reminded and has an e-mail. Returns how many.
    Safe to run again, also after a kill. Raises Refused as `refuse_asking`."""
    refuse_asking(wave, by)
    at = now or timezone.now()
    count = _in_batches(wave, by_mail(to_remind(wave, at)), "remind", at, by, progress)
    if count:
        record("satisfaction.reminded", by=by, subject=wave, code=wave.code, count=count)
    return count


def remind_all(now: datetime | None = None, progress: Progress | None = None) -> int:
    """Invite reserves who stepped in and remind who is due, in all open waves."""
    count = 0
    drawn = Wave.objects.filter(state=WaveState.OPEN, drawn_at__isnull=False)
    for wave in drawn.select_related("unit").order_by("pk"):
        count += invite(wave, by=None, progress=progress)
        count += remind(wave, by=None, now=now, progress=progress)
    return count


def _in_batches(
    wave: Wave,
    due: QuerySet[Sample],
    act: str,
    at: datetime,
    by: Any,
    progress: Progress | None,
) -> int:
    total, done, last = due.count(), 0, 0
    while True:
        with transaction.atomic():
            rows = due.filter(pk__gt=last).order_by("pk").select_for_update(of=("self",))
            batch = list(rows[:BATCH])
            if not batch:
                return done
            last = batch[-1].pk
            done += _mail_batch(wave, batch, act, at, by)
            fault_point("invitations.batch")
        if progress is not None:
            progress(done, total)


def _mail_batch(wave: Wave, batch: Sequence[Sample], act: str, at: datetime, by: Any) -> int:
    addresses = _addresses({one.customer_id for one in batch})
    found = [one for one in batch if addresses.get(one.customer_id)]
    tokens = issue_links(found, channel=AskedBy.LINK, valid_until=links_end(wave), by=by)
    mark_asked(found, act, at)
    group = _sender()
    outbox.post(
        outbox.mail(
            to=addresses[sample.customer_id],
            words=_words(wave, act, token, group),
            key=f"survey:{sample.pk}:{act}:{sample.reminders}",
            kind="satisfaction.invitation",
            user=None,
        )
        for sample, token in zip(found, tokens, strict=True)
    )
    return len(found)


def mark_asked(samples: Sequence[Sample], act: str, now: datetime | None = None) -> None:
    """Write that these were invited or reminded. Who stands further on stays there."""
    at = now or timezone.now()
    for sample in samples:
        if act == "remind":
            sample.reminders, sample.reminded_at = sample.reminders + 1, at
    keys = [sample.pk for sample in samples]
    rows = Sample.objects.filter(pk__in=keys)
    if act == "remind":
        rows.update(reminders=F("reminders") + 1, reminded_at=at)
        return
    rows.filter(state=SampleState.DRAWN).update(state=SampleState.INVITED)
    rows.update(invited_at=Coalesce(F("invited_at"), at))


def _addresses(customers: set[int | None]) -> dict[int | None, str]:
    """customer → the e-mail of his key contact who has one."""
    found: dict[int | None, str] = {}
    contacts = Contact.objects.filter(customer__in=customers, email_cipher__isnull=False)
    for contact in contacts.select_related("subject").order_by("customer", "-is_key", "pk"):
        if found.get(contact.customer_id):
            continue
        try:
            found[contact.customer_id] = contact.clear("email")
        except Erased:
            continue
    return found


def _sender() -> str:
    return OrgUnit.objects.filter(kind=Kind.GROUP).values_list("name", flat=True).first() or ""


def _words(wave: Wave, act: str, token: str, group: str) -> Words:
    with translation.override(settings.LANGUAGE_CODE):
        facts = {
            "group": group,
            "link": address_of(token),
            "is_reminder": act == "remind",
            "until": wave.closes_on,
            "anonymous": wave.is_anonymous,
        }
        text = text_of("satisfaction/mail_invitation.txt", facts)
        subject = _("{group}: your opinion, please").format(group=group)
    return Words(subject, text, linebreaks(urlize(text, autoescape=True), autoescape=False))


def forget_links(samples: QuerySet[Sample], since: datetime, by: Any) -> None:
    """Delete links that a killed run issued: nobody ever saw their tokens."""
    lost = SurveyLink.objects.filter(sample__in=samples, created_by=by, created_at__gte=since)
    lost.filter(used_at=None).delete()

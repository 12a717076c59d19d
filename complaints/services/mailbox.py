"""Fetching the mailbox: every new mail is taken over once, sorted, and waits for a person (CCH-05).

A mail is stored in the transaction that moves the mailbox's mark past it, so that a fetcher which
dies between two mails loses nothing, and what it stored is recognised by its fingerprint when it
is read again: after a kill, by a second fetcher, or when the server numbers its mails anew.
"""

import hashlib
import io
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email.utils import parseaddr
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, DataError, IntegrityError, transaction
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from complaints.models import IncomingFile, IncomingMail, Mailbox, MailReason, MailState
from complaints.services.threads import join_by_itself
from core.attachments import KeptFile, discard, keep
from core.attachments.store import discard_after_commit
from core.errors import Refused
from core.faults import fault_point
from core.mailbox import imap
from core.mailbox.imap import MailboxError, Session, Waiting
from core.mailbox.letter import FILE_BYTES, Enclosed, Letter, Unreadable
from core.mailbox.sandbox import read_safely
from core.models import SubjectKey
from core.personal_data import blind_index, encrypt, new_subject_key
from regions.models import Kind, OrgUnit

log = logging.getLogger(__name__)

MOST_BYTES: Final = 25 * 1024 * 1024
AT_ONCE: Final = 200  # mails of one run
FIRST_DAYS: Final = 30  # how far back a mailbox is read that is new to us
KEPT: Final = timedelta(days=90)  # what became no case

AUTOMATIC: Final = {
    "bounce": MailReason.BOUNCE,
    "auto_reply": MailReason.AUTO_REPLY,
    "bulk": MailReason.BULK,
}


@dataclass(slots=True)
class Fetched:
    """What one visit brought: state → how many; `known` were taken over before."""

    counts: dict[str, int] = field(default_factory=dict)
    known: int = 0

    def add(self, mail: IncomingMail | None) -> None:
        if mail is None:
            self.known += 1
        else:
            self.counts[mail.state] = self.counts.get(mail.state, 0) + 1

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def fetch_mail(*, progress: Callable[[int, int], None] | None = None) -> Fetched:
    """Take over the new mails of the mailbox, if there is one. Safe to run twice at once.

    `progress` hears between mails how many are done and how many there are; it may raise to end
    the work. Raises Refused with one sentence when the mailbox cannot be read.
    """
    account = settings.CRM_MAILBOX
    if account is None:
        return Fetched()
    box, _made = Mailbox.objects.get_or_create(name=account.name)
    try:
        with imap.opened(account) as session:
            done = _take_over(session, box, progress)
    except MailboxError as trouble:
        sentence = sentence_of(trouble, account.name)
        Mailbox.objects.filter(pk=box.pk).update(failed_at=timezone.now(), failure=sentence)
        raise Refused(sentence) from trouble
    Mailbox.objects.filter(pk=box.pk).update(checked_at=timezone.now(), failed_at=None, failure="")
    return done


def sentence_of(trouble: MailboxError, name: str) -> str:
    """What an operator must know; never what was sent as password."""
    if isinstance(trouble, imap.NotLetIn):
        return _("The mailbox {name} refuses user or password. Check CRM_MAILBOX_URL.").format(
            name=name
        )
    if isinstance(trouble, imap.NoFolder):
        return _("The mailbox {name} has no such folder. Check CRM_MAILBOX_URL.").format(name=name)
    return _("The mail server of {name} does not answer. It is tried again soon.").format(name=name)


def _take_over(
    session: Session, box: Mailbox, progress: Callable[[int, int], None] | None
) -> Fetched:
    done, start, since = Fetched(), box.last_uid, None
    if box.uid_validity != session.validity:
        start, since = 0, _not_before(box)
        Mailbox.objects.filter(pk=box.pk).update(uid_validity=session.validity, last_uid=0)
    uids = session.after(start, since=since)[:AT_ONCE]
    for number, uid in enumerate(uids):
        if progress is not None:
            progress(number, len(uids))
        waiting = session.look(uid)
        if waiting is None:
            continue
        letter, reason = _read(session, waiting)
        if letter is None:
            continue
        fault_point("mail.read")
        done.add(_store_somehow(box, session.validity, waiting, letter, reason))
        fault_point("mail.stored")
        session.mark(uid)
    return done


def _not_before(box: Mailbox) -> date:
    """From which day on mails are looked for when the numbers of the server mean nothing yet."""
    first = timezone.now() - timedelta(days=FIRST_DAYS)
    if box.checked_at is not None:
        first = min(first, box.checked_at - timedelta(days=1))
    return timezone.localdate(first)


def _read(session: Session, waiting: Waiting) -> tuple[Letter | None, str]:
    """What the mail says, and why it is refused. None for a mail that is gone meanwhile."""
    if waiting.size > MOST_BYTES:
        return _head_of(session, waiting), MailReason.TOO_LARGE
    raw = session.read(waiting.uid)
    if raw is None:
        return None, ""
    try:
        return read_safely(raw), ""
    except Unreadable as refusal:
        log.warning("mail %s cannot be read: %s", waiting.uid, refusal)
        return _head_of(session, waiting, raw), MailReason.BROKEN


def _head_of(session: Session, waiting: Waiting, raw: bytes = b"") -> Letter | None:
    """Sender and title of a mail that is refused, as far as they can be read."""
    head = session.head(waiting.uid)
    if head is None:
        return None
    known = hashlib.sha256(b"refused %d\0" % waiting.size + head + raw).digest()
    try:
        letter = read_safely(head, whole=False)
    except Unreadable:
        return Letter("", "", (), "", "", "", None, "", known)
    facts = (letter.sender, letter.sender_name, letter.recipients, letter.title)
    return Letter(*facts, "", letter.message_id, letter.sent_at, "", known)


def take_in(raw: bytes, *, box: Mailbox, at: datetime) -> IncomingMail | None:
    """Take over a mail that comes from elsewhere than the server. None when it is known already.

    Raises Unreadable.
    """
    return _store(box, box.uid_validity, Waiting(0, len(raw), at), read_safely(raw), "")


# --- storing --------------------------------------------------------------------------------------


def _store_somehow(
    box: Mailbox, validity: int, waiting: Waiting, letter: Letter, reason: str
) -> IncomingMail | None:
    """Store a mail; one that cannot be written as it is stands there as refused, because no mail
    may keep those behind it from being read."""
    try:
        return _store(box, validity, waiting, letter, reason)
    except (DatabaseError, OSError, Refused) as trouble:
        if not isinstance(trouble, DataError):
            raise  # the trouble is ours, and the mail waits
        log.exception("mail %s cannot be stored", waiting.uid)
    except ValueError:
        log.exception("mail %s cannot be stored", waiting.uid)
    bare = Letter("", "", (), "", "", "", None, "", letter.fingerprint)
    return _store(box, validity, waiting, bare, MailReason.BROKEN)


def _store(
    box: Mailbox, validity: int, waiting: Waiting, letter: Letter, reason: str
) -> IncomingMail | None:
    """Write a mail with its files and move the mailbox's mark; None when it is known already."""
    kept, left_out = _keep(letter.files)
    mail = None
    try:
        with transaction.atomic():
            mail = _write(box, waiting, letter, reason, kept, left_out)
            Mailbox.objects.filter(pk=box.pk, uid_validity=validity).update(
                last_uid=Greatest("last_uid", waiting.uid)
            )
    finally:
        if mail is None:
            for one in kept:
                discard(one.stored_name)
    return mail


def _keep(files: tuple[Enclosed, ...]) -> tuple[list[KeptFile], list[list[str]]]:
    """Files in the store, each content once, and those left out: name and sentence."""
    kept: dict[str, KeptFile] = {}
    left_out: list[list[str]] = []
    for one in files:
        if one.left_out or not one.content:
            left_out.append([one.name, _left_out(one)])
            continue
        try:
            file = keep(io.BytesIO(one.content), one.name, most_bytes=FILE_BYTES)
        except Refused as refusal:
            left_out.append([one.name, str(refusal)])
            continue
        if file.sha256 in kept:
            discard(file.stored_name)
        else:
            kept[file.sha256] = file
    return list(kept.values()), left_out


def _left_out(file: Enclosed) -> str:
    if file.left_out == "too_large":
        return _("This file is larger than {limit} MB.").format(limit=FILE_BYTES // (1 << 20))
    if file.left_out == "too_many":
        return _("The mail had too many files.")
    return _("This file is empty.")


def _write(
    box: Mailbox,
    waiting: Waiting,
    letter: Letter,
    reason: str,
    kept: list[KeptFile],
    left_out: list[list[str]],
) -> IncomingMail | None:
    now = timezone.now()
    mail = IncomingMail(
        mailbox=box,
        fingerprint=letter.fingerprint,
        message_id=letter.message_id,
        title=letter.title,
        sender_name=letter.sender_name,
        size=waiting.size,
        left_out=left_out,
        received_at=min(waiting.at or now, now),
    )
    mail.place_in(_unit_of(letter))
    _sort(mail, letter, reason, now)
    try:
        with transaction.atomic():
            _seal(mail, letter)
            mail.save()
    except IntegrityError:
        if IncomingMail.objects.filter(fingerprint=letter.fingerprint).exists():
            return None
        raise
    IncomingFile.objects.bulk_create(IncomingFile(mail=mail, **one.columns()) for one in kept)
    if mail.is_waiting:
        join_by_itself(mail, letter.sender, letter.text)
    return mail


def _seal(mail: IncomingMail, letter: Letter) -> None:
    """Address and text under a key of the mail's own."""
    plain, wrapped = new_subject_key()
    mail.subject = SubjectKey.objects.create(wrapped=wrapped)
    if letter.sender:
        mail.sender_cipher = encrypt(plain, letter.sender, "incoming.sender")
        mail.sender_index = blind_index("email", letter.sender)
    if letter.text:
        mail.text_cipher = encrypt(plain, letter.text, "incoming.text")


def _sort(mail: IncomingMail, letter: Letter, reason: str, now: datetime) -> None:
    """Which state a mail begins in: programs' mails are filed, what is refused says why."""
    if reason:
        mail.state, mail.reason = MailState.REFUSED, reason
    elif letter.sender in own_addresses():
        mail.state, mail.reason = MailState.AUTOMATIC, MailReason.OWN
    elif letter.automatic:
        mail.state, mail.reason = MailState.AUTOMATIC, AUTOMATIC[letter.automatic]
    if not mail.is_waiting:
        mail.settled_at = now


def own_addresses() -> set[str]:
    """Addresses that this product writes from and reads: a mail from one of them is our own."""
    account = settings.CRM_MAILBOX
    found = {parseaddr(settings.CRM_MAIL_FROM)[1].lower(), *settings.CRM_MAILBOX_UNITS}
    return found | ({account.address.lower()} if account is not None else set())


def _unit_of(letter: Letter) -> OrgUnit:
    """The unit whose address the mail went to, else the group. Raises Refused without a group."""
    codes = settings.CRM_MAILBOX_UNITS
    code = next((codes[one] for one in letter.recipients if one in codes), "")
    units = OrgUnit.objects.active()
    found = units.filter(code=code).first() if code else None
    found = found or units.filter(kind=Kind.GROUP).first()
    if found is None:
        raise Refused(_("There is no organisation yet that could have mails."))
    return found


# --- tidying up -----------------------------------------------------------------------------------


def delete_old_mail(*, batch: int = 500) -> int:
    """Delete mails that became no case 90 days ago, with files and keys. Returns how many."""
    ended = (MailState.DISMISSED, MailState.AUTOMATIC, MailState.REFUSED)
    old = IncomingMail.objects.filter(state__in=ended, settled_at__lt=timezone.now() - KEPT)
    count = 0
    while keys := list(old.values_list("pk", flat=True)[:batch]):
        count += _delete(keys)
    return count


@transaction.atomic
def _delete(keys: list[int]) -> int:
    rows = IncomingMail.objects.select_for_update(of=("self",)).filter(pk__in=keys)
    subjects = list(rows.values_list("subject", flat=True))
    files: Any = IncomingFile.objects.filter(mail__in=keys)
    for name in files.values_list("stored_name", flat=True):
        discard_after_commit(name)
    rows.delete()
    SubjectKey.objects.filter(pk__in=subjects).delete()
    return len(keys)

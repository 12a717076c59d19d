"""Mails that belong to a case: its files and words go over, whoever handles it is told."""

import re
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone

from complaints.models import (
    Case,
    CaseEntry,
    Complainant,
    FileRole,
    IncomingFile,
    IncomingMail,
    MailState,
    Relation,
)
from complaints.selectors.relations import Relations
from complaints.services.files import refuse_overflow, take_files
from complaints.services.log import log
from core.attachments import KeptFile
from core.attachments.kinds import kind_of
from core.attachments.store import discard_after_commit
from core.errors import Refused
from core.mailbox.letter import without_quote
from core.notices import notify
from core.personal_data import Erased, blind_index
from customers.models import Contact

NUMBER: Final = re.compile(r"TS\d{13}")
ENTRY_LENGTH: Final = 5000


def case_named(title: str) -> Case | None:
    """The case whose number a title carries; of a merged one, the case it was merged into."""
    named = NUMBER.search(title.upper())
    if named is None:
        return None
    case = Case.objects.select_related("unit", "merged_into__unit").filter(number=named[0]).first()
    return case.merged_into or case if case is not None else None


def wrote_before(case: Case, sender: str) -> bool:
    """Whether this address is known to belong to somebody who complains in the case."""
    family = Q(case=case) | Q(case__merged_into=case)
    index = blind_index("email", sender)
    # A mail that only joined by its number proves nothing; those a person looked at do.
    looked_at = IncomingMail.objects.filter(family, settled_by__isnull=False)
    if looked_at.filter(sender_index=index).exists():
        return True
    customers = Complainant.objects.filter(family, customer__isnull=False).values("customer")
    contacts = Contact.objects.filter(customer__in=customers, email_cipher__isnull=False)
    return any(_address_of(one) == sender for one in contacts.select_related("subject")[:50])


def _address_of(contact: Contact) -> str:
    try:
        return contact.clear("email").lower()
    except Erased:
        return ""


def join_by_itself(mail: IncomingMail, sender: str, text: str) -> bool:
    """Add an answer to the open case it names, if its sender is known there (inside the
    transaction that stores the mail). Anything doubtful waits for a person."""
    case = case_named(mail.title)
    if case is None or not sender or not case.is_open or not wrote_before(case, sender):
        return False
    try:
        add_to_case(mail, case, text, by=None)
    except Refused:
        return False  # its files do not fit any more: somebody decides
    return True


def add_to_case(mail: IncomingMail, case: Case, text: str, *, by: Any) -> CaseEntry:
    """Give a mail to a case as an entry of its log, and tell whoever handles it."""
    contents = IncomingFile.objects.filter(mail=mail).values_list("sha256", flat=True)
    refuse_overflow(case, contents)  # before anything is written: the caller may go on
    entry = log(
        case,
        "mail_in",
        by=by,
        at=timezone.now(),
        text=without_quote(text)[:ENTRY_LENGTH],
        internal=False,
        mail=mail.pk,
        sender=mail.sender_name,
    )
    hand_files_over(mail, case, entry, by=by)
    settle(mail, MailState.JOINED, by=by, case=case)
    _tell(case, mail)
    return entry


def hand_files_over(mail: IncomingMail, case: Case, entry: CaseEntry | None, *, by: Any) -> None:
    """The files of the mail become files of the case; one that the case has is not kept twice."""
    rows = list(IncomingFile.objects.filter(mail=mail).order_by("pk"))
    kept = [
        KeptFile(
            row.stored_name,
            row.name,
            kind_of(row.mime),
            row.size,
            row.sha256,
            row.width,
            row.height,
        )
        for row in rows
    ]
    taken = take_files(case, kept, by=by, role=FileRole.OWNER, entry=entry)
    names = {one.stored_name for one in taken}
    for row in rows:
        if row.stored_name not in names:
            discard_after_commit(row.stored_name)
    IncomingFile.objects.filter(pk__in=[row.pk for row in rows]).delete()


def settle(mail: IncomingMail, state: MailState, *, by: Any, **values: Any) -> None:
    """Write how a mail ended; `values` are further columns."""
    mail.state, mail.settled_by, mail.settled_at = state, by, timezone.now()
    for name, value in values.items():
        setattr(mail, name, value)
    mail.save(update_fields=["state", "settled_by", "settled_at", *values])


def _tell(case: Case, mail: IncomingMail) -> None:
    people: list[Any] = [case.handler]
    if case.handler is None or not case.handler.is_active:
        found = Relations(timezone.now(), case.unit).addressee(case, Relation.HANDLER)
        people = list(found.people)
    notify(
        people,
        "complaints.mail_came",
        key=f"mail:{mail.pk}:joined",
        url=case.get_absolute_url(),
        number=case.number,
        unit=case.unit.name,
    )

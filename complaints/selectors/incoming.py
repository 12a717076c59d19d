"""Incoming mails as pages show them, and what one of them tells the intake form."""

import re
from typing import Any, Final

from django.db.models import Count

from complaints.models import Case, Channel, IncomingFile, IncomingMail, MailState
from complaints.states import REGISTER
from core.keyset import Order, Page
from core.menu_counts import COUNTED, count_beside
from core.paging import page_of_rows
from regions.models import Kind

OLDEST: Final = Order("received", "received_at", kind="time")
NEWEST: Final = Order("-received", "received_at", descending=True, kind="time")
CONTENT_LENGTH: Final = 5000
MAILS: Final = 20  # shown on the page of a case
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
# Name of a part of the list → the states it shows. What waits is read from the oldest on.
PARTS: Final = {
    "waiting": (MailState.WAITING,),
    "done": (MailState.REGISTERED, MailState.JOINED),
    "aside": (MailState.DISMISSED, MailState.AUTOMATIC),
    "refused": (MailState.REFUSED,),
}


def mail_page(user: Any, part: str, *, after: str = "", before: str = "", size: int = 25) -> Page:
    """A page of the mails in reach that stand in the states of a part."""
    order = OLDEST if part == "waiting" else NEWEST
    rows = (
        IncomingMail.objects.visible_to(user)
        .filter(state__in=PARTS[part])
        .select_related("unit", "subject", "case", "settled_by")
        .annotate(enclosed=Count("files"))
    )
    return page_of_rows(rows, order, after=after, before=before, size=size)


def waiting_mails(user: Any) -> int:
    """How many mails wait for somebody who may register them, up to what the menu shows."""
    rows = IncomingMail.objects.visible_to(user).filter(state=MailState.WAITING)
    return rows.order_by().values("pk")[:COUNTED].count()


count_beside("complaints:incoming", waiting_mails)


def mails_of(user: Any, case: Case) -> list[IncomingMail]:
    """The mails of a case, as far as its reader may open them; the first one first."""
    if not user.has_perm(REGISTER):
        return []
    rows = IncomingMail.objects.visible_to(user, REGISTER).filter(case=case)
    return list(rows.order_by("received_at", "pk")[:MAILS])


def mail_in_reach(user: Any, pk: int | str) -> IncomingMail | None:
    """The mail if the user may register what comes to its unit."""
    if not str(pk).isdecimal():
        return None
    rows = IncomingMail.objects.visible_to(user, REGISTER)
    return rows.select_related("unit", "subject", "case", "settled_by").filter(pk=pk).first()


def files_of(mail: IncomingMail) -> list[IncomingFile]:
    """The files that still wait with the mail; those of a case lie there."""
    return list(IncomingFile.objects.filter(mail=mail).order_by("pk"))


def earlier_case(user: Any, mail: IncomingMail) -> Case | None:
    """The newest case in reach that was made of a mail from the same address."""
    if not mail.sender_index:
        return None
    keys = IncomingMail.objects.filter(
        sender_index=bytes(mail.sender_index), case__isnull=False
    ).values("case")
    cases = Case.objects.visible_to(user, REGISTER).filter(pk__in=keys)
    return cases.select_related("unit").order_by("-taken_in_at", "-pk").first()


def first_answers(user: Any, mail: IncomingMail) -> dict[str, str]:
    """What a mail says to the fields of the intake form: the caller by the number he writes, or
    by an earlier case of his address; the matter in his words."""
    text = mail.text
    phone = _PHONE.search(f"{mail.title}\n{text}")
    known = earlier_case(user, mail)
    unit = known.unit if known is not None else mail.unit
    content = "\n".join(part for part in (mail.title, text) if part)
    return {
        "mail": str(mail.pk),
        "channel": str(Channel.MAIL),
        "find": phone[0] if phone else "",
        "name": known.complainant_name if known is not None else mail.sender_name,
        "room": known.room if known is not None else "",
        "unit": unit.code if unit.kind == Kind.PROJECT else "",
        "content": content[:CONTENT_LENGTH],
    }

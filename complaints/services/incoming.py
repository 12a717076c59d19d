"""What people do with a mail that came in: a case, part of a case, or no request at all."""

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from audit.services import record
from complaints.models import (
    CHOSEN_REASONS,
    Case,
    Channel,
    IncomingMail,
    MailReason,
    MailState,
)
from complaints.services.intake import register_case
from complaints.services.mailbox import own_addresses
from complaints.services.moves import hold
from complaints.services.second_call import register_into
from complaints.services.threads import add_to_case, hand_files_over, settle
from complaints.states import OPEN
from core.errors import Refused
from core.notices import outbox
from core.notices.render import Words, text_of
from core.personal_data import Erased
from regions.policies import policy

ANSWERS_A_DAY: Final = 3  # to one address: two programs must not write to each other for ever
RESTORABLE: Final = (MailState.DISMISSED, MailState.AUTOMATIC)


@transaction.atomic
def register_mail(mail: IncomingMail, *, by: Any, into: Case | None = None, **values: Any) -> Case:
    """Make a case of a mail; `values` go to register_case. With `into` it is merged into that
    open case at once. The case counts from when the mail came in.

    Raises Refused as register_case does, and when somebody was quicker, naming him.
    """
    held = _held(mail, by)
    values |= {"channel": Channel.MAIL, "taken_in_at": held.received_at}
    case = register_into(into, by=by, **values) if into else register_case(by=by, **values)
    hand_files_over(held, into or case, None, by=by)
    settle(held, MailState.REGISTERED, by=by, case=case)
    _acknowledge(held, into or case)
    record("mail.registered", by=by, subject=held, number=case.number)
    return case


@transaction.atomic
def join_mail(mail: IncomingMail, *, by: Any, case: Case) -> Case:
    """Add a mail to an open case in reach as an entry. Raises Refused otherwise, and when
    somebody was quicker."""
    held = _held(mail, by)
    target = hold(case)
    if target.state not in OPEN or not Case.objects.visible_to(by).filter(pk=target.pk).exists():
        raise Refused(_("Please choose another case that is still open."))
    add_to_case(held, target, held.text, by=by)
    record("mail.joined", by=by, subject=held, number=target.number)
    return target


@transaction.atomic
def dismiss_mail(mail: IncomingMail, *, by: Any, reason: str, note: str = "") -> IncomingMail:
    """The mail asks for nothing. Raises Refused without a reason, and when somebody was quicker."""
    held = _held(mail, by)
    if reason not in CHOSEN_REASONS:
        raise Refused(_("Please choose why this mail is no request."))
    settle(held, MailState.DISMISSED, by=by, reason=MailReason(reason), note=note.strip()[:200])
    record("mail.dismissed", by=by, subject=held)
    return held


@transaction.atomic
def restore_mail(mail: IncomingMail, *, by: Any) -> IncomingMail:
    """Let a mail wait again that was put aside. Raises Refused for any other."""
    held = _locked(mail, by)
    if held.state not in RESTORABLE:
        raise Refused(_("Only a mail that was put aside can be taken back."))
    held.state, held.reason, held.note = MailState.WAITING, "", ""
    held.settled_by = held.settled_at = None
    held.save(update_fields=["state", "reason", "note", "settled_by", "settled_at"])
    record("mail.restored", by=by, subject=held)
    return held


def _locked(mail: IncomingMail, by: Any) -> IncomingMail:
    # Whoever waited for the lock reads the row as it is now, but what was joined as it was then.
    IncomingMail.objects.select_for_update(no_key=True).get(pk=mail.pk)
    rows = IncomingMail.objects.select_related("unit", "case", "subject", "settled_by")
    held = rows.get(pk=mail.pk)
    if not IncomingMail.objects.visible_to(by).filter(pk=held.pk).exists():
        raise Refused(_("You may not register cases in {unit}.").format(unit=held.unit.name))
    return held


def _held(mail: IncomingMail, by: Any) -> IncomingMail:
    """The mail under lock while it still waits. Raises Refused, naming whoever was quicker."""
    held = _locked(mail, by)
    if not held.is_waiting:
        raise Refused(taken_by(held))
    return held


def taken_by(mail: IncomingMail) -> str:
    """Who did what with a mail that waits no longer, in one sentence."""
    person = mail.settled_by.name if mail.settled_by is not None else _("The system")
    if mail.case is not None and mail.state == MailState.REGISTERED:
        sentence = _("{person} has registered this mail already as {number}.")
        return sentence.format(person=person, number=mail.case.number)
    if mail.case is not None:
        sentence = _("{person} has added this mail already to {number}.")
        return sentence.format(person=person, number=mail.case.number)
    return _("{person} has already put this mail aside: {reason}.").format(
        person=person, reason=mail.get_reason_display()
    )


def _acknowledge(mail: IncomingMail, case: Case) -> None:
    """Tell the sender the number of his case, where the rule says so (policy), few times a day."""
    if not policy("complaints.mail_acknowledgement", case.unit_id):
        return
    try:
        address = mail.clear_sender()
    except Erased:
        return
    if not address or address in own_addresses() or _answered_enough(mail):
        return
    with translation.override(settings.LANGUAGE_CODE):
        facts = {"number": case.number, "unit": case.unit.name}
        words = Words(
            _("Re: your matter {number}").format(number=case.number),
            text_of("complaints/mail_acknowledged.txt", facts),
        )
    message = outbox.mail(
        to=address, words=words, key=f"incoming:{mail.pk}", kind="complaints.mail", user=None
    )
    message.headers = _headers(mail)
    outbox.post([message])


def _headers(mail: IncomingMail) -> dict[str, str]:
    """Answers go to the mailbox that is read, and belong to the conversation."""
    account = settings.CRM_MAILBOX
    headers = {"Reply-To": account.address} if account is not None else {}
    if mail.message_id and mail.message_id.isascii():
        headers |= {"In-Reply-To": mail.message_id, "References": mail.message_id}
    return headers


def _answered_enough(mail: IncomingMail) -> bool:
    lately = timezone.now() - timedelta(days=1)
    rows = IncomingMail.objects.filter(
        sender_index=mail.sender_index, state=MailState.REGISTERED, settled_at__gt=lately
    )
    return rows.count() > ANSWERS_A_DAY

"""Answers to the owner: what he was told, by which way and when; and the texts they begin with."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.html import linebreaks
from django.utils.translation import gettext as _

from audit.services import record
from complaints.answer_texts import named_in, unknown_in
from complaints.models import AnswerChannel, AnswerTemplate, Case, CaseEntry, LimitKind
from complaints.selectors.answers import WRITE, mail_address_of
from complaints.services import clocks
from complaints.services.handling import pressed_twice, refuse_stranger
from complaints.services.log import log
from complaints.services.moves import hold
from complaints.states import UNSOLVED, State
from core.errors import Refused
from core.notices import outbox
from core.notices.render import Words
from regions.models import OrgUnit
from regions.policies import policy

KIND = "answer"


@transaction.atomic
def answer_owner(
    case: Case,
    *,
    by: Any,
    channel: str,
    text: str,
    template: AnswerTemplate | None = None,
) -> CaseEntry:
    """Record what the owner is told; an e-mail goes out by itself when his address is known.

    It counts as the first contact, now, where the rule `complaints.answers_count` says so and
    nobody spoke with him before. The same answer pressed twice is one. Raises Refused without
    words, with a variable that was not filled in, for a merged case, and for somebody who does
    not work on it.
    """
    held = hold(case)
    refuse_stranger(held, by)
    now, words = timezone.now(), text.strip()
    _check_answer(held, channel, words)
    said = pressed_twice(
        CaseEntry.objects.filter(case=held),
        "at",
        kind=KIND,
        by=by,
        text=words,
        facts__way=channel,
    )
    if said is not None:
        return said
    sent = channel == AnswerChannel.MAIL and _mail(held, words, now)
    entry = log(
        held,
        KIND,
        by=by,
        at=now,
        text=words,
        internal=False,
        way=channel,
        template=template.name if template else "",
        mailed=sent,
    )
    if _counts(held, channel):
        held.first_contact_at = now
        clocks.meet(held, LimitKind.FIRST_CONTACT, now)
    held.version += 1
    held.updated_at = now
    held.save(update_fields=["first_contact_at", "version", "updated_at"])
    record("case.answer", by=by, subject=held, channel=channel)
    return entry


def _check_answer(case: Case, channel: str, words: str) -> None:
    if case.state == State.MERGED:
        raise Refused(_("This case was merged: please answer in the case it goes on in."))
    if channel not in AnswerChannel.values:
        raise Refused(_("Please choose by which way the owner was answered."))
    if not words:
        raise Refused(_("Please write what the owner was told."))
    if left := named_in(words):
        sentence = _("The case has no value for {name}: please write it into the text.")
        raise Refused(sentence.format(name=f"{{{left[0]}}}"))


def _counts(case: Case, channel: str) -> bool:
    """Whether an answer is the first contact that the clock waits for."""
    if case.first_contact_at is not None or case.state not in UNSOLVED:
        return False
    rule = policy("complaints.answers_count", case.unit_id)
    return rule == "all" or (rule == "phone" and channel == AnswerChannel.PHONE)


def _mail(case: Case, words: str, now: datetime) -> bool:
    """Put the answer into the outbox; whether there was an address to send it to."""
    address = mail_address_of(case)
    if not address:
        return False
    subject = _("{unit}: your case {number}").format(unit=case.unit.name, number=case.number)
    answer = Words(subject, words, linebreaks(words, autoescape=True))
    key = f"answer:{case.pk}:{now.timestamp()}"
    outbox.post([outbox.mail(to=address, words=answer, key=key, kind="", user=None)])
    return True


# --- templates ------------------------------------------------------------------------------------


@transaction.atomic
def save_template(
    template: AnswerTemplate | None, *, by: Any, unit: OrgUnit, text: str, **values: Any
) -> AnswerTemplate:
    """Write a new template, or change one. Raises Refused for an unknown variable, a name that
    the unit uses already for the channel, and a unit out of reach."""
    units = OrgUnit.objects.visible_to(by, WRITE) if by is not None else OrgUnit.objects.all()
    kept = {unit.pk} | ({template.unit_id} if template else set())
    if units.filter(pk__in=kept).count() != len(kept):
        raise Refused(_("You may not write templates for {unit}.").format(unit=unit.name))
    if unknown := unknown_in(text):
        raise Refused(
            _("“{name}” is no variable. Please use those that are listed.").format(name=unknown[0])
        )
    row = template or AnswerTemplate()
    for name, value in values.items():
        setattr(row, name, value)
    row.unit, row.text, row.changed_by, row.changed_at = unit, text.strip(), by, timezone.now()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        sentence = _("{unit} has a template with this name for the channel already.")
        raise Refused(sentence.format(unit=unit.name)) from error
    record("answer_template.saved", by=by, subject=row)
    return row

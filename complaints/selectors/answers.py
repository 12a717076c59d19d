"""Templates of answers: which a case offers, which somebody may write, and what fills them."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from complaints.answer_texts import fill
from complaints.models import AnswerTemplate, Case, IncomingMail
from core.display import when
from core.personal_data import Erased
from core.scope import scope_of
from customers.models import Contact
from regions.models import OrgUnit

WRITE = "complaints.change_answertemplate"


def templates_for(case: Case) -> list[AnswerTemplate]:
    """What a case offers: templates of its unit and those above, of its category or of all; the
    nearest unit first."""
    line = case.unit.ancestor_ids()
    fits = Q(category=None)
    if case.category_id:
        fits |= Q(category__in=[case.category_id, case.top_category_id])
    found = AnswerTemplate.objects.filter(fits, unit__in=line, is_active=True)
    return sorted(found, key=lambda one: (-line.index(one.unit_id), one.channel, one.name))


def written_by(user: Any) -> QuerySet[AnswerTemplate]:
    """Templates that somebody may change."""
    return AnswerTemplate.objects.filter(unit__in=OrgUnit.objects.visible_to(user, WRITE))


def shown_to(user: Any) -> list[AnswerTemplate]:
    """Templates that hold in somebody's branches: his own and those of the units above."""
    scope = scope_of(user, WRITE)
    roots = OrgUnit.objects.filter(pk__in=[one.unit_id for one in scope.branches if one.unit_id])
    above = {key for root in roots for key in root.ancestor_ids()}
    rows = AnswerTemplate.objects.filter(
        Q(unit__in=OrgUnit.objects.visible_to(user, WRITE)) | Q(unit__in=above)
    )
    return list(
        rows.select_related("unit", "category__parent").order_by(
            "unit__path", "channel", "name", "pk"
        )
    )


def values_for(case: Case, now: datetime) -> dict[str, str]:
    """What the variables stand for in a case; one that has no value is left out."""
    values = {
        "owner": case.complainant_name,
        "number": case.number,
        "project": case.unit.name,
        "room": case.room,
        "category": case.category.name if case.category else "",
        "handler": case.handler.name if case.handler else "",
        "due": when(case.next_due_at) if case.next_due_at else "",
        "result": case.resolution,
        "today": timezone.localdate(now).isoformat(),
    }
    return {name: value for name, value in values.items() if value}


def filled(template: AnswerTemplate, case: Case, now: datetime) -> str:
    """The text of a template for a case."""
    return fill(template.text, values_for(case, now))


def mail_address_of(case: Case) -> str:
    """The e-mail address of the complainant, empty when nobody knows one.

    Of a business customer that of its first contact who has one. The archive keeps no addresses
    of individuals: theirs is the one of the latest mail that somebody made part of this case.
    """
    return next(_addresses(case), "")


def _addresses(case: Case) -> Iterator[str]:
    contacts = Contact.objects.filter(customer=case.customer_id, email_cipher__isnull=False)
    mails = IncomingMail.objects.filter(case=case, settled_by__isnull=False)
    known: list[tuple[Any, Callable[[Any], str]]] = [
        (mails.order_by("-received_at", "-pk"), lambda mail: mail.clear_sender())
    ]
    if case.customer_id is not None:
        known.insert(0, (contacts.order_by("pk"), lambda contact: contact.clear("email")))
    for rows, address_of in known:
        for row in rows.select_related("subject"):
            try:
                if address := address_of(row):
                    yield address
            except Erased:
                continue

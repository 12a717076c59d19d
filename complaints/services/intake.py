"""Taking a matter in (CMP-03): the case, its complainant, its clock, its first handler."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from complaints.models import Case, CaseKind, Category, Complainant, LimitKind
from complaints.selectors.patterns import earlier_of_same
from complaints.services import clocks, committee
from complaints.services.assignment import next_handler, refuse_handler, tell_handler
from complaints.services.files import adopt
from complaints.services.happenings import happening
from complaints.services.log import log
from complaints.services.numbers import next_number
from complaints.states import REGISTER, State
from complaints.warranty import warranty_end
from core.errors import Refused
from core.models import Draft
from core.notices import announce
from core.values.base import BadValue
from core.values.phones import parse_phone
from customers.services.protect import put
from regions.models import OrgUnit
from regions.policies import policy


@transaction.atomic
def register_case(
    *,
    unit: OrgUnit,
    by: Any,
    content: str,
    kind: str = CaseKind.COMPLAINT,
    channel: str,
    category: Category | None = None,
    level: Any = None,
    customer: Any = None,
    flat: Any = None,
    name: str = "",
    phone: str = "",
    room: str = "",
    handler: Any = None,
    assign: bool = True,
    taken_in_at: datetime | None = None,
    draft: Draft | None = None,
) -> Case:
    """Register a case and start its clocks; with `assign` it goes to `handler` or to whoever's
    turn it is in the unit.

    `phone` is what was typed; a wrong one is refused. `by` None is the operator. `draft` is that
    of the form; its files become files of the case. Raises Refused
    for a unit out of reach, for a handler who may not work there, and for a case without
    complainant or content.
    """
    _check(unit, by, content=content, name=name, customer=customer)
    now = timezone.now()
    at = taken_in_at or now
    if at > now:
        raise Refused(_("A case cannot come in later than now."))
    case = Case(
        number=next_number(at),
        kind=kind,
        channel=channel,
        category=category,
        top_category=top_of(category),
        level=level or proposed_level(category),
        content=content.strip(),
        complainant_name=name.strip() or (customer.name if customer else ""),
        room=room.strip() or (flat.label if flat else ""),
        customer=customer,
        flat=flat,
        entered_by=by,
        taken_in_at=at,
    )
    case.place_in(unit)
    case.repeat_of = _repeated(case)
    case.warranty_until = warranty_end(flat, category, unit, timezone.localdate(at))
    case.save()
    _add_complainant(case, phone)
    entry = log(case, "register", by=by, at=now, channel=channel)
    adopt(case, draft, entry, by=by)
    clocks.start(case, (LimitKind.FIRST_CONTACT, LimitKind.PLAN, LimitKind.RESOLUTION), at)
    committee.begin_if_grave(case, at)
    if assign:
        _assign_first(case, handler or next_handler(case), by, now)
    record("case.registered", by=by, subject=case)
    announce(happening("case.registered", case, "registered", kind=case.kind, channel=case.channel))
    return case


def _check(unit: OrgUnit, by: Any, *, content: str, name: str, customer: Any) -> None:
    if by is not None and not OrgUnit.objects.visible_to(by, REGISTER).filter(pk=unit.pk).exists():
        raise Refused(_("You may not register cases in {unit}.").format(unit=unit.name))
    if not content.strip():
        raise Refused(_("Please write down what the matter is."))
    if not name.strip() and customer is None:
        raise Refused(_("Please enter the name of the caller or choose an owner."))


def _repeated(case: Case) -> Case | None:
    """The earlier case of the same flat and category that this one repeats (policy)."""
    days = policy("complaints.repeat_days", case.unit_id)
    return earlier_of_same(
        flat=case.flat,
        room=case.room,
        unit=case.unit_id,
        category=case.category,
        since=case.taken_in_at - timedelta(days=days),
    )


def _add_complainant(case: Case, phone: str) -> Complainant:
    person = Complainant(
        case=case, customer=case.customer, name=case.complainant_name, room=case.room
    )
    if phone.strip():
        try:
            put(person, "complainant", "phone", parse_phone(phone))
        except BadValue as bad:
            raise Refused(bad.message) from bad
    person.save()
    return person


def _assign_first(case: Case, handler: Any, by: Any, now: datetime) -> None:
    if handler is None:
        return
    refuse_handler(handler, case)
    case.handler, case.assigned_at, case.state = handler, now, State.ASSIGNED
    case.save(update_fields=["handler", "assigned_at", "state"])
    log(case, "assign", by=by, at=now, before=State.REGISTERED, handler=handler.pk)
    if by is None or handler.pk != by.pk:
        tell_handler(case)


def top_of(category: Category | None) -> Category | None:
    """The first level of a category."""
    while category is not None and category.parent is not None:
        category = category.parent
    return category


def proposed_level(category: Category | None) -> Any:
    """The level a category proposes, its own or that of the nearest above."""
    while category is not None:
        if category.level is not None:
            return category.level
        category = category.parent
    return None

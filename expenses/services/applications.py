"""An application is submitted, and what follows from the decision (EXP-01…EXP-06, EXP-11).

Verbs of pages and commands: `save` (services.drafting), `submit`, `withdraw`, `cancel`. The
functions named after a decision are handlers of the approval: they run in its transaction, which
holds the approval; they hold the application, then customers and gifts, then its budget.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import services as approvals
from approvals.subjects import Facts
from audit.services import record
from core.errors import Refused
from core.faults import fault_point
from core.locking import lock
from core.notices import notify
from customers.models import Customer
from expenses.models import Application, EntryKind
from expenses.selectors.ceilings import refusals
from expenses.selectors.checks import Check, check, wanted_of
from expenses.services import using
from expenses.services.booking import book
from expenses.services.drafting import (
    KIND,
    GiftWish,
    Given,
    Line,
    check_given,
    refuse_stranger,
    save,
    wanted_of_given,
)
from expenses.services.gifts import free_gifts, promise_gifts
from expenses.states import EDITABLE, NEXT, State
from regions.calendars import add_working_days

__all__ = [
    "KIND",
    "Check",
    "GiftWish",
    "Given",
    "Line",
    "call_off",
    "cancel",
    "check_given",
    "facts_of_given",
    "save",
    "submit",
    "withdraw",
]

ZERO = Decimal("0.00")


@transaction.atomic
def submit(
    application: Application,
    *,
    by: Any,
    chosen: Mapping[str, Sequence[Any]] | None = None,
    request_key: str = "",
) -> Application:
    """Ask for the approval of an application; its amount is reserved in the budget.

    The same request twice submits once. Raises Refused with the first sentence of the check:
    something lacks, a ceiling is exceeded, evidence is late, the budget does not suffice.
    """
    refuse_stranger(application, by)
    approvals.hold(application, KIND)  # before the application itself, as everybody does
    application.refresh_from_db()
    if application.state in EDITABLE:
        found = check(wanted_of(application))
        if found.refusals:
            raise Refused(found.refusals[0])
        # Flows ask whether it is over budget; the reservation makes sure that it still is so.
        Application.objects.filter(pk=application.pk).update(over_budget=found.over_budget)
        application.over_budget = found.over_budget
    approvals.submit(application, kind=KIND, by=by, chosen=chosen, request_key=request_key)
    application.refresh_from_db()
    return application


@transaction.atomic
def withdraw(application: Application, *, by: Any, comment: str = "") -> Application:
    """Take an application back while it is decided upon. Raises Refused when it is not."""
    approval = approvals.open_approval(application, KIND)
    if approval is None:
        raise Refused(_("This application is not in approval."))
    approvals.withdraw(approval, by=by, comment=comment)
    application.refresh_from_db()
    return application


@transaction.atomic
def cancel(application: Application, *, by: Any) -> Application:
    """Give a draft up. Raises Refused for anything that was submitted."""
    row = _held(application)
    refuse_stranger(row, by)
    if row.state != State.DRAFT:
        raise Refused(_("Only a draft is given up; please withdraw what is in approval."))
    _go(row, State.VOID, by, "application.cancelled")
    return row


def facts_of_given(
    given: Given, *, by: Any, check: Check, application: Application | None = None
) -> Facts:
    """A form that is not saved yet as flows see it, for the way it would go."""
    wanted = wanted_of_given(given, by=by, application=application)
    return Facts(
        title=given.title,
        unit=given.unit,
        amount=wanted.paper.amount,
        fields=flow_fields(wanted.paper, len(wanted.customers))
        | {"over_budget": check.over_budget},
    )


def flow_fields(application: Application, customers: int) -> dict[str, Any]:
    """What conditions of flows may ask of an application."""
    return {
        "category": application.category.code,
        "family": application.category.family,
        "one_off": application.one_off,
        "over_budget": application.over_budget,
        "people": application.people,
        "customers": customers,
    }


# --- what follows from a decision -----------------------------------------------------------------


def submitted(application: Application, approval: Any, *, by: Any) -> None:
    """Reserve amount and gifts, with the ceilings looked at once more under locks."""
    row = _held(application)
    customers = _hold_customers(row)
    too_much = refusals(row, customers)
    if too_much:
        raise Refused(too_much[0])
    expected = row.over_budget
    row.state, row.submitted_at = State.IN_APPROVAL, timezone.now()
    promise_gifts(row)
    using.reserve(row, by=by)
    if row.over_budget != expected:
        raise Refused(_("The budget has just changed. Please submit again."))
    fault_point("expenses.submitted")
    _save(row)
    record("application.submitted", by=by, subject=row, number=row.number, amount=str(row.amount))


def approved(application: Application, approval: Any, *, by: Any) -> None:
    """Commit the amount and book it to the unit that applied; evidence falls due (EXP-08)."""
    row = _held(application)
    using.commit(row, by=by)
    book(row, EntryKind.APPROVE, by=by, approved=row.amount, text=row.title)
    row.approved_at = timezone.now()
    row.evidence_due_on = evidence_due_on(row)
    fault_point("expenses.approved")
    _go(row, State.APPROVED, by, "application.approved")


def rejected(application: Application, approval: Any, *, by: Any) -> None:
    """Free what was reserved."""
    _freed(application, State.REJECTED, by, "application.rejected")


def sent_back(application: Application, approval: Any, *, by: Any) -> None:
    """Free what was reserved: while nobody decides, others may use the money."""
    _freed(application, State.SENT_BACK, by, "application.sent_back")


def withdrawn(application: Application, approval: Any, *, by: Any) -> None:
    """Free what was reserved."""
    _freed(application, State.WITHDRAWN, by, "application.withdrawn")


def voided(application: Application, approval: Any, *, by: Any) -> None:
    """What was decided no longer holds: the paper goes back to its applicant."""
    row = _held(application)
    if row.state == State.IN_APPROVAL:
        _freed(application, State.SENT_BACK, by, "application.sent_back")


def _freed(application: Application, state: State, by: Any, action: str) -> None:
    row = _held(application)
    if row.state == State.IN_APPROVAL:
        free_gifts(row)
        using.free(row, by=by)
    row.budget, row.over_budget = None, False
    _go(row, state, by, action)


@transaction.atomic
def call_off(application: Application, *, by: Any, reason: str) -> Application:
    """Give up what was approved and not paid: the approval is reversed in the ledger.

    Raises Refused when something was paid, and without a reason.
    """
    row = _held(application)
    if row.state != State.APPROVED or row.paid_amount:
        raise Refused(_("Only what is approved and not paid can be called off."))
    if not reason.strip():
        raise Refused(_("Please say why."))
    amount = row.approved_amount
    entry = row.ledger.filter(kind=EntryKind.APPROVE, reversed_by=None).first()
    if entry is None:
        raise Refused(_("Papers of former times are corrected in their file."))
    free_gifts(row)
    using.release(row, amount, by=by)
    book(row, EntryKind.REVERSE, by=by, approved=-amount, text=reason, reverses=entry)
    row.evidence_due_on = None
    _go(row, State.VOID, by, "application.called_off")
    return row


def evidence_due_on(application: Application) -> date | None:
    """The last day for the evidence: working days after the event, or after the approval."""
    days = application.category.evidence_days
    if days is None:
        return None
    start = max(application.event_on or timezone.localdate(), timezone.localdate())
    return add_working_days(start, days, unit=application.unit)


def _held(application: Application) -> Application:
    return (
        lock(Application.objects.filter(pk=application.pk))
        .select_related("category", "unit", "budget")
        .get()
    )


def _hold_customers(row: Application) -> list[Customer]:
    """The customers concerned, held: two papers for one customer count their sums one by one."""
    keys = row.customers.values_list("customer", flat=True)
    return list(lock(Customer.objects.filter(pk__in=list(keys)), no_key=True))


def _go(row: Application, state: State, by: Any, action: str) -> None:
    """Take a held application into a state, save it, and tell the audit log."""
    if state not in NEXT[State(row.state)]:
        raise Refused(
            _("This application is “{state}” and cannot become “{wanted}”.").format(
                state=State(row.state).label, wanted=state.label
            )
        )
    row.state = state
    if state in (State.REJECTED, State.WITHDRAWN, State.VOID):
        row.ended_at = timezone.now()
    _save(row)
    record(action, by=by, subject=row, number=row.number, amount=str(row.amount))
    if state == State.APPROVED and row.evidence_due_on:
        notify(
            [row.applicant_id],
            "expenses.evidence_wanted",
            key=f"application:{row.pk}:evidence",
            url=row.get_absolute_url(),
            number=row.number,
            due_on=row.evidence_due_on.isoformat(),
        )


def _save(row: Application) -> None:
    row.version += 1
    row.save()

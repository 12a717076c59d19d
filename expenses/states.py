"""The states of an application for money, and which may follow which (EXP-01…EXP-08).

A running application is decided in `approvals`; the states here repeat how that went, because
lists, budgets and the ledger ask for them. Nothing leaves `void`, `rejected` or `withdrawn` but by
a new application.
"""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

VIEW: Final = "expenses.view_application"


class State(models.TextChoices):
    DRAFT = "draft", _("Draft")
    IN_APPROVAL = "in_approval", _("In approval")
    SENT_BACK = "sent_back", pgettext_lazy("application", "Sent back")
    APPROVED = "approved", pgettext_lazy("application", "Approved")
    REJECTED = "rejected", pgettext_lazy("application", "Rejected")
    WITHDRAWN = "withdrawn", pgettext_lazy("application", "Withdrawn")
    PAID = "paid", pgettext_lazy("application", "Paid")
    SETTLED = "settled", _("Settled")
    VOID = "void", pgettext_lazy("application", "Void")


#: What the applicant may still write in.
EDITABLE: Final = frozenset({State.DRAFT, State.SENT_BACK})
#: What was granted: these count as approved in the ledger.
GRANTED: Final = frozenset({State.APPROVED, State.PAID, State.SETTLED})
#: What will not go on.
ENDED: Final = frozenset({State.REJECTED, State.WITHDRAWN, State.SETTLED, State.VOID})

NEXT: Final[dict[State, frozenset[State]]] = {
    State.DRAFT: frozenset({State.IN_APPROVAL, State.VOID}),
    State.IN_APPROVAL: frozenset(
        {State.SENT_BACK, State.APPROVED, State.REJECTED, State.WITHDRAWN, State.VOID}
    ),
    State.SENT_BACK: frozenset({State.IN_APPROVAL, State.WITHDRAWN, State.VOID}),
    State.APPROVED: frozenset({State.PAID, State.SETTLED, State.VOID}),
    State.PAID: frozenset({State.SETTLED, State.APPROVED}),
    State.SETTLED: frozenset(),
    State.REJECTED: frozenset(),
    State.WITHDRAWN: frozenset(),
    State.VOID: frozenset(),
}

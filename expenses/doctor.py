"""What the self-check says about money."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.doctor import Finding, error, ok, register
from expenses.selectors.invariants import differences


@register("expenses.ledger", gettext_lazy("Ledger of expenses"), quick=False, needs_database=True)
def ledger() -> Iterator[Finding]:
    """Whether applications, payments, budgets and gifts agree with ledger and movements."""
    found = differences()
    if found:
        advice = _("Run “manage.py ledger_check” to see them; correct them by reversing entries.")
        sentence = _("Sums of money that differ from the ledger: {count}.")
        yield error(sentence.format(count=len(found)), advice)
    else:
        yield ok(_("All sums of money agree with the ledger."))

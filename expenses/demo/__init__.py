"""Money of the demonstration: budgets handed down, a year that was spent, papers in every state.

`words` has the purposes, `past` writes what was spent and the budgets it came from, `papers` lets
some applications run through their flows, `beside` adds gifts, key dates and events, `removal`
takes all of it out.
"""

from django.utils.translation import gettext_lazy as _

from customers.demo.parts import Part, register
from expenses.demo.papers import write_money
from expenses.demo.removal import HISTORIES, remove_money

register(
    Part(
        write_money,
        remove_money,
        {
            "budgets": _("Budgets"),
            "applications": _("Applications"),
            "gifts": _("Gifts"),
            "key_dates": _("Key dates"),
            "events": _("Customer events"),
        },
        HISTORIES,
    )
)

"""Verbs of the archive: each one transaction, keyword-only, with the acting person as `by`."""

from customers.services.activities import (
    cancel_activity,
    complete_activity,
    log_activity,
    plan_activity,
)
from customers.services.contacts import add_contact, change_contact
from customers.services.customers import (
    change_customer,
    create_customer,
    hand_over,
    share_customer,
)
from customers.services.reveal import reveal, reveals_left

__all__ = [
    "add_contact",
    "cancel_activity",
    "change_contact",
    "change_customer",
    "complete_activity",
    "create_customer",
    "hand_over",
    "log_activity",
    "plan_activity",
    "reveal",
    "reveals_left",
    "share_customer",
]

"""Verbs of the archive: each one transaction, keyword-only, with the acting person as `by`."""

from customers.services.activities import (
    cancel_activity,
    complete_activity,
    log_activity,
    move_activity,
    plan_activity,
)
from customers.services.contacts import add_contact, change_contact
from customers.services.contracts import (
    add_instalment,
    add_receipt,
    drop_instalment,
    drop_receipt,
    save_contract,
    save_opportunity,
)
from customers.services.customers import change_customer, create_customer
from customers.services.duplicates import dismiss_pair, find_duplicates
from customers.services.losses import record_loss, win_back
from customers.services.merging import merge_customers
from customers.services.reveal import reveal, reveals_left
from customers.services.shares import (
    delete_old_shares,
    end_share,
    end_shares,
    may_share,
    share_customer,
)
from customers.services.targets import drop_target, set_target
from customers.services.value import (
    assess_credit,
    drop_demand,
    judge_value,
    save_demand,
)
from customers.services.work import hand_over, hand_over_places

__all__ = [
    "add_contact",
    "add_instalment",
    "add_receipt",
    "assess_credit",
    "cancel_activity",
    "change_contact",
    "change_customer",
    "complete_activity",
    "create_customer",
    "delete_old_shares",
    "dismiss_pair",
    "drop_demand",
    "drop_instalment",
    "drop_receipt",
    "drop_target",
    "end_share",
    "end_shares",
    "find_duplicates",
    "hand_over",
    "hand_over_places",
    "judge_value",
    "log_activity",
    "move_activity",
    "may_share",
    "merge_customers",
    "plan_activity",
    "record_loss",
    "reveal",
    "reveals_left",
    "save_contract",
    "save_demand",
    "save_opportunity",
    "set_target",
    "share_customer",
    "win_back",
]

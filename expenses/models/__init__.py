"""The tables of customer-relationship money."""

from expenses.models.applications import (
    Application,
    ApplicationCustomer,
    ApplicationFile,
    ApplicationLine,
)
from expenses.models.budgets import (
    Budget,
    BudgetChange,
    BudgetEntry,
    BudgetMove,
    ChangeKind,
    ChangeState,
)
from expenses.models.categories import Category, Family, Needs
from expenses.models.events import (
    DateKind,
    Event,
    EventCustomer,
    EventFile,
    EventKind,
    EventState,
    KeyDate,
)
from expenses.models.gifts import Gift, GiftLine, GiftMove, GiftMovement
from expenses.models.ledger import (
    EntryKind,
    Evidence,
    EvidenceKind,
    LedgerEntry,
    PayBy,
    Payment,
    PaymentKind,
    Receipt,
    ReceiptKind,
    ReviewMark,
    Settlement,
)

__all__ = [
    "Application",
    "ApplicationCustomer",
    "ApplicationFile",
    "ApplicationLine",
    "Budget",
    "BudgetChange",
    "BudgetEntry",
    "BudgetMove",
    "Category",
    "ChangeKind",
    "ChangeState",
    "DateKind",
    "EntryKind",
    "Event",
    "EventCustomer",
    "EventFile",
    "EventKind",
    "EventState",
    "Evidence",
    "EvidenceKind",
    "Family",
    "Gift",
    "GiftLine",
    "GiftMove",
    "GiftMovement",
    "KeyDate",
    "LedgerEntry",
    "Needs",
    "PayBy",
    "Payment",
    "PaymentKind",
    "Receipt",
    "ReceiptKind",
    "ReviewMark",
    "Settlement",
]

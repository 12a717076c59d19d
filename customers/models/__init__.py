"""The archive: customers and their places, contacts, properties, activities (CUS-12…CUS-21)."""

from customers.models.activities import Activity, ActivityKind, ActivityState
from customers.models.contracts import (
    Contract,
    ContractStatus,
    Instalment,
    Opportunity,
    Outcome,
    Receipt,
)
from customers.models.customers import (
    CLASS_WORDS,
    POTENTIAL,
    STRATEGIC,
    Contact,
    Customer,
    CustomerClass,
    CustomerKind,
    CustomerShare,
    CustomerUnit,
    NameReading,
    OwnerStage,
    Purpose,
    Scheme,
)
from customers.models.losses import Loss
from customers.models.merging import CustomerMerge, DuplicatePair, Likeness
from customers.models.properties import Ownership, Property
from customers.models.targets import SalesTarget
from customers.models.transactions import Transaction, TransactionFile
from customers.models.value import CreditSheet, Demand, DemandSource, ValueSheet

__all__ = [
    "CLASS_WORDS",
    "POTENTIAL",
    "STRATEGIC",
    "Activity",
    "ActivityKind",
    "ActivityState",
    "Contact",
    "Contract",
    "ContractStatus",
    "CreditSheet",
    "Customer",
    "CustomerClass",
    "CustomerKind",
    "CustomerMerge",
    "CustomerShare",
    "CustomerUnit",
    "Demand",
    "DemandSource",
    "DuplicatePair",
    "Likeness",
    "Instalment",
    "Loss",
    "NameReading",
    "Opportunity",
    "Outcome",
    "OwnerStage",
    "Ownership",
    "Property",
    "Purpose",
    "Receipt",
    "SalesTarget",
    "Scheme",
    "Transaction",
    "TransactionFile",
    "ValueSheet",
]

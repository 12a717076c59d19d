"""The archive: customers and their places, contacts, properties, activities (CUS-12…CUS-21)."""

from customers.models.activities import Activity, ActivityKind, ActivityState
from customers.models.customers import (
    STRATEGIC,
    Contact,
    Customer,
    CustomerClass,
    CustomerKind,
    CustomerShare,
    CustomerUnit,
    NameReading,
    OwnerStage,
    Scheme,
)
from customers.models.properties import Ownership, Property

__all__ = [
    "STRATEGIC",
    "Activity",
    "ActivityKind",
    "ActivityState",
    "Contact",
    "Customer",
    "CustomerClass",
    "CustomerKind",
    "CustomerShare",
    "CustomerUnit",
    "NameReading",
    "OwnerStage",
    "Ownership",
    "Property",
    "Scheme",
]

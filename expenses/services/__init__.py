"""What is written: one verb, one function, one transaction."""

from customers.services.reveal import FIELDS
from expenses.models import Application

FIELDS[Application] = frozenset({"account", "phone"})

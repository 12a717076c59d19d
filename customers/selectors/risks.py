"""Which service the risk condition of a customer calls for (CUS-34)."""

from customers.models import Customer
from regions.policies import policy

ANYBODY = "any"


def risk_words() -> list[str]:
    """The risk conditions that the group tells apart, in its order."""
    return list(dict.fromkeys(row["risk"] for row in policy("customers.risk_service")))


def risk_service(customer: Customer) -> str:
    """The service for a customer: that of the first row which fits his kind, risk condition and
    business; nothing where none does."""
    if not customer.risk:
        return ""
    for row in policy("customers.risk_service"):
        fits = row["kind"] in (ANYBODY, customer.kind) and row["risk"] == customer.risk
        if fits and row["business"] in ("", customer.business_type, customer.industry):
            return row["service"]
    return ""

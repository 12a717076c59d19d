"""Whether the Customer Management Committee is concerned with a case, and who speaks for it."""

from datetime import datetime
from typing import Any

from complaints.models import Case, Relation
from complaints.selectors.relations import Relations
from customers.models import STRATEGIC


def is_strategic(case: Case) -> bool:
    """Whether the complainant is a strategic customer today."""
    return case.customer is not None and case.customer.level == STRATEGIC


def speaks_for_it(case: Case, by: Any, now: datetime) -> bool:
    """Whether somebody belongs to the committee of a case, or stands in for one who does; where
    there is none, whoever a step of the ladder reaches in its place."""
    return by.pk in Relations(now, case.unit).addressee(case, Relation.COMMITTEE).people

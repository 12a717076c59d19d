"""Serious disagreements of strategic customers (CMP-02, CMP-06): the committee owes a reaction.

It is owed from when a disagreement is reported. A complaint of a serious level is one by itself,
whatever else somebody who works on a case reports as such. The ladder then tells the marketing
specialist, the contact leader and the Customer Management Committee.
"""

from datetime import datetime
from typing import Any

from complaints.models import Case, CaseKind, Deadline, LimitKind, Relation
from complaints.selectors.relations import Relations
from complaints.services import clocks
from customers.models import STRATEGIC


def is_strategic(case: Case) -> bool:
    """Whether the complainant is a strategic customer today."""
    return case.customer is not None and case.customer.level == STRATEGIC


def begin(case: Case, at: datetime) -> None:
    """The committee owes its reaction from now on; once in a round."""
    clocks.start(case, (LimitKind.COMMITTEE,), at)


def begin_if_grave(case: Case, at: datetime) -> None:
    """As `begin` for a serious complaint of a strategic customer; other cases stay as they are."""
    grave = case.kind == CaseKind.COMPLAINT and case.level is not None and case.level.is_serious
    if grave and is_strategic(case):
        begin(case, at)


def was_reported(case: Case) -> bool:
    """Whether a disagreement was reported in this round of the case."""
    rows = Deadline.objects.filter(case=case, kind=LimitKind.COMMITTEE, round=case.round)
    return rows.exists()


def is_owed(case: Case) -> bool:
    """Whether the committee has not reacted yet."""
    if case.customer_id is None:
        return False
    rows = Deadline.objects.filter(case=case, kind=LimitKind.COMMITTEE)
    return rows.filter(met_at=None, dropped=False).exists()


def speaks_for_it(case: Case, by: Any, now: datetime) -> bool:
    """Whether somebody belongs to the committee of a case, or stands in for one who does; where
    there is none, whoever a step of the ladder reaches in its place."""
    return by.pk in Relations(now, case.unit).addressee(case, Relation.COMMITTEE).people

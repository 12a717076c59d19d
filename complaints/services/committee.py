"""Serious disagreements of strategic customers (CMP-02, CMP-06): the committee owes a reaction.

It is owed from when a disagreement is reported. A complaint of a serious level is one by itself,
whatever else somebody who works on a case reports as such. The ladder then tells the marketing
specialist, the contact leader and the Customer Management Committee.
"""

from datetime import datetime

from complaints.models import Case, CaseKind, LimitKind
from complaints.selectors.committee import is_strategic
from complaints.services import clocks


def begin(case: Case, at: datetime) -> None:
    """The committee owes its reaction from now on; once in a round."""
    clocks.start(case, (LimitKind.COMMITTEE,), at)


def begin_if_grave(case: Case, at: datetime) -> None:
    """As `begin` for a serious complaint of a strategic customer; other cases stay as they are."""
    grave = case.kind == CaseKind.COMPLAINT and case.level is not None and case.level.is_serious
    if grave and is_strategic(case):
        begin(case, at)

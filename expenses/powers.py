"""What a reader may do with an application: for buttons; the services decide."""

from typing import Any

from expenses.models import Application
from expenses.states import GRANTED

ADD = "expenses.add_application"
PAY = "expenses.pay_application"
BENEFICIARY = "expenses.view_beneficiary"


def is_mine(paper: Application, user: Any) -> bool:
    """Whether the reader applied, or wrote it down for the applicant."""
    return user.pk in (paper.applicant_id, paper.entered_by_id)


def may_write(paper: Application, user: Any) -> bool:
    """Whether it is the reader's to change, to submit or to take back."""
    return is_mine(paper, user) and bool(user.has_perm(ADD))


def reaches(paper: Application, user: Any, right: str) -> bool:
    """Whether the reader has a right where the application lies."""
    if not user.has_perm(right):
        return False
    return Application.objects.visible_to(user, right).filter(pk=paper.pk).exists()


def may_prove(paper: Application, user: Any) -> bool:
    """Whether the reader brings evidence and receipts of a granted application."""
    if paper.state not in GRANTED:
        return False
    return is_mine(paper, user) or reaches(paper, user, ADD) or reaches(paper, user, PAY)

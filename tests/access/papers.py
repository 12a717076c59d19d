"""An approved application of the matrix with its payment and evidence, and a draft."""

from decimal import Decimal
from io import BytesIO
from typing import Any

from django.utils import timezone

from accounts.models import User
from expenses.models import Application, Category
from expenses.services import evidence, payments
from expenses.services.applications import Given, save
from expenses.services.booking import book
from expenses.states import State
from regions.models import OrgUnit
from tests import attached


def papers_of(unit: OrgUnit, clerk: User) -> dict[str, Any]:
    """Papers of the clerk in a unit, by the names that the table uses."""
    category = Category.objects.get(code="survey")
    given = Given(category=category, unit=unit, title="matrix")
    draft, paper = save(given, by=clerk), save(given, by=clerk)
    total = Decimal("100.00")
    Application.objects.filter(pk=paper.pk).update(
        amount=total, state=State.APPROVED, approved_at=timezone.now()
    )
    paper.refresh_from_db()
    book(paper, "approve", by=None, approved=total, text="matrix")
    paper.save()
    payment = payments.pay(paper, amount=Decimal("40.00"), by=None)
    file = evidence.add(paper, BytesIO(attached.picture("teal")), "matrix.jpg", by=clerk)
    return {
        "paper": paper.pk,
        "paper_draft": draft.pk,
        "paper_payment": payment.pk,
        "paper_file": file.pk,
    }

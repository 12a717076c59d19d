"""What of complaints can be approved: the closing of cases of grave levels."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.models import Approval
from approvals.subjects import Facts, FieldSpec, Handlers, Subject, register
from complaints.models import Case
from complaints.services import make_move
from complaints.services.closing import KIND, may_ask


def facts(case: Case) -> Facts:
    """A case as its closing is decided on. A case that was reopened meanwhile is another one."""
    level = case.level.name if case.level else ""
    category = case.category.name if case.category else ""
    return Facts(
        title=_("Closing of case {number}").format(number=case.number),
        unit=case.unit,
        fields={"level": level, "category": category},
        snapshot={
            "number": case.number,
            "level": level,
            "category": category,
            "content": case.content,
            "result": case.resolution,
            "rating": case.rating,
            "round": case.round,
            "state": case.state,
        },
        url=case.get_absolute_url(),
    )


def close(case: Case, approval: Approval, *, by: Any) -> None:
    """The case is closed in the name of whoever asked for it."""
    make_move(case, "close", by=approval.applicant, approval=approval.pk)


register(
    Subject(
        kind=KIND,
        label=gettext_lazy("Closing of a case"),
        model=Case,
        facts=facts,
        fields=(
            FieldSpec("level", gettext_lazy("Level")),
            FieldSpec("category", gettext_lazy("Category")),
        ),
        template="complaints/_approval.html",
        may_submit=may_ask,
        work="complaints.case",
        on=Handlers(approved=close),
    )
)

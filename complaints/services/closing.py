"""Closing cases of grave levels: asked for, and closed by the approval (WF-01).

The rule complaints.closing_approval names the levels; without any, cases are closed as always.
"""

from typing import Any

from django.utils.translation import gettext as _

from approvals.models import Approval, ApprovalState
from approvals.services import open_approval, submit
from complaints.models import Case
from complaints.selectors.powers import Powers
from complaints.states import MOVES
from core.display import when
from core.errors import Refused
from regions.policies import policy

KIND = "complaints.closing"


def needs_approval(case: Case) -> bool:
    """Whether a case of this level is closed only with an approval."""
    if case.level is None:
        return False
    named = policy("complaints.closing_approval", case.unit_id)
    return case.level.name in {row["level"] for row in named}


def ask_closing(case: Case, *, by: Any, comment: str = "", request_key: str = "") -> Approval:
    """Ask that a case may be closed; with the last agreement it is closed by itself.

    Raises Refused for who may not close it, and when it is asked for already.
    """
    waiting = open_approval(case, KIND)
    if waiting is not None and waiting.state == ApprovalState.RUNNING:
        raise Refused(waits(waiting))
    return submit(case, kind=KIND, by=by, comment=comment, request_key=request_key)


def waits(approval: Approval) -> str:
    """The sentence about an approval that is not decided yet."""
    sentence = _("Closing waits for approval since {time}, asked for by {name}.")
    return sentence.format(time=when(approval.started_at), name=approval.applicant.name)


def may_ask(case: Case, by: Any) -> bool:
    """Whoever could close the case now."""
    move = MOVES["close"]
    return case.state in move.sources and not Powers(by, [case]).why_not(case, move)


def refuse_unapproved(case: Case, approval: int | None) -> None:
    """Raises Refused for closing a case that needs an approval without it."""
    if not needs_approval(case):
        return
    given = Approval.objects.filter(
        subject_kind=KIND, subject_id=case.pk, state=ApprovalState.APPROVED
    )
    if approval is None or not given.filter(pk=approval).exists():
        raise Refused(_("Closing a case of this level needs an approval; please ask for it."))

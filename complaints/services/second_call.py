"""A further call about a matter that is open already: taken in, and merged at once."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from complaints.models import Case
from complaints.services import clocks
from complaints.services.files import adopt
from complaints.services.intake import register_case
from complaints.services.log import log
from complaints.services.moves import hold
from complaints.services.telling import tell
from complaints.states import OPEN, State
from core.errors import Refused
from core.models import Draft


@transaction.atomic
def register_into(into: Case, *, by: Any, draft: Draft | None = None, **values: Any) -> Case:
    """Register a case (`values` as for register_case) and merge it into an open one in reach,
    which gets the files of the form's draft.

    Whoever takes the call may do so: nobody has the new case yet. Raises Refused as
    register_case does, and when the other case has ended meanwhile.
    """
    target = hold(into)
    if target.state not in OPEN or not Case.objects.visible_to(by).filter(pk=target.pk).exists():
        raise Refused(_("Please choose another case that is still open."))
    case = register_case(by=by, assign=False, **values)
    now = timezone.now()
    clocks.drop(case)
    case.merged_into, case.merged_from_state = target, State.REGISTERED
    case.state = State.MERGED
    case.version += 1
    case.save()
    log(case, "merge", by=by, at=now, before=State.REGISTERED, into=target.number)
    entry = log(target, "merged_in", by=by, at=now, text=case.content, number=case.number)
    adopt(target, draft, entry, by=by)
    if by is None or target.handler_id != by.pk:
        key = f"case:{case.pk}:called_again"
        tell([target.handler_id], "complaints.called_again", target, key=key)
    record("case.merge", by=by, subject=case)
    return case

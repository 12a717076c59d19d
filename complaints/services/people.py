"""Who is on a case besides its handler: collaborators (协办人) and those who follow it (关注)."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from complaints.models import Case, CasePerson, PersonRole
from complaints.services.assignment import refuse_handler
from complaints.services.log import log
from complaints.services.moves import hold, works_on
from complaints.services.telling import may_see, tell
from complaints.states import OPEN
from core.errors import Refused, Stale

WATCHER, COLLABORATOR = PersonRole.WATCHER, PersonRole.COLLABORATOR


@transaction.atomic
def add_collaborator(case: Case, *, user: User, by: Any, text: str = "") -> CasePerson:
    """Pull somebody in, and tell him. He then works on the case as its handler does.

    Whoever works on the case may. Raises Refused for an ended case, for the handler himself, and
    for whom no role lets handle cases of the unit: helping opens no case that lies out of reach.
    """
    held = hold(case)
    _check_open(held)
    _check_by(held, by)
    if held.handler_id == user.pk:
        raise Refused(_("{person} handles this case already.").format(person=user.name))
    refuse_handler(user, held)
    row = CasePerson.objects.filter(case=held, user=user).first()
    if row is not None and row.role == COLLABORATOR:
        raise Refused(_("{person} helps with this case already.").format(person=user.name))
    row = row or CasePerson(case=held, user=user)
    row.role, row.added_by, row.added_at = COLLABORATOR, by, timezone.now()
    row.save()
    entry = log(held, "pulled_in", by=by, at=row.added_at, text=text.strip(), handler=user.pk)
    if by is None or by.pk != user.pk:
        name = by.name if by is not None else ""
        tell([user.pk], "complaints.pulled_in", held, key=f"entry:{entry.pk}", by=name)
    record("case.collaborator_added", by=by, subject=held, employee_no=user.employee_no)
    return row


@transaction.atomic
def remove_person(person: CasePerson, *, by: Any) -> None:
    """Let somebody go who helped with a case or followed it; everybody may leave by himself.

    Raises Refused for whoever does not work on the case, Stale when he is gone already.
    """
    held = hold(person.case)
    row = CasePerson.objects.filter(pk=person.pk).select_related("user").first()
    if row is None:
        raise Stale(_("This person is no longer on the case."))
    if by is None or row.user_id != by.pk:
        _check_by(held, by)
    row.delete()
    if row.role == COLLABORATOR:
        log(held, "let_go", by=by, at=timezone.now(), handler=row.user_id)
        record("case.person_removed", by=by, subject=held, employee_no=row.user.employee_no)


@transaction.atomic
def watch(case: Case, *, by: User) -> CasePerson:
    """Follow a case without working on it: its moves are told. Twice is once.

    Raises Refused for a case that one does not see, handles or helps with.
    """
    held = hold(case)
    if not may_see(by, held):
        raise Refused(_("This case lies out of your reach."))
    if held.handler_id == by.pk:
        raise Refused(_("{person} handles this case already.").format(person=by.name))
    row, _made = CasePerson.objects.get_or_create(
        case=held, user=by, defaults={"role": WATCHER, "added_by": by}
    )
    return row


@transaction.atomic
def unwatch(case: Case, *, by: User) -> None:
    """No longer follow a case. Twice is once; who helps with it goes on helping."""
    CasePerson.objects.filter(case=case, user=by, role=WATCHER).delete()


def _check_open(case: Case) -> None:
    if case.state not in OPEN:
        raise Refused(_("A case that has ended needs no further help."))


def _check_by(case: Case, by: Any) -> None:
    if by is not None and not works_on(case, by):
        raise Refused(
            _("Only the handler, his collaborators and whoever assigns cases may do this.")
        )

"""Group complaints (群诉): one parent case for many complainants, one statement, one resolution.

The parent is a case of its own, with the level for many complainants. Its children stay where
they are and keep their clocks; what is told or resolved on the parent is told and resolved on all.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from complaints.models import Case, Channel, Complainant, Level, LimitKind
from complaints.services import clocks
from complaints.services.intake import register_case
from complaints.services.log import log
from complaints.services.moves import refuse_open_works
from complaints.states import ASSIGN, OPEN, UNSOLVED, State
from core.errors import Refused
from core.locking import lock
from regions.models import OrgUnit

FEWEST = 2


@transaction.atomic
def form_group(
    cases: Sequence[Case], *, by: Any, content: str, spokesperson: Complainant | None = None
) -> Case:
    """A parent case over several open cases; it lies in the lowest unit that holds them all.

    Raises Refused for fewer than two, for cases out of reach, ended, or in a group already.
    """
    held = _lock(cases, by)
    if len(held) < FEWEST:
        raise Refused(_("Please choose at least two open cases."))
    taken = [case.number for case in held if case.parent_id is not None]
    if taken:
        raise Refused(_("{number} belongs to a group complaint already.").format(number=taken[0]))
    first = min(held, key=lambda case: (case.taken_in_at, case.pk))
    parent = register_case(
        unit=_common_unit(held),
        by=by,
        content=content,
        channel=first.channel or Channel.OTHER,
        category=first.category,
        level=Level.objects.filter(is_mass=True).first() or first.level,
        name=_("{count} complainants").format(count=len(held)),
    )
    _join(parent, held, by)
    if spokesperson is not None and spokesperson.case_id in {case.pk for case in held}:
        choose_spokesperson(spokesperson, by=by)
    record("case.group_formed", by=by, subject=parent, count=len(held))
    return parent


@transaction.atomic
def join_group(parent: Case, cases: Sequence[Case], *, by: Any) -> int:
    """Add open cases to a group. Returns how many joined."""
    owner = Case.objects.select_for_update(of=("self",)).get(pk=parent.pk)
    if owner.state not in OPEN or owner.parent_id is not None:
        raise Refused(_("This group complaint has ended; please form a new one."))
    held = [case for case in _lock(cases, by) if case.pk != owner.pk and case.parent_id is None]
    _join(owner, held, by)
    return len(held)


@transaction.atomic
def leave_group(case: Case, *, by: Any) -> Case:
    """Take a case out of its group; it goes on by itself."""
    held = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    if held.parent_id is None:
        raise Refused(_("This case belongs to no group complaint."))
    number = held.parent.number if held.parent else ""
    held.parent = None
    held.save(update_fields=["parent"])
    log(held, "left_group", by=by, at=timezone.now(), number=number)
    return held


@transaction.atomic
def choose_spokesperson(person: Complainant, *, by: Any) -> None:
    """One complainant speaks for the group of his case."""
    parent = person.case.parent_id
    Complainant.objects.filter(case__parent=parent, is_spokesperson=True).update(
        is_spokesperson=False
    )
    Complainant.objects.filter(pk=person.pk).update(is_spokesperson=True)
    log(person.case, "spokesperson", by=by, at=timezone.now(), text=person.name)


@transaction.atomic
def publish_statement(parent: Case, *, by: Any, text: str) -> int:
    """One answer to all complainants: it stands in the log of the parent and of every open child
    and counts as the first contact. Returns how many cases it reached."""
    if not text.strip():
        raise Refused(_("Please write the common statement."))
    now = timezone.now()
    held = _hold_all(parent)
    for case in held:
        if case.first_contact_at is None:
            case.first_contact_at = now
            case.save(update_fields=["first_contact_at"])
            clocks.meet(case, LimitKind.FIRST_CONTACT, now)
        log(case, "statement", by=by, at=now, text=text.strip(), internal=False)
    record("case.statement", by=by, subject=parent, count=len(held) - 1)
    return len(held)


@transaction.atomic
def resolve_group(parent: Case, *, by: Any, resolution: str) -> int:
    """One resolution to the parent and every child that is not solved yet. Each owner is then
    called back. Returns how many cases were resolved. Raises Refused while a contractor is still
    at work on one of them."""
    if not resolution.strip():
        raise Refused(_("Please write down the result."))
    if by is not None and not Case.objects.visible_to(by, ASSIGN).filter(pk=parent.pk).exists():
        raise Refused(_("Only whoever assigns cases may resolve a whole group."))
    now, count = timezone.now(), 0
    for held in _hold_all(parent):
        if held.state in UNSOLVED:
            refuse_open_works(held)
            _resolve(held, by, now, resolution.strip())
            count += 1
    record("case.group_resolved", by=by, subject=parent, count=count)
    return count


def _resolve(case: Case, by: Any, now: Any, resolution: str) -> None:
    before = case.state
    clocks.end_pause(case, now)
    case.state, case.resolution, case.resolved_at = State.RESOLVED, resolution, now
    case.first_contact_at = case.first_contact_at or now
    case.version += 1
    for kind in clocks.BEFORE_RESOLUTION:
        clocks.meet(case, kind, now)
    case.save()
    log(case, "resolve", by=by, at=now, text=resolution, before=before)
    clocks.start(case, (LimitKind.CALL_BACK,), now)


def _lock(cases: Iterable[Case], by: Any) -> list[Case]:
    rows = Case.objects.filter(state__in=OPEN)
    if by is not None:
        rows = Case.objects.visible_to(by, ASSIGN).filter(state__in=OPEN)
    keys = {case.pk for case in cases}
    return list(lock(rows.filter(pk__in=keys)).select_related("unit", "level", "category"))


def _join(parent: Case, cases: Iterable[Case], by: Any) -> None:
    now = timezone.now()
    for case in cases:
        case.parent = parent
        case.save(update_fields=["parent"])
        log(case, "joined_group", by=by, at=now, number=parent.number)


def _hold_all(parent: Case) -> list[Case]:
    """The parent and its open children, locked in the order of their keys as every holder of
    several cases does, and read after the wait: one may have been classed otherwise meanwhile."""
    rows = Case.objects.filter(Q(pk=parent.pk) | Q(parent=parent, state__in=OPEN))
    return list(lock(rows).select_related("level", "category", "top_category", "unit"))


def _common_unit(cases: Sequence[Case]) -> OrgUnit:
    """The lowest unit that has all of them below it."""
    lines = [case.unit.ancestor_ids() for case in cases]
    common = [keys[0] for keys in zip(*lines, strict=False) if len(set(keys)) == 1]
    return OrgUnit.objects.get(pk=common[-1])

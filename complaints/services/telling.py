"""Telling people about cases: whoever is away gets his notice, and his stand-in a copy."""

from collections.abc import Iterable
from typing import Any

from accounts.models import User
from accounts.selectors.stand_ins import StandIns
from complaints.models import Case, CasePerson
from complaints.states import VIEW, Move
from core.notices import notify


def tell(people: Iterable[int | None], kind: str, case: Case, *, key: str, **facts: Any) -> int:
    """Tell people, by their keys, and the stand-ins of those who are away, about a case."""
    keys = StandIns().with_deputies(one for one in people if one is not None)
    return notify(
        keys,
        kind,
        key=key,
        url=case.get_absolute_url(),
        number=case.number,
        unit=case.unit.name,
        **facts,
    )


def tell_followers(case: Case, move: Move, by: Any) -> int:
    """Tell who helps with a case or follows it of a move that somebody else made.

    Whose role no longer reaches the case is not told.
    """
    rows = CasePerson.objects.filter(case=case).exclude(user=case.handler)
    people = [row.user for row in rows.select_related("user") if by is None or row.user_id != by.pk]
    return notify(
        [one for one in people if may_see(one, case)],
        "complaints.moved",
        key=f"case:{case.pk}:moved:{case.version}",
        url=case.get_absolute_url(),
        number=case.number,
        unit=case.unit.name,
        move=str(move.name),
        by=by.name if by is not None else "",
    )


def may_see(person: User, case: Case) -> bool:
    """Whether somebody sees a case."""
    return Case.objects.visible_to(person, VIEW).filter(pk=case.pk).exists()

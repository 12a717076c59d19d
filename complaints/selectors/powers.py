"""What somebody may do with cases: every move of any number of cases in three queries.

Pages ask before they offer a move, the service asks again under its lock. Both read it here.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Value
from django.utils.translation import gettext as _

from complaints.models import Case, CasePerson, PersonRole
from complaints.states import ASSIGN, HANDLE, MOVES, Move, moves_from
from regions.policies import policy


class Powers:
    """The moves that a person may make in some cases, read once. `by` None is the operator, who
    may make all of them. Cases need `level` and `handler` loaded.
    """

    def __init__(self, by: Any, cases: Iterable[Case]) -> None:
        self.by = by
        keys = [case.pk for case in cases]
        self.reached: set[tuple[int, str]] = set()
        self.helped: set[int] = set()
        if by is None or not keys:
            return
        self.reached = _reached(by, keys)
        helps = CasePerson.objects.filter(case__in=keys, user=by, role=PersonRole.COLLABORATOR)
        self.helped = set(helps.values_list("case", flat=True))

    def open_moves(self, case: Case) -> list[Move]:
        """The moves that are legal now and open to the person, in the order of the table."""
        return [move for move in moves_from(case.state) if not self.why_not(case, move)]

    def why_not(self, case: Case, move: Move) -> str:
        """Why the person may not make a move that is legal in itself; empty when he may."""
        if self.by is None:
            return ""
        if (case.pk, move.right) not in self.reached:
            return _("Your role does not let you do this: {move}.").format(move=move.label)
        if move.right == HANDLE and not self.works_on(case):
            return _("Only the handler, his collaborators and whoever assigns cases may do this.")
        if move.name == "accept" and case.handler_id != self.by.pk:
            return _("Only {person} can accept this case.").format(person=case.handler)
        if move.name == "reject":
            return self._why_no_rejection(case)
        if move.name == "close" and case.handler_id == self.by.pk and needs_second_person(case):
            return _("This case is closed by somebody who did not handle it.")
        return ""

    def works_on(self, case: Case) -> bool:
        """Whether the person handles the case, helps with it, or assigns cases where it lies."""
        is_his = case.handler_id == self.by.pk or case.pk in self.helped
        return is_his or (case.pk, ASSIGN) in self.reached

    def _why_no_rejection(self, case: Case) -> str:
        if case.reject_asked_by_id is None:
            return _("Nobody has proposed yet not to take this case.")
        if case.reject_asked_by_id == self.by.pk:
            return _("A second person decides about this: you proposed it yourself.")
        return ""


def _reached(by: Any, keys: list[int]) -> set[tuple[int, str]]:
    """Which of these cases lie within the person's reach, by right: one query."""
    parts = [
        Case.objects.visible_to(by, right)
        .filter(pk__in=keys)
        .order_by()
        .values_list("pk", Value(right))
        for right in sorted({move.right for move in MOVES.values()})
    ]
    return set(parts[0].union(*parts[1:], all=True))


def needs_second_person(case: Case) -> bool:
    """Whether the case must be closed by somebody who did not handle it (policy)."""
    rule = policy("complaints.second_person", case.unit_id)
    serious = case.level is not None and case.level.is_serious
    return rule == "all" or (rule == "serious" and serious)

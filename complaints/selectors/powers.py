"""What somebody may do with cases: every move of any number of cases in a few queries.

Pages ask before they offer a move, the service asks again under its lock. Both read it here.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import F, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.selectors.stand_ins import absent_for
from complaints.models import Case, CasePerson, Deadline, LimitKind, PersonRole, Urge
from complaints.selectors import committee
from complaints.states import ASSIGN, HANDLE, MOVES, REGISTER, Move, moves_from
from customers.models import STRATEGIC
from regions.policies import policy

# By which somebody may do something with a case.
RIGHTS = tuple(sorted({move.right for move in MOVES.values()} | {REGISTER}))
# What some moves need of a case beside its state.
URGED, IS_STRATEGIC, REPORTED, OWED = "urged", "strategic", "reported", "owed"


class Powers:
    """The moves that a person may make in some cases, read once. `by` None is the operator, who
    may make all that the case itself allows. Cases need `level`, `handler` and `unit` loaded.
    """

    def __init__(self, by: Any, cases: Iterable[Case]) -> None:
        self.by = by
        keys = [case.pk for case in cases]
        self.facts = _facts(keys) if keys else set()
        self.reached: set[tuple[int, str]] = set()
        self.helped: set[int] = set()
        self.stands_for: set[int] = set()
        if by is None or not keys:
            return
        self.reached = _reached(by, keys)
        helps = CasePerson.objects.filter(case__in=keys, user=by, role=PersonRole.COLLABORATOR)
        self.helped = set(helps.values_list("case", flat=True))
        self.stands_for = absent_for(by)

    def open_moves(self, case: Case) -> list[Move]:
        """The moves that are legal now and open to the person, in the order of the table."""
        return [move for move in moves_from(case.state) if not self.why_not(case, move)]

    def why_not(self, case: Case, move: Move) -> str:
        """Why the person may not make a move that is legal in itself; empty when he may."""
        problem = self._why_not_now(case, move)
        if problem or self.by is None:
            return problem
        if (case.pk, move.right) not in self.reached:
            return _("Your role does not let you do this: {move}.").format(move=move.label)
        if move.right == HANDLE and not self.works_on(case):
            return _("Only the handler, his collaborators and whoever assigns cases may do this.")
        if move.name == "accept" and not self._acts_for_handler(case):
            return _("Only {person} can accept this case.").format(person=case.handler)
        if move.name == "reject":
            return self._why_no_rejection(case)
        if move.name == "close" and self._acts_for_handler(case) and needs_second_person(case):
            return _("This case is closed by somebody who did not handle it.")
        if move.name == "react" and not committee.speaks_for_it(case, self.by, timezone.now()):
            return _("Only the Customer Management Committee records its reaction.")
        return ""

    def reaches(self, case: Case, *rights: str) -> bool:
        """Whether the case lies within the person's reach by one of these rights of RIGHTS."""
        return self.by is None or any((case.pk, right) in self.reached for right in rights)

    def may_work(self, case: Case) -> bool:
        """Whether the person may do the work of a case, moves or not."""
        return self.reaches(case, HANDLE) and self.works_on(case)

    def works_on(self, case: Case) -> bool:
        """Whether the person handles the case, stands in for its handler, helps with it, or
        assigns cases where it lies. The operator works on every case."""
        if self.by is None or self._acts_for_handler(case) or case.pk in self.helped:
            return True
        return (case.pk, ASSIGN) in self.reached

    def _acts_for_handler(self, case: Case) -> bool:
        if case.handler_id is None:
            return False
        return case.handler_id == self.by.pk or case.handler_id in self.stands_for

    def _why_not_now(self, case: Case, move: Move) -> str:
        """What the case itself lacks for a move that its state allows."""
        if move.name == "answer_urge" and (case.pk, URGED) not in self.facts:
            return _("Nobody waits for an answer about this case.")
        if move.name == "disagree":
            if (case.pk, IS_STRATEGIC) not in self.facts:
                return _("Only matters of strategic customers go to the committee.")
            if (case.pk, REPORTED) in self.facts:
                return _("The disagreement was reported already.")
        if move.name == "react" and (case.pk, OWED) not in self.facts:
            return _("The committee owes no reaction to this case.")
        return ""

    def _why_no_rejection(self, case: Case) -> str:
        if case.reject_asked_by_id is None:
            return _("Nobody has proposed yet not to take this case.")
        if case.reject_asked_by_id == self.by.pk:
            return _("A second person decides about this: you proposed it yourself.")
        return ""


def _facts(keys: list[int]) -> set[tuple[int, str]]:
    """What these cases are beside their state: one query."""
    committee_limits = Deadline.objects.filter(case__in=keys, kind=LimitKind.COMMITTEE)
    strategic = Case.objects.filter(pk__in=keys, customer__level=STRATEGIC)
    parts = [
        Urge.objects.filter(case__in=keys, answered_at=None).values_list("case", Value(URGED)),
        strategic.values_list("pk", Value(IS_STRATEGIC)),
        committee_limits.filter(round=F("case__round")).values_list("case", Value(REPORTED)),
        committee_limits.filter(
            met_at=None, dropped=False, case__customer__isnull=False
        ).values_list("case", Value(OWED)),
    ]
    unordered = [part.order_by() for part in parts]
    return set(unordered[0].union(*unordered[1:]))


def _reached(by: Any, keys: list[int]) -> set[tuple[int, str]]:
    """Which of these cases lie within the person's reach, by right: one query."""
    parts = [
        Case.objects.visible_to(by, right)
        .filter(pk__in=keys)
        .order_by()
        .values_list("pk", Value(right))
        for right in RIGHTS
    ]
    return set(parts[0].union(*parts[1:], all=True))


def needs_second_person(case: Case) -> bool:
    """Whether the case must be closed by somebody who did not handle it (policy)."""
    rule = policy("complaints.second_person", case.unit_id)
    serious = case.level is not None and case.level.is_serious
    return rule == "all" or (rule == "serious" and serious)

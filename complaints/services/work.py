"""Open cases as work that people hold: registered for the hand-over of accounts (ACC-16).

A case that is handed over keeps its state and its limits; its log says who had it before.
"""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts import handover
from accounts.models import HandOver, HandOverItem, Outcome, Reach, RoleGrant, User
from complaints.models import Case, CasePerson
from complaints.states import ASSIGN, HANDLE
from regions.models import OrgUnit

CASES = "complaints.case"


def case_takers(
    people: Collection[User], units: Collection[int], by: Any = None
) -> dict[int, set[int]]:
    """In which of these units each person may handle cases: person's key → keys of units.

    The same answer as assignment.may_handle, in a fixed number of queries. `by` sets no limit:
    who hands over chooses among those whose role reaches the unit.
    """
    places = list(OrgUnit.objects.filter(pk__in=units))
    app, codename = HANDLE.split(".")
    held: dict[int, list[RoleGrant]] = defaultdict(list)
    for grant in (
        RoleGrant.objects.now()
        .filter(user__in=[person.pk for person in people])
        .filter(role__permissions__codename=codename)
        .filter(role__permissions__content_type__app_label=app)
        .select_related("role")
    ):
        held[grant.user_id].append(grant)
    return {
        person.pk: {
            unit.pk
            for unit in places
            if person.is_active and any(_reaches(grant, unit) for grant in held[person.pk])
        }
        for person in people
    }


def _reaches(grant: RoleGrant, unit: OrgUnit) -> bool:
    if grant.role.reach == Reach.GROUP or grant.unit_id == unit.pk:
        return True
    return grant.role.reach != Reach.UNIT and grant.unit_id in unit.ancestor_ids()


handover.register(
    handover.Work(
        key=CASES,
        title=_("Open cases"),
        rows=Case.objects.open,
        holder="handler",
        takers=case_takers,
        right=ASSIGN,
        list_url="/complaints/desk/",
    )
)

LOG = """
    INSERT INTO complaints_caseentry
        (case_id, kind, at, by_id, from_state, to_state, text, facts, internal)
    SELECT c.id, 'handed_over', %s, %s, c.state, '', %s,
           jsonb_build_object('handler', {new}, 'former', {old}), true
    FROM accounts_handoveritem AS i JOIN complaints_case AS c ON c.id = i.record_id
    WHERE i.hand_over_id = %s AND i.kind = %s AND i.outcome = %s
"""


@handover.when_carried_out
def log_hand_over(hand_over: HandOver) -> None:
    """Write into each case who has it now; who helped with a case he handles now is its handler."""
    _note(hand_over, "i.to_user_id", "i.from_user_id", outcome="", by=hand_over.by_id)


@handover.when_undone
def log_return(hand_over: HandOver) -> None:
    """Write into each case that came back whose it is again."""
    by, back = hand_over.ended_by_id, Outcome.RETURNED
    _note(hand_over, "i.from_user_id", "i.to_user_id", outcome=back, by=by)


def _note(hand_over: HandOver, new: str, old: str, *, outcome: str, by: int | None) -> None:
    at = hand_over.ended_at or hand_over.done_at
    items = HandOverItem.objects.filter(hand_over=hand_over, kind=CASES, outcome=outcome)
    cases = Case.objects.filter(pk__in=items.values("record_id"))
    cases.update(version=F("version") + 1, assigned_at=at, updated_at=at)
    CasePerson.objects.filter(case__in=cases, user=F("case__handler")).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            LOG.format(new=new, old=old), [at, by, hand_over.reason, hand_over.pk, CASES, outcome]
        )

"""The yearly round of strategic customers: opened, nominated, evaluated, issued (CUS-25, CUS-26).

It opens and closes by its days (`run_rounds`, each night) and by hand. The list itself is issued by
a person: it changes customers of the whole company.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import RoleGrant, User
from audit.services import record
from compliance.models import Charge, Decision, Meeting, Nomination, Round, RoundState
from compliance.models.rounds import NOMINATE
from compliance.models.strategic import WORK
from compliance.selectors.classes import FLAGS, KEY
from compliance.selectors.rounds import (
    committee,
    days_of,
    group_unit,
    left_over,
    undecided,
)
from core.errors import Refused
from core.faults import fault_point
from core.locking import lock
from core.notices import notify
from customers.models import STRATEGIC, Customer, CustomerKind, CustomerUnit
from customers.services.customers import change_customer
from regions.models import OrgUnit
from regions.policies import policy
from regions.policies.types import Row

CRITERIA = "compliance.strategic_criteria"
TENTH = Decimal("0.1")


# --- the days -----------------------------------------------------------------------------------


@transaction.atomic
def prepare_round(year: int, *, by: Any) -> Round:
    """The round of a year with the days of the policy; the one that is there, if it is."""
    days = days_of(year)
    one, made = Round.objects.get_or_create(
        year=year,
        defaults={
            "opens_on": days.opens_on,
            "closes_on": days.closes_on,
            "evaluate_by": days.evaluate_by,
            "issue_by": days.issue_by,
        },
    )
    if made:
        record("round.prepared", by=by, subject=one, year=str(year))
    return one


def run_rounds(today: dt.date | None = None) -> int:
    """Prepare the round of this year once its day has come, open and close rounds by their days,
    and remind the committee of what is late. Returns how many rounds moved. Safe to run twice."""
    day = today or timezone.localdate()
    if group_unit() is None:
        return 0
    if day >= days_of(day.year).opens_on:
        prepare_round(day.year, by=None)
    return sum(_move_by_days(one, day) for one in Round.objects.exclude(state=RoundState.ISSUED))


@transaction.atomic
def _move_by_days(one: Round, day: dt.date) -> int:
    held = _held(one)
    before = held.state
    if held.state == RoundState.PREPARED and day >= held.opens_on:
        _set_state(held, RoundState.NOMINATING, by=None)
        _tell_nominators(held)
    if held.state == RoundState.NOMINATING and day > held.closes_on:
        _set_state(held, RoundState.EVALUATING, by=None)
    due = held.issue_by if not undecided(held) else held.evaluate_by
    if held.state == RoundState.EVALUATING and day > due:
        people = {post.user_id for post in committee(day)}
        notify(
            people,
            "compliance.round_late",
            key=f"round:{held.pk}:late:{due.isoformat()}",
            url=held.get_absolute_url(),
            year=str(held.year),
            due_on=due.isoformat(),
        )
    return int(held.state != before)


@transaction.atomic
def open_round(one: Round, *, by: Any) -> Round:
    """Let units nominate before the day has come. Raises Refused once it was opened."""
    held = _held(one)
    if held.state != RoundState.PREPARED:
        raise Refused(_("This round was opened already."))
    held.opens_on = min(held.opens_on, timezone.localdate())
    _set_state(held, RoundState.NOMINATING, by=by)
    _tell_nominators(held)
    return held


@transaction.atomic
def close_round(one: Round, *, by: Any) -> Round:
    """End nominations before their last day. Raises Refused unless they are open."""
    held = _held(one)
    if held.state != RoundState.NOMINATING:
        raise Refused(_("Nominations are not open."))
    _set_state(held, RoundState.EVALUATING, by=by)
    return held


@transaction.atomic
def reopen_round(one: Round, *, by: Any, until: dt.date, reason: str) -> Round:
    """Let units nominate once more until a day, which counts. Later days of the round move with
    it. Raises Refused without a reason, for a day that has passed, and once the list is issued."""
    held = _held(one)
    if held.state != RoundState.EVALUATING:
        raise Refused(_("Only a round that is being evaluated can be opened again."))
    if not reason.strip():
        raise Refused(_("Please give a reason."))
    if until < timezone.localdate():
        raise Refused(_("This day has passed already."))
    held.closes_on, held.note = until, reason.strip()[:200]
    held.evaluate_by = max(held.evaluate_by, until)
    held.issue_by = max(held.issue_by, held.evaluate_by)
    _set_state(held, RoundState.NOMINATING, by=by)
    _tell_nominators(held, again=until.isoformat())
    return held


def _held(one: Round) -> Round:
    return lock(Round.objects.filter(pk=one.pk)).get()


def _set_state(one: Round, state: RoundState, *, by: Any) -> None:
    one.state = state
    one.save()
    record("round.moved", by=by, subject=one, year=str(one.year), state=str(state))


def _tell_nominators(one: Round, *, again: str = "") -> None:
    """Everybody who may nominate somewhere today."""
    app, codename = NOMINATE.split(".")
    grants = RoleGrant.objects.now().filter(
        role__permissions__codename=codename, role__permissions__content_type__app_label=app
    )
    notify(
        User.objects.active().filter(pk__in=grants.values("user")),
        "compliance.round_open",
        key=f"round:{one.pk}:open:{again}",
        url=one.get_absolute_url(),
        year=str(one.year),
        closes_on=one.closes_on.isoformat(),
    )


# --- nominations --------------------------------------------------------------------------------


@transaction.atomic
def nominate(
    one: Round,
    *,
    by: Any,
    unit: OrgUnit,
    customer: Customer,
    specialist: User,
    contact_leader: User,
    reason: str,
    cooperations: int = 0,
    flags: Iterable[str] = (),
    nomination: Nomination | None = None,
) -> Nomination:
    """A unit proposes a customer of its own, or changes its proposal while nominations are open.

    Raises Refused while they are not, out of the reach of `by`, for a person, for a customer
    without a place in the unit's branch, a second time, and for a pair of one or one that could
    not do its work.
    """
    held = _held(one)
    if held.state != RoundState.NOMINATING:
        raise Refused(_("Nominations are not open."))
    _refuse_foreign(by, unit, customer)
    check_pair(customer, specialist, contact_leader)
    row = Nomination(round=held, nominated_by=by) if nomination is None else _row(nomination)
    row.customer, row.specialist, row.contact_leader = customer, specialist, contact_leader
    row.reason, row.cooperations = reason.strip(), cooperations
    row.flags = [key for key, _label in FLAGS if key in set(flags)]
    row.place_in(unit)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as clash:
        raise Refused(
            _("{unit} has nominated this customer already.").format(unit=unit.name)
        ) from clash
    record("nomination.made", by=by, subject=row, customer=customer.code, year=str(held.year))
    return row


@transaction.atomic
def withdraw_nomination(nomination: Nomination, *, by: Any) -> None:
    """Take a proposal back. Raises Refused once nominations are closed."""
    held = _held(nomination.round)
    if held.state != RoundState.NOMINATING:
        raise Refused(_("Nominations are not open."))
    row = _row(nomination)
    code = row.customer.code
    record("nomination.withdrawn", by=by, subject=row, customer=code, year=str(held.year))
    row.delete()


def _row(nomination: Nomination) -> Nomination:
    return (
        lock(Nomination.objects.filter(pk=nomination.pk))
        .select_related("customer", "round", "unit", "specialist", "contact_leader")
        .get()
    )


def _refuse_foreign(by: Any, unit: OrgUnit, customer: Customer) -> None:
    if customer.kind != CustomerKind.ORGANISATION:
        raise Refused(_("Only organisations become strategic customers."))
    if by is not None:
        reach = OrgUnit.objects.visible_to(by, NOMINATE)
        if not reach.filter(pk=unit.pk).exists():
            raise Refused(_("You may not nominate for {unit}.").format(unit=unit.name))
    inside = OrgUnit.objects.below(unit)
    if not CustomerUnit.objects.filter(customer=customer, unit__in=inside).exists():
        raise Refused(_("The customer has no place in {unit}.").format(unit=unit.name))


def check_pair(customer: Customer, specialist: User, contact_leader: User) -> None:
    """Raise Refused for a pair that could not run a customer: one person twice, somebody who
    cannot log in, and a specialist who may not log contacts with him."""
    if specialist.pk == contact_leader.pk:
        raise Refused(_("Specialist and contact leader are two people."))
    for person in (specialist, contact_leader):
        if not person.is_active:
            sentence = _("{person} cannot log in; please choose somebody else.")
            raise Refused(sentence.format(person=person))
    places = CustomerUnit.objects.visible_to(specialist, WORK)
    if not places.filter(customer=customer).exists():
        sentence = _("{person} keeps no place of this customer; please hand one over first.")
        raise Refused(sentence.format(person=specialist))


# --- evaluation ---------------------------------------------------------------------------------


@transaction.atomic
def evaluate(
    nomination: Nomination,
    *,
    by: Any,
    marks: Mapping[str, Decimal],
    decision: str = Decision.OPEN,
    level: str = "",
    remark: str = "",
) -> Nomination:
    """Mark a nomination by the criteria of the committee (0…100 each) and decide, or leave the
    decision open.

    An accepted customer becomes strategic; of a declined one `level` says the class he gets, the
    one he has when empty. Raises Refused unless the round is being evaluated, for marks out of
    range, and when another unit's nomination of the customer was accepted.
    """
    held = _held(nomination.round)
    if held.state != RoundState.EVALUATING:
        raise Refused(_("This round is not being evaluated."))
    row = _row(nomination)
    row.sheet, row.mark = weighed(policy(CRITERIA, unit=group_unit()), marks)
    row.decision, row.remark = decision, remark.strip()
    row.level = STRATEGIC if decision == Decision.ACCEPTED else level
    row.decided_by, row.decided_at = (
        (by, timezone.now())
        if decision != Decision.OPEN
        else (
            None,
            None,
        )
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as clash:
        raise Refused(_("The nomination of another unit was accepted already.")) from clash
    record(
        "nomination.decided",
        by=by,
        subject=row,
        customer=row.customer.code,
        decision=str(decision),
    )
    return row


def weighed(
    criteria: Iterable[Row], marks: Mapping[str, Decimal]
) -> tuple[list[dict[str, str]], Decimal | None]:
    """The criteria with their weights and marks as they are today, and the weighted mark; None
    until every criterion is marked."""
    table = list(criteria)
    for row in table:
        mark = marks.get(row["word"])
        if mark is not None and not 0 <= mark <= 100:
            raise Refused(_("A mark lies between 0 and 100."))
    sheet = [
        {
            "word": row["word"],
            "weight": str(row["weight"]),
            "mark": "" if marks.get(row["word"]) is None else str(marks[row["word"]]),
        }
        for row in table
    ]
    if any(marks.get(row["word"]) is None for row in table):
        return sheet, None
    total = sum((row["weight"] * marks[row["word"]] for row in table), Decimal(0)) / 100
    return sheet, total.quantize(TENTH)


@transaction.atomic
def issue_list(one: Round, *, by: Any, keep: Collection[int] = ()) -> Round:
    """Issue the list: accepted customers become strategic under their pair, declined ones get the
    class decided for them, and customers of the former list whom the round did not accept become
    key customers unless their key is among `keep`.

    Raises Refused unless the round is being evaluated, while nominations are undecided, and when
    a pair could no longer do its work.
    """
    held = _held(one)
    if held.state != RoundState.EVALUATING:
        raise Refused(_("This round is not being evaluated."))
    waiting = undecided(held)
    if waiting:
        raise Refused(_("{count} nominations are still to be decided.").format(count=waiting))
    today = timezone.localdate()
    dropped = [customer for customer in left_over(held) if customer.pk not in set(keep)]
    rows = held.nominations.select_related("customer", "unit", "specialist", "contact_leader")
    for row in rows.order_by("customer__pk"):
        _apply(row, by=by, today=today)
    for customer in dropped:
        change_customer(customer, by=by, level=KEY, specialist=None, contact_leader=None)
        Charge.objects.filter(customer=customer).delete()
    fault_point("compliance.round.issued")
    held.issued_at, held.issued_by = timezone.now(), by
    _set_state(held, RoundState.ISSUED, by=by)
    return held


def _apply(row: Nomination, *, by: Any, today: dt.date) -> None:
    if row.decision == Decision.ACCEPTED:
        check_pair(row.customer, row.specialist, row.contact_leader)
        give_charge(
            row.customer,
            specialist=row.specialist,
            contact_leader=row.contact_leader,
            by=by,
            unit=row.unit,
            today=today,
        )
        _tell_pair(row)
    elif row.level and row.level != row.customer.level:
        change_customer(row.customer, by=by, level=row.level)


def give_charge(
    customer: Customer,
    *,
    specialist: User,
    contact_leader: User,
    by: Any,
    today: dt.date,
    unit: OrgUnit | None = None,
) -> Charge:
    """Put a customer on the list under a pair; who stays keeps the day since when."""
    before = (customer.level, customer.specialist_id, customer.contact_leader_id)
    change_customer(
        customer, by=by, level=STRATEGIC, specialist=specialist, contact_leader=contact_leader
    )
    charge, _made = Charge.objects.get_or_create(customer=customer)
    stayed = before[0] == STRATEGIC
    if not stayed or before[1] != specialist.pk or charge.specialist_since is None:
        charge.specialist_since = today
    if not stayed or before[2] != contact_leader.pk or charge.leader_since is None:
        charge.leader_since = today
    if not stayed or charge.listed_on is None:
        charge.listed_on = today
    if unit is not None:
        charge.unit = unit
    charge.save()
    return charge


def _tell_pair(row: Nomination) -> None:
    notify(
        [row.specialist_id, row.contact_leader_id],
        "compliance.strategic_charge",
        key=f"round:{row.round_id}:customer:{row.customer_id}",
        url=reverse("compliance:strategic-customer", args=[row.customer_id]),
        customer=row.customer.name,
    )


# --- meetings -----------------------------------------------------------------------------------


@transaction.atomic
def save_meeting(
    *,
    by: Any,
    held_at: dt.datetime,
    agenda: str,
    place: str = "",
    chair: User | None = None,
    present: Iterable[User] = (),
    minutes: str = "",
    one: Round | None = None,
    meeting: Meeting | None = None,
) -> Meeting:
    """Call a meeting of the committee or write its minutes; a new one is told to its members.

    Raises Refused for minutes of a meeting that is still to come, and when minutes that were
    written are to be emptied.
    """
    row = (
        Meeting(called_by=by)
        if meeting is None
        else lock(Meeting.objects.filter(pk=meeting.pk)).get()
    )
    if minutes.strip() and held_at > timezone.now():
        raise Refused(_("This meeting is still to come; its minutes are written afterwards."))
    if row.minutes and not minutes.strip():
        raise Refused(_("Minutes that were written stay."))
    row.held_at, row.place, row.agenda = held_at, place.strip(), agenda.strip()
    row.chair, row.minutes, row.round = chair, minutes.strip(), one
    row.save()
    row.present.set(present)
    record("meeting.saved", by=by, subject=row, on=timezone.localdate(held_at).isoformat())
    if meeting is None and held_at > timezone.now():
        notify(
            {post.user_id for post in committee()},
            "compliance.committee_meeting",
            key=f"meeting:{row.pk}",
            url=row.get_absolute_url(),
            at=held_at,
        )
    return row

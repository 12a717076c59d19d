"""Running a strategic customer: pair, plan, talks, signals, summaries, resources (ORG-18, CUS-33).

Whoever works on the file reaches a place of the customer with the right to log contacts; the
committee's acts ask for its right.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from compliance.checks.responsible import nearest_with, who_hold
from compliance.models import (
    Assignment,
    Charge,
    CustomerPlan,
    EarlySignal,
    MonthlySummary,
    PlanState,
    ResourceRequest,
    ResourceState,
    Talk,
    TalkKind,
    TalkState,
)
from compliance.models.rounds import RUN
from compliance.models.strategic import FOUR_C, RESOURCES_OPEN
from compliance.selectors.matching import misfits
from compliance.selectors.owed import SPECIALIST, homes, owed, period_of, strategic
from compliance.selectors.strategic import open_requests, summaries_missing
from compliance.services import assignments
from compliance.services.rounds import check_pair, give_charge
from core.errors import Refused
from core.locking import lock
from core.notices import notify
from customers.models import STRATEGIC, ActivityKind, Contact, Customer, CustomerUnit
from customers.services.activities import log_activity
from regions.policies import policy

REVIEW_PLAN = "compliance.review_customerplan"
URGE_AFTER = dt.timedelta(days=3)


def _address(customer: Customer) -> str:
    return reverse("compliance:strategic-customer", args=[customer.pk])


def _refuse_ordinary(customer: Customer) -> None:
    if customer.level != STRATEGIC:
        raise Refused(_("This customer is not a strategic customer."))


@transaction.atomic
def change_pair(
    customer: Customer, *, by: Any, specialist: User, contact_leader: User, reason: str
) -> Charge:
    """Appoint other people for a customer of the list, outside the round (ORG-18). Raises Refused
    for a pair that could not do its work, and without a reason."""
    _refuse_ordinary(customer)
    if not reason.strip():
        raise Refused(_("Please give a reason."))
    check_pair(customer, specialist, contact_leader)
    today = timezone.localdate()
    charge = give_charge(
        customer, specialist=specialist, contact_leader=contact_leader, by=by, today=today
    )
    record("strategic.pair", by=by, subject=customer, code=customer.code, reason=reason.strip())
    notify(
        [specialist, contact_leader],
        "compliance.strategic_charge",
        key=f"pair:{customer.pk}:{specialist.pk}:{contact_leader.pk}:{today.isoformat()}",
        url=_address(customer),
        customer=customer.name,
    )
    return charge


# --- the plan of a year -------------------------------------------------------------------------


@transaction.atomic
def save_plan(
    customer: Customer,
    *,
    by: Any,
    year: int,
    goals: str,
    steps: str,
    answers: Mapping[str, str],
    submit: bool = False,
) -> CustomerPlan:
    """Write the plan of last, this or the next year with its 4C list; with `submit` it goes to
    the market head, who is told (CAL-06).

    Raises Refused for another year, while he has it, once he reviewed it, and for a plan submitted
    with a gap in the list (VAL-10).
    """
    _refuse_ordinary(customer)
    if year not in plan_years():
        raise Refused(_("Plans are written for last, this and the next year."))
    held = lock(CustomerPlan.objects.filter(customer=customer, year=year)).first()
    plan = held or CustomerPlan(customer=customer, year=year, by=by)
    if plan.state not in (PlanState.DRAFT, PlanState.RETURNED):
        raise Refused(_("This plan lies with the market head or was reviewed already."))
    plan.goals, plan.steps = goals.strip(), steps.strip()
    plan.answers = {key: answers.get(key, "").strip() for key, _label in FOUR_C}
    plan.by = by
    if submit:
        if not all(plan.answers.values()):
            raise Refused(_("Please fill in all four points of the list before submitting."))
        plan.state = PlanState.SUBMITTED
    try:
        with transaction.atomic():
            plan.save()
    except IntegrityError as clash:
        raise Refused(_("Somebody else has just begun this plan.")) from clash
    record("strategic.plan", by=by, subject=customer, code=customer.code, year=str(year))
    if submit:
        _tell_market_head(plan)
    return plan


def plan_years() -> tuple[int, int, int]:
    """The years whose plans are written now."""
    year = timezone.localdate().year
    return year - 1, year, year + 1


def _tell_market_head(plan: CustomerPlan) -> None:
    """Tell the reviewers nearest to the unit that runs the customer, each time it is submitted."""
    home = homes([plan.customer_id]).get(plan.customer_id)
    reviewers = nearest_with(REVIEW_PLAN)(home.unit) if home is not None else who_hold(REVIEW_PLAN)
    notify(
        sorted(reviewers - {plan.by_id}),
        "compliance.plan_submitted",
        key=f"plan-submitted:{plan.pk}:{timezone.now().isoformat()}",
        url=f"{_address(plan.customer)}?year={plan.year}",
        customer=plan.customer.name,
        year=str(plan.year),
    )


@transaction.atomic
def review_plan(
    plan: CustomerPlan, *, by: Any, advice: str, send_back: bool = False
) -> CustomerPlan:
    """The market head's advice: the plan stands, or goes back to its writer (CAL-06). Raises
    Refused for one's own plan, for one that was not submitted, and for sending back in silence."""
    held = lock(CustomerPlan.objects.filter(pk=plan.pk)).select_related("customer").get()
    if held.state != PlanState.SUBMITTED:
        raise Refused(_("This plan was not submitted."))
    if held.by_id == getattr(by, "pk", None):
        raise Refused(_("Somebody else reviews your own plan."))
    if send_back and not advice.strip():
        raise Refused(_("Please say what is to be changed."))
    held.state = PlanState.RETURNED if send_back else PlanState.REVIEWED
    held.advice, held.reviewer, held.reviewed_at = advice.strip(), by, timezone.now()
    held.save()
    record("strategic.reviewed", by=by, subject=held.customer, code=held.customer.code)
    notify(
        [held.by_id],
        "compliance.plan_reviewed",
        key=f"plan:{held.pk}:{held.reviewed_at.isoformat()}",
        url=f"{_address(held.customer)}?year={held.year}",
        customer=held.customer.name,
        sent_back=send_back,
    )
    return held


# --- early signals ------------------------------------------------------------------------------


@transaction.atomic
def note_signal(
    customer: Customer, *, by: Any, kind: str, content: str, learnt_on: dt.date, act_by: dt.date
) -> EarlySignal:
    """Write down something learnt early: the specialist gets a task until `act_by`, the contact
    leader is told (OPP-17, CON-04). Raises Refused for something learnt in the future, a day to
    act that has passed, and where nobody runs the customer."""
    _refuse_ordinary(customer)
    today = timezone.localdate()
    if learnt_on > today:
        raise Refused(_("This day is still to come."))
    if act_by < today:
        raise Refused(_("The day to act has passed already."))
    specialist = customer.specialist
    if specialist is None or not specialist.is_active:
        raise Refused(_("The customer has no specialist; the committee appoints one first."))
    signal = EarlySignal.objects.create(
        customer=customer, by=by, kind=kind, content=content.strip(), learnt_on=learnt_on,
        act_by=act_by,
    )  # fmt: skip
    home = homes([customer.pk]).get(customer.pk)
    unit = home.unit if home is not None else specialist.unit
    assignments.assign(
        to=specialist,
        by=by,
        title=_("Act on an early signal: {customer}").format(customer=customer.name)[:120],
        body=signal.content,
        due_at=assignments.end_of_work(act_by, unit=unit) if unit else None,
        unit=unit,
        customer=customer,
        link=_address(customer),
        key=signal_key(signal),
    )
    if customer.contact_leader is not None:
        notify(
            [customer.contact_leader],
            "compliance.early_signal",
            key=signal_key(signal),
            url=_address(customer),
            customer=customer.name,
            what=str(kind),
        )
    record("strategic.signal", by=by, subject=customer, code=customer.code, kind=str(kind))
    return signal


def signal_key(signal: EarlySignal) -> str:
    """The name of the task that follows from a signal."""
    return f"early-signal:{signal.pk}"


@transaction.atomic
def close_signal(signal: EarlySignal, *, by: Any, outcome: str) -> EarlySignal:
    """Write down what came of a signal; its task is done with it. Raises Refused without an
    outcome and a second time."""
    held = lock(EarlySignal.objects.filter(pk=signal.pk)).select_related("customer").get()
    if held.closed_at is not None:
        raise Refused(_("This signal is closed already."))
    if not outcome.strip():
        raise Refused(_("Please write what came of it."))
    held.outcome, held.closed_at = outcome.strip(), timezone.now()
    held.save()
    task = Assignment.objects.open().filter(key=signal_key(held)).first()
    if task is not None:
        assignments.finish(task, by=by, result=held.outcome[:500])
    record("strategic.signal_closed", by=by, subject=held.customer, code=held.customer.code)
    return held


# --- month-end summaries ------------------------------------------------------------------------


@transaction.atomic
def save_summary(
    customer: Customer, *, by: Any, month: dt.date, progress: str, requests: str, next_steps: str
) -> MonthlySummary:
    """What the specialist reports of a month; once a month, and changed until the next one ends.
    The contact leader and the committee's office, the market department, are told (ACT-02).

    Raises Refused for a month to come or long past, and for whoever is not the specialist.
    """
    _refuse_ordinary(customer)
    first, this = month.replace(day=1), timezone.localdate().replace(day=1)
    before = (this - dt.timedelta(days=1)).replace(day=1)
    if first not in (this, before):
        raise Refused(_("Only this month and the one before can be summed up."))
    if by is not None and customer.specialist_id != by.pk:
        raise Refused(_("The marketing specialist of the customer sums up the month."))
    author: Any = by or customer.specialist
    said: dict[str, Any] = {
        "progress": progress.strip(),
        "requests": requests.strip(),
        "next_steps": next_steps.strip(),
    }
    row, made = MonthlySummary.objects.update_or_create(
        customer=customer,
        month=first,
        defaults=said,
        create_defaults={**said, "by": author},
    )
    month_name = f"{first:%Y-%m}"
    record("strategic.summary", by=by, subject=customer, code=customer.code, month=month_name)
    if made:
        told = who_hold(RUN) | {customer.contact_leader_id}
        notify(
            sorted(told - {author.pk, None}),
            "compliance.month_summary",
            key=f"summary:{row.pk}",
            url=_address(customer),
            customer=customer.name,
            month=month_name,
        )
    return row


# --- resources ----------------------------------------------------------------------------------


@transaction.atomic
def set_priority(customer: Customer, *, by: Any, reason: str, on: bool = True) -> Customer:
    """Say that resources go to a strategic customer first, or (`on` false) no more, and why
    (CUS-33). Raises Refused without a reason, and where
    nothing would change."""
    _refuse_ordinary(customer)
    reason = reason.strip()
    if not reason:
        raise Refused(_("Please give a reason."))
    row = lock(Customer.objects.filter(pk=customer.pk)).get()
    if not on and not row.priority:
        raise Refused(_("This customer has no priority."))
    if on and row.priority == reason:
        raise Refused(_("This customer has priority for this reason already."))
    row.priority, row.updated_at = (reason if on else ""), timezone.now()
    row.save(update_fields=["priority", "updated_at"])
    act = "strategic.priority" if on else "strategic.priority_ended"
    record(act, by=by, subject=row, code=row.code, reason=reason)
    return row


@transaction.atomic
def ask_resource(
    customer: Customer,
    *,
    by: Any,
    kind: str,
    content: str,
    department: str,
    to: User,
    needed_by: dt.date,
    is_priority: bool = True,
) -> ResourceRequest:
    """Ask a department for what a strategic customer needs (CUS-33). Raises Refused for a day that
    has passed and for somebody who cannot log in."""
    _refuse_ordinary(customer)
    if needed_by < timezone.localdate():
        raise Refused(_("This day has passed already."))
    if not to.is_active:
        raise Refused(_("{person} cannot log in; please choose somebody else.").format(person=to))
    row = ResourceRequest.objects.create(
        customer=customer, by=by, kind=kind, content=content.strip(), department=department.strip(),
        to=to, needed_by=needed_by, is_priority=is_priority,
    )  # fmt: skip
    record("strategic.resource", by=by, subject=customer, code=customer.code, kind=str(kind))
    _tell_provider(row, "asked")
    return row


@transaction.atomic
def answer_resource(
    request: ResourceRequest, *, by: Any, state: str, answer: str
) -> ResourceRequest:
    """Promise, provide or refuse what was asked for. Raises Refused once it ended, for refusing
    without a reason, and for whoever was not asked."""
    row = _resource(request)
    if row.state not in RESOURCES_OPEN:
        raise Refused(_("This request has ended already."))
    if by is not None and row.to_id != by.pk:
        raise Refused(_("Only {person} answers this request.").format(person=row.to))
    if state == ResourceState.REFUSED and not answer.strip():
        raise Refused(_("Please give a reason."))
    row.state, row.answer, row.answered_at = state, answer.strip(), timezone.now()
    row.save()
    code = row.customer.code
    record("strategic.resource_answered", by=by, subject=row.customer, code=code, state=str(state))
    notify(
        [row.by_id],
        "compliance.resource_answered",
        key=f"resource:{row.pk}:{state}",
        url=_address(row.customer),
        customer=row.customer.name,
        state=str(state),
    )
    return row


@transaction.atomic
def urge_resource(request: ResourceRequest, *, by: Any) -> ResourceRequest:
    """Press for an answer; once a day. Raises Refused once it ended."""
    row = _resource(request)
    if row.state not in RESOURCES_OPEN:
        raise Refused(_("This request has ended already."))
    today = timezone.localdate()
    if row.urged_on == today:
        raise Refused(_("This request was urged today already."))
    row.urged, row.urged_on = row.urged + 1, today
    row.save()
    record("strategic.resource_urged", by=by, subject=row.customer, code=row.customer.code)
    _tell_provider(row, f"urged:{row.urged}")
    return row


def urge_late_resources(today: dt.date | None = None) -> int:
    """Urge what is past its day, the first time at once and then every third day, to its end.
    Returns how many were urged. Safe to run twice."""
    day = today or timezone.localdate()
    urged = 0
    for row in open_requests(day):
        if row.urged_on is None or row.urged_on + URGE_AFTER <= day:
            with transaction.atomic():
                held = _resource(row)
                if held.state not in RESOURCES_OPEN or held.urged_on == day:
                    continue
                held.urged, held.urged_on = held.urged + 1, day
                held.save()
                _tell_provider(held, f"urged:{held.urged}")
            urged += 1
    return urged


def _resource(request: ResourceRequest) -> ResourceRequest:
    rows = lock(ResourceRequest.objects.filter(pk=request.pk))
    return rows.select_related("customer", "to").get()


def _tell_provider(row: ResourceRequest, event: str) -> None:
    notify(
        [row.to_id],
        "compliance.resource",
        key=f"resource:{row.pk}:{event}",
        url=reverse("compliance:resources"),
        customer=row.customer.name,
        needed_by=row.needed_by.isoformat(),
        urged=row.urged,
        is_priority=row.is_priority,
    )


# --- high-level talks ---------------------------------------------------------------------------


def check_talk(place: CustomerUnit, leader: User, host: Contact | None) -> list[str]:
    """What does not fit about rank and region, as keys of selectors.matching.MISFITS (ACT-05)."""
    unit = place.unit
    return misfits(
        ours=leader.position,
        theirs=host.title if host is not None else "",
        leader_unit=leader.unit,
        place_unit=unit,
        table=policy("compliance.visit_ranks", unit=unit),
        gap=policy("compliance.visit_rank_gap", unit=unit),
    )


@transaction.atomic
def plan_talk(
    place: CustomerUnit,
    *,
    by: Any,
    kind: str,
    at: dt.datetime,
    leader: User,
    purpose: str,
    host: Contact | None = None,
    override: str = "",
    talk: Talk | None = None,
) -> Talk:
    """Prepare a meeting of leaders, or change its preparation. Raises Refused for a time that has
    passed, for a talk that ended, and where rank or region do not fit and no reason is given."""
    customer = place.customer
    _refuse_ordinary(customer)
    row = Talk(customer=customer, by=by) if talk is None else _planned(talk)
    if at < timezone.now():
        raise Refused(_("This time has passed already."))
    if not leader.is_active:
        raise Refused(
            _("{person} cannot log in; please choose somebody else.").format(person=leader)
        )
    if host is not None and host.customer_id != customer.pk:
        raise Refused(_("This contact belongs to another customer."))
    found = check_talk(place, leader, host)
    if found and not override.strip():
        raise Refused(_("Rank or region do not fit. Please say why it takes place all the same."))
    row.place, row.kind, row.at, row.leader, row.host = place, kind, at, leader, host
    row.purpose, row.misfit, row.override = purpose.strip(), found, override.strip()
    row.save()
    record("strategic.talk", by=by, subject=customer, code=customer.code)
    notify(
        [leader],
        "compliance.talk",
        key=f"talk:{row.pk}:{at.isoformat()}:{leader.pk}",
        url=row.get_absolute_url(),
        customer=customer.name,
        at=at,
    )
    return row


@transaction.atomic
def hold_talk(talk: Talk, *, by: Any, minutes: str, at: dt.datetime | None = None) -> Talk:
    """Write the minutes of a talk: it becomes a visit of our leader in the customer's timeline,
    which meets what he owes. Raises Refused without minutes and before the talk."""
    row = _planned(talk)
    if not minutes.strip():
        raise Refused(_("Please write the minutes."))
    held_at = at or row.at
    if held_at > timezone.now():
        raise Refused(_("This talk is still to come."))
    if row.place is None:
        raise Refused(_("The unit of this talk does not keep the customer any more."))
    kind = ActivityKind.MEETING if row.kind == TalkKind.INVITATION else ActivityKind.VISIT
    row.activity = log_activity(
        row.place,
        by=row.leader,
        entered_by=by,
        kind=kind,
        content=row.purpose,
        result=minutes.strip(),
        at=held_at,
        contact=row.host,
    )
    row.at, row.minutes, row.state = held_at, minutes.strip(), TalkState.HELD
    row.save()
    record("strategic.talk_held", by=by, subject=row.customer, code=row.customer.code)
    return row


@transaction.atomic
def cancel_talk(talk: Talk, *, by: Any) -> Talk:
    """The talk does not take place. Raises Refused once it ended."""
    row = _planned(talk)
    row.state = TalkState.CANCELLED
    row.save()
    record("strategic.talk_cancelled", by=by, subject=row.customer, code=row.customer.code)
    return row


def _planned(talk: Talk) -> Talk:
    rows = lock(Talk.objects.filter(pk=talk.pk))
    row = rows.select_related("customer", "leader__unit", "host", "place__unit").get()
    if row.state != TalkState.PLANNED:
        raise Refused(_("This talk has ended already."))
    return row


# --- the end of a month -------------------------------------------------------------------------

LAST_DAYS = 3
GRACE = 10  # days of the next month on which a missed reminder is made up for


def remind_specialists(today: dt.date | None = None) -> int:
    """From the last three days of a month on tell each specialist which customers still lack their
    contact or summary of it, once a month; what was missed then is told in the first days of the
    next one. Returns how many were told. Safe to run twice."""
    day = _day_of_month_end(today or timezone.localdate())
    if day is None:
        return 0
    month = day.replace(day=1)
    customers = list(strategic().filter(specialist__state="active"))
    unsummed = set(summaries_missing(strategic(), month).values_list("pk", flat=True))
    late = {duty.customer.pk for duty in owed(customers, day) if duty.role == SPECIALIST}
    missing: dict[int, set[int]] = {}
    for customer in customers:
        if customer.pk in late or customer.pk in unsummed:
            missing.setdefault(customer.specialist_id or 0, set()).add(customer.pk)
    told = 0
    for person, found in missing.items():
        told += notify(
            [person],
            "compliance.month_end",
            key=f"month-end:{month:%Y-%m}:{person}",
            url=reverse("compliance:strategic"),
            count=len(found),
            month=f"{month:%Y-%m}",
        )
    return told


def _day_of_month_end(today: dt.date) -> dt.date | None:
    """The day as of which the end of a month is looked at: today in its last days, the last day of
    the month before in the first days of the next, else none."""
    first, last = period_of("month", today)
    if (last - today).days < LAST_DAYS:
        return today
    return first - dt.timedelta(days=1) if today.day <= GRACE else None

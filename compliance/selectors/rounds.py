"""The yearly round as its pages show it, and who sits in the committee (ORG-16, CUS-25)."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Post
from complaints.selectors.relations import COMMITTEE_WORD
from compliance.models import Decision, Nomination, Round, RoundState
from compliance.models.rounds import NOMINATE, VIEW
from compliance.selectors.classes import Facts, Proposal, propose
from customers.models import STRATEGIC, Contract, Customer, Opportunity
from customers.models.contracts import ContractStatus, Outcome
from regions.models import Kind, OrgUnit
from regions.policies import policy

ROUND_DAYS = "compliance.strategic_round"


@dataclass(frozen=True, slots=True)
class RoundDays:
    """The days of the round of a year; each counts."""

    opens_on: dt.date
    closes_on: dt.date
    evaluate_by: dt.date
    issue_by: dt.date


def group_unit() -> OrgUnit | None:
    """The group, whose round it is."""
    return OrgUnit.objects.filter(kind=Kind.GROUP).first()


def days_of(year: int) -> RoundDays:
    """The days the policy gives the round of a year; the list is issued in the year after."""
    table = {
        row["step"]: (row["month"], row["day"])
        for row in policy(ROUND_DAYS, unit=group_unit(), on=dt.date(year, 12, 31))
    }
    return RoundDays(
        dt.date(year, *table["opens"]),
        dt.date(year, *table["closes"]),
        dt.date(year, *table["evaluated"]),
        dt.date(year + 1, *table["issued"]),
    )


def nominations_of(one: Round, user: Any, permission: str = VIEW) -> QuerySet[Nomination]:
    """The nominations of a round that a reader sees, the best marked first."""
    return (
        Nomination.objects.visible_to(user, permission)
        .filter(round=one)
        .select_related("customer", "unit", "specialist", "contact_leader", "nominated_by")
        .order_by("-mark", "nominated_at", "pk")
    )


def left_over(one: Round) -> QuerySet[Customer]:
    """Customers of the present list whom the round has not accepted: the new list is without them
    unless the committee keeps them."""
    accepted = one.nominations.filter(decision=Decision.ACCEPTED).values("customer")
    return Customer.objects.filter(level=STRATEGIC).exclude(pk__in=accepted).order_by("pinyin")


def undecided(one: Round) -> int:
    """How many nominations of a round wait for the committee."""
    return one.nominations.filter(decision=Decision.OPEN).count()


def may_nominate(user: Any, one: Round) -> bool:
    """Whether a reader nominates now: he has the right, and the round is open."""
    return one.state == RoundState.NOMINATING and user.has_perm(NOMINATE)


def proposal_of(nomination: Nomination) -> Proposal:
    """The class that counts and flags of a nomination speak for (CUS-05)."""
    return proposed(nomination.cooperations, nomination.flags, nomination.unit)


def proposed(cooperations: int, flags: Iterable[str], unit: OrgUnit) -> Proposal:
    """The class that these facts speak for by the rules of a unit."""
    return propose(
        Facts(cooperations, tuple(flags)),
        tests=policy("customers.strategic_tests", unit=unit),
        needed=policy("customers.strategic_cooperations", unit=unit),
    )


@dataclass(frozen=True, slots=True)
class ClassOf:
    """The class that speaks for itself; `is_known` says that a fact was there at all."""

    proposal: Proposal
    is_known: bool


def class_facts(reader: Any) -> dict[str, Any]:
    """Expressions of customers that `class_of` reads, of what a reader may see: contracts that were
    concluded, an open opportunity, the latest nomination."""
    his = {"customer": OuterRef("pk")}
    concluded = Contract.objects.visible_to(reader).filter(**his)
    concluded = concluded.exclude(status=ContractStatus.DRAFT).order_by()
    contracts = concluded.values("customer").annotate(n=Count("pk")).values("n")
    ahead = Opportunity.objects.visible_to(reader).filter(outcome=Outcome.OPEN, **his)
    nominated = Nomination.objects.visible_to(reader).filter(**his).order_by("-nominated_at")
    return {
        "class_contracts": Subquery(contracts),
        "class_ahead": Exists(ahead),
        "class_cooperations": Subquery(nominated.values("cooperations")[:1]),
        "class_flags": Subquery(nominated.values("flags")[:1]),
    }


def class_of(customer: Any, unit: OrgUnit) -> ClassOf:
    """The class of a business customer, read with `class_facts`, by a unit's rules (CUS-05)."""
    flags = set(customer.class_flags or ())
    if customer.class_ahead:
        flags.add("follow_up")
    began = int(customer.first_cooperation_on is not None)
    count = max(customer.class_contracts or 0, customer.class_cooperations or 0, began)
    return ClassOf(proposed(count, flags, unit), bool(count or flags))


def steps_of(one: Round, today: dt.date | None = None) -> list[dict[str, str]]:
    """The guided way of a round: what was done, what is open, what is late."""
    day = today or timezone.localdate()
    order = list(RoundState)
    reached = order.index(RoundState(one.state))
    late = {
        RoundState.EVALUATING: day > one.evaluate_by,
        RoundState.ISSUED: False,
        RoundState.NOMINATING: day > one.closes_on,
        RoundState.PREPARED: day > one.opens_on,
    }[RoundState(one.state)]
    words = (
        _("Opens on {day}").format(day=one.opens_on),
        _("Nominations until {day}").format(day=one.closes_on),
        _("Evaluated by {day}").format(day=one.evaluate_by),
        _("List issued by {day}").format(day=one.issue_by),
    )
    steps = []
    for place, label in enumerate(words):
        if place < reached or one.state == RoundState.ISSUED:
            state = "done"
        elif place == reached:
            state = "bad" if late else "current"
        else:
            state = "todo"
        steps.append({"label": label, "state": state})
    return steps


def committee(day: dt.date | None = None) -> list[Post]:
    """Who sits in a committee today, by unit: chair, deputy and members are posts whose function
    names the committee. Cases of strategic customers escalate to the same people."""
    posts = (
        Post.objects.on(day or timezone.localdate())
        .filter(function__name__contains=COMMITTEE_WORD)
        .select_related("user__unit", "unit", "function")
    )
    return sorted(posts, key=lambda post: (post.unit.path, seat_of(post), post.pk))


CHAIR, DEPUTY, MEMBER = range(3)


def seat_of(post: Post) -> int:
    """The seat of a post in the committee: CHAIR before DEPUTY before MEMBER."""
    name = post.function.name
    return DEPUTY if "副主任" in name else CHAIR if "主任" in name else MEMBER

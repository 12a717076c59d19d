"""The committee, and strategic customers that nobody runs (ORG-16, ORG-18)."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from compliance.checks.registry import Breach, check, in_words
from compliance.checks.world import World
from compliance.selectors.owed import homes, strategic
from compliance.selectors.rounds import CHAIR, DEPUTY, MEMBER, seat_of
from compliance.selectors.strategic import vacant
from compliance.states import Severity
from customers.models import Customer
from regions.models import Kind

NOBODY = _("{customer} has neither marketing specialist nor contact leader in post.")
NO_SPECIALIST = _("{customer} has no marketing specialist in post.")
NO_LEADER = _("{customer} has no contact leader in post.")


SEATS = {
    "chair": (CHAIR, pgettext_lazy("committee", "a chair")),
    "deputy": (DEPUTY, pgettext_lazy("committee", "a deputy chair")),
    "members": (MEMBER, pgettext_lazy("committee", "members")),
}


def _say_committee(evidence: Mapping[str, Any]) -> str:
    words = [str(SEATS[name][1]) for name in evidence["missing"]]
    return in_words(_("The Customer Management Committee lacks {missing}."), {"missing": words})


@check(
    "ORG-16",
    sentence=_("The Customer Management Committee has a chair, a deputy chair and members."),
    source=_("Strategic-customer regime, 2.1"),
    severity=Severity.MEDIUM,
    say=_say_committee,
    kinds=(Kind.GROUP,),
)
def committee_incomplete(world: World) -> Iterable[Breach]:
    """Seats of the committee that nobody in post holds, once there are strategic customers."""
    if world.group is None or not world.has_strategic:
        return
    taken = {seat_of(post) for post in world.committee if post.user.is_active}
    missing = [name for name, (seat, _label) in SEATS.items() if seat not in taken]
    if missing:
        yield Breach(world.group, {"missing": missing})


def _say(evidence: Mapping[str, object]) -> str:
    missing = evidence["missing"]
    words = {"both": NOBODY, "specialist": NO_SPECIALIST, "contact_leader": NO_LEADER}
    return in_words(words[str(missing)], evidence)


@check(
    "ORG-18",
    sentence=_("Every strategic customer has a marketing specialist and a contact leader."),
    source=_("Strategic-customer regime, 2.2"),
    severity=Severity.MEDIUM,
    say=_say,
)
def pair_incomplete(world: World) -> Iterable[Breach]:
    """Strategic customers whose pair is incomplete, at the unit from which they are run."""
    rows = list(strategic().filter(vacant()).order_by("pk"))
    places = homes([customer.pk for customer in rows])
    for customer in rows:
        place = places.get(customer.pk)
        unit = world.home_of(place.unit_id if place is not None else None)
        if unit is not None:
            evidence = {
                "customer": customer.name,
                "code": customer.code,
                "missing": _missing(customer),
            }
            yield Breach(unit, evidence, key=f"customer:{customer.code}")


def _missing(customer: Customer) -> str:
    """Which of the two is not there: "specialist", "contact_leader" or "both"."""
    gone = [
        name
        for name in ("specialist", "contact_leader")
        if (person := getattr(customer, name)) is None or not person.is_active
    ]
    return gone[0] if len(gone) == 1 else "both"

"""What surveys add to the pages of cases and customers."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from complaints.models import Case, Channel
from complaints.parts import add_part
from customers.models import Customer
from customers.selectors.history import SHOWN as TOLD
from customers.selectors.history import Event, Moment, add_events, during
from customers.tabs import Tab, add_tab
from satisfaction.models import Recovery
from satisfaction.selectors.ratings import RIGHT, answers_of_customer, ratings_of

IDENTITY = "satisfaction.view_identity"
COUNTED, SHOWN = 100, 50


def _case_part(request: HttpRequest, case: Case) -> tuple[str, dict[str, Any]] | None:
    """The low answer that the case came from, and what the owner said of it after its end, for
    who may read answers. The rating of the call-back stays what it is."""
    user: Any = request.user
    recovery = None
    if case.channel == Channel.SURVEY:
        rows = Recovery.objects.filter(case=case)  # who sees the case sees where it came from
        recovery = rows.select_related("response__wave", "item").first()
    closed_once = case.closed_at is not None or case.round > 1
    ratings = ratings_of(user, case) if closed_once and user.has_perm(RIGHT) else []
    if recovery is None and not ratings:
        return None
    return "satisfaction/_case_part.html", {"recovery": recovery, "ratings": ratings}


def _count(user: Any, customer: Customer) -> int:
    return answers_of_customer(user, customer).order_by().values("pk")[:COUNTED].count()


def _context(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    found = list(answers_of_customer(request.user, customer)[: SHOWN + 1])
    return {"answers": found[:SHOWN], "more": len(found) > SHOWN}


def _events(user: Any, customer: Customer, before: Moment, after: Moment) -> Iterator[Event]:
    """What an owner answered under his name, when he did."""
    rows = answers_of_customer(user, customer).filter(**during("answered_at", before, after))
    for one in rows.exclude(answered_at=None)[:TOLD]:
        marks = [
            (_("Overall satisfaction"), one.overall),
            (_("Recommendation"), one.recommendation),
        ]
        yield Event(
            f"r{one.pk}",
            "mood-smile",
            str(_("Survey answered")),
            one.answered_at,
            "",
            str(one.wave),
            tuple((str(label), str(value)) for label, value in marks if value is not None)
            + (((str(_("State")), str(_("Voided"))),) if one.voided_at else ()),
        )


add_events(IDENTITY, _events)
add_part(_case_part)
add_tab(
    Tab("surveys", _("Surveys"), IDENTITY, _count, _context, "satisfaction/_customer_answers.html")
)

"""Strategic-customer visit sheet: who owes whom which contact, and which talks were held."""

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from compliance.models import Talk, TalkState
from compliance.models.rounds import VIEW
from compliance.selectors.owed import Duty, duties
from compliance.selectors.strategic import StrategicQuery, strategic_customers
from core.display import listed
from customers.policies import WHO
from reports.metrics.registry import midnight
from reports.standard.base import MOST_ROWS, Column, Found, Question, Standard, Table

FACTS = (
    Column("customers", _("Strategic customers"), "integer"),
    Column("late", pgettext_lazy("metric", "Strategic visits due"), "integer"),
    Column("owed", _("Contacts still owed in their periods"), "integer"),
    Column("held", _("Talks held"), "integer"),
)
CUSTOMER = Column("customer", _("Customer"), width=30)
TABLES = (
    Table(
        "duties",
        _("Contacts owed"),
        (
            CUSTOMER,
            Column("role", _("Owed by"), width=24),
            Column("people", _("People"), width=20),
            Column("first", _("From"), "date"),
            Column("last", _("Until"), "date"),
            Column("wanted", pgettext_lazy("duty", "Wanted"), "integer"),
            Column("done", pgettext_lazy("duty", "Done"), "integer"),
            Column("left", pgettext_lazy("duty", "Still owed"), "integer"),
            Column("late", _("State"), width=24),
        ),
        _(
            "As of the last day of the period: by calendar month, quarter, half-year or year. Late "
            "is who stayed short in the period before and has not made up for it."
        ),
    ),
    Table(
        "talks",
        _("Talks held"),
        (
            CUSTOMER,
            Column("at", pgettext_lazy("talk", "When"), "datetime"),
            Column("kind", _("Kind"), width=24),
            Column("leader", _("Our leader"), width=14),
            Column("host", _("Their leader"), width=14),
            Column("minutes", _("Minutes"), width=50),
        ),
        _("Talks of leaders within the period."),
    ),
)


def _read(asked: Question) -> Found:
    found = Found()
    query = StrategicQuery(unit=asked.unit, today=asked.last)
    customers = list(strategic_customers(asked.reader, query))
    every = duties(customers, asked.last)
    words = dict(WHO)
    found.put(
        "duties",
        [_row(one, words) for one in every],
        [one.customer.get_absolute_url() for one in every],
    )
    talks = _talks(asked, customers)
    found.put(
        "talks",
        [
            (
                *(one.customer.name, one.at, one.get_kind_display(), one.leader.name),
                *(one.host.name if one.host else None, one.minutes),
            )
            for one in talks
        ],
        [one.get_absolute_url() for one in talks],
    )
    late = {one.customer.pk for one in every if one.late}
    found.facts = {
        "customers": len(customers),
        "late": len(late),
        "owed": sum(one.left for one in every),
        "held": len(talks),
    }
    if asked.period.runs:  # the list is that of today
        page = f"{reverse('compliance:strategic')}?"
        here = {"unit": asked.unit.code}
        found.fact_links["customers"] = page + urlencode(here)
        found.fact_links["late"] = page + urlencode(here | {"late": "on"})
    return found


def _row(duty: Duty, words: dict[str, Any]) -> tuple[Any, ...]:
    return (
        duty.customer.name,
        str(words[duty.role]),
        listed(one.name for one in duty.people) or None,
        *(duty.first, duty.last, duty.wanted, duty.done, duty.left),
        state_of(duty, timezone.localdate()),
    )


def state_of(duty: Duty, today: dt.date) -> str:
    """How a duty stands: late is only what a day has passed of; a limit that runs is due by it."""
    if duty.was_due is not None:
        return gettext("Late, was due by {day}").format(day=duty.was_due.isoformat())
    if not duty.left:
        return pgettext("duty", "Met")
    if duty.last < today:
        return gettext("Late, was due by {day}").format(day=duty.last.isoformat())
    return gettext("Due by {day}").format(day=duty.last.isoformat())


def _talks(asked: Question, customers: list[Any]) -> list[Talk]:
    rows = Talk.objects.visible_to(asked.reader).filter(
        customer__in=customers,
        state=TalkState.HELD,
        at__gte=midnight(asked.first),
        at__lt=midnight(asked.after),
    )
    related = rows.select_related("customer", "leader", "host").order_by("-at", "-pk")
    return list(related[: MOST_ROWS + 1])


REPORT = Standard(
    key="strategic-visits",
    title=_("Strategic-customer visit sheet"),
    sentence=_(
        "Which visits and contacts strategic customers were paid, and which are owed to them "
        "by whom."
    ),
    source=_("Strategic-customer regime, 3.2"),
    right=VIEW,
    taking="customers.export_customer",
    facts=FACTS,
    tables=TABLES,
    read=_read,
    periods=("month", "quarter", "year"),
)

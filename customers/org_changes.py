"""Places, properties, ownerships and activities in changes of the organisation.

Set-based: a merger of two projects with a hundred thousand places is a handful of statements.
What was done in the past stays with the unit in which it was done; reports of that time need it.
"""

# ruff: noqa: S608  tables and columns come from code, never from people

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from customers.models import (
    Activity,
    ActivityState,
    Contract,
    CustomerUnit,
    Loss,
    Opportunity,
    Ownership,
    Property,
    SalesTarget,
)
from regions.models import OrgUnit
from regions.takes_part import Chosen, Participant, takes_part

PLACE, FLAT = "customers_customerunit", "customers_property"
OWNED, DONE = "customers_ownership", "customers_activity"
LOST = "customers_loss"
AGREED, HOPED = "customers_contract", "customers_opportunity"
AIMED = "customers_salestarget"
HAS_ROW = "EXISTS (SELECT 1 FROM {table} o WHERE o.customer_id = t.customer_id AND o.unit_id = %s)"

# Rows of a unit whose customer has a place in the other one and none here any more.
GONE = f"""t.unit_id = %s
    AND EXISTS (SELECT 1 FROM {PLACE} p WHERE p.customer_id = t.customer_id AND p.unit_id = %s)
    AND NOT EXISTS (SELECT 1 FROM {PLACE} p WHERE p.customer_id = t.customer_id
                    AND p.unit_id = %s)"""


@takes_part(Property)
class Properties(Participant):
    """Flats move with their project. Two at one address cannot be told apart, so they stop it."""

    title = _("properties")

    def problems(self, source: OrgUnit, target: OrgUnit) -> list[str]:
        """Addresses that both projects have."""
        twins = Property.objects.raw(
            f"""SELECT a.id FROM {FLAT} a JOIN {FLAT} b
                USING (building, building_unit, room) WHERE a.unit_id = %s AND b.unit_id = %s
                LIMIT 1001""",
            [source.pk, target.pk],
        )
        count = len(twins)
        if not count:
            return []
        sentence = ngettext(
            "{count} property stands at the same address in both projects. Please rename "
            "its building first.",
            "{count} properties stand at the same address in both projects. Please rename "
            "the buildings of one first.",
            count,
        )
        return [sentence.format(count=count)]

    def split(self, journal: Any, source: int, target: int, chosen: Chosen) -> None:
        """Whole buildings go."""
        where = "t.unit_id = %s AND t.building = ANY(%s)"
        args = [source, list(chosen.buildings)]
        journal.rewrite(FLAT, {"unit_id": "%s::int"}, [target], where=where, args=args)


@takes_part(Ownership)
class Ownerships(Participant):
    """Ownerships, former ones too, lie where their property lies."""

    title = _("ownerships")

    def split(self, journal: Any, source: int, target: int, chosen: Chosen) -> None:
        """Follow the properties that have gone."""
        where = f"""t.unit_id = %s
            AND t.property_id IN (SELECT id FROM {FLAT} WHERE unit_id = %s)"""
        journal.rewrite(OWNED, {"unit_id": "%s::int"}, [target], where=where, args=[source, target])


@takes_part(CustomerUnit)
class Places(Participant):
    """Customers of a merged unit; who is known in both gets one place with the best of both."""

    title = _("customers")

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """Unite places of the same customer, then move the rest."""
        journal.rewrite(
            PLACE,
            {
                "last_contact_at": "CASE WHEN s.contacted AND NOT t.contacted "
                "THEN s.last_contact_at WHEN t.contacted AND NOT s.contacted "
                "THEN t.last_contact_at ELSE GREATEST(t.last_contact_at, s.last_contact_at) END",
                "contacted": "t.contacted OR s.contacted",
                "next_contact_on": "LEAST(t.next_contact_on, s.next_contact_on)",
                "signed_on": "LEAST(t.signed_on, s.signed_on)",
                "handed_over_on": "LEAST(t.handed_over_on, s.handed_over_on)",
                "keeper_id": "COALESCE(t.keeper_id, s.keeper_id)",
            },
            source=f"JOIN {PLACE} s ON s.customer_id = t.customer_id AND s.unit_id = %s",
            where="t.unit_id = %s",
            args=[source, target],
        )
        twin = HAS_ROW.format(table=PLACE)
        journal.delete(PLACE, where=f"t.unit_id = %s AND {twin}", args=[source, target])
        super().move(journal, source, target, day)

    def split(self, journal: Any, source: int, target: int, chosen: Chosen) -> None:
        """Owners of what has gone, and customers chosen by code; owners of flats in both parts
        get a second place."""
        owns = HAS_ROW.format(table=OWNED)
        named = "t.customer_id IN (SELECT id FROM customers_customer WHERE code = ANY(%s))"
        goes = f"t.unit_id = %s AND ({owns} OR {named})"
        args = [source, target, list(chosen.customers)]
        fields = [str(field.column) for field in CustomerUnit._meta.concrete_fields]
        copied = [name for name in fields if name not in ("id", "unit_id")]
        journal.insert(
            PLACE,
            ", ".join(["unit_id", *copied]),
            f"""SELECT %s, {", ".join(f"t.{name}" for name in copied)} FROM {PLACE} t
                WHERE {goes} AND {owns}""",
            [target, *args, source],
        )
        stays = f"NOT {owns}"
        journal.rewrite(
            PLACE,
            {"unit_id": "%s::int"},
            [target],
            where=f"{goes} AND {stays}",
            args=[*args, source],
        )
        self._redate(journal, source, target)

    def _redate(self, journal: Any, source: int, target: int) -> None:
        """Dates of places in both parts come from the properties that each part has now."""
        dates = {
            name: f"""(SELECT min(o.{name}) FROM {OWNED} o WHERE o.customer_id = t.customer_id
                AND o.unit_id = t.unit_id AND o.valid_until IS NULL)"""
            for name in ("signed_on", "handed_over_on")
        }
        journal.rewrite(
            PLACE,
            dates,
            where=f"""t.unit_id = ANY(%s) AND EXISTS (SELECT 1 FROM {PLACE} o
                WHERE o.customer_id = t.customer_id AND o.unit_id = ANY(%s) AND o.id <> t.id)""",
            args=[[source, target], [source, target]],
        )


@takes_part(Activity)
class Activities(Participant):
    """Planned work moves; what was done stays with the unit that did it."""

    title = _("open activities")

    def current(self, units: Iterable[int]) -> int:
        """What is still planned."""
        return Activity.objects.planned().filter(unit__in=list(units)).count()

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """Only what is still planned."""
        where = "t.unit_id = %s AND t.state = %s"
        args = [source, ActivityState.PLANNED]
        journal.rewrite(DONE, {"unit_id": "%s::int"}, [target], where=where, args=args)

    def split(self, journal: Any, source: int, target: int, chosen: Chosen) -> None:
        """All activities with customers who have gone for good: reports of the past find the
        unit that the new one was split from."""
        journal.rewrite(
            DONE, {"unit_id": "%s::int"}, [target], where=GONE, args=[source, target, source]
        )


@takes_part(Loss)
class Losses(Participant):
    """Who is lost can still be won back, by the unit that comes after; who was won back before
    stays with the unit that did it."""

    title = _("lost customers")

    def current(self, units: Iterable[int]) -> int:
        """Who is still lost."""
        return Loss.objects.still().filter(unit__in=list(units)).count()

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """Of whom both have lost, the other keeps his loss with the earlier day."""
        both = f"JOIN {LOST} s ON s.customer_id = t.customer_id AND s.unit_id = %s"
        journal.rewrite(
            LOST,
            {"lost_on": "LEAST(t.lost_on, s.lost_on)"},
            source=f"{both} AND s.won_back_on IS NULL",
            where="t.unit_id = %s AND t.won_back_on IS NULL",
            args=[source, target],
        )
        twin = f"""EXISTS (SELECT 1 FROM {LOST} o WHERE o.customer_id = t.customer_id
            AND o.unit_id = %s AND o.won_back_on IS NULL)"""
        still = "t.unit_id = %s AND t.won_back_on IS NULL"
        journal.delete(LOST, where=f"{still} AND {twin}", args=[source, target])
        journal.rewrite(LOST, {"unit_id": "%s::int"}, [target], where=still, args=[source])

    def split(self, journal: Any, source: int, target: int, chosen: Chosen) -> None:
        """All losses of customers who have gone for good."""
        journal.rewrite(
            LOST, {"unit_id": "%s::int"}, [target], where=GONE, args=[source, target, source]
        )


def _follow(journal: Any, table: str, source: int, target: int) -> None:
    """Rows of customers who have gone for good go along."""
    args = [source, target, source]
    journal.rewrite(table, {"unit_id": "%s::int"}, [target], where=GONE, args=args)


@takes_part(Contract)
class Contracts(Participant):
    """All contracts go to the successor, finished ones too: what is still owed is owed to him."""

    title = _("contracts")

    def split(self, journal: Any, source: int, target: int, chosen: Chosen) -> None:
        """Those of customers who have gone for good."""
        _follow(journal, AGREED, source, target)


@takes_part(Opportunity)
class Opportunities(Participant):
    """Opportunities go to the successor with their customers."""

    title = _("opportunities")

    def split(self, journal: Any, source: int, target: int, chosen: Chosen) -> None:
        """Those of customers who have gone for good."""
        _follow(journal, HOPED, source, target)


@takes_part(SalesTarget)
class SalesTargets(Participant):
    """Targets of the year of the change and of later ones go to the successor, who is to sell what
    both were to; those of past years stay with the unit that they measured."""

    title = _("sales targets")

    def move(self, journal: Any, source: int, target: int, day: date) -> None:
        """Add up what both have, then move the rest."""
        same = """s.year = t.year AND s.product = t.product
            AND s.customer_id IS NOT DISTINCT FROM t.customer_id"""
        journal.rewrite(
            AIMED,
            {"amount": "t.amount + s.amount"},
            source=f"JOIN {AIMED} s ON s.unit_id = %s AND {same}",
            where="t.unit_id = %s AND t.year >= %s",
            args=[source, target, day.year],
        )
        twin = f"EXISTS (SELECT 1 FROM {AIMED} s WHERE s.unit_id = %s AND {same})"
        mine = "t.unit_id = %s AND t.year >= %s"
        args = [source, day.year]
        journal.delete(AIMED, where=f"{mine} AND {twin}", args=[*args, target])
        journal.rewrite(AIMED, {"unit_id": "%s::int"}, [target], where=mine, args=args)

    def split(self, journal: Any, source: int, target: int, chosen: Chosen) -> None:
        """Those of customers who have gone for good; nobody knows how to divide the others."""
        _follow(journal, AIMED, source, target)

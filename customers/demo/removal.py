"""Taking the demonstration out again, with everything people did in it while they tried it.

What goes: what other apps added (customers.demo.parts); the units of the demonstration and those
made below them by changes of the organisation or by its people; its people; customers that it
loaded or its people entered or imported; and all that hangs on these: rules, calendars, sections,
hand-overs, shares, notices, log-ins, jobs.

What stays: audit entries with the people they name, public days, and what the system itself keeps.
Rows of real people that stand on rows of the demonstration are a reason to refuse.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pgtrigger
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import connection, models, transaction
from django.db.models import ManyToOneRel, Q
from django.utils.translation import gettext as _

from accounts.models import (
    GrantReview,
    HandOver,
    HandOverItem,
    Post,
    SectionGrant,
    SignedInDevice,
    User,
    UserState,
)
from accounts.shutting import shut_out
from audit.models import Entry
from audit.services import record
from core.errors import Refused
from core.imports.runs import remove_file
from core.models import ImportRun, Job
from customers.demo.histories import forget_contexts
from customers.demo.parts import Gone, parts
from customers.demo.tables import KIND, accounts_file
from customers.models import Customer, CustomerShare, Property
from regions.calendars.loading import forget as forget_calendars
from regions.models import (
    CalendarDay,
    CalendarException,
    CalendarLine,
    CalendarSpan,
    CalendarUse,
    Company,
    OrgChange,
    OrgChangeRow,
    OrgUnit,
    PolicyValue,
    Section,
    SectionUnit,
    UnitAlias,
    UnitVersion,
    WorkingCalendar,
)
from regions.policies import forget as forget_policies

# What goes with the customers, in an order that leaves no row without its parent.
_BY_CUSTOMER = (
    "DELETE FROM customers_activity WHERE customer_id = ANY(%s)",
    "DELETE FROM customers_ownership WHERE customer_id = ANY(%s)",
    "DELETE FROM customers_customerunit WHERE customer_id = ANY(%s)",
    "DELETE FROM customers_contact WHERE customer_id = ANY(%s)",
    "DELETE FROM customers_namereading WHERE customer_id = ANY(%s)",
    "DELETE FROM customers_customershare WHERE content_object_id = ANY(%s)",
)
# The history tables with the column that names the customer.
_EVENTS = {
    "customers_activityevent": "customer_id",
    "customers_ownershipevent": "customer_id",
    "customers_customerunitevent": "customer_id",
    "customers_contactevent": "customer_id",
    "customers_customerevent": "pgh_obj_id",
}
_RECORDED = ("Customer", "CustomerUnit", "Contact", "Activity", "Ownership")
# The history of the invented rows goes with them: it would keep what the removal is to remove.
HISTORIES = tuple(
    trigger
    for name in _RECORDED
    for trigger in (f"customers.{name}:delete_delete", f"customers.{name}Event:append_only")
)


@dataclass(frozen=True, slots=True)
class _Demo:
    """The primary keys of what belongs to the demonstration."""

    options: dict[str, Any]
    runs: list[int]
    units: list[int]
    people: list[int]
    customers: list[int]


@transaction.atomic
def remove_demo() -> dict[str, int]:
    """Take the demonstration out. Returns rows removed by kind.

    The connection must be the owner's (core.management.commands.migrate.connected_as_owner): the
    application's own role may not delete versions of rules. Audit entries stay, and with them the
    people they name, who lose posts, roles and password. Raises Refused when nothing was loaded,
    or when real records point at rows of the demonstration.
    """
    run = ImportRun.objects.select_for_update(of=("self",)).filter(kind=KIND).first()
    if run is None:
        raise Refused(_("No demonstration is loaded."))
    demo = _find(run)
    shut_out(demo.people)
    counts: dict[str, int] = {}
    gone = Gone(demo.units, demo.people, demo.customers, demo.runs)
    added = parts()
    histories = (*HISTORIES, *(trigger for part in added for trigger in part.histories))
    with connection.cursor() as cursor, pgtrigger.ignore(*histories):
        for part in reversed(added):
            counts |= part.remove(cursor, gone)
        counts |= _remove_archive(cursor, demo)
    _remove_work(demo)
    _remove_rules(demo)
    _remove_sections(demo)
    counts |= _remove_organisation(demo)
    record("demo.removed", by=None, counts=counts)
    transaction.on_commit(_forget)
    return counts


def _forget() -> None:
    accounts_file().unlink(missing_ok=True)
    forget_policies()
    forget_calendars()


def _find(run: ImportRun) -> _Demo:
    """What belongs to the demonstration, what was made in it included."""
    people = list(User.objects.filter(is_demo=True).values_list("pk", flat=True))
    runs = [run.pk, *ImportRun.objects.filter(actor__in=people).values_list("pk", flat=True)]
    customers = Customer.objects.filter(Q(import_run__in=runs) | Q(entered_by__in=people))
    units = _units(run.options["units"], people)
    return _Demo(run.options, runs, units, people, list(customers.values_list("pk", flat=True)))


def _units(loaded: list[int], people: list[int]) -> list[int]:
    """The units of the demonstration that exist, and those made below them since."""
    units = set(OrgUnit.objects.filter(pk__in=loaded).values_list("pk", flat=True))
    table = OrgUnit._meta.db_table
    rows = OrgChangeRow.objects.filter(table=table, before__isnull=True)
    made = {*rows.values_list("key", flat=True), *_saved("unit.created", people)}
    for unit in OrgUnit.objects.filter(pk__in=made - units):
        if units & set(unit.ancestor_ids()):
            units.add(unit.pk)
    return sorted(units)


def _saved(action: str, people: list[int]) -> set[int]:
    """The records that these people made, as the audit tells."""
    entries = Entry.objects.filter(action=action, by__in=people)
    return {key for key in entries.values_list("subject_id", flat=True) if key is not None}


# --- customers ------------------------------------------------------------------------------------


def _remove_archive(cursor: Any, demo: _Demo) -> dict[str, int]:
    customers = demo.customers
    cursor.execute(
        """SELECT subject_id FROM customers_customer WHERE id = ANY(%s)
           UNION SELECT subject_id FROM customers_contact WHERE customer_id = ANY(%s)""",
        [customers, customers],
    )
    subjects = [row[0] for row in cursor.fetchall() if row[0]]
    for statement in _BY_CUSTOMER:
        cursor.execute(statement, [customers])
    properties = Property.objects.filter(import_run__in=demo.runs)
    flats = list(properties.values_list("pk", flat=True))
    _refuse_references(Property, flats, also_cascading=True)
    _refuse_references(Customer, customers, also_cascading=True)
    properties._raw_delete(using=properties.db)
    cursor.execute("DELETE FROM customers_customer WHERE id = ANY(%s)", [customers])
    cursor.execute("DELETE FROM core_subjectkey WHERE id = ANY(%s)", [subjects])
    remove_history(cursor, customers)
    return {"customers": len(customers), "properties": len(flats)}


def remove_history(cursor: Any, customers: list[int]) -> None:
    """Former values of the customers, and the notes on who changed them that nothing else needs."""
    contexts: set[Any] = set()
    for table, column in _EVENTS.items():
        cursor.execute(
            f"DELETE FROM {table} WHERE {column} = ANY(%s) RETURNING pgh_context_id", [customers]
        )
        contexts |= {row[0] for row in cursor.fetchall() if row[0]}
    forget_contexts(cursor, contexts)


# --- what people did ------------------------------------------------------------------------------


def _remove_work(demo: _Demo) -> None:
    """Hand-overs, shares, jobs and imports of the people, with the files they left."""
    people = demo.people
    items = HandOverItem.objects.filter(
        Q(unit__in=demo.units) | Q(from_user__in=people) | Q(to_user__in=people)
    )
    hand_overs = HandOver.objects.filter(
        Q(pk__in=items.values("hand_over"))
        | Q(giver__in=people)
        | Q(by__in=people)
        | Q(ended_by__in=people)
    )
    gone = list(hand_overs.values_list("pk", flat=True))
    HandOverItem.objects.filter(hand_over__in=gone).delete()
    HandOver.objects.filter(pk__in=gone).delete()
    runs = ImportRun.objects.filter(pk__in=demo.runs)
    for names in runs.values_list("stored_name", "rejected_name"):
        for name in names:
            transaction.on_commit(partial(remove_file, name))
    runs.delete()
    Job.objects.filter(actor__in=people).delete()


def _remove_rules(demo: _Demo) -> None:
    """What units said of rules, their working time, and the changes of the organisation."""
    units, people = demo.units, demo.people
    PolicyValue.objects.filter(unit__in=units).delete()
    OrgChange.objects.filter(
        Q(unit__in=units) | Q(target__in=units) | Q(unit_ids__overlap=units) | Q(author__in=people)
    ).delete()
    UnitAlias.objects.filter(unit__in=units).delete()
    CalendarUse.objects.filter(unit__in=units).delete()
    CalendarException.objects.filter(Q(unit__in=units) | Q(by__in=people)).delete()
    made = {*demo.options.get("calendars", ()), *_saved("calendar.created", people)}
    WorkingCalendar.objects.filter(pk__in=made, is_standard=False, uses__isnull=True).delete()
    derived: tuple[Any, ...] = (CalendarDay, CalendarSpan, CalendarLine)
    for table in derived:
        table.objects.filter(line__in=units).delete()


def _remove_sections(demo: _Demo) -> None:
    """Sections that held units of the demonstration or were made in it, with their companies."""
    members = SectionUnit.objects.filter(unit__in=demo.units)
    made = {*demo.options.get("sections", ()), *_saved("section.saved", demo.people)}
    keys = made | set(members.values_list("section", flat=True))
    members.delete()
    SectionGrant.objects.filter(user__in=demo.people).delete()
    sections = list(
        Section.objects.filter(pk__in=keys, members__isnull=True).values_list("pk", flat=True)
    )
    _refuse_references(Section, sections)
    companies = set(Company.objects.filter(sections__in=sections).values_list("pk", flat=True))
    Section.objects.filter(pk__in=sections).delete()
    companies |= set(demo.options.get("companies", ()))
    Company.objects.filter(pk__in=companies, sections__isnull=True).delete()


# --- people and units -----------------------------------------------------------------------------


def _remove_organisation(demo: _Demo) -> dict[str, int]:
    people, units = demo.people, OrgUnit.objects.filter(pk__in=demo.units)
    stay = set(Entry.objects.filter(by__in=people).values_list("by", flat=True))
    go = [pk for pk in people if pk not in stay]
    _remove_accounts(people)
    _refuse_references(User, people)
    User.objects.filter(pk__in=go).delete()
    User.objects.filter(pk__in=stay).update(
        unit=None, state=UserState.LEFT, password=make_password(None), password_changed_at=None
    )
    UnitVersion.objects.filter(unit__in=demo.units).delete()
    _refuse_references(OrgUnit, demo.units)
    units._raw_delete(using=units.db)
    return {"people": len(go), "people_kept": len(stay), "units": len(demo.units)}


def _remove_accounts(people: list[int]) -> None:
    """All that is a person's own, also of those who stay because the audit names them."""
    keys = SignedInDevice.objects.filter(user__in=people).values_list("key", flat=True)
    Session.objects.filter(session_key__in=list(keys)).delete()
    Post.objects.filter(user__in=people).delete()
    GrantReview.objects.filter(grant__user__in=people).delete()
    shares = CustomerShare.objects.filter(given_by__in=people, user__in=people)
    shares.delete()
    for relation in _relations(User, {models.CASCADE}):
        table: type[models.Model] = relation.related_model
        table._base_manager.filter(**{f"{relation.field.name}__in": people}).delete()


def _relations(model: type[models.Model], on_delete: Iterable[Any]) -> list[ManyToOneRel]:
    """The keys of other tables that point at a model and do one of these when it goes."""
    return [
        relation
        for relation in model._meta.get_fields(include_hidden=True)
        if isinstance(relation, ManyToOneRel) and relation.on_delete in set(on_delete)
    ]


def _refuse_references(
    model: type[models.Model], keys: list[int], *, also_cascading: bool = False
) -> None:
    """Raise Refused when rows that are not part of the demonstration point at these.

    Asked of every protecting relation there is, so that apps to come are covered too; of the
    cascading ones as well where rows are deleted past Django.
    """
    guarded = {models.PROTECT, models.CASCADE} if also_cascading else {models.PROTECT}
    for relation in _relations(model, guarded):
        pointing: type[models.Model] = relation.related_model
        if pointing is Entry:
            continue
        rows = pointing._base_manager.filter(**{f"{relation.field.name}__in": keys})
        if pointing is model:
            rows = rows.exclude(pk__in=keys)
        if count := rows.count():
            sentence = _(
                "{count} records of the kind “{kind}” that are not part of the demonstration use "
                "its rows; please move or delete them first."
            )
            kind = pointing._meta.verbose_name_plural
            raise Refused(sentence.format(count=count, kind=kind))

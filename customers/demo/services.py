"""Loading the demonstration and taking it out again: each is one transaction."""

import secrets
import string
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, models, transaction
from django.db.models import ManyToOneRel
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Post, Role, RoleGrant, User, UserState
from audit.models import Entry
from audit.services import record
from core.errors import Refused
from core.models import ImportRun, ImportState, Job
from customers.demo.activities import Year, write_activities
from customers.demo.archive import Archive, plan_archive, write_archive, write_places
from customers.demo.organisation import (
    Organisation,
    Person,
    choose_accounts,
    draw_names,
    plan_people,
    plan_units,
    write_organisation,
)
from customers.models import Customer, Property
from regions.models import OrgUnit, UnitVersion

KIND = "demo"
LOCK = 7_231_002
SEED = 20_261_121
PASSWORD_LETTERS = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lI")))


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody to log in as."""

    role: str
    employee_no: str
    password: str
    name: str
    unit: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was written: rows by kind, and one account a role."""

    seed: int
    counts: dict[str, int]
    accounts: list[Account]


def was_loaded() -> bool:
    """Whether a demonstration was ever loaded here; the audit remembers it after its removal."""
    return Entry.objects.filter(action="demo.loaded").exists()


def accounts_file() -> Path:
    """The file that tells the operator the accounts of the demonstration."""
    return settings.CRM_HOME / "demo-accounts.txt"


@transaction.atomic
def load_demo(seed: int = SEED) -> Loaded:
    """Write the whole demonstration. Raises Refused where there is an organisation already."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        if OrgUnit.objects.exists():
            raise Refused(
                _("There is an organisation already; the demonstration needs an empty system.")
            )
        now, names = timezone.now(), draw_names(seed)
        today = timezone.localdate()
        organisation = plan_units(names, today)
        plan_people(organisation, names, today)
        _renumber(organisation)
        archive = plan_archive(organisation, names, today)
        write_organisation(cursor, organisation, today)
        run = _open_run(organisation, seed)
        write_archive(cursor, archive, run.pk)
        year = Year(archive, names, now)
        activities = write_activities(cursor, year)
        write_places(cursor, archive, run.pk)
    counts = _counts(organisation, archive, activities)
    accounts = _open_accounts(organisation)
    ImportRun.objects.filter(pk=run.pk).update(report=counts)
    record("demo.loaded", by=None, subject=run, seed=seed)
    transaction.on_commit(lambda: write_accounts_file(accounts))
    return Loaded(seed, counts, accounts)


def _renumber(organisation: Organisation) -> None:
    """Number staff behind those an earlier demonstration had to leave in the audit."""
    taken = set(
        User.objects.filter(employee_no__startswith="D").values_list("employee_no", flat=True)
    )
    number = 0
    for person in organisation.people:
        number += 1
        while f"D{number:04}" in taken:
            number += 1
        person.number = f"D{number:04}"


def _open_run(organisation: Organisation, seed: int) -> ImportRun:
    return ImportRun.objects.create(
        kind=KIND,
        file_name=KIND,
        state=ImportState.APPLIED,
        applied_at=timezone.now(),
        options={"seed": seed, "units": [unit.key for unit in organisation.units]},
    )


def _counts(organisation: Organisation, archive: Archive, activities: int) -> dict[str, int]:
    owned = [flat for client in archive.clients for flat in client.flats]
    owners = sum(client.kind == "person" for client in archive.clients)
    return {
        "units": len(organisation.units),
        "people": len(organisation.people),
        "owners": owners,
        "organisations": len(archive.clients) - owners,
        "contacts": sum(len(client.contacts) for client in archive.clients),
        "properties": sum(first for _flat, first in owned),
        "ownerships": len(owned),
        "places": len(archive.places),
        "activities": activities,
    }


# --- accounts -------------------------------------------------------------------------------------


def _open_accounts(organisation: Organisation) -> list[Account]:
    """Give one person of each role a password of his own, drawn by the system's chance."""
    chosen = choose_accounts(organisation)
    roles = Role.objects.in_bulk(list(chosen), field_name="code")
    accounts = []
    for role in sorted(roles.values(), key=lambda role: role.pk):
        person = chosen[role.code]
        password = new_password()
        user = User.objects.get(pk=person.key)
        user.set_password(password)
        user.save(update_fields=["password", "password_changed_at"])
        accounts.append(_account(role, person, password))
    return accounts


def _account(role: Role, person: Person, password: str) -> Account:
    return Account(role.name, person.number, password, person.name, person.unit.name)


def new_password() -> str:
    """Four groups of four letters and digits, with a capital, a small letter and a digit."""
    while True:
        groups = ["".join(secrets.choice(PASSWORD_LETTERS) for _i in range(4)) for _j in range(4)]
        text = "-".join(groups)
        if (
            any(map(str.isupper, text))
            and any(map(str.islower, text))
            and any(map(str.isdecimal, text))
        ):
            return text


def account_lines(accounts: list[Account]) -> list[str]:
    """One line an account: role, employee number, password, name, unit, parted by tabs."""
    return ["\t".join((a.role, a.employee_no, a.password, a.name, a.unit)) for a in accounts]


def write_accounts_file(accounts: list[Account]) -> None:
    """Put the accounts into a file only the operator can read."""
    path = accounts_file()
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text("".join(f"{line}\n" for line in account_lines(accounts)), encoding="utf-8")


# --- removal --------------------------------------------------------------------------------------

# What goes with the customers of the run, in an order that leaves no row without its parent.
_BY_CUSTOMER = (
    "DELETE FROM customers_activity WHERE customer_id = ANY(%s)",
    "DELETE FROM customers_ownership WHERE customer_id = ANY(%s)",
    "DELETE FROM customers_customerunit WHERE customer_id = ANY(%s)",
    "DELETE FROM customers_contact WHERE customer_id = ANY(%s)",
    "DELETE FROM customers_namereading WHERE customer_id = ANY(%s)",
    "DELETE FROM customers_customershare WHERE content_object_id = ANY(%s)",
)
HISTORIES = tuple(
    f"customers.{name}:delete_delete"
    for name in ("Customer", "CustomerUnit", "Contact", "Activity", "Ownership")
)


@transaction.atomic
def remove_demo() -> dict[str, int]:
    """Take the demonstration out. Returns rows removed by kind.

    Audit entries stay, and with them the people they name, who lose posts, roles and password.
    Raises Refused when nothing was loaded, or when real records point at demonstration rows.
    """
    run = ImportRun.objects.select_for_update().filter(kind=KIND).first()
    if run is None:
        raise Refused(_("No demonstration is loaded."))
    customers = list(Customer.objects.filter(import_run=run).values_list("pk", flat=True))
    people = list(User.objects.filter(is_demo=True).values_list("pk", flat=True))
    # The invented rows leave no history behind: it would keep what the removal is to remove.
    with connection.cursor() as cursor, pgtrigger.ignore(*HISTORIES):
        counts = _remove_archive(cursor, run, customers)
    counts |= _remove_organisation(run, people)
    record("demo.removed", by=None, counts=counts)
    transaction.on_commit(lambda: accounts_file().unlink(missing_ok=True))
    return counts


def _remove_archive(cursor: Any, run: ImportRun, customers: list[int]) -> dict[str, int]:
    cursor.execute(
        """SELECT subject_id FROM customers_customer WHERE id = ANY(%s)
           UNION SELECT subject_id FROM customers_contact WHERE customer_id = ANY(%s)""",
        [customers, customers],
    )
    subjects = [row[0] for row in cursor.fetchall() if row[0]]
    for statement in _BY_CUSTOMER:
        cursor.execute(statement, [customers])
    properties = Property.objects.filter(import_run=run)
    flats = list(properties.values_list("pk", flat=True))
    _refuse_references(Property, flats, also_cascading=True)
    _refuse_references(Customer, customers, also_cascading=True)
    properties._raw_delete(using=properties.db)
    cursor.execute("DELETE FROM customers_customer WHERE id = ANY(%s)", [customers])
    cursor.execute("DELETE FROM core_subjectkey WHERE id = ANY(%s)", [subjects])
    return {"customers": len(customers), "properties": len(flats)}


def _remove_organisation(run: ImportRun, people: list[int]) -> dict[str, int]:
    units = OrgUnit.objects.filter(pk__in=run.options["units"])
    keys = list(units.values_list("pk", flat=True))
    Post.objects.filter(user__in=people).delete()
    RoleGrant.objects.filter(user__in=people).delete()
    Job.objects.filter(actor__in=people).delete()
    stay = set(Entry.objects.filter(by__in=people).values_list("by", flat=True))
    go = [pk for pk in people if pk not in stay]
    _refuse_references(User, people)
    User.objects.filter(pk__in=go).delete()
    User.objects.filter(pk__in=stay).update(
        unit=None, state=UserState.LEFT, password=make_password(None), password_changed_at=None
    )
    UnitVersion.objects.filter(unit__in=keys).delete()
    _refuse_references(OrgUnit, keys)
    units._raw_delete(using=units.db)
    run.delete()
    return {"people": len(go), "people_kept": len(stay), "units": len(keys)}


def _refuse_references(
    model: type[models.Model], keys: list[int], *, also_cascading: bool = False
) -> None:
    """Raise Refused when rows that are not part of the demonstration point at these.

    Asked of every protecting relation there is, so that apps to come are covered too; of the
    cascading ones as well where rows are deleted past Django.
    """
    guarded = {models.PROTECT, models.CASCADE} if also_cascading else {models.PROTECT}
    for relation in model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ManyToOneRel) or relation.on_delete not in guarded:
            continue
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

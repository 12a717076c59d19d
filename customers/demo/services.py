"""Loading the demonstration, in one transaction; `removal` takes it out again."""

import secrets
import string
from dataclasses import astuple, dataclass

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Role, User
from audit.models import Entry
from audit.services import invented, record
from core.errors import Refused
from core.models import ImportRun, ImportState, OutboxMessage
from customers.demo.activities import Year, write_activities
from customers.demo.archive import Archive, plan_archive, write_archive, write_places
from customers.demo.organisation import (
    Organisation,
    Person,
    choose_accounts,
    deciders,
    draw_names,
    plan_people,
    plan_units,
    second_administrator,
    superiors,
    write_organisation,
)
from customers.demo.parts import Scene, parts
from customers.demo.rooms import write_rooms
from customers.demo.tables import KIND, accounts_file
from regions.models import OrgUnit

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
    position: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was written: rows by kind, and one account a role."""

    seed: int
    counts: dict[str, int]
    accounts: list[Account]


def was_loaded() -> bool:
    """Whether a demonstration was ever loaded here; the audit remembers it after its removal."""
    return Entry.objects.filter(action="demo.loaded").exists()


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
        chosen = choose_accounts(organisation)
        others = _others(organisation, chosen)
        rooms = write_rooms(cursor, organisation, archive, chosen, others, now)
        counts = _counts(organisation, archive, activities) | rooms.counts
        scene = Scene(organisation, archive, chosen, now, seed, run.pk)
        # Statements of what follows are planned for the rows there are, not for none.
        cursor.execute("ANALYZE")
        with invented():
            for part in parts():
                counts |= part.write(cursor, scene)
        # Nobody real reads the mails of invented people.
        OutboxMessage.objects.filter(user__in=[one.key for one in organisation.people]).delete()
    accounts = _open_accounts([*chosen.values(), *others])
    ImportRun.objects.filter(pk=run.pk).update(report=counts, options=run.options | rooms.keys)
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


def _others(organisation: Organisation, chosen: dict[str, Person]) -> list[Person]:
    """Whose accounts are told beside one a role: those whom somebody's papers and changes go to."""
    second = second_administrator(organisation, chosen["system-administrator"])
    found = [*([second] if second else []), *deciders(organisation)]
    return found + superiors(organisation, chosen["staff"])


def _open_accounts(people: list[Person]) -> list[Account]:
    """Give each a password of his own, drawn by the system's chance."""
    roles = Role.objects.in_bulk([person.role for person in people], field_name="code")
    accounts = []
    for person in sorted(people, key=lambda one: (roles[one.role].pk, one.number)):
        role, password = roles[person.role], new_password()
        user = User.objects.get(pk=person.key)
        user.set_password(password)
        user.save(update_fields=["password", "password_changed_at"])
        accounts.append(_account(role, person, password))
    return accounts


def _account(role: Role, person: Person, password: str) -> Account:
    unit, position = person.unit.name, person.position
    return Account(role.name, person.number, password, person.name, unit, position)


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
    """One line an account: role, employee number, password, name, unit, position, parted by
    tabs."""
    return ["\t".join(astuple(one)) for one in accounts]


def write_accounts_file(accounts: list[Account]) -> None:
    """Put the accounts into a file only the operator can read."""
    path = accounts_file()
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text("".join(f"{line}\n" for line in account_lines(accounts)), encoding="utf-8")

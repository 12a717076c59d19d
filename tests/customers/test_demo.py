"""The demonstration: whole, repeatable, found again and taken out without a trace."""

import json
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.models import Post, RoleGrant, User
from audit.models import Entry
from complaints.demo import year
from complaints.models import Case
from compliance.models import (
    Absence,
    Circular,
    Commendation,
    FormerLogIn,
    Lapse,
    LogInDay,
    LogInMonth,
    Sanction,
)
from core.models import ImportRun, SubjectKey
from customers.demo import activities, archive, organisation, services
from customers.demo.names import Names
from customers.demo.removal import remove_demo
from customers.demo.services import load_demo, new_password
from customers.models import (
    Activity,
    Contact,
    Customer,
    CustomerUnit,
    NameReading,
    Ownership,
    Property,
)
from regions.models import Kind, OrgUnit, UnitVersion
from reports.metrics.checking import differences
from reports.metrics.rollups import refresh
from reports.models import ClosedMonth, Mark, Rollup
from tests.conftest import become
from tests.factories import make_unit

OWNERS, ORGANISATIONS, STAFF = 600, 20, 320


def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole tree with fewer people in it."""
    monkeypatch.setattr(archive, "OWNERS", OWNERS)
    monkeypatch.setattr(archive, "ORGANISATIONS", ORGANISATIONS)
    monkeypatch.setattr(organisation, "STAFF", STAFF)
    for name, number in (("DONE", 900), ("PLANNED", 40), ("OVERDUE", 10), ("CANCELLED", 5)):
        monkeypatch.setattr(activities, name, number)
    monkeypatch.setattr(year, "COUNT", 40)


@pytest.fixture
def _small(monkeypatch, settings, tmp_path):
    """A small one, and a home of its own for the file of accounts."""
    small(monkeypatch)
    settings.CRM_HOME = tmp_path


@pytest.fixture(scope="module", autouse=True)
def _owner(django_db_setup, django_db_blocker):
    """The command removes as the owner of the tables; in a transaction the role cannot change."""
    with django_db_blocker.unblock():
        become(settings.DATABASE_OWNER.get("USER", settings.DATABASE_APP_ROLE))
    yield
    with django_db_blocker.unblock():
        become(settings.DATABASE_APP_ROLE)


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_small")]


def run_demo(*arguments: str) -> dict:
    out = StringIO()
    call_command("demo", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def rows() -> Counter:
    """How many rows the tables of the demonstration hold."""
    models = (Activity, Contact, Customer, CustomerUnit, NameReading, Ownership, Property)
    models += (OrgUnit, UnitVersion, User, Post, RoleGrant, SubjectKey, ImportRun)
    models += (Absence, Circular, Commendation, FormerLogIn, Lapse, LogInDay, LogInMonth, Sanction)
    return Counter({model.__name__: model.objects.count() for model in models})


def test_it_is_loaded_once_and_leaves_nothing_but_the_audit(
    settings, django_capture_on_commit_callbacks
):
    before = rows()
    with django_capture_on_commit_callbacks(execute=True):
        assert run_demo("--once")["loaded"] is True
    loaded = rows()
    assert loaded != before
    _accounts_are_for_the_operator_alone(Path(settings.CRM_HOME) / "demo-accounts.txt")
    assert Rollup.objects.filter(frozen=True).exists()
    assert ClosedMonth.objects.exists()
    assert run_demo("--once")["loaded"] is False
    assert rows() == loaded

    with django_capture_on_commit_callbacks(execute=True):
        run_demo("--remove")

    assert rows() == before
    assert not (Path(settings.CRM_HOME) / "demo-accounts.txt").exists()
    # Marks that the removal itself left bring none of the figures back.
    refresh()
    for model in (Rollup, ClosedMonth, Mark):
        assert not model.objects.exists(), model
    assert differences() == []
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SELECT count(*) FROM customers_customerevent")
        assert cursor.fetchone() == (0,)
    actions = Entry.objects.order_by("pk").values_list("action", flat=True)
    others = [one for one in actions if not one.startswith("satisfaction.")]
    assert others == ["demo.loaded", "demo.removed"]
    assert run_demo("--once")["loaded"] is False
    assert OrgUnit.objects.count() == 0


def _accounts_are_for_the_operator_alone(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    for line in path.read_text("utf-8").splitlines()[:3]:
        _role, number, password, *place = line.split("\t")
        person = User.objects.select_related("unit").get(employee_no=number)
        assert person.check_password(password)
        assert place == [person.name, person.unit.name, person.position]


def test_the_same_seed_makes_the_same_group_with_the_same_cases():
    def picture() -> list:
        owners = Customer.objects.filter(kind="person").order_by("pk")
        cases = Case.objects.order_by("pk")
        return [
            *OrgUnit.objects.order_by("code").values_list("code", "name", "households"),
            *User.objects.order_by("employee_no").values_list("employee_no", "name", "phone"),
            *owners.values_list("name", "identity_last4", "phone_last4", "level"),
            *Activity.objects.order_by("pk").values_list("at", "kind", "content"),
            *cases.values_list("state", "content", "complainant_name", "taken_in_at__date"),
        ]

    # At one moment: what happened on which day is counted back from it.
    with time_machine.travel(timezone.now(), tick=False):
        load_demo(seed=7)
        first = picture()
        assert Case.objects.exists()
        remove_demo()
        load_demo(seed=7)
        assert picture() == first
        names = set(User.objects.values_list("name", flat=True))
    assert names == planned_names(7)
    assert names != planned_names(8)


def planned_names(seed: int) -> set[str]:
    """The names of all people whom a seed invents."""
    names, today = services.draw_names(seed), timezone.localdate()
    organisation = services.plan_units(names, today)
    services.plan_people(organisation, names, today)
    return {person.name for person in organisation.people}


def test_loading_is_refused_beside_a_real_organisation():
    make_unit(kind=Kind.GROUP, code="G", name="集团")

    with pytest.raises(CommandError, match="空系统") as refusal:
        call_command("demo")

    assert refusal.value.returncode == 2


def test_once_leaves_a_real_organisation_alone():
    make_unit(kind=Kind.GROUP, code="G", name="集团")

    assert run_demo("--once")["loaded"] is False
    assert Customer.objects.count() == 0


def test_removing_nothing_says_so():
    with pytest.raises(CommandError, match="没有加载演示数据"):
        call_command("demo", "--remove")


def test_passwords_have_all_kinds_of_letters():
    for _ in range(50):
        password = new_password()
        assert len(password) == 19
        assert any(letter.isupper() for letter in password)
        assert any(letter.islower() for letter in password)
        assert any(letter.isdecimal() for letter in password)


def test_numbers_never_repeat():
    names: Names = organisation.draw_names(1)

    phones = [names.phone() for _ in range(5000)]

    assert len(set(phones)) == 5000

"""The demonstration: whole, repeatable, found again and taken out without a trace."""

import json
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.models import Post, RoleGrant, User
from accounts.staffing import breaches
from audit.models import Entry
from complaints.demo import year
from compliance.models import (
    Absence,
    Circular,
    FormerLogIn,
    Lapse,
    LogInDay,
    LogInMonth,
    Sanction,
)
from core.models import ImportRun, SubjectKey
from core.values.identity import parse_identity
from customers.demo import activities, archive, organisation
from customers.demo.names import Names
from customers.demo.removal import remove_demo
from customers.demo.services import load_demo, new_password
from customers.demo.tables import KIND
from customers.models import (
    Activity,
    Contact,
    Customer,
    CustomerUnit,
    NameReading,
    Ownership,
    Property,
)
from customers.models.customers import OwnerStage, owner_stage
from expenses.models import EventCustomer
from regions.models import Kind, OrgUnit, UnitVersion
from regions.services import mend_scope_columns
from satisfaction.models import Indicator
from tests.conftest import become
from tests.factories import make_unit, make_user

OWNERS, ORGANISATIONS, STAFF = 600, 20, 320


@pytest.fixture
def _small(monkeypatch, settings, tmp_path):
    """The whole tree with fewer people in it, and a home of its own for the file of accounts."""
    monkeypatch.setattr(archive, "OWNERS", OWNERS)
    monkeypatch.setattr(archive, "ORGANISATIONS", ORGANISATIONS)
    monkeypatch.setattr(organisation, "STAFF", STAFF)
    for name, number in (("DONE", 900), ("PLANNED", 40), ("OVERDUE", 10), ("CANCELLED", 5)):
        monkeypatch.setattr(activities, name, number)
    monkeypatch.setattr(year, "COUNT", 40)
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
    models += (Absence, Circular, FormerLogIn, Lapse, LogInDay, LogInMonth, Sanction)
    return Counter({model.__name__: model.objects.count() for model in models})


def test_every_kind_of_row_is_written():
    document = run_demo()

    counts = document["counts"]
    assert counts["units"] == OrgUnit.objects.count() == 1 + 6 + 25 + 90
    assert counts["people"] == User.objects.filter(is_demo=True).count() == STAFF
    assert counts["owners"] == Customer.objects.filter(kind="person").count() == OWNERS
    assert counts["organisations"] == ORGANISATIONS
    assert counts["activities"] == 955
    came = EventCustomer.objects.filter(came=True, event__state="held").count()
    assert Activity.objects.count() == 955 + came  # each guest of an event has it in his timeline
    assert counts["places"] == CustomerUnit.objects.count()
    assert counts["properties"] == Property.objects.count()
    assert not OrgUnit.objects.exclude(code__startswith="D").exists()
    run = ImportRun.objects.get(kind=KIND)
    for model in (Customer, CustomerUnit, Property, Ownership, Contact):
        assert model.objects.exclude(import_run=run).count() == 0
    assert Entry.objects.get(action="demo.loaded").subject_id == run.pk


def test_the_tree_and_the_rows_agree():
    load_demo()

    for unit in OrgUnit.objects.select_related("parent"):
        assert unit.path == f"{unit.parent.path if unit.parent else '/'}{unit.pk}/"
    assert mend_scope_columns() == 0
    assert UnitVersion.objects.count() == 122


def test_the_organisation_breaks_just_the_rules_it_means_to():
    load_demo()

    found = Counter(breach.rule for breach in breaches(timezone.localdate()))

    assert found == {"ORG-05": 1, "ORG-06": 1, "ORG-08": 1, "ORG-10": 1}


def test_personal_data_are_valid_and_encrypted():
    load_demo()

    person = Customer.objects.filter(identity_index__isnull=False).select_related("subject").first()

    identity = person.clear("identity")
    assert parse_identity(identity) == identity
    assert identity[2:4] == "99"
    assert person.identity_last4 == identity[-4:]
    assert person.clear("phone").startswith("16")
    assert len(person.clear("phone")) == 11
    assert identity.encode() not in bytes(person.identity_cipher)
    contact = Contact.objects.select_related("subject").first()
    assert contact.clear("email").endswith("@example.com")


def test_all_stages_and_places_occur():
    load_demo()
    today = timezone.localdate()

    dates = CustomerUnit.objects.filter(customer__kind="person").values_list(
        "signed_on", "handed_over_on"
    )
    assert {owner_stage(*pair, today) for pair in dates} == set(OwnerStage)
    owners = Counter(
        CustomerUnit.objects.filter(customer__kind="person").values_list("customer", flat=True)
    )
    several = sum(number > 1 for number in owners.values()) / OWNERS
    assert 0.16 < several < 0.26


def test_places_know_their_last_and_next_contact():
    load_demo()

    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT count(*) FROM customers_customerunit p LEFT JOIN LATERAL (
              SELECT max(at) FILTER (WHERE state = 'done' AND kind <> 'note') AS last,
                     min(at) FILTER (WHERE state = 'planned') AS next
              FROM customers_activity a
              WHERE a.customer_id = p.customer_id AND a.unit_id = p.unit_id
            ) a ON true
            WHERE p.last_contact_at IS DISTINCT FROM COALESCE(a.last, p.created_at)
               OR p.contacted IS DISTINCT FROM (a.last IS NOT NULL)
               OR p.next_contact_on IS DISTINCT FROM (a.next AT TIME ZONE 'Asia/Shanghai')::date""")
        assert cursor.fetchone() == (0,)
    now = timezone.now()
    assert Activity.objects.filter(state="planned", at__lt=now).count() == 10
    assert Activity.objects.filter(state="planned", at__gt=now).count() == 40
    assert Activity.objects.filter(state="done", at__gt=now).count() == 0


def test_one_account_a_role_can_log_in_and_nobody_else(client):
    document = run_demo()

    accounts = document["accounts"]
    # one a role, a second administrator who may approve what the first proposes, the five who
    # decide about money, and the two whom the papers of the member of staff come to first
    assert len({account["role"] for account in accounts}) == len(accounts) - 1 - 5 - 2 == 7
    for account in accounts:
        user = User.objects.get(employee_no=account["employee_no"])
        assert user.check_password(account["password"])
        assert user.password_changed_at is not None
        # Whoever leads a section has a further grant, which comes with it.
        assert user.grants.get(section_grant=None).role.name == account["role"]
    usable = [user for user in User.objects.filter(is_demo=True) if user.has_usable_password()]
    assert len(usable) == len(accounts)


def test_accounts_are_written_where_only_the_operator_reads(
    settings, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        loaded = load_demo()

    path = Path(settings.CRM_HOME) / "demo-accounts.txt"
    assert path.stat().st_mode & 0o777 == 0o600
    first = loaded.accounts[0]
    assert path.read_text("utf-8").splitlines()[0] == "\t".join(
        (*(first.role, first.employee_no, first.password, first.name), first.unit, first.position)
    )
    with django_capture_on_commit_callbacks(execute=True):
        remove_demo()
    assert not path.exists()


def test_the_same_seed_makes_the_same_group():
    def picture() -> list:
        owners = Customer.objects.filter(kind="person").order_by("pk")
        return [
            *OrgUnit.objects.order_by("code").values_list("code", "name", "households"),
            *User.objects.order_by("employee_no").values_list("employee_no", "name", "phone"),
            *owners.values_list("name", "identity_last4", "phone_last4", "level"),
            *Activity.objects.order_by("pk").values_list("at", "kind", "content"),
        ]

    load_demo(seed=7)
    first = picture()
    remove_demo()
    load_demo(seed=7)
    second = picture()
    remove_demo()
    load_demo(seed=8)

    assert first == second
    assert picture() != first


def test_removal_leaves_nothing_but_the_audit():
    before = rows()
    load_demo()
    assert rows() != before

    remove_demo()

    assert rows() == before
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SELECT count(*) FROM customers_customerevent")
        assert cursor.fetchone() == (0,)
    actions = Entry.objects.order_by("pk").values_list("action", flat=True)
    others = [one for one in actions if not one.startswith("satisfaction.")]
    assert others == ["demo.loaded", "demo.removed"]


def test_removal_keeps_people_the_audit_names():
    load_demo()
    top = Indicator.objects.get(code="home")
    own = Indicator.objects.create(code="own", parent=top, level=2, name="自有", weight=1)
    person = User.objects.get(employee_no="D0003")
    Entry.objects.create(by=person, action="activity.logged", detail={"kind": "call"})

    counts = remove_demo()

    assert counts["people_kept"] == 1
    assert set(Indicator.objects.all()) == {own, top}, "what the group added to the tree stays"
    person = User.objects.get()
    assert (person.employee_no, person.state, person.unit) == ("D0003", "left", None)
    assert not person.has_usable_password()
    load_demo()
    assert User.objects.filter(employee_no="D0003").get() == person


def test_removal_is_refused_while_real_rows_stand_on_it():
    load_demo()
    city = OrgUnit.objects.filter(kind=Kind.CITY).first()
    make_unit(kind=Kind.PROJECT, code="REAL1", name="真实项目", parent=city)

    with pytest.raises(CommandError, match="有 1 条") as refusal:
        call_command("demo", "--remove")

    assert refusal.value.returncode == 2
    assert Customer.objects.count() == OWNERS + ORGANISATIONS


def test_removal_is_refused_while_real_people_work_there():
    load_demo()
    make_user(unit=OrgUnit.objects.get(code="D101"), role=None)

    with pytest.raises(CommandError):
        call_command("demo", "--remove")


def test_loading_is_refused_beside_a_real_organisation():
    make_unit(kind=Kind.GROUP, code="G", name="集团")

    with pytest.raises(CommandError, match="空系统") as refusal:
        call_command("demo")

    assert refusal.value.returncode == 2


def test_once_does_nothing_a_second_time_nor_beside_a_real_organisation():
    assert run_demo("--once")["loaded"] is True
    before = rows()
    assert run_demo("--once")["loaded"] is False
    assert rows() == before
    run_demo("--remove")
    assert run_demo("--once")["loaded"] is False
    assert OrgUnit.objects.count() == 0


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

"""What stands in the demonstration: it is loaded once for all of these tests."""

from collections import Counter
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from accounts.staffing import breaches
from audit.models import Entry
from core.models import ImportRun
from core.values.identity import parse_identity
from customers.demo.removal import remove_demo
from customers.demo.services import load_demo
from customers.demo.tables import KIND
from customers.models import (
    Activity,
    Contact,
    Customer,
    CustomerUnit,
    DuplicatePair,
    Ownership,
    Property,
)
from customers.models.customers import OwnerStage, owner_stage
from expenses.models import EventCustomer
from regions.models import Kind, OrgUnit, UnitVersion
from regions.services import mend_scope_columns
from satisfaction.models import Indicator
from tests.access.conftest import taken_back
from tests.customers.test_demo import (  # noqa: F401  _owner is a fixture
    ORGANISATIONS,
    OWNERS,
    STAFF,
    _owner,
    run_demo,
    small,
)
from tests.factories import make_unit, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("document")]


@pytest.fixture(scope="module")
def document(_owner, django_db_blocker, tmp_path_factory) -> Iterator[dict]:  # noqa: F811
    """The answer of the command; the rows stay until the module ends."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        small(patch)
        with override_settings(CRM_HOME=tmp_path_factory.mktemp("demo")), taken_back():
            yield run_demo()


def test_every_kind_of_row_is_written(document):
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


def test_some_owners_stand_there_twice(document):
    pairs = DuplicatePair.objects.filter(likeness="number_name")

    assert document["counts"]["pairs"] == DuplicatePair.objects.count()
    assert pairs.count() == 3


def test_the_tree_and_the_rows_agree():
    for unit in OrgUnit.objects.select_related("parent"):
        assert unit.path == f"{unit.parent.path if unit.parent else '/'}{unit.pk}/"
    assert mend_scope_columns() == 0
    assert UnitVersion.objects.count() == 122


def test_the_organisation_breaks_just_the_rules_it_means_to():
    found = Counter(breach.rule for breach in breaches(timezone.localdate()))

    assert found == {"ORG-05": 1, "ORG-06": 1, "ORG-08": 1, "ORG-10": 1}


def test_personal_data_are_valid_and_encrypted():
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


def test_one_account_a_role_can_log_in_and_nobody_else(document):
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


def test_removal_keeps_people_the_audit_names():
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
    city = OrgUnit.objects.filter(kind=Kind.CITY).first()
    make_unit(kind=Kind.PROJECT, code="REAL1", name="真实项目", parent=city)

    with pytest.raises(CommandError, match="有 1 条") as refusal:
        call_command("demo", "--remove")

    assert refusal.value.returncode == 2
    assert Customer.objects.count() == OWNERS + ORGANISATIONS


def test_removal_is_refused_while_real_people_work_there():
    make_user(unit=OrgUnit.objects.get(code="D101"), role=None)

    with pytest.raises(CommandError):
        call_command("demo", "--remove")

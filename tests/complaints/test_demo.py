"""Cases of the demonstration: in every state, as the product itself would judge them, and gone
without a trace."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Count, F, Max, Q
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from complaints.demo import year
from complaints.models import Case, CaseEntry, Complainant, Deadline, EscalationStep, Pause
from complaints.selectors.committee import is_strategic
from complaints.services import escalate, make_move
from complaints.services.clocks import recompute_many
from complaints.states import MOVES, OPEN, WAITING, State
from core.errors import Refused
from core.models import Notice, SubjectKey
from customers.demo import activities, archive, organisation
from customers.demo.removal import remove_demo
from customers.demo.services import load_demo
from customers.management.commands.demo import _count_lines
from regions.models import OrgUnit
from regions.services import mend_scope_columns
from tests.access.conftest import taken_back
from tests.complaints.cases import facts_for
from tests.conftest import become
from tests.factories import make_case

CASES = 300


@pytest.fixture(scope="module", autouse=True)
def _small(tmp_path_factory):
    """Fewer customers with the same cases, and a home of its own for the file of accounts."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch, override_settings(CRM_HOME=home):
        patch.setattr(archive, "OWNERS", 900)
        patch.setattr(archive, "ORGANISATIONS", 20)
        patch.setattr(organisation, "STAFF", 420)
        for name, number in (("DONE", 300), ("PLANNED", 20), ("OVERDUE", 5), ("CANCELLED", 5)):
            patch.setattr(activities, name, number)
        patch.setattr(year, "COUNT", CASES)
        yield


@pytest.fixture(scope="module", autouse=True)
def _owner(django_db_setup, django_db_blocker):
    """The removal works as the owner of the tables; in a transaction the role cannot change."""
    with django_db_blocker.unblock():
        become(settings.DATABASE_OWNER.get("USER", settings.DATABASE_APP_ROLE))
    yield
    with django_db_blocker.unblock():
        become(settings.DATABASE_APP_ROLE)


pytestmark = pytest.mark.django_db


def test_removal_takes_all_of_it_also_what_was_played():
    tables = list(apps.get_app_config("complaints").get_models())
    before = {model.__name__: model._base_manager.count() for model in tables}
    load_demo()
    case = Case.objects.filter(state=State.ACCEPTED).select_related("handler", "unit")[0]
    make_move(case, "start", by=case.handler)
    make_case(
        unit=case.unit, by=User.objects.get(grants__role__code="hotline"), phone="13800000001"
    )

    counts = remove_demo()

    assert counts["cases"] == CASES + 1
    assert {model.__name__: model._base_manager.count() for model in tables} == before
    assert (SubjectKey.objects.count(), OrgUnit.objects.count()) == (0, 0)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


# --- loaded once: these come after those that begin with nothing ---------------------------------


@pytest.fixture(scope="module")
def loaded(_small, _owner, django_db_blocker):
    """The demonstration, loaded once for all tests below; each takes back what it did."""
    with django_db_blocker.unblock(), taken_back():
        made = load_demo()
        connection.check_constraints()  # now, or the end of every test checks all of it
        yield made


def test_the_product_finds_nothing_to_correct_and_nobody_to_tell(loaded):
    limits = Deadline.objects.order_by("pk").values_list("pk", "due_at", "amount")
    steps = EscalationStep.objects.order_by("pk").values_list("pk", "at", "taken_at")
    before = list(limits.all()), list(steps.all())

    recompute_many(list(Case.objects.open().select_related("level", "category", "top_category")))

    assert (list(limits.all()), list(steps.all())) == before
    assert escalate().steps == 0
    assert not Notice.objects.filter(kind__startswith="complaints.").exists()


def test_a_year_of_cases_in_every_state_some_of_them_late(loaded):
    now = timezone.now()

    assert loaded.counts["cases"] == Case.objects.count() == CASES
    assert len(_count_lines(loaded.counts)) == len(loaded.counts)
    assert set(Case.objects.values_list("state", flat=True)) == set(State.values)
    assert Case.objects.open().filter(next_due_at__lt=now).exists()
    assert Deadline.objects.filter(met_at__gt=F("due_at")).exists()
    assert not CaseEntry.objects.filter(at__gt=now).exists()
    days = Case.objects.aggregate(first=Max(now - F("taken_in_at")))
    assert 200 < days["first"].days <= 365
    assert mend_scope_columns() == 0
    owed = Deadline.objects.get(kind="committee", met_at=None)
    assert owed.due_at - owed.starts_at == timedelta(hours=24)
    assert owed.due_at > now
    assert is_strategic(Case.objects.select_related("customer").get(pk=owed.case_id))
    late = EscalationStep.objects.filter(at__lte=now)
    assert late.exists()
    assert not late.filter(taken_at=None).exists()
    phone = Complainant.objects.exclude(phone_last4="").select_related("subject")[0].clear_phone()
    assert phone.startswith("16")


def test_log_clocks_and_state_of_every_case_tell_the_same(loaded):
    for case in Case.objects.prefetch_related("entries", "deadlines", "pauses"):
        state = "registered"
        for entry in sorted(case.entries.all(), key=lambda one: (one.at, one.pk)):
            if entry.kind in MOVES:
                assert entry.from_state == state
                assert state in MOVES[entry.kind].sources
                state = entry.to_state or state
        assert state == case.state
        assert bool(case.pauses.all()) is (case.state in WAITING)
        if case.state not in OPEN:
            assert all(limit.met_at or limit.dropped for limit in case.deadlines.all())
            assert case.next_due_at is None


def test_the_handlers_of_open_cases_may_handle_them(loaded):
    case = Case.objects.filter(state=State.IN_PROGRESS, works=None).select_related("handler")[0]

    make_move(case, "resolve", by=case.handler, **facts_for("resolve", case, None))

    officer = User.objects.get(grants__role__code="hotline")
    assert officer.has_usable_password()
    make_move(case, "call_back", by=officer, outcome="satisfied", rating=5)
    with pytest.raises(Refused):
        make_move(case, "close", by=officer)


def test_nothing_is_doubled(loaded):
    doubled = Case.objects.annotate(
        first=Count("complainants", filter=Q(complainants__is_first=True))
    ).exclude(first=1)
    assert not doubled.exists()
    assert not Pause.objects.filter(ended_at__isnull=False).exists()

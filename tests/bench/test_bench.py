"""The benchmarks measure what they say: same rows on both sides, verdicts that can fail."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import override_settings

from accounts.models import User
from customers.demo import activities, archive, organisation
from customers.demo.services import load_demo
from customers.models import Customer, CustomerShare
from customers.selectors.lists import BY_NAME, ListQuery, customer_page
from customers.selectors.terms import understand
from tests.access.conftest import taken_back
from tests.bench import raw
from tests.bench.__main__ import arguments
from tests.bench.measure import Figures, traced
from tests.bench.raw import Bare
from tests.bench.scenes import branches_of
from tests.bench.targets import Verdict, _on_scene


@pytest.fixture(scope="module")
def _loaded(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[None]:
    """The demonstration with fewer people, once for all tests of this module."""
    home = tmp_path_factory.mktemp("home")
    with django_db_blocker.unblock(), taken_back():
        with pytest.MonkeyPatch.context() as patch, override_settings(CRM_HOME=home):
            patch.setattr(archive, "OWNERS", 400)
            patch.setattr(archive, "ORGANISATIONS", 10)
            patch.setattr(organisation, "STAFF", 300)
            for name, number in (("DONE", 300), ("PLANNED", 5), ("OVERDUE", 5), ("CANCELLED", 5)):
                patch.setattr(activities, name, number)
            load_demo()
        yield


@pytest.fixture
def _demo(_loaded: None, db: None) -> None:
    """The same; what a test does to it is taken back."""


@pytest.mark.usefixtures("_demo")
@pytest.mark.parametrize("role", ["group-management", "section-head", "section-administrator"])
def test_the_bare_list_finds_the_rows_of_the_product(role):
    CustomerShare.objects.all().delete()  # the statements measure what branches give
    name, kind = ("group", "group") if role == "group-management" else ("branch", "city")
    user = User.objects.filter(grants__role__code=role, grants__unit__kind=kind).earliest("pk")

    page = customer_page(user, ListQuery(), size=raw.PAGE)
    keys = Bare(connection.connection).page(raw.list_statement(branches_of(name, user)))

    assert [place.pk for place in page] == keys
    assert len(keys) > 5


@pytest.mark.usefixtures("_demo")
def test_the_bare_search_finds_the_rows_of_the_product():
    user = User.objects.filter(grants__role__code="group-management").first()
    text = Customer.objects.filter(kind="person").order_by("pk").first().name[:2]

    page = customer_page(user, ListQuery(term=understand(text), order=BY_NAME), size=raw.PAGE)
    keys = Bare(connection.connection).page(raw.search_statement("true", raw.containing(text)))

    assert [place.pk for place in page] == keys
    assert keys


@pytest.mark.usefixtures("_demo")
def test_statements_are_traced_with_their_time():
    with traced() as trace:
        Customer.objects.count()
        Customer.objects.first()

    assert len(trace.statements) == 2
    assert 0 < trace.total == sum(statement[0] for statement in trace.statements)


@pytest.mark.parametrize(("page", "met"), [(39.0, True), (41.0, False)])
def test_a_page_may_take_four_minimal_views(page, met):
    figures = Figures(sql=[1.0], raw=[0.5], page=[page], minimal=[10.0], queries=8)

    (verdict,) = [v for v in _on_scene(1, ("list", "city"), figures) if "minimal" in v.what]

    assert verdict.met is met


def test_rows_that_differ_miss_a_target():
    figures = Figures(sql=[1.0], raw=[1.0], page=[1.0], minimal=[1.0], wrong_rows="2 of 25")

    assert [v.what for v in _on_scene(1, ("list", "city"), figures) if not v.met] == [
        "rows: 2 of 25"
    ]


def test_speed_must_reach_its_target():
    slow = Verdict(1, "import", "rows a second", 1999.0, None, 1999.0, 2000.0, at_least=True)

    assert not slow.met


def test_sizes_come_sorted_and_once():
    options = arguments(["--size", "2000", "--size", "1000", "--size", "2000", "--only", "search"])

    assert options.size == [1000, 2000]
    assert options.only == ["search"]

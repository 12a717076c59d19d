"""The database of the tests and the world they play in.

Tests run on PostgreSQL as the application's role, which owns nothing: the database is made and
migrated by the owner, then the connection logs in as `crm_app`. What a test committed is taken
away by tests.flush.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import hypothesis
import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from django.utils import timezone, translation

from accounts.models import User
from tests.factories import World, make_world
from tests.flush import Beginning
from tests.templates import copy_template

# How long one example may take says something about the machine, not about the product.
hypothesis.settings.register_profile(
    "suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")


# A module goes to one of the workers as a whole. The longest come first, in this order, or one of
# them begins when the other worker has nothing left to do (`pytest --durations=50` names them).
LONGEST = (
    "tests/crm_site/test_drill.py",
    "tests/faults/test_servers.py",
    "tests/crm_site/test_up.py",
    "tests/crm_site/test_deploy.py",
    "tests/access/test_matrix.py",
    "tests/faults/test_workers.py",
    "tests/journeys/test_accessibility.py",
    "tests/complaints/test_stats.py",
    "tests/regions/policies/test_types.py",
    "tests/access/test_canary.py",
    "tests/regions/test_change_guards.py",
    "tests/customers/test_demo.py",
    "tests/core/test_keys.py",
    "tests/satisfaction/test_statistics.py",
    "tests/journeys/",
    "tests/faults/",
)


BEFORE_MIDNIGHT = 20  # seconds; few tests take longer


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long modules first, where several workers share them out; the others as they were found."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _place(item.nodeid))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Every test begins in the language of the settings: a page that was read in another language
    leaves the thread in it, as Django's middleware activates and never deactivates. And none begins
    in the last seconds of a day, or what it wrote today is of yesterday when it looks."""
    translation.deactivate()
    left = _seconds_left_today()
    if left < BEFORE_MIDNIGHT:
        time.sleep(left)


def _seconds_left_today() -> float:
    now = timezone.localtime()
    morrow = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (morrow - now).total_seconds()


def _place(nodeid: str) -> int:
    found = (place for place, start in enumerate(LONGEST) if nodeid.startswith(start))
    return next(found, len(LONGEST))


def become(role: str) -> None:
    connection.close()
    connection.settings_dict["USER"] = role


@contextmanager
def as_owner() -> Iterator[None]:
    before = connection.settings_dict["USER"]
    become(settings.DATABASE_OWNER["USER"])
    try:
        yield
    finally:
        become(before)


@pytest.fixture(scope="session")
def django_db_keepdb(request, django_db_modify_db_settings: None, django_db_blocker) -> bool:
    """Tests begin on a copy of a migrated database; with --reuse-db on the one that is there."""
    asked = request.config.getvalue
    if asked("create_db") or not asked("reuse_db"):
        with django_db_blocker.unblock():
            copy_template()
    return True


@pytest.fixture(scope="session")
def django_db_createdb() -> bool:
    """Not from nothing: `django_db_keepdb` has put it there."""
    return False


if settings.DATABASE_OWNER:

    @pytest.fixture(scope="session")
    def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
        connection.settings_dict["USER"] = settings.DATABASE_OWNER["USER"]

    @pytest.fixture(scope="session")
    def django_db_setup(django_db_setup: None, django_db_blocker) -> Iterator[None]:
        with django_db_blocker.unblock():
            become(settings.DATABASE_APP_ROLE)
            beginning = _beginning()
        yield
        with django_db_blocker.unblock():
            if beginning is not None:
                beginning.close()
            become(settings.DATABASE_OWNER["USER"])

    def _beginning() -> Beginning | None:
        """What each test that commits is followed by: a way back, where there is one."""
        if User.objects.exists():  # --reuse-db, and the last run did not get to its end
            TransactionTestCase(methodName="__str__")._fixture_teardown()
        try:
            beginning = Beginning()
        except psycopg.OperationalError:
            return None
        TransactionTestCase._fixture_teardown = lambda self: beginning.restore()
        return beginning

    _teardown, _reset = TransactionTestCase._fixture_teardown, TransactionTestCase._reset_sequences

    def _teardown_as_owner(self) -> None:
        with as_owner():
            _teardown(self)

    def _reset_as_owner(db_name: str) -> None:
        with as_owner():
            _reset(db_name)

    TransactionTestCase._fixture_teardown = _teardown_as_owner
    TransactionTestCase._reset_sequences = staticmethod(_reset_as_owner)


@pytest.fixture
def world(db: None) -> World:
    """A group with two regions and people of every role in each; see tests.factories."""
    return make_world()


@pytest.fixture
def english() -> Iterator[None]:
    """Sentences in the language of the source, for tests that tell refusals by their words."""
    with translation.override("en"):
        yield

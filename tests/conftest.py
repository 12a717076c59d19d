"""The database of the tests and the world they play in.

Tests run on PostgreSQL as the application's role, which owns nothing: the database is made and
migrated by the owner, then the connection logs in as `crm_app`. Only the flush between
transactional tests needs the owner again.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase

from tests.factories import World, make_world

# How long one example may take says something about the machine, not about the product.
hypothesis.settings.register_profile(
    "suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")


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


if settings.DATABASE_OWNER:

    @pytest.fixture(scope="session")
    def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
        connection.settings_dict["USER"] = settings.DATABASE_OWNER["USER"]

    @pytest.fixture(scope="session")
    def django_db_setup(django_db_setup: None, django_db_blocker) -> Iterator[None]:
        with django_db_blocker.unblock():
            become(settings.DATABASE_APP_ROLE)
        yield
        with django_db_blocker.unblock():
            become(settings.DATABASE_OWNER["USER"])

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

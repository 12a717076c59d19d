"""Worlds that a whole module shares: built once, taken back at its end."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import transaction

from tests.access.branches import count_from_far
from tests.conftest import as_owner


@contextmanager
def taken_back() -> Iterator[None]:
    """A transaction that ends in a rollback; services that insist on the outermost one may run."""
    block = transaction.atomic()
    block._from_testcase = True  # as Django's own TestCase marks the transactions of its classes
    with block:
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="session")
def far_keys(django_db_setup, django_db_blocker) -> None:
    """Primary keys that no other number in a page looks like."""
    with django_db_blocker.unblock():
        if settings.DATABASE_OWNER:
            with as_owner():
                count_from_far()
        else:
            count_from_far()


@pytest.fixture(scope="module")
def shared_database(far_keys, django_db_blocker) -> Iterator[None]:
    """What a module's fixtures write stays until the module ends; each test's own goes at once."""
    with django_db_blocker.unblock(), taken_back():
        yield

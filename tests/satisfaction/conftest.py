"""The sample survey: read and scored once a module, whatever a test does to it is taken back."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.access.conftest import taken_back
from tests.customers.files import import_file
from tests.satisfaction.surveys import ANSWERS, TREE, import_survey, scored


@pytest.fixture(scope="module")
def read_once(django_db_setup, django_db_blocker) -> Iterator[dict[str, Any]]:
    """The report of the import, and the figures of the first scoring."""
    with django_db_blocker.unblock(), taken_back():
        import_file("org", TREE)
        yield {"report": import_survey(ANSWERS), "results": scored()}


@pytest.fixture
def sample(read_once: dict[str, Any]) -> Iterator[dict[str, Any]]:
    with taken_back():
        yield read_once


@pytest.fixture
def loaded(sample: dict[str, Any]) -> dict[str, Any]:
    return sample["report"]


@pytest.fixture
def results(sample: dict[str, Any]) -> dict[str, Any]:
    return sample["results"]

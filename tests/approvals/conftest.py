"""The paper of the tests is registered while a test of this folder runs."""

from collections.abc import Iterator

import pytest

from tests.approvals.flows import registered


@pytest.fixture(autouse=True)
def paper() -> Iterator[None]:
    with registered():
        yield

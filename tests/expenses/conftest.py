"""What tests of money share."""

import pytest

from tests.expenses.papers import Cast, cast_of


@pytest.fixture
def cast(world) -> Cast:
    """People in the posts of the ready flows."""
    return cast_of(world)

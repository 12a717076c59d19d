"""The report of activities: which spans it takes."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("first", "last", "is_shown"),
    [
        ("2026-01-01", "2026-03-31", True),
        ("1900-01-01", "1900-01-02", True),
        ("2999-12-01", "2999-12-31", True),
        ("9999-12-31", "9999-12-31", False),
        ("0001-01-01", "0001-01-02", False),
        ("2026-03-31", "2026-01-01", False),
    ],
)
def test_a_span_of_the_address_is_shown_or_refused(client, world, first, last, is_shown):
    client.force_login(world.boss)

    page = client.get(f"/reports/activity/?from={first}&to={last}")

    assert page.status_code == 200
    assert ("lines" in page.context) is is_shown
    assert page.context["form"].is_valid() is is_shown

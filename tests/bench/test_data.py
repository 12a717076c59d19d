"""The rows a measurement begins with. Beside no demonstration: they bring keys of their own."""

import pytest
from django.db import connection

from customers.models import Customer
from regions.models import OrgUnit
from reports.metrics.perimeter import paths_on
from tests.bench import data


@pytest.mark.django_db
def test_the_data_fill_every_column_and_the_tree_of_each_day(monkeypatch):
    """A column that a table gets is missed here, not after minutes of a measurement."""
    for name, number in (("REGIONS", 3), ("OLD_REGION", 3), ("CITIES", 4), ("PROJECTS", 16)):
        monkeypatch.setattr(data, name, number)

    loader = data.Loader(connection.connection, 20)
    with connection.connection.cursor() as cursor:
        loader._units(cursor)
        loader._people(cursor)
        loader._chunk(cursor, range(1, 21))

    assert Customer.objects.count() == 20
    units = set(OrgUnit.objects.values_list("pk", flat=True))
    assert len(units) == 1 + 3 + 12 + 192
    assert paths_on(data.NOW.date() - data.YEARS_OLDER).keys() == units

"""Stored figures: what they hold, when they are mended, and what a comparison finds."""

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import call_command

from reports.metrics.checking import differences
from reports.metrics.rollups import nightly, rebuild, refresh
from reports.models import Grain, Mark, Rollup
from tests.factories import make_activity, make_case, make_customer

pytestmark = pytest.mark.django_db


def test_thin(world):
    customer = make_customer(unit=world.n1a)
    make_activity(customer=customer, by=world.north_clerk)
    make_case(unit=world.n1a)
    print(list(Mark.objects.values_list("source", "unit_id", "day")))
    refresh()
    nightly()
    for row in Rollup.objects.values_list(
        "metric", "grain", "starts_on", "unit_id", "dimension", "numerator", "denominator"
    ):
        print(row)
    assert differences() == []

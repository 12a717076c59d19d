import pytest
from tests.factories import make_activity, make_case, make_customer

pytestmark = pytest.mark.django_db


def test_page(client, world):
    customer = make_customer(unit=world.n1a)
    make_activity(customer=customer, by=world.north_clerk)
    make_case(unit=world.n1a)
    for who in (world.north_clerk, world.north_head, world.boss, world.reader):
        client.force_login(who)
        for url in ("/reports/", "/reports/metrics/", "/reports/?period=2026-10", "/reports/?metric=complaints_open", "/reports/workbook/", "/reports/?metric=log_in_rate"):
            answer = client.get(url)
            print(who, url, answer.status_code)
        from reports.metrics.registry import METRICS
        for key in METRICS:
            answer = client.get(f"/reports/metrics/{key}/rows/")
            print(key, answer.status_code, answer.context and answer.context.get("figure"), answer.context and answer.context.get("count"))

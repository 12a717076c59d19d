"""A database that is away or busy: 503 with a sentence, and what was entered is kept."""

import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from tests.customers.files import other_connection
from tests.worker import environment

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def held(client, world):
    """Somebody holds the table of people, and this connection waits for 200 ms only."""
    client.raise_request_exception = False
    with other_connection() as conn, conn.transaction():
        conn.execute("LOCK TABLE accounts_user IN ACCESS EXCLUSIVE MODE")
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        yield client
    connection.close()


def test_a_page_that_waits_in_vain_says_so(held):
    answer = held.post("/login/", {"login": "N-CLERK", "password": "secret words"})

    text = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer["X-Request-Id"] in text
    assert "其他人正在修改" in text
    assert "secret words" not in text
    assert "Traceback" not in text


def test_what_was_entered_is_kept_and_can_be_sent_again(client, world, request):
    client.force_login(world.north_clerk)
    held = request.getfixturevalue("held")
    entered = {"name": '张三"><script>', "remark": "两行\n字"}
    text = held.post("/customers/new/?kind=person", entered).content.decode()

    assert '<form method="post" action="/customers/new/?kind=person">' in text
    assert 'name="name" value="张三&quot;&gt;&lt;script&gt;"' in text
    assert 'name="remark" value="两行\n字"' in text
    assert '"><script>' not in text


def test_other_errors_stay_errors(client, monkeypatch):
    from core import health

    def broken(request):
        raise ZeroDivisionError

    client.raise_request_exception = False
    monkeypatch.setattr(health, "_database", broken)
    assert client.get("/readyz").status_code == 500


TIMEOUTS = """
import {module}
import django
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        cursor.execute("SHOW " + name)
        print(cursor.fetchone()[0], end=" ")
"""


@pytest.mark.parametrize(
    ("module", "expected"), [("crm_site.wsgi", "30s 3s 1min"), ("crm_site.celery", "0 0 0")]
)
def test_pages_wait_for_seconds_and_workers_as_long_as_they_must(module, expected):
    done = subprocess.run(
        [sys.executable, "-c", TIMEOUTS.format(module=module)],
        cwd=settings.BASE_DIR,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == expected, done.stderr

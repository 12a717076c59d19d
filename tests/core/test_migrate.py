"""Who migrates: the owner of the tables, and nobody else afterwards."""

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import ProgrammingError, connection

from core.management.commands.migrate import connected_as_owner

pytestmark = pytest.mark.django_db(transaction=True)


def current_user() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return cursor.fetchone()[0]


def test_owner_connects_for_a_while_only() -> None:
    assert current_user() == settings.DATABASE_APP_ROLE

    with connected_as_owner():
        assert current_user() == settings.DATABASE_OWNER["USER"]

    assert current_user() == settings.DATABASE_APP_ROLE


def test_role_is_given_back_after_an_error() -> None:
    with pytest.raises(ProgrammingError), connected_as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")

    assert current_user() == settings.DATABASE_APP_ROLE


def test_product_itself_may_not_change_tables() -> None:
    with pytest.raises(ProgrammingError, match="must be owner"), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_session ADD COLUMN mine int")


def test_migrate_runs_as_the_owner(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("migrate", verbosity=1, interactive=False)

    assert "No migrations to apply." in capsys.readouterr().out
    assert current_user() == settings.DATABASE_APP_ROLE

"""Who migrates: the owner of the tables, and nobody else afterwards."""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection
from django.utils import translation

from audit.models import Entry
from core.management.commands import migrate
from core.management.commands.migrate import connected_as_owner, limited_waiting

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


# --- a table in use -----------------------------------------------------------------------------


@contextmanager
def reading(table: str) -> Iterator[psycopg.Connection]:
    """Somebody who reads a table in a transaction that does not end."""
    facts = connection.settings_dict
    with psycopg.connect(host=facts["HOST"], user=facts["USER"], dbname=facts["NAME"]) as other:
        other.execute(f"SELECT count(*) FROM {table}")
        yield other


@pytest.fixture
def sample_migration(monkeypatch, tmp_path) -> Iterator[None]:
    """A further migration of audit that changes a table, taken back in the end."""
    package = tmp_path / "extra_migrations"
    shutil.copytree(settings.BASE_DIR / "audit" / "migrations", package)
    last = max(path.stem for path in package.glob("[0-9]*.py"))
    (package / "9000_sample.py").write_text(
        "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
        f"    dependencies = [('audit', '{last}')]\n"
        "    operations = [migrations.RunSQL('ALTER TABLE audit_entry ADD COLUMN sample int',\n"
        "                                    'ALTER TABLE audit_entry DROP COLUMN sample')]\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(settings.MIGRATION_MODULES, "audit", "extra_migrations")
    yield
    with connected_as_owner(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DROP COLUMN IF EXISTS sample")
        cursor.execute("DELETE FROM django_migrations WHERE name = '9000_sample'")


def has_sample() -> bool:
    with connection.cursor() as cursor:
        names = connection.introspection.get_table_description(cursor, "audit_entry")
    return "sample" in {column.name for column in names}


def test_a_migration_gives_up_instead_of_queueing_everybody(sample_migration, monkeypatch):
    monkeypatch.setattr(migrate, "LOCK_SECONDS", 1)
    with reading("core_job") as bystander, reading("audit_entry") as other:
        began = time.monotonic()
        with translation.override("en"), pytest.raises(CommandError) as refused:
            call_command("migrate", verbosity=0, interactive=False, tries=1)
        assert time.monotonic() - began < 20
        assert f" {other.info.backend_pid};" in str(refused.value)
        assert str(bystander.info.backend_pid) not in str(refused.value)
        assert refused.value.returncode == 2
        # Nobody waits behind a migration that gave up.
        assert Entry.objects.count() == 0
    assert not has_sample()

    call_command("migrate", verbosity=0, interactive=False)
    assert has_sample()


def test_a_migration_goes_on_once_the_table_is_free(sample_migration, monkeypatch):
    monkeypatch.setattr(migrate, "LOCK_SECONDS", 1)
    monkeypatch.setattr(migrate, "PAUSES", (0.2,))
    facts = connection.settings_dict
    other = psycopg.connect(host=facts["HOST"], user=facts["USER"], dbname=facts["NAME"])
    other.execute("SELECT count(*) FROM audit_entry")
    release = threading.Timer(1.5, other.close)
    release.start()
    try:
        call_command("migrate", verbosity=0, interactive=False, tries=6)
    finally:
        release.join()
    assert has_sample()


def test_the_limits_end_with_the_command():
    call_command("migrate", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        after = cursor.fetchone()[0]
    with limited_waiting(), connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone()[0] == "3s"
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone()[0] == after

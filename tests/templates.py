"""One migrated database for all workers and all runs, copied instead of migrated again.

It is kept until a file of the product changes. Copying takes a second, migrating much longer.
"""

import hashlib
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from regions.calendars import refresh_lines

TEMPLATE = "test_template"
LOCK = 7_100_000_001  # an advisory lock: of several workers one migrates


def copy_template() -> None:
    """Put a migrated database in the place of the test database of this worker."""
    name = connection.creation._get_test_db_name()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        _ensure_template(cursor, digest())
        cursor.execute(f"DROP DATABASE IF EXISTS {connection.ops.quote_name(name)}")
        cursor.execute(f"CREATE DATABASE {connection.ops.quote_name(name)} TEMPLATE {TEMPLATE}")


def digest() -> str:
    """What the files of the product amount to: migrations, and whatever fills tables after them."""
    found = hashlib.blake2b(digest_size=16)
    folders = [one for one in settings.BASE_DIR.iterdir() if (one / "__init__.py").exists()]
    files = [path for folder in folders if folder.name != "tests" for path in folder.rglob("*.py")]
    for path in [settings.BASE_DIR / "requirements.txt", *sorted(files)]:
        found.update(str(path.relative_to(settings.BASE_DIR)).encode() + path.read_bytes())
    return found.hexdigest()


def _ensure_template(cursor: Any, wanted: str) -> None:
    cursor.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
        [TEMPLATE],
    )
    row = cursor.fetchone()
    if row is not None and row[0] == wanted:
        return
    cursor.execute(f"DROP DATABASE IF EXISTS {TEMPLATE}")
    cursor.execute(f"CREATE DATABASE {TEMPLATE}")
    _migrate()
    cursor.execute(f"COMMENT ON DATABASE {TEMPLATE} IS '{wanted}'")


def _migrate() -> None:
    before = connection.settings_dict["NAME"]
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = TEMPLATE
    try:
        call_command("migrate", verbosity=0, interactive=False, run_syncdb=True)
        refresh_lines()  # thirty thousand lines, which every test that asks for limits would write
    finally:
        connection.close()
        settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = before

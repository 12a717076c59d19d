"""The servers and databases of the benchmarks: one database a size, kept between runs."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from crm_site import services

ROOT = Path(__file__).resolve().parents[2]
_open: dict[str, BaseDatabaseWrapper] = {}


def start() -> tuple[str, ...]:
    """Start the embedded servers of CRM_HOME; the names of those that did not run yet."""
    services.ensure_secrets(settings.CRM_HOME)
    return services.start(settings.CRM_HOME).started


def stop() -> None:
    """Close what is open and stop the servers."""
    for wrapper in _open.values():
        wrapper.close()
    services.stop(settings.CRM_HOME)


def folder() -> str:
    endpoints = services.endpoints(settings.CRM_HOME)
    if endpoints is None:
        raise RuntimeError("the servers of the benchmarks have never been started")
    return str(endpoints.socket_dir)


def connect(database: str, role: str = "crm_app", **more: Any) -> psycopg.Connection:
    """A bare connection with the settings the product uses; prepares what it repeats."""
    options = "-c jit=off -c random_page_cost=1.1"
    return psycopg.connect(
        host=folder(), dbname=database, user=role, options=options, autocommit=True, **more
    )


def environment(database: str) -> dict[str, str]:
    """The variables under which a process of the product works in one of these databases."""
    return {
        "DATABASE_URL": f"postgres://crm_app@/{folder()}/{database}",
        "DATABASE_OWNER_URL": f"postgres://crm_owner@/{folder()}/{database}",
    }


def manage(database: str, *words: str) -> None:
    """Run a command of the product in a database."""
    import os

    command = [sys.executable, "manage.py", *words]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **environment(database)}, check=True)


def version_of(database: str) -> str | None:
    """What data a database holds; None when there is no such database, "" when unfinished."""
    with connect("crm", "crm_owner") as connection:
        row = connection.execute(
            "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database"
            " WHERE datname = %s",
            [database],
        ).fetchone()
    return None if row is None else row[0]


def mark(database: str, version: str) -> None:
    """Remember that the data are complete."""
    with connect("crm", "crm_owner") as connection:
        connection.execute(f"COMMENT ON DATABASE {database} IS '{version}'")


def create(database: str, template: str = "template1") -> None:
    """Make a database, in place of an old one. The template must have no connections."""
    with connect("crm", "crm_owner") as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {database} TEMPLATE {template} STRATEGY file_copy")


def drop(database: str) -> None:
    with connect("crm", "crm_owner") as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


def use(database: str) -> BaseDatabaseWrapper:
    """Make Django's default connection one to this database; connections stay open."""
    if database not in _open:
        wrapper = connections.create_connection("default")
        wrapper.settings_dict = {
            **wrapper.settings_dict,
            "HOST": folder(),
            "NAME": database,
            "USER": "crm_app",
        }
        _open[database] = wrapper
    connections["default"] = _open[database]
    return _open[database]


def forget(database: str) -> None:
    """Close Django's connection to a database, so that it can be copied or dropped."""
    if database in _open:
        _open.pop(database).close()


@contextmanager
def copy_of(database: str, name: str) -> Iterator[str]:
    """A copy of a database to write in, dropped afterwards."""
    forget(database)
    create(name, template=database)
    try:
        yield name
    finally:
        drop(name)

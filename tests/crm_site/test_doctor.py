"""Each finding of the self-check, caused for real where that is possible."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as product
from django.db import connection
from django.utils import timezone, translation

from core.doctor import Finding, Level, checks
from core.models import ImportRun, Job, JobState
from crm_site.backup import store
from crm_site.doctor import broker, configuration, data, database, machine, work
from tests.conftest import as_owner
from tests.factories import make_customer

OK, WARNING, ERROR = Level.OK, Level.WARNING, Level.ERROR


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def levels(check: Callable[[], Iterator[Finding]]) -> list[Level]:
    return [finding.level for finding in check()]


def said(check: Callable[[], Iterator[Finding]]) -> str:
    return "\n".join(f"{one.level}: {one.sentence}" for one in check())


def test_every_check_has_a_title_and_advises_where_something_is_wrong(db):
    found = [(one, finding) for one in checks() for finding in one.check()]

    assert len(found) > 20
    assert [one.key for one, _finding in found if not str(one.title)] == []
    assert [
        (one.key, finding)
        for one, finding in found
        if bool(finding.advice) == (finding.level == OK) or not finding.sentence.endswith(".")
    ] == []


# --- settings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "level"), [("no-secret-yet", ERROR), ("short", ERROR), ("a" * 64, ERROR)]
)
def test_a_weak_secret_key(settings, key: str, level: Level):
    settings.SECRET_KEY = key

    assert levels(configuration.secret_key) == [level]


def test_a_long_secret_key():
    assert levels(configuration.secret_key) == [OK]


@pytest.mark.parametrize(("debug", "level"), [(True, ERROR), (False, OK)])
def test_tracebacks(settings, debug: bool, level: Level):
    settings.DEBUG = debug

    assert levels(configuration.debug) == [level]


@pytest.mark.parametrize(
    ("hosts", "https", "proxies", "level"),
    [
        (["127.0.0.1", "localhost"], False, 0, OK),
        (["crm.example.cn"], False, 1, ERROR),
        (["crm.example.cn"], True, 0, WARNING),
        (["crm.example.cn", "127.0.0.1"], True, 1, OK),
        (["*"], True, 1, ERROR),
    ],
)
def test_hosts_https_and_proxies_belong_together(settings, hosts, https, proxies, level):
    settings.ALLOWED_HOSTS = hosts
    settings.HTTPS = https
    settings.CRM_TRUSTED_PROXIES = proxies

    assert levels(configuration.hosts) == [level]


def test_secrets_that_others_can_read(settings, tmp_path):
    settings.CRM_HOME = settings.PRIVATE_FILES = tmp_path
    tmp_path.chmod(0o700)
    (tmp_path / "secrets").mkdir(mode=0o700)
    key = tmp_path / "secrets" / "secret_key"
    settings.MASTER_KEY_FILE = tmp_path / "secrets" / "master_key.json"
    key.write_text("x")
    key.chmod(0o600)
    assert levels(configuration.home_folder) == [OK]

    key.chmod(0o640)
    (finding,) = configuration.home_folder()
    assert finding.level == ERROR
    assert finding.advice == f"Run: chmod go-rwx {key}"


def test_the_key_file_missing_never_copied_copied_and_long_ago(settings, tmp_path):
    settings.MASTER_KEY_FILE = key = tmp_path / "master_key.json"
    assert levels(configuration.master_key) == [ERROR]

    key.write_bytes(Path(product.MASTER_KEY_FILE).read_bytes() if key.exists() else b"{}")
    assert levels(configuration.master_key) == [WARNING]

    marker = tmp_path / "master_key.backed_up"
    marker.write_text(timezone.now().isoformat())
    assert levels(configuration.master_key) == [OK]

    marker.write_text((timezone.now() - timedelta(days=181)).isoformat())
    assert levels(configuration.master_key) == [WARNING]


def test_a_time_zone_that_is_not_known(settings):
    assert "8 hours" in said(configuration.time_zone)

    settings.TIME_ZONE = "Asia/Nowhere"
    try:
        assert levels(configuration.time_zone) == [ERROR]
    finally:
        settings.TIME_ZONE = "Asia/Shanghai"


# --- machine ------------------------------------------------------------------------------------


def test_packages_that_differ_from_the_pins(tmp_path):
    pins = tmp_path / "requirements.txt"
    pins.write_text("Django==1.0\nno-such-package==2\npsycopg[binary]==0.1 ; python_version>'3'\n")

    names = [name.split()[0] for name in machine.differing_packages(pins)]
    assert names == ["Django", "no-such-package", "psycopg"]


def test_packages_of_this_installation():
    assert levels(machine.packages) == [OK]


def test_a_python_that_is_too_old(monkeypatch):
    assert levels(machine.python) == [OK]

    monkeypatch.setattr(machine, "OLDEST_PYTHON", (9, 0))
    assert levels(machine.python) == [ERROR]


@pytest.mark.parametrize(("little", "none", "level"), [(0, 0, OK), (2, 0, WARNING), (2, 2, ERROR)])
def test_a_disk_that_is_nearly_full(monkeypatch, little: int, none: int, level: Level):
    """A disk cannot be filled here, so the limits are moved instead."""
    monkeypatch.setattr(machine, "LITTLE_DISK", little)
    monkeypatch.setattr(machine, "NO_DISK", none)

    assert levels(machine.disk) == [level]


def test_the_disk_of_a_folder_that_does_not_exist_yet(settings, tmp_path):
    settings.CRM_HOME = tmp_path / "not" / "yet"

    assert str(tmp_path) in said(machine.disk)


def test_static_files_that_were_not_collected(settings, tmp_path):
    assert levels(machine.static_files) == [OK]

    settings.BASE_DIR = tmp_path
    assert levels(machine.static_files) == [ERROR]


def test_a_catalogue_that_was_not_compiled(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    folder = tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text("")
    assert levels(machine.catalogue) == [WARNING]

    (folder / "django.mo").write_text("")
    assert levels(machine.catalogue) == [OK]

    os.utime(folder / "django.mo", (0, 0))
    assert levels(machine.catalogue) == [WARNING]


# --- database -----------------------------------------------------------------------------------


def test_a_database_in_order(db):
    for check in (
        database.version,
        database.text,
        database.extensions,
        database.roles,
        database.migrations,
        database.indexes,
        database.clock,
        database.safety,
        database.owner,
    ):
        assert levels(check) == [OK], said(check)
    assert levels(database.connections)[0] == OK


def test_a_postgresql_that_is_too_old(db, monkeypatch):
    monkeypatch.setattr(database, "OLDEST", 990000)

    assert levels(database.version) == [ERROR]


def test_extensions_that_are_missing(db, monkeypatch):
    monkeypatch.setattr(database, "EXTENSIONS", ("btree_gin", "no_such_extension"))

    assert "no_such_extension" in said(database.extensions)
    assert levels(database.extensions) == [ERROR]


@pytest.mark.django_db(transaction=True)
def test_an_application_that_owns_its_tables():
    with as_owner():
        assert levels(database.roles) == [WARNING]
    assert levels(database.roles) == [OK]


def test_one_role_for_all(settings):
    settings.DATABASE_OWNER = {}

    assert levels(database.owner) == [WARNING]


@pytest.mark.django_db(transaction=True)
def test_a_schema_that_is_behind_or_ahead():
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE django_migrations SET name = '9999_later'"
            " WHERE (app, name) = ('audit', '0002_append_only')"
        )
    try:
        assert said(database.migrations).startswith("error: Migrations that wait: 1")
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied)"
                " VALUES ('audit', '0002_append_only', now())"
            )
        assert said(database.migrations) == (
            "error: The database is of a newer version: audit.9999_later."
        )
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM django_migrations WHERE (app, name) = ('audit', '9999_later')"
            )
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied)"
                " SELECT 'audit', '0002_append_only', now() WHERE NOT EXISTS (SELECT FROM"
                " django_migrations WHERE (app, name) = ('audit', '0002_append_only'))"
            )


@pytest.mark.django_db(transaction=True)
def test_an_index_that_was_not_built_to_the_end():
    from django.db import IntegrityError

    with as_owner(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE doctor_sample AS SELECT 1 AS a FROM generate_series(1, 2)")
        try:
            with pytest.raises(IntegrityError):
                cursor.execute("CREATE UNIQUE INDEX CONCURRENTLY doctor_once ON doctor_sample (a)")
            (finding,) = database.indexes()
        finally:
            cursor.execute("DROP TABLE doctor_sample")
    assert finding.level == ERROR
    assert "doctor_once" in finding.sentence
    assert finding.advice == "As its owner run: REINDEX INDEX CONCURRENTLY doctor_once"


@pytest.mark.django_db(transaction=True)
def test_an_index_that_somebody_removed():
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ALTER INDEX entry_recent RENAME TO entry_gone")
        try:
            assert said(database.indexes) == "error: Indexes that are missing: entry_recent."
        finally:
            cursor.execute("ALTER INDEX entry_gone RENAME TO entry_recent")


def test_clocks_that_differ(db, monkeypatch):
    here = timezone.now() - timedelta(seconds=5)
    monkeypatch.setattr(database.timezone, "now", lambda: here)

    assert levels(database.clock) == [ERROR]


def test_connections_that_run_out(db, monkeypatch):
    monkeypatch.setattr(database, "BUSY", 0.0)

    assert WARNING in levels(database.connections)


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_nobody_ends(monkeypatch):
    import psycopg

    monkeypatch.setattr(database, "LONG", 0)
    facts = connection.settings_dict
    with psycopg.connect(host=facts["HOST"], user=facts["USER"], dbname=facts["NAME"]) as other:
        other.execute("SELECT 1")
        pid = other.info.backend_pid
        assert f"({pid})" in said(database.connections) or str(pid) in said(database.connections)


def test_settings_that_lose_data(db, monkeypatch):
    monkeypatch.setattr(database, "SAFE", ("fsync", "log_connections", "data_checksums"))

    assert said(database.safety) == "error: The database runs with log_connections off."


# --- broker -------------------------------------------------------------------------------------


def test_a_broker_in_order():
    assert levels(broker.broker) == [OK, OK]


def test_a_broker_that_does_not_answer(settings, tmp_path):
    settings.BROKER_URL = f"redis+socket://{tmp_path}/nobody.sock"

    assert levels(broker.broker) == [ERROR]


def test_a_broker_that_throws_messages_away():
    from core.health import broker_client

    with broker_client(product.BROKER_URL) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            assert levels(broker.broker) == [OK, ERROR]
        finally:
            client.config_set("maxmemory-policy", "noeviction")


def test_a_broker_that_is_too_old(monkeypatch):
    monkeypatch.setattr(broker, "OLDEST", 99)

    assert levels(broker.broker) == [WARNING, OK]


# --- work ---------------------------------------------------------------------------------------


def make_job(state: JobState, *, age: timedelta) -> Job:
    then = timezone.now() - age
    job = Job.objects.create(kind="test.none", key=f"{state}{age}", state=state, finished_at=then)
    Job.objects.filter(pk=job.pk).update(created_at=then)
    return job


def test_jobs_that_wait_or_failed(db):
    make_job(JobState.QUEUED, age=timedelta(minutes=9))
    make_job(JobState.FAILED, age=timedelta(hours=25))
    assert levels(work.jobs) == [OK]

    make_job(JobState.QUEUED, age=timedelta(minutes=11))
    make_job(JobState.FAILED, age=timedelta(hours=23))
    assert said(work.jobs) == (
        "error: Jobs that wait for more than ten minutes: 1.\n"
        "warning: Jobs that failed in the last 24 hours: 1."
    )


def test_periodic_jobs_that_are_missing_or_switched_off(db):
    from django_celery_beat.models import PeriodicTask

    from crm_site.schedule import SCHEDULE, write_schedule

    write_schedule()
    assert levels(work.schedule) == [OK]

    first, second = SCHEDULE[0], SCHEDULE[1]
    PeriodicTask.objects.filter(task=first.task).delete()
    PeriodicTask.objects.filter(task=second.task).update(enabled=False)
    assert said(work.schedule) == (
        f"error: Periodic jobs that are missing: {first.name}.\n"
        f"warning: Periodic jobs that are switched off: {second.name}."
    )


def test_public_holidays_that_are_not_known(db, monkeypatch):
    from regions import calendars

    monkeypatch.setattr(calendars, "missing_years", lambda: [2031])
    assert said(work.calendar) == "warning: The public holidays of 2031 are not known yet."

    monkeypatch.setattr(calendars, "missing_years", lambda: [])
    assert levels(work.calendar) == [OK]


def test_a_part_that_is_not_installed_says_nothing():
    assert list(work.neighbour("no.such.module", "findings")()) == []
    assert list(work.neighbour("core.doctor", "no_such_function")()) == []


# --- data ---------------------------------------------------------------------------------------


@pytest.fixture
def files(settings, tmp_path) -> Path:
    settings.PRIVATE_FILES = tmp_path
    for name in ("imports", "exports"):
        (tmp_path / name).mkdir()
    return tmp_path


def lay(folder: Path, name: str, *, age: int = 7200) -> None:
    path = folder / name
    path.write_text("x")
    then = timezone.now().timestamp() - age
    os.utime(path, (then, then))


def test_files_and_rows_that_belong_together(db, files):
    ImportRun.objects.create(kind="owners", file_name="a.xlsx", file_hash="", stored_name="one")
    Job.objects.create(kind="customers.export", key="a", payload={"file": "two"})
    lay(files / "imports", "one")
    lay(files / "exports", "two")
    lay(files / "imports", "being-written", age=10)

    assert levels(data.files) == [OK]


def test_a_file_without_a_row_and_a_row_without_a_file(db, files):
    ImportRun.objects.create(kind="owners", file_name="a.xlsx", file_hash="", rejected_name="gone")
    lay(files / "imports", "lost")
    lay(files / "exports", "lost-too")

    assert said(data.files) == (
        f"warning: Files in {files}/imports that belong to no record: 1.\n"
        f"error: Files that records name and {files}/imports lacks: 1.\n"
        f"warning: Files in {files}/exports that belong to no record: 1."
    )


def test_rows_that_stand_elsewhere_than_the_tree_says_are_counted_and_left(world):
    from customers.models import CustomerUnit

    customer = make_customer(unit=world.n1a)
    place = CustomerUnit.objects.get(customer=customer)
    assert levels(data.scope_columns) == [OK]

    CustomerUnit.objects.filter(pk=place.pk).update(city=None)
    assert said(data.scope_columns) == (
        "warning: Rows that stand at another place than the tree says: 1."
    )
    place.refresh_from_db()
    assert place.city_id is None


def test_keys_that_this_master_key_does_not_open(world, settings, tmp_path):
    make_customer(unit=world.n1a, phone="13812345678")
    assert levels(data.subject_keys) == [OK]

    from crm_site.services import ensure_secrets

    ensure_secrets(tmp_path)
    settings.MASTER_KEY_FILE = tmp_path / "secrets" / "master_key.json"
    assert said(data.subject_keys) == "error: Keys of persons that cannot be opened: 1 of 1."


def made_backup(folder: Path, *, hours: float) -> None:
    path = folder / "backups" / "one"
    path.mkdir(parents=True, exist_ok=True)
    made_at = (timezone.now() - timedelta(hours=hours)).isoformat()
    text = f'{{"format": 1, "made_at": "{made_at}", "tables": {{}}}}'
    (path / store.MANIFEST).write_text(text)


def test_backups_that_are_missing_old_or_never_tried(settings, tmp_path):
    settings.CRM_HOME = tmp_path
    assert said(data.backup) == "warning: No backup was ever made here."

    made_backup(tmp_path, hours=47.9)
    assert levels(data.backup) == [OK, WARNING]

    store.drill_passed({})
    assert levels(data.backup) == [OK, OK]

    made_backup(tmp_path, hours=49)
    assert levels(data.backup) == [WARNING, OK]

"""Imports in a real worker: from the page, killed in the middle, stopped in the middle.

The worker is a process of its own on the broker and the test database. To stop it between two
chunks, the test holds a row that the second chunk needs, in a transaction that stays open.
"""

import signal
import time
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO

import openpyxl
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from core.health import broker_client
from core.imports.kinds import kind_named
from core.imports.runs import apply_run, check_run, context_of, create_run, start_apply
from core.jobs import ask_to_stop, requeue_lost_jobs
from core.models import ImportRun, ImportState, Job, JobState
from customers.imports import owners
from customers.models import Customer, CustomerUnit, Ownership, Property
from tests.customers.files import identity, other_connection, owner, owners_file, phone
from tests.factories import make_post, make_user
from tests.worker import environment, start_worker

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 3000
PATIENCE = 120  # seconds


class Worker:
    """A worker process with its children, on the test database; its chunks are small."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.process = None

    def start(self) -> None:
        self.process = start_worker(
            self.folder / f"worker{len(list(self.folder.iterdir()))}.log",
            queues="default,files",
            env=environment(),
            tune={"customers.imports.owners.CHUNK": 1000},
            level="INFO",
        )

    def end(self, how: int = signal.SIGTERM) -> None:
        """End the worker and its children, who are a process group of their own."""
        if self.process is not None:
            self.process.end(how)


def empty_queues() -> None:
    address, _mark, number = settings.CELERY_BROKER_URL.partition("?virtual_host=")
    with broker_client(address) as client:
        client.execute_command("SELECT", number or 0)
        client.flushdb()


@pytest.fixture
def worker(tmp_path):
    if not settings.DATABASES["default"]["HOST"].startswith("/"):
        pytest.skip("the worker finds the test database over a socket only")
    empty_queues()
    worker = Worker(tmp_path)
    worker.start()
    yield worker
    worker.end()


def wait_until(done):
    """Ask again and again until something has happened; returns what `done` returns."""
    deadline = time.monotonic() + PATIENCE
    while not (result := done()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)
    return result


def ended(job):
    job.refresh_from_db()
    return not job.is_live


def sheet():
    """3,000 rows: persons with several flats over all chunks, couples, doubles and faults."""
    for n in range(ROWS):
        row = owner(f"张一{n % 700:03d}", 房号=str(n), 证件号码=identity(n % 700), 客户来源="来访")
        if n % 7 == 0:
            row |= {"业主姓名": f"张一{n % 700:03d}、李二{n:04d}"}
        if n % 11 == 0:
            row |= {"项目": "南方花园", "区域": "南方区域", "城市公司": "南方公司"}
        if n % 97 == 0:
            row["业主姓名"] = ""
        if n % 89 == 0:
            row["手机号码"] = "123"
        yield row


def blocked_row(rows):
    """The flat of a good row of the second chunk."""
    return next(row for row in rows[1600:] if "张" in row["业主姓名"] and "手机号码" not in row)


@contextmanager
def second_chunk_held(world, room):
    """Hold the flat that the second chunk will insert; the worker waits for this transaction."""
    unit = world.n1a
    with other_connection() as conn:
        conn.autocommit = False
        conn.execute(
            """INSERT INTO customers_property
               (unit_id, region_id, city_id, project_id, building, building_unit, room, label)
               VALUES (%s, %s, %s, %s, '3', '2', %s, 'held')""",
            [unit.pk, *unit.scope_columns(), room],
        )
        yield conn.rollback
        conn.rollback()


def is_waiting():
    """Whether some session of this database waits for another one's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0] > 0


def archive():
    """Everything an owners' file leaves behind, by content: keys and moments left out."""
    return {
        "customers": sorted(
            Customer.objects.values_list(
                "name", "pinyin", "identity_last4", "identity_index", "phone_last4", "source"
            )
        ),
        "places": sorted(
            CustomerUnit.objects.values_list(
                "name", "customer__identity_last4", "unit__code", "keeper__employee_no", "signed_on"
            )
        ),
        "flats": sorted(Property.objects.values_list("unit__code", "label")),
        "owners": sorted(
            Ownership.objects.values_list(
                "property__label", "customer__name", "is_primary", "signed_on", "handed_over_on"
            )
        ),
    }


def history_rows():
    """Updates and deletes that the database saw on business tables."""
    with connection.cursor() as cursor:
        tables = ("customerevent", "customerunitevent", "ownershipevent")
        counted = [f"(SELECT count(*) FROM customers_{name})" for name in tables]
        cursor.execute(f"SELECT {' + '.join(counted)}")
        return cursor.fetchone()[0]


@pytest.fixture
def checked(world, tmp_path):
    """The rows and a checked import of them, with two officers who take turns."""
    second = make_user(unit=world.n1a, no="N-CLERK2")
    make_post(user=second, unit=world.n1a, function="客户专员")
    rows = list(sheet())
    with owners_file(tmp_path / "业主.xlsx", rows).open("rb") as file:
        run = create_run(kind_named("owners"), file, "业主.xlsx", by=world.boss)
    run.actor = None
    run.save()
    check_run(run, context_of(run))
    return rows, run


KEPT = {}


def uninterrupted(run):
    """The archive and the counts after the same file in one go, in this process."""
    if run.file_name not in KEPT:
        Customer.objects.all().delete()
        Property.objects.all().delete()
        again = ImportRun.objects.get(pk=run.pk)
        again.applied_through, again.report = 0, {}
        report = apply_run(again, context_of(again))
        KEPT[run.file_name] = archive(), report.as_json()
    return KEPT[run.file_name]


def test_killed_in_the_middle_it_goes_on_and_ends_as_if_nothing_had_happened(
    world, checked, worker
):
    rows, run = checked
    with second_chunk_held(world, blocked_row(rows)["房号"]) as let_go:
        job = start_apply(run, by=world.boss)
        wait_until(is_waiting)
        run.refresh_from_db()
        first_chunk = run.applied_through
        written = Ownership.objects.count()
        worker.end(signal.SIGKILL)
        let_go()

    assert 1000 <= first_chunk < 2000
    wait_until(lambda: not is_waiting())
    job.refresh_from_db()
    assert (job.state, run.state) == (JobState.RUNNING, ImportState.APPLYING)
    assert Ownership.objects.count() == written > 1000
    # Nobody takes it over while the dead worker's lease holds; then the schedule rings again.
    assert requeue_lost_jobs() == 0
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    worker.start()
    assert requeue_lost_jobs() == 1
    wait_until(lambda: ended(job))

    run.refresh_from_db()
    assert (job.state, job.attempts, run.state) == (JobState.DONE, 2, ImportState.APPLIED)
    assert history_rows() == 0
    result = archive(), run.report
    assert result == uninterrupted(run)
    assert run.report["rows"] == ROWS
    assert run.report["rejected"] == len({p["row"] for p in run.report["errors"]}) == 64


def test_stopped_in_the_middle_it_keeps_what_is_written_and_can_go_on(world, checked, worker):
    rows, run = checked
    with second_chunk_held(world, blocked_row(rows)["房号"]) as let_go:
        job = start_apply(run, by=world.boss)
        wait_until(is_waiting)
        ask_to_stop(job)
        let_go()
    wait_until(lambda: ended(job))

    run.refresh_from_db()
    assert (job.state, run.state) == (JobState.STOPPED, ImportState.STOPPED)
    flats = Property.objects.count()
    assert 1000 < flats < 2 * ROWS // 3 + 100
    assert 2000 <= run.applied_through < 3000

    again = start_apply(run, by=world.boss)
    wait_until(lambda: ended(again))
    run.refresh_from_db()
    assert (again.state, run.state) == (JobState.DONE, ImportState.APPLIED)
    assert again.pk != job.pk
    assert history_rows() == 0
    assert (archive(), run.report) == uninterrupted(run)


def test_the_whole_way_in_the_browser(world, client, tmp_path, worker):
    """Upload, correct a column, check, write, fetch the rejected rows."""
    client.force_login(world.north_head)
    path = owners_file(
        tmp_path / "业主.xlsx",
        [owner(手机号码=phone(1)), owner("", 房号="2"), owner("李四", 项目="南方花园", 房号="3")],
    )
    with path.open("rb") as file:
        answer = client.post("/imports/new/", {"kind": "owners", "file": file})
    run = ImportRun.objects.get()
    assert answer["Location"] == f"/imports/{run.pk}/mapping/"
    page = client.get(answer["Location"])
    form = page.context["form"]
    assert phone(1) not in page.content.decode()
    posted = {name: form[name].value() or "" for name in form.fields}
    column = next(c["name"] for c in form.columns if c["head"] == "备注")
    client.post(answer["Location"], posted | {column: "", "keeper": "N-KEEPER", "mode": "fill"})
    run.refresh_from_db()
    wait_until(lambda: ended(run.job))

    run.refresh_from_db()
    assert (run.state, run.overrides) == (ImportState.CHECKED, {"备注": ""})
    assert Customer.objects.count() == 0
    page = client.get(f"/imports/{run.pk}/")
    assert [count for _words, count in page.context["reasons"]] == [1, 1]
    assert [p["code"] for p in page.context["problems"]] == ["name_missing", "unknown_project"]
    client.post(f"/imports/{run.pk}/apply/")
    run.refresh_from_db()
    wait_until(lambda: ended(run.job))

    run.refresh_from_db()
    assert (run.state, run.report["accepted"]) == (ImportState.APPLIED, 1)
    assert CustomerUnit.objects.get().keeper == world.north_keeper
    fragment = client.get(f"/imports/{run.pk}/", headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment["HX-Refresh"]) == (286, "true")
    rejected = client.get(f"/imports/{run.pk}/rejected/")
    book = openpyxl.load_workbook(BytesIO(b"".join(rejected.streaming_content)))
    assert book.worksheets[0].max_row == 3
    # Nobody else sees the file, however high his reach.
    client.force_login(world.boss)
    for tail in ("", "mapping/", "rejected/"):
        assert client.get(f"/imports/{run.pk}/{tail}").status_code in (403, 404)


def test_chunks_of_these_tests_are_smaller_than_the_file():
    assert owners.CHUNK > ROWS

"""Processes of the lab on the test database: workers and schedulers that may be killed."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection
from django_celery_beat.models import PeriodicTask

from core import jobs
from core.health import broker_client
from core.models import Job, Pulse, Timetable
from tests.conftest import as_owner
from tests.customers.files import other_connection
from tests.faults import kinds
from tests.worker import Process, environment, start_beat, start_worker

PATIENCE = 60  # seconds
LAB = (kinds.TICKING.task, kinds.NIGHTLY.task)
QUICK = {
    "core.jobs.LEASE": 2,
    "core.jobs.QUIET": 1,
    "core.jobs.PAUSES": [],
    "crm_site.beat.HOUSE_EVERY": 0.5,
}


def until(happened: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Ask again and again until something is so; returns what it was."""
    end = time.monotonic() + patience
    while not (result := happened()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)
    return result


def broker() -> redis.Redis:
    """The broker database of this test process."""
    address, _mark, number = settings.CELERY_BROKER_URL.partition("?virtual_host=")
    client = broker_client(address)
    client.execute_command("SELECT", number or 0)
    return client


class Lab:
    """Starts processes, remembers them, and asks the database what happened."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[Process] = []

    def worker(
        self, *, faults: str = "", clock: float = 0, queues: str = "default,files", **more: Any
    ) -> Process:
        """A worker with quick leases; `faults` is its CRM_FAULTS, `clock` its clock's error."""
        tune = {"core.jobs.LEASE": 2, "customers.imports.owners.CHUNK": 100} | more.pop("tune", {})
        return self._keep(
            start_worker(
                self._log("worker"),
                queues=queues,
                env=self._env(faults, clock) | more.pop("env", {}),
                tune=tune,
                load="tests.faults.kinds,tests.faults.schedule",
                **more,
            )
        )

    def beat(self, *, faults: str = "", clock: float = 0, **tune: Any) -> Process:
        """A scheduler that keeps house twice a second."""
        quick = {"crm_site.beat.HOUSE_EVERY": 0.5, "core.jobs.QUIET": 1} | tune
        return self._keep(
            start_beat(
                self._log("beat"),
                env=self._env(faults, clock),
                tune=quick,
                load="tests.faults.kinds,tests.faults.schedule",
            )
        )

    def ask(self, kind: str, key: str = "k", **payload: Any) -> Job:
        """Ask for a job, as a page does."""
        return jobs.enqueue(kind, key=key, by=None, payload=payload)

    def sweep(self) -> None:
        """What the scheduler does every few seconds."""
        jobs.requeue_lost_jobs()

    def until_ended(self, job: Job, patience: float = PATIENCE) -> Job:
        """Sweep until the job has ended."""

        def ended() -> bool:
            job.refresh_from_db()
            if job.is_live:
                time.sleep(0.2)
                self.sweep()
            return not job.is_live

        until(ended, patience)
        return job

    def only(self, *tasks: str) -> None:
        """Let the schedule consist of these kinds alone, beginning now."""
        from django.db.models.functions import Now

        from core.timetables import write_schedule
        from crm_site.schedule import SCHEDULE

        write_schedule([kinds.TICKING, kinds.NIGHTLY, *SCHEDULE])
        PeriodicTask.objects.exclude(task__in=tasks).update(enabled=False)
        PeriodicTask.objects.filter(task__in=tasks).update(enabled=True)
        Timetable.objects.update(settled_through=Now())

    def effects(self) -> list[tuple[str, int]]:
        """All traces, in order."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT key, step FROM staging.effect ORDER BY id")
            return cursor.fetchall()

    def _env(self, faults: str, clock: float) -> dict[str, str]:
        return environment() | {"CRM_FAULTS": faults, "CRM_TEST_CLOCK": str(clock)}

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}{len(self.processes)}.log"

    def _keep(self, process: Process) -> Process:
        self.processes.append(process)
        return process

    def close(self) -> None:
        """End every process that still lives."""
        for process in self.processes:
            process.end(signal.SIGKILL)


@pytest.fixture
def effects_table(transactional_db: None) -> Iterator[None]:
    """The table of traces, in the schema that the application owns."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS staging.effect")
        cursor.execute("CREATE TABLE staging.effect (id bigserial, key text, step int)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE staging.effect")


@pytest.fixture
def lab(effects_table: None, tmp_path: Path) -> Iterator[Lab]:
    """The lab on the test database, with empty queues; nothing of it stays."""
    with broker() as client:
        client.flushdb()
    lab = Lab(tmp_path)
    yield lab
    lab.close()
    Job.objects.all().delete()
    Pulse.objects.all().delete()
    Timetable.objects.filter(kind__in=LAB).delete()
    PeriodicTask.objects.filter(task__in=LAB).delete()


@pytest.fixture
def conn() -> Iterator[Any]:
    """A connection beside Django's, for the invariants."""
    with other_connection() as other:
        yield other


__all__ = ["Lab", "as_owner", "broker", "until"]

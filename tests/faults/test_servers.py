"""Broker and database that are stopped, emptied and restarted under work: nothing is lost.

These servers are the lab's own, in a home of their own, and so are all processes.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from crm_site import services
from crm_site.services import manager, postgres, processes, valkey
from tests.crm_site.test_up import unused_port
from tests.customers.files import owner, owners_file
from tests.faults import invariants
from tests.faults.conftest import until
from tests.worker import Process, start_beat, start_worker

pytestmark = pytest.mark.fault
LOAD = "tests.faults.kinds"
PREPARE = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE staging.effect (id bigserial, key text, step int)")
from tests.factories import make_world
make_world()
from django_celery_beat.models import PeriodicTask
PeriodicTask.objects.update(enabled=False)
"""
SUBMIT = """
import time
import tests.faults.kinds
from core import jobs
began = time.monotonic()
for n in range({count}):
    jobs.enqueue("lab.steps", key="{name}%d" % n, by=None, payload={{"pause": {pause}}})
print(time.monotonic() - began)
"""
IMPORT = """
from pathlib import Path
from accounts.models import User
from core.imports.kinds import kind_named
from core.imports.runs import check_run, context_of, create_run, start_apply
boss = User.objects.get(employee_no="G-BOSS")
with Path({path!r}).open("rb") as file:
    run = create_run(kind_named("owners"), file, "owners.xlsx", by=None)
check_run(run, context_of(run))
print(start_apply(run, by=boss).pk)
"""


class House:
    """Own servers, own processes, on a home in a short temporary folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.processes: list[Process] = []
        kept = {k: v for k, v in os.environ.items() if not k.endswith("_URL")}
        self.env = kept | {
            "CRM_HOME": str(home),
            "DJANGO_SETTINGS_MODULE": "crm_site.settings_test",
            "CRM_PROCESS": "",
        }
        self.endpoints = services.start(home).endpoints
        self.python("-m", "django", "migrate", "--no-input", "-v", "0")
        self.shell(PREPARE)

    def python(self, *arguments: str) -> str:
        """What a Python of this home prints."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=settings.BASE_DIR,
            env=self.env,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def shell(self, code: str) -> str:
        """What the code prints in a process of the product."""
        return self.python("-c", f"import django; django.setup()\n{code}")

    def submit(self, count: int, name: str, pause: float = 0) -> float:
        """Ask for so many jobs as pages do; seconds that it took."""
        return float(self.shell(SUBMIT.format(count=count, name=name, pause=pause)))

    def worker(self, **tune: Any) -> Process:
        quick = {"core.jobs.LEASE": 10, "customers.imports.owners.CHUNK": 100}
        quick |= {"crm_site.watchdog.EVERY": 2} | tune
        log = self.home / f"worker{len(self.processes)}.log"
        worker = start_worker(
            log,
            queues="default,files",
            env=self.env,
            tune=quick,
            load=LOAD,
            concurrency=2,
        )
        self.processes.append(worker)
        return worker

    def beat(self) -> Process:
        quick = {"crm_site.beat.HOUSE_EVERY": 0.5, "core.jobs.QUIET": 1}
        log = self.home / f"beat{len(self.processes)}.log"
        beat = start_beat(log, env=self.env, tune=quick, load=LOAD)
        self.processes.append(beat)
        return beat

    def web(self) -> str:
        """A web server; returns its address."""
        port = unused_port()
        command = [sys.executable, "-m", "gunicorn", "crm_site.wsgi:application"]
        command += ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--no-control-socket"]
        env = self.env | {"CRM_PROCESS": "web"}
        web = Process(command, env, self.home / "web.log")
        self.processes.append(web)
        address = f"http://127.0.0.1:{port}"
        until(lambda: status(f"{address}/healthz") == 200)
        return address

    def connect(self) -> psycopg.Connection:
        """A connection for the invariants."""
        place = self.endpoints
        return psycopg.connect(
            host=str(place.socket_dir), user=place.app, dbname=place.database, autocommit=True
        )

    def place(self) -> Any:
        return manager._known_place(self.home)

    def stop_broker(self, how: int = signal.SIGTERM) -> None:
        place = self.place()
        processes.end(place.account, valkey.NAME, place.state / "valkey", how, 10.0)

    def restart_database(self) -> None:
        """As `pg_ctl -m immediate restart`: no good-bye to anybody, recovery at the start."""
        place = self.place()
        processes.end(place.account, postgres.NAME, place.state / "pg", signal.SIGQUIT, 20.0)
        services.start(self.home)

    def start(self) -> None:
        services.start(self.home)

    def until_quiet(self, patience: float = 240) -> None:
        """Wait until no job lives."""

        def quiet() -> bool:
            self.revive()
            try:
                with self.connect() as conn:
                    return invariants.live_jobs(conn) == []
            except psycopg.OperationalError:
                return False

        until(quiet, patience)

    def revive(self) -> None:
        """What `manage.py up` and systemd do: start a worker anew that has ended."""
        dead = [one for one in self.processes if one.process.poll() is not None]
        for process in dead:
            self.processes.remove(process)
            process.end()
            if "worker" in process.log.name:
                self.worker()

    def close(self) -> None:
        for process in self.processes:
            process.end(signal.SIGKILL)
        self.processes.clear()


def status(url: str, cookie: str = "sessionid=" + "a" * 32) -> int:
    """The status with which a page answers somebody whose browser holds a session."""
    request = urllib.request.Request(url, headers={"Cookie": cookie})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as problem:
        problem.close()
        return problem.code
    except OSError:
        return 0


@pytest.fixture(scope="module")
def built_house() -> Iterator[House]:
    folder = Path(tempfile.mkdtemp(prefix="crm-lab-"))
    folder.chmod(0o755)
    try:
        house = House(folder / "h")
        yield house
        house.close()
    finally:
        services.stop(folder / "h")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def house(built_house: House) -> Iterator[House]:
    """The house with a worker and a scheduler; quiet and empty again afterwards."""
    built_house.start()
    with built_house.connect() as conn:
        conn.execute("DELETE FROM core_jobattempt")
        conn.execute("UPDATE core_importrun SET job_id = NULL")
        conn.execute("DELETE FROM core_job")
        conn.execute("DELETE FROM staging.effect")
    built_house.worker()
    built_house.beat()
    yield built_house
    built_house.close()


def steps_done(house: House) -> int:
    with house.connect() as conn:
        return conn.execute("SELECT count(*) FROM staging.effect").fetchone()[0]


def test_a_broker_that_is_away_delays_work_and_loses_none(house):
    """Stopped at submit: the request succeeds at once, the work is done after the return."""
    house.stop_broker()
    seconds = house.submit(20, "away")
    time.sleep(2)
    assert steps_done(house) == 0
    house.start()
    house.until_quiet()

    assert seconds < 20  # the page does not wait for the broker: under a second a job
    assert steps_done(house) == 100
    with house.connect() as conn:
        invariants.all_hold(conn)


def test_a_broker_that_is_killed_again_and_again_and_emptied_loses_nothing(house):
    house.submit(20, "shaken", pause=0.02)
    for _time in range(3):
        house.stop_broker(signal.SIGKILL)
        time.sleep(1)
        house.start()
        time.sleep(2)
    house.submit(10, "emptied")
    place = house.endpoints
    import redis

    with redis.Redis(unix_socket_path=str(place.socket_dir / "valkey.sock")) as client:
        client.flushall()
    house.until_quiet()

    assert steps_done(house) == 150
    with house.connect() as conn:
        invariants.all_hold(conn)


def test_a_database_that_is_restarted_under_load_answers_503_and_recovers(house):
    address = house.web()
    house.submit(10, "load", pause=0.1)
    place = house.place()
    processes.end(place.account, postgres.NAME, place.state / "pg", signal.SIGQUIT, 20.0)

    assert status(f"{address}/") == 503
    assert status(f"{address}/healthz", cookie="") == 200
    assert status(f"{address}/readyz") == 503
    services.start(house.home)
    until(lambda: status(f"{address}/") == 200)
    for _time in range(2):
        time.sleep(1)
        house.restart_database()
    house.until_quiet()

    until(lambda: status(f"{address}/") == 200)
    assert steps_done(house) == 50
    with house.connect() as conn:
        invariants.all_hold(conn)


def test_an_import_goes_on_after_the_database_was_restarted(house, tmp_path):
    rows = [owner(f"张{chr(0x4E00 + n // 50)}{n % 50:02d}", 房号=str(n)) for n in range(1500)]
    path = owners_file(tmp_path / "owners.xlsx", rows)
    job = int(house.shell(IMPORT.format(path=str(path))).splitlines()[-1])

    def written() -> int:
        with house.connect() as conn:
            found = conn.execute("SELECT max(applied_through) FROM core_importrun").fetchone()
            return found[0] or 0

    until(lambda: written() >= 200)
    house.restart_database()
    house.until_quiet()

    with house.connect() as conn:
        state, attempts = conn.execute(
            "SELECT state, attempts FROM core_job WHERE id = %s", [job]
        ).fetchone()
        failures = [
            row[0]
            for row in conn.execute(
                "SELECT failure FROM core_jobattempt WHERE job_id = %s ORDER BY number", [job]
            )
        ]
        report = conn.execute("SELECT report FROM core_importrun ORDER BY id DESC").fetchone()[0]
        flats, doubled = conn.execute(
            "SELECT count(*), count(*) - count(DISTINCT (unit_id, room)) FROM customers_property"
        ).fetchone()
        invariants.all_hold(conn)
    report = report if isinstance(report, dict) else json.loads(report)
    assert (state, attempts >= 2) == ("done", True), failures
    assert report["accepted"] == len(rows) == flats
    assert doubled == 0

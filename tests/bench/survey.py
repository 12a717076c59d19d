"""Owners who answer all at once, on the real server, while staff go on working.

One form of a dozen rated questions and a remark is handed in over and over, each time by another
link, paced at the rate that is promised; before and beside it somebody fetches the list of
customers again and again. That three times, and then as fast as the server takes it. The generator
shares the machine with what it measures; how much processor time each party takes is measured too.
"""

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

import psutil
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from crm_site.management.commands.up import programs
from tests.bench import data, servers
from tests.bench.load import Load, Work, send
from tests.bench.scenes import READERS
from tests.bench.survey_links import Asked
from tests.bench.targets import SUBMISSIONS, SURVEY_TO_CALM, Verdict

PORT = 8791
ROUNDS = 3
CALM, PACED, FLAT_OUT = 3, 6, 5  # seconds
MOST = 1000  # answers a second that are prepared for
WARM = 200  # answers and pages before anything counts; every process has had its share then
STORED = b"302"


def run(size: int) -> tuple[list[Verdict], dict[str, float]]:
    """Verdicts, and the figures behind them."""
    with servers.copy_of(data.database_of(size), "bench_survey") as database:
        try:
            return _measure(size, database)
        finally:
            servers.forget(database)


def _measure(size: int, database: str) -> tuple[list[Verdict], dict[str, float]]:
    servers.use(database)
    settings.DATABASES["default"]["NAME"] = database
    # The data are older than passwords may be; whoever must change his sees no list.
    User.objects.exclude(password_changed_at=None).update(password_changed_at=timezone.now())
    asked = Asked(WARM + SUBMISSIONS * PACED * ROUNDS + MOST * FLAT_OUT)
    forms = iter(asked.requests())
    cookie = _staff_cookie()
    with _server(database) as web:
        loads = [send(PORT, forms, SUBMISSIONS, WARM / SUBMISSIONS, STORED)]
        for _page in range(WARM // 4):
            _page_of_staff(cookie)
        calm, during = [], []
        for _round in range(ROUNDS):
            calm.append(_staff(cookie, CALM))
            load, staff = _together(forms, cookie)
            loads.append(load)
            during.append(staff)
        flat, shares = _flat_out(forms, web)
    loads.append(flat)
    before, beside = statistics.median(calm), statistics.median(during)
    ratio = statistics.median(b / a for a, b in zip(calm, during, strict=True))
    paced = loads[1:-1]
    taken = sum(load.taken for load in loads)
    wrong = sum(load.refused for load in loads) + sum(abs(n - taken) for n in asked.stored())
    a_second = statistics.median(load.a_second for load in paced)
    found = {
        "paced_a_second": a_second,
        "paced_ms": statistics.median(ms for load in paced for ms in load.took),
        "most_a_second": flat.a_second,
        **shares,
        "staff_calm_ms": before,
        "staff_ms": beside,
        "wrong": wrong,
    }
    at_most = f"survey, at most {flat.a_second:,.0f}"
    verdicts = [
        Verdict(size, at_most, "answers a second", a_second, SUBMISSIONS, a_second / SUBMISSIONS,
                0.97, at_least=True),
        Verdict(size, "survey", "customer list while owners answer / calm", beside, before,
                ratio, SURVEY_TO_CALM),
        Verdict(size, "survey", "answers refused, lost or stored twice", wrong, None, wrong, 0),
    ]  # fmt: skip
    return verdicts, found


def _together(forms: Iterator[bytes], cookie: str) -> tuple[Load, float]:
    """Owners at the promised rate, and the median page of staff meanwhile, in milliseconds."""
    staff: list[float] = []
    watcher = threading.Thread(target=lambda: staff.append(_staff(cookie, PACED)))
    watcher.start()
    load = send(PORT, forms, SUBMISSIONS, PACED, STORED)
    watcher.join()
    return load, staff[0]


def _flat_out(forms: Iterator[bytes], web: int) -> tuple[Load, dict[str, float]]:
    """As many as the server takes, and the milliseconds of processor time of each party in one."""
    connection.ensure_connection()
    postmaster = psutil.Process(connection.connection.info.backend_pid).ppid()
    works = {
        "web": Work(web),
        "database": Work(postmaster),
        "generator": Work(os.getpid(), alone=True),
    }
    load = send(PORT, forms, 0, FLAT_OUT, STORED)
    each = max(1, len(load.took))
    return load, {f"{name}_cpu_ms": work.spent() * 1000 / each for name, work in works.items()}


def _staff(cookie: str, seconds: float) -> float:
    """The median list of customers in milliseconds, one after another with a pause to read."""
    took = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        took.append(_page_of_staff(cookie))
        time.sleep(0.1)
    return statistics.median(took)


def _page_of_staff(cookie: str) -> float:
    started = time.perf_counter()
    status = _fetch("/customers/", {"Cookie": cookie})
    if status != 200:
        raise RuntimeError(f"the list of customers answered {status}")
    return (time.perf_counter() - started) * 1000


def _staff_cookie() -> str:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(employee_no=READERS["region"]))
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


def _fetch(path: str, headers: dict[str, str]) -> int:
    connection = HTTPConnection("127.0.0.1", PORT, timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


@contextmanager
def _server(database: str) -> Iterator[int]:
    """The web server as `manage.py up` starts it, alone; gives the key of its process."""
    command = [*programs(PORT)[0].command, "--log-level", "error"]
    environment = {**os.environ, **servers.environment(database), "CRM_PROCESS": "web"}
    server = subprocess.Popen(command, cwd=servers.ROOT, env=environment)
    try:
        _wait_for(server)
        yield server.pid
    finally:
        server.terminate()
        server.wait(30)


def _wait_for(server: subprocess.Popen) -> None:
    for _attempt in range(100):
        try:
            if _fetch("/healthz", {}) == 200:
                return
        except OSError:
            time.sleep(0.3)
        if server.poll() is not None:
            raise RuntimeError("the server did not start")
    raise RuntimeError("the server does not answer")

"""Owners who answer all at once, on the real server, while staff go on working.

One form of a dozen rated questions and a remark is handed in over and over, each time by another
link, paced at the rate that is promised; beside it somebody fetches the list of customers again and
again. Then as fast as the server takes it. The generator shares the machine with what it measures.
"""

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection
from itertools import count
from urllib.parse import urlencode

from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from core.bulk import copy_rows, next_ids
from crm_site.management.commands.up import programs
from regions.models import OrgUnit
from satisfaction.models import (
    Item,
    ItemRole,
    Questionnaire,
    QuestionnaireVersion,
    Response,
    Section,
    Wave,
)
from satisfaction.privacy import NOTICE_VERSION
from satisfaction.services.links import link_hash, mark_of
from tests.bench import data, servers
from tests.bench.scenes import READERS
from tests.bench.targets import SUBMISSIONS, SURVEY_TO_CALM, Verdict

PORT = 8791
SENDERS = 8
RATED = 12
CSRF = "b" * 32
PACED, FLAT_OUT = 10, 5  # seconds


@dataclass(slots=True)
class Load:
    """What the senders achieved: answers taken, refusals, milliseconds of each."""

    taken: int = 0
    refused: int = 0
    took: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def a_second(self) -> float:
        return self.taken / self.seconds if self.seconds else 0.0


class Asked:
    """A wave with as many links as will be used, and their tokens."""

    def __init__(self, number: int) -> None:
        group = OrgUnit.objects.get(parent=None)
        self.wave = Wave.objects.create(
            code=f"bench-{time.time_ns()}",
            title="bench",
            unit=group,
            version=_version(),
            state="open",
        )
        self.items = list(self.wave.version.items.order_by("position"))
        self.tokens = [f"bench-{key:016d}" for key in range(number)]
        project = OrgUnit.objects.filter(kind="project").order_by("pk")[0]
        self._write(project)

    def _write(self, unit: OrgUnit) -> None:
        now = timezone.now()
        with servers.connect(settings.DATABASES["default"]["NAME"]) as database:
            cursor = database.cursor()
            keys = next_ids(cursor, "satisfaction_sample", len(self.tokens))
            copy_rows(
                cursor,
                "satisfaction_sample",
                "id wave_id unit_id region_id city_id project_id stage position state reminders"
                " created_at",
                [
                    (
                        key,
                        self.wave.pk,
                        unit.pk,
                        *unit.scope_columns(),
                        "stable",
                        key,
                        "invited",
                        0,
                        now,
                    )
                    for key in keys
                ],
            )
            links = next_ids(cursor, "satisfaction_surveylink", len(self.tokens))
            until = now + timedelta(days=1)
            copy_rows(
                cursor,
                "satisfaction_surveylink",
                "id sample_id channel token_hash expires_at created_at",
                [
                    (link, key, "link", link_hash(token), until, now)
                    for link, key, token in zip(links, keys, self.tokens, strict=True)
                ],
            )

    def request(self, token: str) -> tuple[bytes, dict[str, str]]:
        """Body and headers of the form of a token, handed in."""
        fields = {
            "csrfmiddlewaretoken": CSRF,
            "page": "1",
            "mark": mark_of(token),
            "notice": NOTICE_VERSION,
            "next": "1",
            "q": [item.pk for item in self.items],
            **{f"s{item.pk}": 1 + item.pk % 5 for item in self.items[:RATED]},
            f"t{self.items[-1].pk}": "停车位太少，物业很好。",
        }
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"csrftoken={CSRF}; survey={token}.{int(time.time()) - 90}",
        }
        return urlencode(fields, doseq=True).encode(), headers


def _version() -> QuestionnaireVersion:
    questionnaire = Questionnaire.objects.create(
        code=f"bench-{time.time_ns()}"[:40], kind="owners", title="bench"
    )
    version = QuestionnaireVersion.objects.create(questionnaire=questionnaire, number=1)
    section = Section.objects.create(version=version, position=1, title="bench")
    common = {"version": version, "section": section}
    for place in range(1, RATED + 1):
        role = ItemRole.OVERALL if place == 1 else ItemRole.ITEM
        Item.objects.create(
            **common, position=place, role=role, name=f"{place}", low=1, high=5, is_required=True
        )
    Item.objects.create(**common, position=RATED + 1, role=ItemRole.REMARK, name="words")
    QuestionnaireVersion.objects.filter(pk=version.pk).update(frozen_at=timezone.now())
    return QuestionnaireVersion.objects.get(pk=version.pk)


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
    asked = Asked(SUBMISSIONS * (PACED + 2) + 1000 * FLAT_OUT)
    cookie = _staff_cookie()
    left = iter(asked.tokens)
    with _server(database):
        calm = _staff(cookie, PACED / 2)
        paced, staff = _together(asked, left, cookie, SUBMISSIONS, PACED)
        flat, _slow = _together(asked, left, cookie, 0, FLAT_OUT)
    stored = Response.objects.filter(wave=asked.wave).count()
    before, during = statistics.median(calm), statistics.median(staff)
    found = {
        "paced_a_second": paced.a_second,
        "paced_ms": statistics.median(paced.took),
        "most_a_second": flat.a_second,
        "staff_calm_ms": before,
        "staff_ms": during,
        "refused": paced.refused + flat.refused,
        "lost": paced.taken + flat.taken - stored,
    }
    at_most = f"at most {flat.a_second:,.0f}"
    verdicts = [
        Verdict(size, f"survey, {at_most}", "answers a second", paced.a_second, SUBMISSIONS,
                paced.a_second / SUBMISSIONS, 0.97, at_least=True),
        Verdict(size, "survey", "customer list while owners answer / calm", during, before,
                during / before, SURVEY_TO_CALM),
        Verdict(size, "survey", "answers refused or lost", found["refused"] + abs(found["lost"]),
                None, found["refused"] + abs(found["lost"]), 0),
    ]  # fmt: skip
    return verdicts, found


def _together(
    asked: Asked, left: Iterator[str], cookie: str, rate: int, seconds: float
) -> tuple[Load, list[float]]:
    """Owners and staff at the same time; `rate` answers a second, 0 for as many as it takes."""
    load = Load()
    staff: list[float] = []
    watcher = threading.Thread(target=lambda: staff.extend(_staff(cookie, seconds)))
    watcher.start()
    _send(asked, left, rate, seconds, load)
    watcher.join()
    return load, staff


def _send(asked: Asked, left: Iterator[str], rate: int, seconds: float, load: Load) -> None:
    lock, turn = threading.Lock(), count()
    began = time.perf_counter()

    def work() -> None:
        while True:
            with lock:
                token, place = next(left, None), next(turn)
            due = began + place / rate if rate else time.perf_counter()
            if token is None or max(due, time.perf_counter()) >= began + seconds:
                return
            time.sleep(max(0.0, due - time.perf_counter()))
            body, headers = asked.request(token)
            started = time.perf_counter()
            status = _fetch("POST", "/s/form/", body, headers)
            spent = (time.perf_counter() - started) * 1000
            with lock:
                load.took.append(spent)
                load.taken += status == 302
                load.refused += status != 302

    threads = [threading.Thread(target=work) for _sender in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.seconds = time.perf_counter() - began


def _staff(cookie: str, seconds: float) -> list[float]:
    """Milliseconds of the list of customers, one after another with a pause to read."""
    took = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        started = time.perf_counter()
        status = _fetch("GET", "/customers/", None, {"Cookie": cookie})
        if status != 200:
            raise RuntimeError(f"the list of customers answered {status}")
        took.append((time.perf_counter() - started) * 1000)
        time.sleep(0.1)
    return took[1:] or took


def _staff_cookie() -> str:
    client = Client(SERVER_NAME="127.0.0.1")
    User.objects.exclude(password_changed_at=None).update(password_changed_at=timezone.now())
    client.force_login(User.objects.get(employee_no=READERS["region"]))
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


def _fetch(method: str, path: str, body: bytes | None, headers: dict[str, str]) -> int:
    connection = HTTPConnection("127.0.0.1", PORT, timeout=30)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


@contextmanager
def _server(database: str) -> Iterator[None]:
    """The web server as `manage.py up` starts it, alone."""
    command = [*programs(PORT)[0].command, "--log-level", "error"]
    environment = {**os.environ, **servers.environment(database), "CRM_PROCESS": "web"}
    server = subprocess.Popen(command, cwd=servers.ROOT, env=environment)
    try:
        _wait_for(server)
        yield
    finally:
        server.terminate()
        server.wait(30)


def _wait_for(server: subprocess.Popen) -> None:
    for _attempt in range(100):
        try:
            if _fetch("GET", "/healthz", None, {}) == 200:
                return
        except OSError:
            time.sleep(0.3)
        if server.poll() is not None:
            raise RuntimeError("the server did not start")
    raise RuntimeError("the server does not answer")

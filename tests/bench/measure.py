"""Timing: the product's page, its SQL, the bare statement and the minimal view, in turn."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from accounts.models import User
from customers.selectors.lists import customer_page
from tests.bench import data, minimal, raw, servers
from tests.bench.raw import Bare
from tests.bench.scenes import MAKERS, Scene

WARM_UP = 2


@dataclass(slots=True)
class Figures:
    """Milliseconds of each measured thing, and what the page asked of the database."""

    sql: list[float] = field(default_factory=list)
    raw: list[float] = field(default_factory=list)
    page: list[float] = field(default_factory=list)
    page_sql: list[float] = field(default_factory=list)
    minimal: list[float] = field(default_factory=list)
    page_cpu: list[float] = field(default_factory=list)
    minimal_cpu: list[float] = field(default_factory=list)
    queries: int = 0
    statements: list[tuple[float, str, Any]] = field(default_factory=list)
    wrong_rows: str = ""

    def median(self, name: str) -> float:
        values = getattr(self, name)
        return statistics.median(values) if values else 0.0


@dataclass(slots=True)
class Trace:
    """The statements Django ran within a block, with their milliseconds."""

    statements: list[tuple[float, str, Any]] = field(default_factory=list)

    @property
    def total(self) -> float:
        return sum(statement[0] for statement in self.statements)


@contextmanager
def traced() -> Iterator[Trace]:
    """Note each statement of the default connection; fetching happens within execute."""
    trace = Trace()

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            trace.statements.append(((time.perf_counter() - started) * 1000, sql, params))

    with connection.execute_wrapper(note):
        yield trace


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """(milliseconds, result)."""
    started = time.perf_counter()
    result = act()
    return (time.perf_counter() - started) * 1000, result


class Bench:
    """One database with its scenes, clients and bare connection."""

    def __init__(self, size: int, parts: list[str]) -> None:
        self.size, self.database = size, data.database_of(size)
        servers.use(self.database)
        # Passwords of the data grow old with the calendar, and old ones lead to another page.
        User.objects.exclude(password_changed_at=None).update(password_changed_at=timezone.now())
        self.bare = Bare(servers.connect(self.database))
        self.scenes = [scene for part in parts for scene in MAKERS[part](self.bare)]
        self.figures = {self._key(scene): Figures() for scene in self.scenes}
        self.clients: dict[int, tuple[Client, Client]] = {}

    @staticmethod
    def _key(scene: Scene) -> tuple[str, str]:
        return scene.part, scene.name

    def prepare(self) -> None:
        """Warm up, and compare the product's rows with those of the bare statement."""
        servers.use(self.database)
        for scene in self.scenes:
            figures = self.figures[self._key(scene)]
            figures.wrong_rows = self._difference(scene)
            for _ in range(WARM_UP):
                self.measure(scene, Figures())

    def _difference(self, scene: Scene) -> str:
        """What is wrong with the product's rows, empty when they are the bare ones."""
        if scene.part == "detail":
            return ""
        page = customer_page(scene.user, scene.query, after=scene.after, size=raw.PAGE)
        found = [place.pk for place in page]
        expected = self.bare.page(scene.statement, scene.values)
        if scene.same_rows and found != expected:
            return f"{len(set(expected) - set(found))} of {len(expected)} rows differ"
        if not scene.same_rows and set(expected) - set(found) and len(found) < raw.PAGE:
            return f"{len(set(expected) - set(found))} of {len(expected)} rows are missing"
        return ""

    def clients_of(self, user: User) -> tuple[Client, Client]:
        """The client of the product and of the minimal site, both with a session of this user."""
        if user.pk not in self.clients:
            product = Client(SERVER_NAME="localhost")
            product.force_login(user)
            bare = Client(SERVER_NAME="localhost")
            bare.cookies = product.cookies
            with override_settings(MIDDLEWARE=minimal.MIDDLEWARE):
                bare.handler.load_middleware()
            self.clients[user.pk] = product, bare
        return self.clients[user.pk]

    def round(self) -> None:
        """Measure every scene once."""
        servers.use(self.database)
        for scene in self.scenes:
            self.measure(scene, self.figures[self._key(scene)])

    def measure(self, scene: Scene, figures: Figures) -> None:
        product, plain = self.clients_of(scene.user)
        if scene.part == "detail":
            figures.raw.append(timed(lambda: raw.detail(self.bare, scene.customer))[0])
            address = f"/detail/{scene.customer}/"
        else:
            figures.raw.append(timed(lambda: self.bare.page(scene.statement, scene.values))[0])
            with traced() as trace:
                customer_page(scene.user, scene.query, after=scene.after, size=raw.PAGE)
            figures.sql.append(trace.total)
            figures.statements = trace.statements
            minimal.shown.update(where=scene.where, order=scene.order)
            address = "/list/"
        wall, cpu = self._get(plain, address)
        figures.minimal.append(wall)
        figures.minimal_cpu.append(cpu)
        with traced() as trace:
            wall, cpu = self._get(product, scene.url)
        figures.page.append(wall)
        figures.page_cpu.append(cpu)
        figures.page_sql.append(trace.total)
        figures.queries = len(trace.statements)
        if scene.part == "detail":
            figures.sql.append(trace.total)
            figures.statements = trace.statements

    @staticmethod
    def _get(client: Client, address: str) -> tuple[float, float]:
        """(milliseconds, milliseconds of this process's own work)."""
        worked = time.thread_time()
        milliseconds, response = timed(lambda: client.get(address))
        if response.status_code != 200:
            raise RuntimeError(f"{address} answered {response.status_code}")
        return milliseconds, (time.thread_time() - worked) * 1000

    def explain(self, key: tuple[str, str]) -> str:
        """The plan of the slowest statement of a scene."""
        servers.use(self.database)
        slowest = max(self.figures[key].statements, key=lambda statement: statement[0])
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {slowest[1]}", slowest[2])
            plan = "\n".join(row[0] for row in cursor.fetchall())
        return f"{slowest[1] % _shown(slowest[2])}\n\n{plan}"


def _shown(params: Any) -> tuple[str, ...]:
    return tuple(repr(value) for value in params or ())

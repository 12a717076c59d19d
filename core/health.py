"""Whether the product answers (`/healthz`, no input or output), can work (`/readyz`), and what an
administrator should do about it (`/system/health/`)."""

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from core.access import public, requires
from core.doctor import Examined, Level, examine


@public
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@public
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, schema and broker: 200 when all are well, else 503 and which is not."""
    checks = {"database": _database(), "migrations": False, "broker": _broker()}
    if checks["database"]:
        checks["migrations"] = _migrations()
    return JsonResponse(checks, status=200 if all(checks.values()) else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone() == (1,)
    except DatabaseError:
        return False


def _migrations() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def broker_client(url: str) -> redis.Redis:
    """A client of the broker; Celery writes sockets as redis+socket://, redis-py as unix://."""
    address = url.replace("redis+socket://", "unix://", 1)
    return redis.Redis.from_url(address, socket_connect_timeout=2, socket_timeout=2)


def _broker() -> bool:
    try:
        with broker_client(settings.BROKER_URL) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


@requires("core.view_health", whole_group=True)
def health(request: HttpRequest) -> HttpResponse:
    """Findings of the quick checks: what needs acting on first, then what is well."""
    found = list(examine(quick=True))
    context = {
        "errors": _at(found, Level.ERROR),
        "warnings": _at(found, Level.WARNING),
        "passed": _at(found, Level.OK),
        "checked_at": timezone.now(),
    }
    return render(request, "core/health.html", context)


def _at(found: list[Examined], level: Level) -> list[Examined]:
    return [one for one in found if one.finding.level == level]

"""Whether the product answers (`/healthz`, no input or output) and can work (`/readyz`)."""

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from core.access import public


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

"""Processes of the product that work on the test database: commands, and a real Celery worker."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from crm_site.celery import app

START_SECONDS = 60


def environment() -> dict[str, str]:
    """The environment of a process that shall use the test database as the application."""
    database = connection.settings_dict
    user, name, host = (quote(str(database[key])) for key in ("USER", "NAME", "HOST"))
    if host.startswith("/"):
        url = f"postgres://{user}@/{host}/{name}"
    else:
        password, port = quote(str(database["PASSWORD"] or "")), database["PORT"] or 5432
        url = f"postgres://{user}:{password}@{host}:{port}/{name}"
    return os.environ | {
        "CRM_HOME": str(settings.CRM_HOME),
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "crm_site.settings_test",
    }


def manage(*arguments: str) -> str:
    """What `manage.py` prints in a process of its own; AssertionError with its words on failure."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@contextmanager
def running_worker(folder: Path) -> Iterator[subprocess.Popen]:
    """A Celery worker that alone gets the tasks of this process; it logs into `folder`.

    The queue carries the process id, because test processes side by side share one broker.
    """
    queue = f"test-{os.getpid()}"
    before = app.conf.task_routes
    _route({"*": {"queue": queue}})
    log = folder / "worker.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "--app", "crm_site", "worker", "--queues", queue]
            + ["--concurrency", "1", "--loglevel", "INFO", "--hostname", f"{queue}@%h"],
            cwd=settings.BASE_DIR,
            env=environment() | {"CRM_LOG_LEVEL": "INFO"},
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_ready(process, log)
            yield process
        finally:
            _route(before)
            process.send_signal(signal.SIGCONT)  # a test may have held it
            process.terminate()
            process.wait(30)


def _route(routes: dict) -> None:
    app.conf.task_routes = routes
    app.amqp.flush_routes()
    app.amqp.router = app.amqp.Router()


def _wait_until_ready(process: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if " ready." in log.read_text(errors="replace"):
            return
        time.sleep(0.1)
    raise AssertionError(f"the worker did not start:\n{log.read_text(errors='replace')}")

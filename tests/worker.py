"""Processes of the product that work on the test database: commands, workers, schedulers.

`running_worker` and `start` give real Celery processes. As a program, `python -m tests.worker
worker …` is the product's own worker (or `beat`) with what a test needs changed:

CRM_TEST_TUNE   JSON of module attributes, e.g. {"core.jobs.LEASE": 2, "customers.imports.owners.
                CHUNK": 1000}; an interval is given in seconds
CRM_TEST_LOAD   modules to import first, by commas: kinds of jobs that only a test has
CRM_TEST_CLOCK  seconds by which this process's clock is wrong
CRM_TEST_VISIBILITY  seconds after which the broker delivers an unfinished message again
CRM_TEST_QUEUE  the queue of everything that its work asks for in turn
"""

import datetime
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from crm_site.supervisor import _die_with_parent

START_SECONDS = 90


def environment() -> dict[str, str]:
    """The environment of a process that shall use the test database as the application."""
    from django.conf import settings
    from django.db import connection

    database = connection.settings_dict
    user, name, host = (quote(str(database[key])) for key in ("USER", "NAME", "HOST"))
    if host.startswith("/"):
        url = f"postgres://{user}@/{host}/{name}"
    else:
        password, port = quote(str(database["PASSWORD"] or "")), database["PORT"] or 5432
        url = f"postgres://{user}:{password}@{host}:{port}/{name}"
    # A live server loads the WSGI module here, which says that this process serves pages.
    kept = {name: value for name, value in os.environ.items() if name != "CRM_PROCESS"}
    return kept | {
        "CRM_HOME": str(settings.CRM_HOME),
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "crm_site.settings_test",
    }


def manage(*arguments: str) -> str:
    """What `manage.py` prints in a process of its own; AssertionError with its words on failure."""
    from django.conf import settings

    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


class Process:
    """A process of the product in a group of its own, with its log."""

    def __init__(self, arguments: list[str], env: Mapping[str, str], log: Path) -> None:
        root = Path(__file__).resolve().parent.parent
        self.log = log
        with log.open("wb") as stream:
            self.process = subprocess.Popen(
                arguments,
                cwd=root,
                env=dict(env),
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # a test run that is killed leaves nothing behind
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def said(self) -> str:
        """Its log so far."""
        return self.log.read_text(errors="replace")

    def wait_for(self, words: str) -> None:
        """Return once the log says so; AssertionError with the log when it does not."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            if words in self.said:
                return
            time.sleep(0.05)
        raise AssertionError(f"waited for {words!r}:\n{self.said}")

    def children(self) -> list[int]:
        """The process ids of its children."""
        import psutil

        return [child.pid for child in psutil.Process(self.pid).children()]

    def kill_child(self) -> None:
        """Kill the child that works, as the kernel does when memory runs out."""
        for pid in self.children():
            os.kill(pid, signal.SIGKILL)

    def end(self, how: int = signal.SIGTERM) -> None:
        """End it with its children and wait for it."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGCONT)  # a test may have held it
            if how == signal.SIGKILL:
                os.killpg(self.pid, how)
            else:
                self.process.send_signal(how)
        try:
            self.process.wait(30)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)  # children that outlived their head
            self.process.wait(10)


def start_worker(
    log: Path,
    *,
    queues: str,
    env: Mapping[str, str],
    concurrency: int = 1,
    tune: Mapping[str, Any] | None = None,
    load: str = "",
    level: str = "INFO",
) -> Process:
    """Start a worker and wait until it takes tasks."""
    name = f"{queues.split(',')[0]}-{log.stem}-{os.getpid()}@%h"
    command = [sys.executable, "-m", "tests.worker", "worker", "--queues", queues]
    command += ["--concurrency", str(concurrency), "--loglevel", level, "--hostname", name]
    command += ["--without-gossip", "--without-mingle"]
    worker = Process(command, _with(env, tune, load), log)
    try:
        worker.wait_for(" ready.")
    except AssertionError:
        worker.end(signal.SIGKILL)
        raise
    return worker


def start_beat(
    log: Path, *, env: Mapping[str, str], tune: Mapping[str, Any] | None = None, load: str = ""
) -> Process:
    """Start a scheduler."""
    command = [sys.executable, "-m", "tests.worker", "beat", "--pidfile", "", "--loglevel", "INFO"]
    beat = Process([*command, "--max-interval", "1"], _with(env, tune, load), log)
    beat.wait_for("beat: Starting")
    return beat


def _with(env: Mapping[str, str], tune: Mapping[str, Any] | None, load: str) -> dict[str, str]:
    return dict(env) | {"CRM_TEST_TUNE": json.dumps(tune or {}), "CRM_TEST_LOAD": load}


@contextmanager
def running_worker(folder: Path) -> Iterator[subprocess.Popen]:
    """A Celery worker that alone gets the tasks of this process; it logs into `folder`.

    The queue carries the process id, because test processes side by side share one broker.
    """
    from crm_site.celery import app

    queue = f"test-{os.getpid()}"
    before = app.conf.task_routes
    _route({"*": {"queue": queue}})
    worker = None
    try:
        env = environment() | {"CRM_LOG_LEVEL": "INFO", "CRM_TEST_QUEUE": queue}
        worker = start_worker(folder / "worker.log", queues=queue, env=env)
        yield worker.process
    finally:
        _route(before)
        if worker is not None:
            worker.end()


def _route(routes: dict) -> None:
    from crm_site.celery import app

    app.conf.task_routes = routes
    app.amqp.flush_routes()
    app.amqp.router = app.amqp.Router()


# --- the program ----------------------------------------------------------------------------------


def _tune(name: str, value: Any) -> None:
    """Set "module.ATTRIBUTE"; an interval keeps its type."""
    module, _dot, attribute = name.rpartition(".")
    holder = importlib.import_module(module)
    if isinstance(getattr(holder, attribute), datetime.timedelta):
        value = datetime.timedelta(seconds=value)
    setattr(holder, attribute, value)


def main() -> None:
    """Be the product's worker or scheduler, changed as the environment says."""
    if offset := float(os.environ.get("CRM_TEST_CLOCK") or 0):
        import time_machine

        wrong = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=offset)
        time_machine.travel(wrong, tick=True).start()
    import django

    django.setup()
    for module in filter(None, os.environ.get("CRM_TEST_LOAD", "").split(",")):
        importlib.import_module(module)
    for name, value in json.loads(os.environ.get("CRM_TEST_TUNE") or "{}").items():
        _tune(name, value)

    from crm_site.celery import app

    if queue := os.environ.get("CRM_TEST_QUEUE"):
        _route({"*": {"queue": queue}})
    if seconds := os.environ.get("CRM_TEST_VISIBILITY"):
        from kombu.transport.redis import QoS

        # Kombu looks for such messages every ten seconds, but then only every tenth time.
        look = QoS.restore_visible
        QoS.restore_visible = lambda qos, **more: look(qos, **more | {"interval": 1})
        options = {"visibility_timeout": int(seconds)}
        app.conf.broker_transport_options = dict(app.conf.broker_transport_options) | options
    app.start(sys.argv[1:])


if __name__ == "__main__":
    main()

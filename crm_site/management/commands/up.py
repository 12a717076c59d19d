"""manage.py up: the whole product in one terminal."""

import os
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import OperationalError
from django.utils.translation import gettext as _

from core.health import broker_client
from crm_site import services
from crm_site.backup import store
from crm_site.supervisor import Program, Supervisor

HOST = "127.0.0.1"  # a proxy in front speaks to the world
CHECK_SERVERS_EVERY = 5.0  # seconds


class CannotStart(Exception):
    """Something is missing; the text is one sentence for the operator."""


class Command(BaseCommand):
    """Web server, worker, schedule and, without servers of yours, PostgreSQL and Valkey."""

    help = "Runs everything in one terminal; Ctrl-C stops it."
    requires_system_checks: list[str] = []  # the web server runs them when it loads the project

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The port, which the environment variable PORT sets too."""
        parser.add_argument("--port", default=os.environ.get("PORT") or "8000")
        parser.add_argument(
            "--prepare",
            action="store_true",
            help="first migrate, collect the static files and load the demonstration once",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until asked to stop; exit status 2 with one sentence when it cannot start."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # until the supervisor obeys it
        self.started: tuple[str, ...] = ()
        try:
            self._run(free_port(options["port"]), prepare=options["prepare"])
        except (CannotStart, services.ServicesError) as problem:
            self.stderr.write(str(problem))
            raise SystemExit(2) from None
        except KeyboardInterrupt:
            raise SystemExit(130) from None
        finally:
            if self.started:
                services.stop(settings.CRM_HOME)

    def _run(self, port: int, *, prepare: bool) -> None:
        """Everything between the check of the port and the stop of the servers."""
        services.ensure_secrets(settings.CRM_HOME)
        if uses_embedded_servers():
            self._start_servers()
        if prepare:
            check_connection()
            self._prepare()
        check_database()
        check_broker()
        supervisor = Supervisor(programs(port), settings.BASE_DIR, sys.stdout)
        supervisor.obey_signals()
        supervisor.run(self._tick(supervisor, port))

    def _start_servers(self) -> None:
        """Start the embedded servers, and remember which must be stopped in the end."""
        running = services.start(settings.CRM_HOME)
        self.started = running.started
        if not os.environ.get("DATABASE_URL"):
            # The settings may have been read before the first start decided on the folder.
            connection.settings_dict["HOST"] = str(running.endpoints.socket_dir)

    def _prepare(self) -> None:
        """Bring database and static files up to date, and load the demonstration once.

        Each step is a process of its own, which reads settings that know the servers.

        Raises:
            CannotStart: a step failed; it said why on the terminal.
        """
        # Before an older database is changed, a copy of it is kept; a newer one is left alone.
        steps = [["backup", "--before-upgrade"], ["migrate", "--no-input", "-v", "0"]]
        steps.append(["collectstatic", "--no-input", "-v", "0"])
        if os.environ.get("CRM_DEMO") != "0":
            steps.append(["demo", "--once"])
        for step in steps:
            self.stdout.write(_("Preparing: %(step)s ...") % {"step": step[0]})
            command = [sys.executable, "manage.py", *step]
            if subprocess.run(command, cwd=settings.BASE_DIR, check=False).returncode:  # noqa: S603
                raise CannotStart(failed_step(step[0]))

    def _tick(self, supervisor: Supervisor, port: int) -> Callable[[], None]:
        """What to do between looking after the programs."""
        greeted = False
        checked = time.monotonic()

        def tick() -> None:
            nonlocal greeted, checked
            if not greeted and accepts(port):
                greeted = True
                for line in greeting(port):
                    supervisor.say("ready", line)
            if uses_embedded_servers() and time.monotonic() - checked > CHECK_SERVERS_EVERY:
                checked = time.monotonic()
                self._revive_servers(supervisor)

        return tick

    def _revive_servers(self, supervisor: Supervisor) -> None:
        """Start an embedded server that died."""
        if services.reachable(settings.CRM_HOME):
            return
        try:
            started = services.start(settings.CRM_HOME).started
        except services.ServicesError as problem:
            supervisor.say("data", str(problem))
            return
        if started:
            self.started += started
            supervisor.say("data", _("Started again: %(names)s.") % {"names": " + ".join(started)})


def failed_step(step: str) -> str:
    """What to tell the operator when a step of the preparation failed."""
    kept = store.before_upgrade()
    if step == "migrate" and kept is not None:
        return _(
            "The upgrade stopped; its reason stands above. What was done before stays, and running "
            "this again goes on. Back to the former version: install it, then run "
            "manage.py restore %(folder)s --replace."
        ) % {"folder": kept.folder}
    return _("The step %(step)s failed; its reason stands above.") % {"step": step}


def uses_embedded_servers() -> bool:
    """Whether at least one server is not the operator's own."""
    return not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))


def free_port(text: str) -> int:
    """The port as a number.

    Raises:
        CannotStart: it is no port, or somebody listens on it.
    """
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise CannotStart(_("The port %(port)s is not a number from 1 to 65535.") % {"port": text})
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(text)))
        except OSError as problem:
            raise CannotStart(
                _("The port %(port)s cannot be used (%(reason)s); please choose another with PORT.")
                % {"port": text, "reason": problem.strerror}
            ) from None
    return int(text)


def check_connection() -> None:
    """Ask the database whether it answers and keeps text as UTF-8.

    Raises:
        CannotStart: it cannot be reached or is not UTF-8.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_encoding")
            (encoding,) = cursor.fetchone()
    except OperationalError as problem:
        raise CannotStart(
            _("The database cannot be reached: %(reason)s")
            % {"reason": str(problem).strip().partition("\n")[0]}
        ) from None
    finally:
        connection.close()
    if encoding != "UTF8":
        raise CannotStart(
            _("The database stores text as %(encoding)s; please create it with ENCODING UTF8.")
            % {"encoding": encoding}
        )


def check_database() -> None:
    """Ask the database for what every later error would hide.

    Raises:
        CannotStart: it cannot be reached, is not UTF-8, or lacks migrations.
    """
    check_connection()
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise CannotStart(
                _("The database is not up to date; please run `manage.py migrate` first.")
            )
    finally:
        connection.close()


def check_broker() -> None:
    """Ask the broker for an answer.

    Raises:
        CannotStart: it gives none.
    """
    if not os.environ.get("REDIS_URL"):
        return  # the embedded one answered when it was started
    try:
        with broker_client(settings.BROKER_URL) as client:
            client.ping()
    except (redis.RedisError, ValueError) as problem:
        raise CannotStart(
            _("The server of REDIS_URL cannot be reached: %(reason)s") % {"reason": problem}
        ) from None


def programs(port: int) -> list[Program]:
    """The processes of the product itself."""
    python = [sys.executable, "-m"]
    web = [*python, "gunicorn", "crm_site.wsgi:application", "--bind", f"{HOST}:{port}"]
    # Loaded once and forked, the workers are there sooner and share memory.
    web += ["--preload", "--no-control-socket", "--timeout", "60", "--graceful-timeout", "10"]
    if not os.environ.get("WEB_CONCURRENCY"):  # gunicorn's own variable
        web += ["--workers", str(min(2 * (os.cpu_count() or 1) + 1, 9))]
    celery = [*python, "celery", "--quiet", "--app", "crm_site"]
    # Without gossip and mingle the worker survives a restart of the broker. Two workers, so that
    # short work never waits behind two long files.
    worker = [*celery, "worker", "--loglevel", "WARNING", "--concurrency", "1"]
    worker += ["--without-gossip", "--without-mingle"]
    short = [*worker, "--queues", "default", "--hostname", "default@%h"]
    long = [*worker, "--queues", "files,scores,reports", "--hostname", "files@%h"]
    beat = [*celery, "beat", "--loglevel", "WARNING", "--pidfile", "", "--max-interval", "5"]
    return [
        Program("web", web),
        Program("worker", short),
        Program("files", long),
        Program("beat", beat),
    ]


def accepts(port: int) -> bool:
    """Whether the web server takes connections."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((HOST, port)) == 0


def greeting(port: int) -> list[str]:
    """The address, and the accounts of the demonstration where it was loaded."""
    lines = [_("Open %(url)s") % {"url": f"http://{HOST}:{port}/"}]
    accounts = settings.CRM_HOME / "demo-accounts.txt"
    if accounts.is_file():
        lines += accounts.read_text("utf-8").splitlines()
    return lines

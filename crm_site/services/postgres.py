"""The embedded PostgreSQL: making its data folder, starting it, its roles and database."""

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
from django.utils.translation import gettext_lazy as _

from crm_site.services import processes
from crm_site.services.errors import ServicesError
from crm_site.services.programs import Programs
from crm_site.services.record import POSTGRES_SOCKET
from crm_site.services.server import CLEAN_ENVIRONMENT, PATIENCE, Place, launch, wait_until_ready

NAME = "postgres"
_STARTING = 1  # of pg_isready
MB = 1 << 20

# The builtin provider with C.UTF-8 sorts by code point on every machine, and, unlike "C", lets
# pg_trgm see Chinese letters.
_INITDB = [
    *("-U", "postgres", "--encoding=UTF8"),
    *("--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    *("--auth-local=peer", "--auth-host=reject"),
    *("--data-checksums", "--no-instructions"),
]

# Whoever comes through the socket is who the kernel says he is; no password lies about.
_HBA = "local all postgres,crm_owner,crm_app peer map=crm\n"

# crm_owner owns the tables and migrates, crm_app runs the product. crm_owner may act as crm_app
# only to create the schema "staging" for it; CREATEDB is for test databases.
_ROLES = """
SELECT 'CREATE ROLE crm_owner LOGIN CREATEDB'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_owner') \\gexec
SELECT 'CREATE ROLE crm_app LOGIN'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crm_app') \\gexec
GRANT crm_app TO crm_owner WITH INHERIT FALSE, SET TRUE;
SELECT 'CREATE DATABASE crm OWNER crm_owner'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'crm') \\gexec
REVOKE ALL ON DATABASE crm FROM PUBLIC;
GRANT CONNECT ON DATABASE crm TO crm_app;
"""


def find(place: Place) -> processes.Found:
    """The processes of this installation's PostgreSQL."""
    return processes.find(place.account, NAME, place.state / "pg")


def answers(programs: Programs, run: Path) -> bool:
    """Whether a server accepts connections on the socket in ``run``."""
    return _readiness(programs, run) == 0


def answers_soon(programs: Programs, run: Path) -> bool:
    """Like ``answers``, but waits while a server is still reading its journal after a crash."""
    deadline = time.monotonic() + PATIENCE
    while (code := _readiness(programs, run)) == _STARTING and time.monotonic() < deadline:
        time.sleep(0.1)
    return code == 0


def _readiness(programs: Programs, run: Path) -> int:
    """The exit status of pg_isready: 0 accepts, 1 refuses for now, 2 nobody there."""
    done = subprocess.run(  # noqa: S603  our own program
        [programs.postgres_program("pg_isready"), "-q", "-h", str(run)],
        env=CLEAN_ENVIRONMENT,
        check=False,
    )
    return done.returncode


def start(place: Place, programs: Programs) -> None:
    """Start the server, making its data folder first if need be, and wait until it answers.

    Raises:
        ServicesError: it did not start; the sentence ends with the server's own reason.
    """
    data, account = place.state / "pg", place.account
    if not account.call(lambda: data.exists()):
        _initialise(place, programs)
    _refuse_other_major(place, programs)
    account.call(lambda: _tidy_up(place))
    arguments = [programs.postgres_program("postgres"), "-D", str(data)]
    for setting in _settings(place):
        arguments += ["-c", setting]
    log = place.log("postgres")
    child, offset = launch(arguments, account, log)
    wait_until_ready(child, lambda: answers(programs, place.run), log, offset, "PostgreSQL")


def stop(place: Place, patience: float = 60.0) -> bool:
    """Stop the server in its fast and clean way; says whether it ran.

    The clean way gets ``patience`` seconds, because the server writes its buffers first.
    """
    return processes.end(place.account, NAME, place.state / "pg", signal.SIGINT, patience)


def prepare(place: Place, programs: Programs) -> None:
    """Create the roles and the database; may be repeated."""
    done = subprocess.run(  # noqa: S603  our own program
        [
            programs.postgres_program("psql"),
            *("-X", "-q", "-v", "ON_ERROR_STOP=1"),
            *("-h", str(place.run), "-U", "postgres", "-d", "postgres"),
        ],
        input=_ROLES,
        env=CLEAN_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ServicesError(
            _("The roles of the database could not be made: %(reason)s")
            % {"reason": done.stderr.strip().partition("\n")[0]}
        )


def _initialise(place: Place, programs: Programs) -> None:
    """Make the data folder beside its place and move it there whole."""
    new = place.state / "pg.new"
    place.account.call(lambda: shutil.rmtree(new, ignore_errors=True))  # of an interrupted start
    done = subprocess.run(  # noqa: S603  our own program
        [programs.postgres_program("initdb"), "-D", str(new), *_INITDB],
        env=CLEAN_ENVIRONMENT,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **place.account.popen(),
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error:" in line or "FATAL" in line]
        reason = (lines or done.stderr.splitlines() or [""])[-1].strip()
        raise ServicesError(
            _("The database could not be created in %(folder)s: %(reason)s")
            % {"folder": place.state, "reason": reason}
        )
    place.account.call(lambda: new.rename(place.state / "pg"))


def _refuse_other_major(place: Place, programs: Programs) -> None:
    """Refuse data of another major version; minor versions read each other's data.

    The wheels hold one version, so the old programs are needed once more to take the data out.
    """
    data = place.state / "pg"
    have = place.account.call(lambda: (data / "PG_VERSION").read_text("utf-8")).strip()
    done = subprocess.run(  # noqa: S603  our own program
        [programs.postgres_program("postgres"), "--version"],
        env=CLEAN_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        **place.account.popen(),
    )
    found = re.search(r"(\d+)\.", done.stdout)
    if found is not None and found.group(1) != have:
        raise ServicesError(
            _(
                "The data in %(folder)s are of PostgreSQL %(have)s, the programs of %(need)s: with "
                "the former version of the product run `manage.py backup`, then rename "
                "%(folder)s, delete %(record)s, start this version and run `manage.py restore`."
            )
            % {
                "folder": data,
                "have": have,
                "need": found.group(1),
                "record": place.home / "services.json",
            }
        )


def _tidy_up(place: Place) -> None:
    """Write the access files and remove what a killed server left; nothing runs at this time.

    PostgreSQL refuses to start while a stale postmaster.pid names any living process.
    """
    (place.state / "hba.conf").write_text(_HBA, "utf-8")
    roles = ("postgres", "crm_owner", "crm_app")
    lines = [f'crm "{place.account.client}" {role}\n' for role in roles]
    (place.state / "ident.conf").write_text("".join(lines), "utf-8")
    stale = [place.state / "pg/postmaster.pid"]
    stale += [place.run / POSTGRES_SOCKET, place.run / f"{POSTGRES_SOCKET}.lock"]
    for path in stale:
        path.unlink(missing_ok=True)


def _settings(place: Place) -> list[str]:
    settings = [
        "listen_addresses=",
        f"unix_socket_directories={place.run}",
        "unix_socket_permissions=0700",
        f"hba_file={place.state / 'hba.conf'}",
        f"ident_file={place.state / 'ident.conf'}",
        f"shared_buffers={shared_buffers(_memory()) // MB}MB",
        "work_mem=16MB",
        "random_page_cost=1.1",  # solid-state disks
        # A restore replaces every table, index and trigger in one transaction and locks each.
        "max_locks_per_transaction=256",
        "jit=off",  # compiling costs more than it saves on short statements
        # A log must hold no personal data: neither the statement of an error nor the values it
        # names ("Key (phone)=(...) already exists").
        "log_min_error_statement=panic",
        "log_error_verbosity=terse",
    ]
    if _shared_memory() < 256 * MB:
        # Parallel plans share memory in /dev/shm, of which a container often has only 64 MB.
        settings.append("max_parallel_workers_per_gather=0")
    return settings


def shared_buffers(memory: int) -> int:
    """An eighth of the memory, between 64 MB and 1 GB; all in bytes."""
    return max(64 * MB, min(memory // 8, 1024 * MB))


def _memory() -> int:
    """Bytes of memory this process may use: the machine's, or the container's limit."""
    total = psutil.virtual_memory().total
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text("utf-8").strip()
    except OSError:
        return total
    return min(total, int(limit)) if limit.isdigit() else total


def _shared_memory() -> int:
    """Bytes of /dev/shm; unlimited where there is none."""
    try:
        facts = os.statvfs("/dev/shm")  # noqa: S108  asked about, not written
    except OSError:
        return 1 << 62
    return facts.f_blocks * facts.f_frsize

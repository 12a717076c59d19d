"""PostgreSQL's own programs, run against the database of the settings as its owner."""

import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from core.errors import Refused
from crm_site.services.errors import ServicesError
from crm_site.services.programs import installed_programs

# libpq's variables for what settings call by other names.
VARIABLES = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD"}
OPTIONS = {
    "host": "PGHOST",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}
TOOLS = ("pg_dump", "pg_restore", "psql")
ENDS = (signal.SIGTERM, signal.SIGHUP)  # Python ends at once without tidying up on these


@cache
def find(name: str, server: int) -> str:
    """The path of a program at least as new as the server (its major version).

    Those of the system first: they can speak TLS, which the embedded ones cannot. Raises Refused.
    """
    for candidate in _candidates(name):
        if _major(candidate) >= server:
            return candidate
    sentence = _(
        "The program {name} of PostgreSQL {version} or newer was not found; please install it."
    )
    raise Refused(sentence.format(name=name, version=server))


def _candidates(name: str) -> Iterator[str]:
    path = shutil.which(name)
    if path is not None:
        yield path
    try:
        own = installed_programs().postgres_program(name)
    except ServicesError:
        return
    if Path(own).exists():
        yield own


def _major(program: str) -> int:
    done = subprocess.run(  # noqa: S603  a program of PostgreSQL
        [program, "--version"], capture_output=True, text=True, check=False
    )
    found = re.search(r"(\d+)(?:\.\d+|beta|rc|devel)", done.stdout)
    return int(found.group(1)) if found else 0


def server_major() -> int:
    """The major version of the server behind the open connection."""
    connection.ensure_connection()
    return int(connection.pg_version) // 10000  # type: ignore[attr-defined]


def environment() -> dict[str, str]:
    """The environment in which libpq reaches the database of the open connection.

    The password goes by the environment: arguments are visible to all on the machine.
    """
    facts: dict[str, Any] = connection.settings_dict
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    values = {**kept, "LC_ALL": "C", "PGDATABASE": str(facts["NAME"]), "PGCONNECT_TIMEOUT": "10"}
    for key, variable in VARIABLES.items():
        if facts.get(key):
            values[variable] = str(facts[key])
    for key, variable in OPTIONS.items():
        if (facts.get("OPTIONS") or {}).get(key):
            values[variable] = str(facts["OPTIONS"][key])
    return values


@contextmanager
def started(command: Sequence[str], **more: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A running program, ended when the block is left by an error."""
    with subprocess.Popen(command, env=environment(), **more) as child:  # noqa: S603
        try:
            yield child
        except BaseException:
            child.kill()
            raise


def last_line(text: bytes) -> str:
    """The last line of what a program complained about, the first of its reason."""
    lines = [line for line in text.decode("utf-8", "replace").splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()]
    return (telling or lines or ["?"])[0].strip()


@contextmanager
def tidy_end() -> Iterator[Callable[[], None]]:
    """Let a request to end the process leave the block as an error does, so that it tidies up.

    What was asked once is not asked again: a second signal must not end the tidying. Gives a
    function to call between long steps, which ends the block as well: Python forgets what a
    signal raises while it forks or destroys an object.
    """
    asked: list[int] = []

    def obey() -> None:
        if asked:
            raise SystemExit(128 + asked[0])

    def end(number: int, _frame: object) -> None:
        asked.append(number)
        for one in ENDS:
            signal.signal(one, signal.SIG_IGN)
        obey()

    if threading.current_thread() is not threading.main_thread():
        yield obey  # only the main thread may say what signals do
        return
    heard = [one for one in ENDS if signal.getsignal(one) != signal.SIG_IGN]  # nohup stays nohup
    before = {one: signal.signal(one, end) for one in heard}
    try:
        yield obey
        obey()
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)

"""Starting, stopping and asking after the servers of one CRM_HOME."""

import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from crm_site.services import postgres, valkey
from crm_site.services.account import Account, own_account, server_account
from crm_site.services.errors import ServicesError
from crm_site.services.programs import Programs, find_programs, installed_programs
from crm_site.services.record import (
    POSTGRES_SOCKET,
    VALKEY_SOCKET,
    Endpoints,
    Record,
    endpoints,
    locked,
    new_id,
    read_record,
    write_record,
)
from crm_site.services.secret_files import ensure_secrets
from crm_site.services.server import Place, accepts

# The kernel's limit for a socket's path; and PostgreSQL and libpq each split on some characters.
LONGEST_SOCKET = 107  # bytes
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]+")


class ServerState(StrEnum):
    """What one server does."""

    RUNNING = "running"
    STOPPED = "stopped"
    SILENT = "not answering"


@dataclass(frozen=True)
class Status:
    """What both servers do, and where they are reached."""

    postgres: ServerState
    valkey: ServerState
    endpoints: Endpoints | None

    @property
    def running(self) -> bool:
        """Whether both answer."""
        return self.postgres == self.valkey == ServerState.RUNNING


@dataclass(frozen=True)
class Running:
    """The servers after ``start``; ``started`` names those it had to start."""

    endpoints: Endpoints
    started: tuple[str, ...]


def start(home: Path) -> Running:
    """Start what does not run yet, and wait until it answers.

    Creates the home, its secrets, roles and database on the first call. Calls at the same time
    wait for each other, and each server is started once.

    Raises:
        ServicesError: with one sentence that says what is wrong.
    """
    home = Path(home).absolute()
    with _in_plain_words(home):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        ensure_secrets(home)
        with locked(home / "services.lock"):
            return _start(home)


def stop(home: Path) -> tuple[str, ...]:
    """Stop both servers; returns the names of those that ran.

    Raises:
        ServicesError: with one sentence that says what is wrong.
    """
    home = Path(home).absolute()
    if read_record(home) is None:
        return ()
    with _in_plain_words(home), locked(home / "services.lock"):
        place = _known_place(home)
        if place is None:
            return ()
        stopped = []
        if valkey.stop(place):
            stopped.append("Valkey")
        if postgres.stop(place):
            stopped.append("PostgreSQL")
        return tuple(stopped)


def status(home: Path) -> Status:
    """What the servers do now; changes nothing.

    Raises:
        ServicesError: the record of this home cannot be read.
    """
    home = Path(home).absolute()
    with _in_plain_words(home):
        place = _known_place(home)
        if place is None:
            return Status(ServerState.STOPPED, ServerState.STOPPED, None)
        programs = installed_programs()
        return Status(
            _state(bool(postgres.find(place)), partial(postgres.answers, programs, place.run)),
            _state(bool(valkey.find(place)), partial(valkey.answers, place.run)),
            endpoints(home),
        )


def reachable(home: Path) -> bool:
    """Whether both servers take connections on their sockets.

    Much cheaper than ``status``: looks at no process. False before the first start.
    """
    where = endpoints(home)
    return where is not None and all(
        accepts(where.socket_dir / name) for name in (POSTGRES_SOCKET, VALKEY_SOCKET)
    )


@contextmanager
def _in_plain_words(home: Path) -> Iterator[None]:
    """Turn an error of the operating system into one sentence."""
    try:
        yield
    except OSError as problem:
        raise ServicesError(
            _("%(path)s cannot be used: %(reason)s.")
            % {"path": problem.filename or home, "reason": problem.strerror}
        ) from None


def _state(found: bool, answers: partial[bool]) -> ServerState:
    if not found:
        return ServerState.STOPPED
    return ServerState.RUNNING if answers() else ServerState.SILENT


def _start(home: Path) -> Running:
    """The part of ``start`` that needs the lock."""
    record = read_record(home) or Record(new_id(), "")
    account = _choose_state(home, record)
    place = _make_place(home, record, account)
    write_record(home, record)  # before anything runs, so that it can be found and stopped
    programs = find_programs(account, _machine_folder())
    started = []
    if not _keep_or_end_postgres(place, programs):
        postgres.start(place, programs)
        started.append("PostgreSQL")
    if not record.prepared:
        postgres.prepare(place, programs)
        record.prepared = True
        write_record(home, record)
    if not (valkey.find(place) and valkey.answers(place.run)):
        valkey.stop(place)  # an orphan without a socket would write into the same file
        valkey.start(place, programs)
        started.append("Valkey")
    return Running(record.endpoints(), tuple(started))


def _keep_or_end_postgres(place: Place, programs: Programs) -> bool:
    """Whether PostgreSQL runs and answers; one that does not answer is ended."""
    if not postgres.find(place):
        return False
    if postgres.answers_soon(programs, place.run):
        return True
    postgres.stop(place, patience=10.0)
    return False


def _machine_folder() -> Path:
    """Root's folder for programs and data that a service account must reach."""
    return Path(os.environ.get("CRM_STATE_ROOT") or "/var/lib/crm")


def _choose_state(home: Path, record: Record) -> Account:
    """Decide once where the data lie, and refuse a home that is a copy of another.

    Inside CRM_HOME, unless root keeps it where the service account cannot go.
    """
    machine = _machine_folder()
    if os.geteuid() == 0 and not machine.exists():
        machine.mkdir(parents=True)
        machine.chmod(0o755)  # noqa: S103  the account must pass; whatever the umask says
    account = server_account(record.state_folder(home) if record.state else None, machine)
    if record.state:
        _refuse_copy(home, record, account)
        _refuse_missing_data(home, record, account)
        return account
    record.state = "services"
    if account.is_other:
        if _is_fresh(home):  # let the account pass through, and read nothing
            os.chown(home, 0, account.gid)
            home.chmod(0o710)
        reachable = account.call(lambda: os.access(home, os.X_OK))
        if not reachable or not _fits(home / record.state / "run"):
            record.state = str(machine / record.id)
    return account


def _is_fresh(home: Path) -> bool:
    """Whether nothing but a start has ever written here; asked under the lock.

    (That the folder was absent a moment ago would not do: of two starts only one sees that.)
    """
    return {path.name for path in home.iterdir()} <= {"secrets", "services.lock"}


def _refuse_missing_data(home: Path, record: Record, account: Account) -> None:
    """Refuse to begin an empty database where there was one: a disk may not be mounted."""
    data = record.state_folder(home) / "pg"
    if record.prepared and not account.call(data.exists):
        raise ServicesError(
            _(
                "The database folder %(folder)s is missing; please restore it, "
                "or delete %(record)s to begin an empty database."
            )
            % {"folder": data, "record": home / "services.json"}
        )


def _refuse_copy(home: Path, record: Record, account: Account) -> None:
    """Refuse to start data that belong to another, still existing home.

    The data say which home they are of. If that home is gone, this one was moved; if it is still
    there with the same id, this one is a copy: its data were copied under a running server or
    are the other's own.
    """
    note = record.state_folder(home) / "home"
    try:
        former = Path(account.call(lambda: note.read_text("utf-8")))
    except FileNotFoundError:
        return
    if former == home:
        return
    try:
        other = read_record(former)
    except ServicesError:
        return
    if other is not None and other.id == record.id and not _same_folder(former, home):
        raise ServicesError(
            _(
                "%(home)s is a copy of %(former)s; please copy a database with pg_dump, "
                "or delete services.json and services/ in the copy to begin an empty one."
            )
            % {"home": home, "former": former}
        )


def _same_folder(one: Path, other: Path) -> bool:
    """Whether two paths lead to one folder, through a link or a mount."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def _make_place(home: Path, record: Record, account: Account) -> Place:
    """Create the folders of data and sockets; fills in the record's socket folder."""
    state = record.state_folder(home)
    if not state.exists():
        state.mkdir(mode=0o700, parents=True)
        os.chown(state, account.uid, account.gid)
    account.call(lambda: (state / "home").write_text(str(home), "utf-8"))
    run = account.call(lambda: _socket_folder(state / "run", record.socket_dir))
    record.socket_dir = str(run)
    return Place(home, state, run, account)


def _known_place(home: Path) -> Place | None:
    """Where the servers of this home would be; None when they were never started."""
    record = read_record(home)
    if record is None or not record.state or not record.socket_dir:
        return None
    state = record.state_folder(home)
    if not state.exists():
        return None
    account = own_account()
    if account.uid == 0:
        account = server_account(state, _machine_folder())
    return Place(home, state, Path(record.socket_dir), account)


def _socket_folder(preferred: Path, recorded: str) -> Path:
    """A folder for the sockets that only this account may enter.

    Beside the data where the path is short and plain enough; else a random one among the
    temporary files, the recorded one again if it is still safely ours.
    """
    if _fits(preferred):
        preferred.mkdir(mode=0o700, exist_ok=True)
        return preferred
    if recorded and _fits(Path(recorded)) and _ours_alone(Path(recorded)):
        return Path(recorded)
    for base in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir()):
        if base and os.access(base, os.W_OK | os.X_OK) and _fits(Path(base, "crm-12345678")):
            return Path(tempfile.mkdtemp(prefix="crm-", dir=base))
    raise ServicesError(
        _(
            "The path %(path)s is too long for a socket, and so is that of the temporary files; "
            "please choose a shorter CRM_HOME."
        )
        % {"path": preferred}
    )


def _fits(folder: Path) -> bool:
    path = str(folder / POSTGRES_SOCKET)
    return len(os.fsencode(path)) <= LONGEST_SOCKET and bool(_PLAIN_PATH.fullmatch(path))


def _ours_alone(folder: Path) -> bool:
    """Whether a folder among the temporary files is still ours and closed to others."""
    try:
        facts = folder.lstat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(facts.st_mode)
        and facts.st_uid == os.geteuid()
        and stat.S_IMODE(facts.st_mode) == 0o700
    )

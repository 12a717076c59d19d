"""The operating-system account under which the servers run.

PostgreSQL refuses to run as root. An ordinary user therefore runs the servers as himself; root
runs them as a service account without log-in, which may read nothing of root's.
"""

import os
import pickle
import pwd
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from django.utils.translation import gettext_lazy as _

from crm_site.services.errors import ServicesError
from crm_site.services.record import locked

SERVICE_ACCOUNT = "crm-services"


class PopenAccount(TypedDict, total=False):
    """The arguments of subprocess.Popen that change the account."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """The account of the servers, and the name of the one who talks to them."""

    uid: int
    gid: int
    client: str  # the operating-system user whose programs connect to the servers

    @property
    def is_other(self) -> bool:
        """Whether it is not the account of this process."""
        return self.uid != os.geteuid()

    def popen(self) -> PopenAccount:
        """Arguments that make subprocess start a program as this account."""
        if not self.is_other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def call(self, function: Callable[[], Any]) -> Any:
        """The function's result, computed with this account's rights.

        Used for what root must not do itself: writing into a folder of the account (which could
        hold a link to a file of root's), asking what the account may read, and looking at its
        processes, which root may not do in a container without SYS_PTRACE.
        """
        if not self.is_other:
            return function()
        return _call_as(self.uid, self.gid, function)


def _call_as(uid: int, gid: int, function: Callable[[], Any]) -> Any:
    """Run the function in a forked child that gave up its rights, and hand its result back.

    A fork without exec, because the account may be unable to reach this Python at all; for the
    same reason the function may import nothing new, a codec other than UTF-8 included.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _answer(writing, uid, gid, function)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    if not answer:
        raise ServicesError(_("A process of the service account ended without an answer."))
    value, problem = pickle.loads(answer)  # noqa: S301  written by our own child
    if problem is not None:
        raise problem
    return value


def _answer(pipe: int, uid: int, gid: int, function: Callable[[], Any]) -> None:
    """The child's half of ``_call_as``; never returns."""
    try:
        try:
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
            answer = pickle.dumps((function(), None))
        except Exception as problem:  # noqa: BLE001  raised again in the parent
            answer = pickle.dumps((None, problem))
        with os.fdopen(pipe, "wb") as file:
            file.write(answer)
    finally:
        os._exit(0)


def own_account() -> Account:
    """The account of this process.

    Raises:
        ServicesError: the user has no name, which PostgreSQL needs to recognise him.
    """
    uid = os.geteuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        raise ServicesError(
            _(
                "The user id %(uid)s has no name on this machine; "
                "please add it to /etc/passwd or run as a named user."
            )
            % {"uid": uid}
        ) from None
    return Account(uid, os.getegid(), name)


def server_account(state: Path | None, machine_folder: Path) -> Account:
    """The account for the servers whose data are (or will be) in ``state``.

    Data that root finds already made by an ordinary user stay that user's.
    """
    own = own_account()
    if own.uid != 0:
        return own
    if state is not None and state.exists():
        owner = state.stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid, own.client)
    entry = _service_entry(machine_folder)
    account = Account(entry.pw_uid, entry.pw_gid, own.client)
    try:
        account.call(os.geteuid)
    except OSError as problem:
        raise ServicesError(
            _("Root may not act as the account %(name)s here (%(reason)s); run as another user.")
            % {"name": SERVICE_ACCOUNT, "reason": problem.strerror}
        ) from None
    return account


def _service_entry(machine_folder: Path) -> pwd.struct_passwd:
    """The service account's line in the user database, created when it is missing."""
    try:
        return pwd.getpwnam(SERVICE_ACCOUNT)
    except KeyError:
        pass
    # Two useradd at once gave one account two user ids, hence a lock of the whole machine.
    with locked(machine_folder / ".accounts.lock"):
        try:
            return pwd.getpwnam(SERVICE_ACCOUNT)
        except KeyError:
            _add_service_account()
        return pwd.getpwnam(SERVICE_ACCOUNT)


def _add_service_account() -> None:
    """Add the account that can neither log in nor own anything but the servers' data."""
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin")
    if useradd is None:
        raise ServicesError(
            _("The program useradd is missing; please run as an ordinary user instead of root.")
        )
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    done = subprocess.run(  # noqa: S603  fixed arguments
        [useradd, *options, "--shell", "/usr/sbin/nologin", SERVICE_ACCOUNT],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ServicesError(
            _("The account %(name)s could not be made: %(reason)s")
            % {"name": SERVICE_ACCOUNT, "reason": done.stderr.strip().rpartition("\n")[2]}
        )

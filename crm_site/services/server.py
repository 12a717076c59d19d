"""What both servers have in common: their place on the disk, launching, waiting."""

import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from crm_site.services import processes
from crm_site.services.account import Account
from crm_site.services.errors import ServicesError

# Nothing of the caller's environment may change a server's locale, time zone or libraries.
CLEAN_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
PATIENCE = 120.0  # seconds; after a crash PostgreSQL reads its journal before it answers
LONGEST_LOG = 10 << 20  # bytes


@dataclass(frozen=True)
class Place:
    """Everything about where an installation's servers live and as whom they run."""

    home: Path
    state: Path  # data, owned by the account
    run: Path  # sockets
    account: Account

    def log(self, name: str) -> Path:
        """The log file of a server; it belongs to the one who starts the server."""
        return self.home / "logs" / f"{name}.log"


def launch(
    arguments: list[str], account: Account, log: Path
) -> tuple[subprocess.Popen[bytes], int]:
    """Start a server on its own, away from this terminal.

    Returns the process and the length of its log before, where its own lines begin.
    """
    log.parent.mkdir(mode=0o700, exist_ok=True)
    if log.exists() and log.stat().st_size > LONGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        offset = output.tell()
        try:
            child = subprocess.Popen(  # noqa: S603  our own program
                arguments,
                cwd="/",
                env=CLEAN_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **account.popen(),
            )
        except OSError as problem:
            raise ServicesError(
                _("%(program)s cannot be run: %(reason)s.")
                % {"program": arguments[0], "reason": problem.strerror}
            ) from None
    processes.adopt(child)
    return child, offset


def wait_until_ready(
    child: subprocess.Popen[bytes],
    ready: Callable[[], bool],
    log: Path,
    offset: int,
    name: str,
) -> None:
    """Return once the server answers.

    Raises:
        ServicesError: it ended, or did not answer in time.
    """
    deadline = time.monotonic() + PATIENCE
    while child.poll() is None and time.monotonic() < deadline:
        if ready():
            return
        time.sleep(0.03)
    if child.poll() is None:
        raise ServicesError(
            _("%(name)s did not answer within %(seconds)d seconds; its log is %(log)s.")
            % {"name": name, "seconds": PATIENCE, "log": log}
        )
    raise ServicesError(
        _("%(name)s did not start: %(reason)s (log: %(log)s)")
        % {"name": name, "reason": _last_words(log, offset), "log": log}
    )


def accepts(path: Path) -> bool:
    """Whether a server listens on this socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        return client.connect_ex(str(path)) == 0


def _last_words(log: Path, offset: int) -> str:
    """The line that says why a server ended."""
    with log.open("rb") as file:
        file.seek(offset)
        lines = file.read().decode("utf-8", "replace").splitlines()
    telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", " # "))]
    return (telling or lines or ["?"])[-1].strip()

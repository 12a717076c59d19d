"""Finding and ending the servers' processes.

A server is recognised by what only it has: its program's name and the data folder as its working
directory. Pid files lie after a crash, and a pid may belong to somebody else by then.
"""

import contextlib
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from crm_site.services.account import Account

_GONE = (psutil.NoSuchProcess, psutil.ZombieProcess)

# Children of this very process. They must be polled, or they would stay zombies after their end.
_children: list[subprocess.Popen[bytes]] = []


def adopt(child: subprocess.Popen[bytes]) -> None:
    """Remember a server started by this process, so that its end is noticed."""
    _children.append(child)


def reap() -> None:
    """Collect the children that ended."""
    _children[:] = [child for child in _children if child.poll() is None]


@dataclass
class Found:
    """The living processes of one server."""

    leaders: list[psutil.Process] = field(default_factory=list)
    others: list[psutil.Process] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.leaders or self.others)


def find(account: Account, program: str, folder: Path) -> Found:
    """The processes of ``program`` that work in ``folder``; leaders are nobody's child among them.

    PostgreSQL is a family of processes: only its leader may be told to stop.
    """
    reap()
    real = str(folder.resolve())
    seen = account.call(lambda: _scan(program, real))
    pids = {pid for pid, _parent, _made in seen}
    found = Found()
    for pid, parent, made in seen:
        try:
            process = psutil.Process(pid)
            # A start time is computed from the boot time, which is only good to a second.
            if abs(process.create_time() - made) > 2:
                continue  # ended meanwhile, and its number was given to another
        except _GONE:
            continue
        (found.others if parent in pids else found.leaders).append(process)
    return found


def _scan(program: str, folder: str) -> list[tuple[int, int, float]]:
    """Pid, parent and start time of the matching processes this process may look at."""
    seen = []
    # Not psutil.process_iter: what it remembers of a number hides the process that has it now.
    for pid in psutil.pids():
        try:
            process = psutil.Process(pid)
            if process.name() != program:
                continue
            if process.status() != psutil.STATUS_ZOMBIE and process.cwd() == folder:
                seen.append((process.pid, process.ppid(), process.create_time()))
        except (*_GONE, psutil.AccessDenied):
            continue
    return seen


def end(
    account: Account, program: str, folder: Path, gentle: signal.Signals, patience: float
) -> bool:
    """End a server: gently, then with more and more force; says whether there was one.

    The gentle way gets ``patience`` seconds.
    """
    any_found = False
    for force, seconds in ((gentle, patience), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        found = find(account, program, folder)
        if not found:
            break
        any_found = True
        targets = found.leaders if force is gentle else [*found.leaders, *found.others]
        for process in targets:
            _send(process, force)
        if _gone(account, program, folder, seconds):
            break
    return any_found


def _send(process: psutil.Process, what: signal.Signals) -> None:
    with contextlib.suppress(*_GONE):  # gone is what we wanted
        process.send_signal(what)


def _gone(account: Account, program: str, folder: Path, patience: float) -> bool:
    """Wait up to ``patience`` seconds until no process is left."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if not find(account, program, folder):
            reap()
            return True
        time.sleep(0.05)
    return False

"""Keeping several processes alive in one terminal.

Starts each program, prefixes its lines with its name, starts it again when it dies (waiting
longer each time), and ends all of them together. Knows nothing about Django.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

STEADY = 30.0  # seconds a program must live for its next death to count as the first
LONGEST_DELAY = 30.0  # seconds
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded before any fork


@dataclass
class Program:
    """One program to keep alive."""

    name: str
    command: Sequence[str]
    child: subprocess.Popen[str] | None = None
    began: float = 0.0
    delay: float = 1.0  # seconds until the next start
    due: float = 0.0  # when it may be started (again), of time.monotonic
    reader: threading.Thread | None = field(default=None, repr=False)


def _die_with_parent() -> None:
    """Ask the kernel to end this child when the supervisor is killed; Linux only."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """Runs programs until somebody asks to stop."""

    def __init__(self, programs: Sequence[Program], folder: Path, output: IO[str]) -> None:
        self.programs = list(programs)
        self.folder = folder
        self.output = output
        self.stopping = threading.Event()
        self.hurrying = threading.Event()
        self._writing = threading.Lock()
        self._width = max([len(program.name) for program in programs] + [4])

    def say(self, name: str, line: str) -> None:
        """Print one line with the name of its program before it."""
        with self._writing, contextlib.suppress(BrokenPipeError):
            self.output.write(f"{name:<{self._width}} | {line}\n")
            self.output.flush()

    def obey_signals(self) -> None:
        """Stop on Ctrl-C, SIGTERM or a closed terminal; a second signal stops without patience."""

        def ask(_number: int, _frame: object) -> None:
            if self.stopping.is_set():
                self.hurrying.set()
            self.stopping.set()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, ask)

    def run(self, tick: Callable[[], None]) -> None:
        """Keep the programs alive until ``stopping`` is set; calls ``tick`` five times a second."""
        try:
            while not self.stopping.is_set():
                for program in self.programs:
                    self._look_after(program)
                tick()
                self.stopping.wait(0.2)
        finally:
            self.stop()

    def stop(self, patience: float = 15.0) -> None:
        """End every program: politely, and after ``patience`` seconds with force."""
        self._signal_all(signal.SIGTERM)
        deadline = time.monotonic() + patience
        while self._alive() and time.monotonic() < deadline and not self.hurrying.is_set():
            time.sleep(0.05)
        self._signal_groups(signal.SIGKILL)  # also what a program left behind in its group
        for program in self.programs:
            if program.child is not None:
                program.child.wait()
            if program.reader is not None:
                program.reader.join(timeout=2)

    def _look_after(self, program: Program) -> None:
        now = time.monotonic()
        if program.child is None:
            if now >= program.due:
                self._start(program)
            return
        code = program.child.poll()
        if code is None:
            return
        self._kill_group(program.child.pid, signal.SIGKILL)  # workers that outlived their head
        program.child = None
        if now - program.began > STEADY:
            program.delay = 1.0
        program.due = now + program.delay
        self.say(program.name, f"ended with status {code}; next start in {program.delay:.0f} s")
        program.delay = min(program.delay * 2, LONGEST_DELAY)

    def _start(self, program: Program) -> None:
        program.began = time.monotonic()
        program.child = subprocess.Popen(  # noqa: S603  our own commands
            program.command,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            # Apart from this terminal's group: Ctrl-C must reach the supervisor alone.
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509
        )
        program.reader = threading.Thread(
            target=self._forward, args=(program.name, program.child.stdout), daemon=True
        )
        program.reader.start()

    def _forward(self, name: str, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                self.say(name, line.rstrip("\n"))

    def _alive(self) -> bool:
        return any(p.child is not None and p.child.poll() is None for p in self.programs)

    def _signal_all(self, what: signal.Signals) -> None:
        for program in self.programs:
            if program.child is not None and program.child.poll() is None:
                program.child.send_signal(what)

    def _signal_groups(self, what: signal.Signals) -> None:
        for program in self.programs:
            if program.child is not None:
                self._kill_group(program.child.pid, what)

    @staticmethod
    def _kill_group(group: int, what: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, what)

"""Several programs in one terminal: restarts, prefixes, and an end that leaves nothing behind."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from crm_site.supervisor import Program, Supervisor

ROOT = Path(__file__).resolve().parents[2]
# Ignores the polite request, and has a child of its own as gunicorn and celery do.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("pids", __import__("os").getpid(), child.pid, flush=True)
time.sleep(600)
"""


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def wait_for(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    """Whether a process ended; a zombie nobody collects counts as ended."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


def test_a_dead_program_is_started_again_after_a_growing_pause(
    tmp_path: Path, output: io.StringIO
) -> None:
    program = Program("short", python("print('hello')"), delay=0.05)
    supervisor = Supervisor([program], tmp_path, output)

    def stop_after_three() -> None:
        if output.getvalue().count("hello") >= 3:
            supervisor.stopping.set()

    supervisor.run(stop_after_three)

    lines = output.getvalue().splitlines()
    assert lines[0] == "short | hello"
    assert [line for line in lines if "ended with status 0" in line][:2] == [
        "short | ended with status 0; next start in 0 s",
        "short | ended with status 0; next start in 0 s",
    ]
    assert program.delay >= 0.2


def test_stop_ends_stubborn_programs_and_their_children(
    tmp_path: Path, output: io.StringIO
) -> None:
    supervisor = Supervisor([Program("deaf", python(STUBBORN))], tmp_path, output)
    runner = threading.Thread(target=supervisor.run, args=(lambda: None,))
    runner.start()
    wait_for(lambda: "pids" in output.getvalue())
    pids = [int(word) for word in output.getvalue().split() if word.isdecimal()]
    assert [is_gone(pid) for pid in pids] == [False, False]

    supervisor.hurrying.set()
    supervisor.stopping.set()
    runner.join(timeout=10)

    assert not runner.is_alive()
    wait_for(lambda: all(is_gone(pid) for pid in pids))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_program_outlives_the_supervisor(tmp_path: Path, number: signal.Signals) -> None:
    code = (
        "import sys, pathlib; from crm_site.supervisor import *\n"
        "sleep = [sys.executable, '-c', 'import os, time; print(os.getpid(), flush=True); "
        "time.sleep(600)']\n"
        "s = Supervisor([Program('one', sleep), Program('two', sleep)], pathlib.Path('/'), "
        "sys.stdout)\n"
        "s.obey_signals(); s.run(lambda: None)\n"
    )
    process = subprocess.Popen(
        python(code),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    pids = [int(process.stdout.readline().split("|")[1]) for _ in range(2)]

    process.send_signal(number)

    assert process.wait(timeout=10) == (-signal.SIGKILL if number == signal.SIGKILL else 0)
    process.stdout.close()
    wait_for(lambda: all(is_gone(pid) for pid in pids))

"""manage.py up: what it refuses before it starts anything, and one whole run."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.utils import translation

from crm_site import services
from crm_site.backup import store
from crm_site.management.commands import up


@pytest.fixture
def home() -> Iterator[Path]:
    """A short path of a CRM_HOME that does not exist yet, open to the service account."""
    folder = Path(tempfile.mkdtemp(prefix="crm-test-"))
    folder.chmod(0o755)
    yield folder / "home"
    services.stop(folder / "home")
    shutil.rmtree(folder)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a person who sets nothing but these."""
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    return {**kept, "CRM_HOME": str(home), "CRM_DEMO": "0", **more}


def processes_of(home: Path) -> list[str]:
    """Command lines of the living processes that run for this home."""
    found = []
    for process in psutil.process_iter():
        try:
            mine = process.environ().get("CRM_HOME") == str(home) or str(home) in " ".join(
                process.cmdline()
            )
            if mine and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def answer(url: str) -> int:
    """The status with which the address answers, 0 for nobody there."""
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as problem:
        problem.close()
        return problem.code
    except OSError:
        return 0


@pytest.mark.parametrize("text", ["", "0", "65536", "-1", "80a"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with translation.override("en"), pytest.raises(up.CannotStart, match="from 1 to 65535"):
        up.free_port(text)


def test_free_port_is_accepted() -> None:
    port = unused_port()
    assert up.free_port(str(port)) == port


def test_taken_port_is_refused_before_anything_is_started(home: Path, taken_port: int) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "up", "--prepare"],
        cwd=settings.BASE_DIR,
        env=environment(home, PORT=str(taken_port)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert str(taken_port) in done.stderr
    assert not home.exists()


def test_whole_run_from_an_empty_home_to_no_process_left(home: Path) -> None:
    port = unused_port()
    with (home.parent / "output").open("w+") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--prepare"],
            cwd=settings.BASE_DIR,
            env=environment(home, PORT=str(port), WEB_CONCURRENCY="1"),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            deadline = time.monotonic() + 300
            while answer(f"http://127.0.0.1:{port}/healthz") != 200:
                assert process.poll() is None, (home.parent / "output").read_text()
                assert time.monotonic() < deadline, (home.parent / "output").read_text()
                time.sleep(0.3)
            running = " ".join(processes_of(home))
            assert [p for p in ("gunicorn", " worker ", " beat ") if p not in running] == []
            assert services.status(home).running
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(timeout=60)
    assert code == 0
    assert processes_of(home) == []
    assert not services.status(home).running


def test_a_stopped_upgrade_names_the_copy_of_its_first_try(settings, tmp_path):
    settings.CRM_HOME = tmp_path
    facts = {"format": 1, "made_at": "2026-11-22T01:30:00+00:00", "tables": {}}
    for name, reason in (("first", "before-upgrade"), ("second", "")):
        (tmp_path / "backups" / name).mkdir(parents=True)
        text = json.dumps(facts | {"reason": reason})
        (tmp_path / "backups" / name / store.MANIFEST).write_text(text)
    store.begin_upgrade(store.read(tmp_path / "backups" / "first"), ["core.0005"])

    assert str(tmp_path / "backups" / "first") in up.failed_step("migrate")
    assert store.before_upgrade(["core.0006"]) is None
    store.end_upgrade()
    assert str(tmp_path) not in up.failed_step("migrate")

"""Backups on real servers: made, damaged, put back, tried, and kept before an upgrade."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from django.conf import settings

from crm_site import services
from crm_site.backup import store
from tests.crm_site.homes import environment, manage, python, run

WORLD = """
from pathlib import Path
from django.conf import settings
from core.models import ImportRun
from tests.factories import make_customer, make_world
from audit.services import record
world = make_world()
for number in range(30):
    make_customer(unit=world.n1a, name=f"客户{number}", phone=f"138123456{number:02d}")
record("demo.loaded", by=None)
folder = Path(settings.PRIVATE_FILES) / "imports"
folder.mkdir(parents=True, exist_ok=True, mode=0o700)
(folder / "one").write_bytes(b"an uploaded file")
ImportRun.objects.create(kind="owners", file_name="a.xlsx", file_hash="", stored_name="one",
                         actor=world.admin)
"""
COUNTS = """
from accounts.models import User
from customers.models import Customer
first = Customer.objects.order_by("pk").first()
print(User.objects.count(), Customer.objects.count(), first.clear("phone") if first else "-")
"""


def fresh_folder() -> Iterator[Path]:
    """A short path that the service account may enter; servers below it are stopped in the end."""
    path = Path(tempfile.mkdtemp(prefix="crm-drl-"))
    path.chmod(0o755)
    yield path
    for home in path.iterdir():
        if home.is_dir():
            services.stop(home)
    shutil.rmtree(path)


@pytest.fixture
def folder() -> Iterator[Path]:
    yield from fresh_folder()


@pytest.fixture(scope="module")
def shared() -> Iterator[Path]:
    yield from fresh_folder()


@pytest.fixture(scope="module")
def home(shared: Path) -> Path:
    """An installation with a few people, customers and a file; tests leave its data as they are."""
    home = shared / "home"
    services.start(home)
    manage(home, "migrate", "-v0")
    done = python(home, WORLD)
    assert done.returncode == 0, done.stderr
    return home


def counts(home: Path) -> str:
    done = python(home, COUNTS)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def back_up(home: Path, *more: str) -> Path:
    return Path(json.loads(manage(home, "backup", "--json", *more))["folder"])


def sockets(home: Path) -> str:
    found = services.status(home).endpoints
    assert found is not None
    return str(found.socket_dir)


def test_a_backup_comes_back_whole_in_a_fresh_home(home, folder):
    before = counts(home)
    half = home / "files" / "imports" / ".part-two"  # somebody is just uploading it
    half.write_bytes(b"half of")
    backup = back_up(home)
    half.unlink()
    other = folder / "other"
    services.start(other)
    manage(home, "keys", "backup", str(folder / "key.json"))
    shutil.copy(folder / "key.json", other / "secrets" / "master_key.json")

    done = run(other, "restore", str(backup))

    assert (done.returncode, done.stderr) == (0, "")
    assert counts(other) == before
    assert (other / "files" / "imports" / "one").read_bytes() == b"an uploaded file"
    assert [path.name for path in (other / "files" / "imports").iterdir()] == ["one"]
    with psycopg.connect(host=sockets(other), user="crm_app", dbname="crm") as app:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("DELETE FROM audit_entry")
        app.rollback()
        app.execute("CREATE TABLE staging.mine (a int)")
    # The backup holds no key: with another one the numbers stay closed, and the command says so.
    stranger = folder / "stranger"
    services.start(stranger)
    done = run(stranger, "restore", str(backup))
    assert done.returncode == 0
    assert "master_key.json" in done.stderr


def test_no_byte_of_a_key_or_number_is_in_a_backup(home):
    key = json.loads((home / "secrets" / "master_key.json").read_text())
    backup = back_up(home)
    everything = b"".join(path.read_bytes() for path in backup.rglob("*") if path.is_file())

    assert [name for name in key["keys"].values() if name.encode() in everything] == []
    assert key["index_key"].encode() not in everything
    plain = subprocess.run(
        [_program("pg_restore"), "--file=-", str(backup / "database.dump")],
        capture_output=True,
        check=True,
    ).stdout
    assert "客户1".encode() in plain
    assert b"13812345601" not in plain


def _program(name: str) -> str:
    from crm_site.services.programs import installed_programs

    return installed_programs().postgres_program(name)


def test_a_restore_refuses_what_it_must_not_touch(home, folder):
    backup = back_up(home)
    before = counts(home)

    done = run(home, "restore", str(backup))
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)

    done = run(home, "restore", str(backup), "--replace", "--name", "another")
    assert done.returncode == 2

    with psycopg.connect(host=sockets(home), user="crm_app", dbname="crm") as app:
        app.execute("SELECT 1")
        done = run(home, "restore", str(backup), "--replace", "--name", "crm")
        assert done.returncode == 2

    with (backup / "database.dump").open("r+b") as file:
        file.seek(5000)
        file.write(b"damage")
    done = run(home, "restore", str(backup), "--replace", "--name", "crm")
    assert done.returncode == 2
    assert counts(home) == before


def test_a_replaced_database_is_kept_and_people_must_log_in_again(home):
    with psycopg.connect(host=sockets(home), user="crm_app", dbname="crm") as app:
        app.execute("INSERT INTO django_session VALUES ('a', 'b', now() + interval '1 day')")
    late = back_up(home)
    done = python(home, "from accounts.models import User; User.objects.update(name='替')")
    assert done.returncode == 0, done.stderr

    manage(home, "restore", str(late), "--replace", "--name", "crm")

    with psycopg.connect(host=sockets(home), user="crm_app", dbname="crm") as app:
        assert app.execute("SELECT count(*) FROM accounts_user WHERE name='替'").fetchone() == (0,)
        assert app.execute("SELECT count(*) FROM django_session").fetchone() == (0,)
    *_earlier, made, kept = store.all_in(home / "backups")
    assert (made.folder, kept.manifest["reason"]) == (late, "before-restore")
    moved = [path.name for path in home.iterdir() if path.name.startswith("files.before-restore-")]
    assert len(moved) == 1


def test_a_restore_that_is_killed_leaves_the_database_as_it_was(home, folder):
    backup = back_up(home)
    before = counts(home)
    command = [sys.executable, "manage.py", "restore", str(backup), "--replace", "--name", "crm"]
    fakes = {"PATH": str(folder / "bin") + os.pathsep + os.environ["PATH"]}
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    # A psql that stops for long before the commit: everything was sent, nothing is done.
    slow = bin_folder / "psql"
    slow.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && exec {_program("psql")} --version\n'
        f'(cat; echo "SELECT pg_sleep(60);") | {_program("psql")} "$@"\n'
    )
    slow.chmod(0o755)
    child = subprocess.Popen(
        [*command, "--no-keep"],
        cwd=settings.BASE_DIR,
        env=environment(home, **fakes),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with psycopg.connect(
        host=sockets(home), user="postgres", dbname="postgres", autocommit=True
    ) as admin:
        deadline = time.monotonic() + 60
        sleeping = (
            "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%'"
            " AND pid <> pg_backend_pid()"
        )
        while admin.execute(sleeping).fetchone() is None:
            assert time.monotonic() < deadline
            assert child.poll() is None
            time.sleep(0.1)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        admin.execute("SELECT pg_terminate_backend(pid) FROM (" + sleeping + ") AS one")
    assert counts(home) == before


PAUSED = """#!{python}
import subprocess, sys, time
if sys.argv[1:] == ["--version"]:
    sys.exit(subprocess.call(["{real}", "--version"]))
text = subprocess.run(["{real}", *sys.argv[1:]], stdout=subprocess.PIPE, check=True).stdout
end = text.index(b"COPY public.accounts_user ")
for _row in range(3):
    end = text.index(b"\\n", end) + 1
filling = b"-" * (-end % (1 << 20) - 1) + b"\\n"  # so that whole pieces reach psql
sys.stdout.buffer.write(filling + text[:end])
sys.stdout.buffer.flush()
time.sleep(120)
"""


def test_the_end_of_the_command_alone_commits_nothing(home, folder):
    """psql lives on, takes the end of its input for the end of the rows, and must not commit."""
    backup = back_up(home)
    before = counts(home)
    paused = folder / "bin" / "pg_restore"
    paused.parent.mkdir()
    paused.write_text(PAUSED.format(python=sys.executable, real=_program("pg_restore")))
    paused.chmod(0o755)
    path = str(paused.parent) + os.pathsep + os.environ["PATH"]
    command = [sys.executable, "manage.py", "restore", str(backup), "--replace", "--name", "crm"]
    child = subprocess.Popen(
        [*command, "--no-keep"],
        cwd=settings.BASE_DIR,
        env=environment(home, PATH=path),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    copying = (
        "SELECT wait_event FROM pg_stat_activity WHERE datname = 'crm'"
        " AND query LIKE 'COPY public.accounts_user %'"
    )
    with psycopg.connect(
        host=sockets(home), user="postgres", dbname="postgres", autocommit=True
    ) as admin:
        _wait(lambda: admin.execute(copying).fetchone() == ("ClientRead",), child)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        _wait(lambda: admin.execute(copying).fetchone() is None)
    os.killpg(child.pid, signal.SIGKILL)
    assert counts(home) == before


def _wait(done, child: subprocess.Popen | None = None) -> None:
    deadline = time.monotonic() + 90
    while not done():
        assert time.monotonic() < deadline
        assert child is None or child.poll() is None
        time.sleep(0.1)


def test_damaged_files_are_found_before_the_database_is_touched(home):
    backup = back_up(home)
    (backup / "files" / "imports" / "one").unlink()
    with psycopg.connect(host=sockets(home), user="crm_app", dbname="crm") as app:
        app.execute("INSERT INTO django_session VALUES ('here', 'b', now() + interval '1 day')")

    done = run(home, "restore", str(backup), "--replace", "--name", "crm", "--no-keep")

    assert (done.returncode, "imports/one" in done.stderr) == (2, True)
    with psycopg.connect(host=sockets(home), user="crm_app", dbname="crm") as app:
        # A restore ends all sessions: this one lives, so nothing was replaced.
        gone = app.execute("DELETE FROM django_session WHERE session_key = 'here'")
        assert gone.rowcount == 1
    assert (home / "files" / "imports" / "one").exists()
    assert not (home / "files.restoring").exists()


def _drills(number: int | str) -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob(f"crm-drill-{number}-*"))


def test_a_drill_that_is_ended_or_killed_leaves_no_data_and_no_key(home):
    stale = Path(tempfile.mkdtemp(prefix="crm-drill-999999999-"))
    (stale / "master_key.json").write_text("a copy")
    backup = back_up(home)
    child = subprocess.Popen(
        [sys.executable, "manage.py", "drill", str(backup)],
        cwd=settings.BASE_DIR,
        env=environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _wait(lambda: any((one / "home" / "services.json").exists() for one in _drills(child.pid)))
    (folder,) = _drills(child.pid)
    assert (folder / "home" / "secrets" / "master_key.json").exists()

    child.send_signal(signal.SIGTERM)

    assert child.wait(180) == 128 + signal.SIGTERM
    assert not stale.exists()
    assert not folder.exists()
    left = [one for one in psutil.process_iter(["cmdline"]) if str(folder) in str(one.info)]
    assert left == []


def test_the_drill_passes_a_whole_backup_and_names_what_is_damaged(home, folder):
    backup = back_up(home)
    manage(home, "keys", "backup", str(folder / "key.json"))

    key = str(folder / "key.json")
    report = json.loads(manage(home, "drill", str(backup), "--json", "--key", key))
    assert report["passed"] is True
    assert report["keys_tried"] == report["values_tried"] == 30
    assert report["files_tried"] == 1
    assert report["rows"] > 500
    assert (home / "backups" / "last_drill.json").exists()

    # Another key: everything is there and nothing can be read.
    services.ensure_secrets(folder / "other")
    other = folder / "other" / "secrets" / "master_key.json"
    done = run(home, "drill", str(backup), "--json", "--key", str(other))
    report = json.loads(done.stdout)
    assert (done.returncode, report["passed"]) == (1, False)
    assert (report["keys_closed"], report["values_closed"]) == (30, 30)

    # Rows that the backup says it has and a file that changed after it was hashed.
    manifest = json.loads((backup / "manifest.json").read_text())
    manifest["tables"]["customers_customer"] += 1
    (backup / "manifest.json").write_text(json.dumps(manifest))
    (backup / "files" / "imports" / "one").unlink()
    (backup / "files" / "imports" / "one").write_bytes(b"another file")
    report = json.loads(run(home, "drill", "--json", str(backup)).stdout)
    assert report["differing_tables"] == ["customers_customer: 30 ≠ 31"]
    assert report["files_damaged"] == ["imports/one"]


def test_only_the_newest_backups_are_kept_and_dead_drafts_go(home, folder):
    backups = folder / "backups"
    backups.mkdir(mode=0o700)
    (backups / ".draft-old-999999999").mkdir()
    folders = []
    for _number in range(3):
        folders.append(back_up(home, "--no-files", "--keep", "2", "--out", str(backups)))

    assert sorted(path.name for path in backups.iterdir()) == [one.name for one in folders[1:]]


def test_an_older_home_is_copied_and_brought_up_to_date(folder):
    """The schema as it was before the latest migrations, with data in it; then `up --prepare`."""
    home = folder / "home"
    services.start(home)
    manage(home, "migrate", "-v0", "sessions")
    manage(home, "migrate", "-v0", "customers", "0002")
    applied = set(manage(home, "showmigrations", "--plan").split("\n"))
    assert any(line.startswith("[ ]") for line in applied)
    with psycopg.connect(host=sockets(home), user="crm_owner", dbname="crm") as owner:
        owner.execute("INSERT INTO django_session VALUES ('old', 'b', now() + interval '1 day')")

    done = run(home, "backup", "--before-upgrade")
    assert done.returncode == 0, done.stderr
    (kept,) = store.all_in(home / "backups")
    assert kept.manifest["reason"] == "before-upgrade"
    assert str(kept.folder) in done.stdout
    assert kept.tables["django_session"] == 1

    # The upgrade stops and is tried again, and other backups are made: the first copy stays.
    assert manage(home, "backup", "--before-upgrade") == ""
    later = [back_up(home, "--no-files", "--keep", "1") for _night in range(2)]
    assert [one.folder for one in store.all_in(home / "backups")] == [kept.folder, later[-1]]
    manage(home, "migrate", "-v0")
    assert (home / "backups" / "upgrade.json").exists()
    assert manage(home, "backup", "--before-upgrade") == ""
    assert not (home / "backups" / "upgrade.json").exists()
    with psycopg.connect(host=sockets(home), user="crm_app", dbname="crm") as app:
        assert app.execute("SELECT session_key FROM django_session").fetchall() == [("old",)]
    # And back: the schema of then, then up to date again.
    manage(home, "restore", str(kept.folder))
    assert "[ ]" not in manage(home, "showmigrations", "--plan")


def test_data_of_another_major_version_are_refused_with_the_way_out(folder):
    home = folder / "home"
    services.start(home)
    services.stop(home)
    record = json.loads((home / "services.json").read_text())
    version = Path(home / record["state"]) / "pg" / "PG_VERSION"
    version.write_text("17\n")

    done = run(home, "services", "start")

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "PostgreSQL 17" in done.stderr
    assert "manage.py restore" in done.stderr

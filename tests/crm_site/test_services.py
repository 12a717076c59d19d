"""The embedded servers, really started and stopped in homes of their own."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from django.conf import settings
from django.utils import translation

from crm_site import services
from crm_site.services import ServerState, ServicesError, manager, postgres
from crm_site.services.record import read_record

pytestmark = pytest.mark.filterwarnings(
    # Python warns of a fork beside threads; the forked child only asks the system and ends.
    "ignore:This process .* is multi-threaded:DeprecationWarning"
)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Messages are compared in the language of the source."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="module")
def base() -> Iterator[Path]:
    """A short folder that the service account may enter; pytest's own are closed to it."""
    folder = Path(tempfile.mkdtemp(prefix="crm-test-"))
    folder.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRM_STATE_ROOT", str(folder / "machine"))  # instead of /var/lib
        yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def shared(base: Path) -> Iterator[Path]:
    """A home whose servers run during this module; a test leaves them running."""
    home = base / "shared"
    services.start(home)
    yield home
    services.stop(home)


@pytest.fixture
def new_home(base: Path) -> Iterator[Callable[[str], Path]]:
    """Makes names of homes, and stops their servers in the end."""
    homes = []

    def make(name: str) -> Path:
        homes.append(base / name)
        return homes[-1]

    yield make
    for home in homes:
        if (home / "services.json").exists():
            services.stop(home)


def connect(home: Path, user: str = "crm_app") -> psycopg.Connection:
    where = services.endpoints(home)
    assert where is not None
    return psycopg.connect(
        host=str(where.socket_dir), dbname=where.database, user=user, autocommit=True
    )


def server_pids(home: Path) -> dict[str, int]:
    """The head processes of a home, as the services find them."""
    place = manager._known_place(home)
    assert place is not None
    found = {"postgres": postgres.find(place), "valkey": manager.valkey.find(place)}
    return {name: server.leaders[0].pid for name, server in found.items() if server}


def in_other_processes(home: Path, count: int) -> list[subprocess.Popen[str]]:
    """`services start --json` several times at once."""
    command = [sys.executable, "manage.py", "services", "start", "--json"]
    return [
        subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env={**os.environ, "CRM_HOME": str(home)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]


def test_database_speaks_unicode_and_keeps_roles_apart(shared: Path) -> None:
    with connect(shared) as app:
        facts = app.execute(
            "SELECT current_user, current_setting('server_encoding'), "
            "current_setting('listen_addresses'), current_setting('jit'), "
            "current_setting('data_checksums')"
        ).fetchone()
        assert facts == ("crm_app", "UTF8", "", "off", "on")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("CREATE TABLE public.mine (id int)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("SET ROLE crm_owner")
    with connect(shared, "crm_owner") as owner:
        owner.execute("CREATE EXTENSION pg_trgm")
        trigrams = owner.execute("SELECT array_length(show_trgm('北京科技'), 1)").fetchone()
        assert trigrams is not None
        assert trigrams[0] >= 5  # none where the locale does not know Chinese letters


def test_broker_takes_jobs(shared: Path) -> None:
    where = services.endpoints(shared)
    assert where is not None
    path = where.broker_url.removeprefix("redis+socket://")
    with redis.Redis(unix_socket_path=path) as client:
        assert client.ping() is True
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_second_start_changes_nothing(shared: Path) -> None:
    before = server_pids(shared)

    assert services.start(shared).started == ()

    assert server_pids(shared) == before
    assert services.status(shared).running
    assert services.reachable(shared)


def test_nobody_else_may_enter_the_sockets_folder(shared: Path) -> None:
    where = services.endpoints(shared)
    assert where is not None
    facts = where.socket_dir.stat()
    assert stat.S_IMODE(facts.st_mode) == 0o700
    assert facts.st_uid == psutil.Process(server_pids(shared)["postgres"]).uids().real


def test_stop_leaves_no_process_and_data_survive(new_home: Callable[[str], Path]) -> None:
    home = new_home("kept")
    assert services.start(home).started == ("PostgreSQL", "Valkey")
    pids = server_pids(home)
    with connect(home, "crm_owner") as owner:
        owner.execute("CREATE TABLE kept AS SELECT 7 AS number")

    assert services.stop(home) == ("Valkey", "PostgreSQL")

    assert [pid for pid in pids.values() if psutil.pid_exists(pid)] == []
    assert services.status(home).postgres == ServerState.STOPPED
    assert not services.reachable(home)
    assert services.stop(home) == ()
    services.start(home)
    with connect(home, "crm_owner") as owner:
        assert owner.execute("SELECT number FROM kept").fetchone() == (7,)


def test_start_after_a_kill_gives_one_server_of_each(shared: Path) -> None:
    before = server_pids(shared)
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)

    services.start(shared)

    after = server_pids(shared)
    assert set(after) == {"postgres", "valkey"}
    assert set(after.values()).isdisjoint(before.values())
    with connect(shared) as app:
        assert app.execute("SELECT 1").fetchone() == (1,)


def test_pid_file_that_names_another_living_process_is_no_hindrance(shared: Path) -> None:
    before = server_pids(shared)
    os.kill(before["postgres"], signal.SIGKILL)
    place = manager._known_place(shared)
    assert place is not None
    while postgres.find(place):
        time.sleep(0.02)
    # After a restart of the machine the number may be anybody's; here it is Valkey's.
    pid_file = place.state / "pg/postmaster.pid"
    pid_file.write_text(
        pid_file.read_text().replace(str(before["postgres"]), str(before["valkey"]))
    )

    assert services.start(shared).started == ("PostgreSQL",)

    assert server_pids(shared)["valkey"] == before["valkey"]


def test_a_number_that_another_process_had_before_hides_no_server(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What psutil keeps after somebody listed all processes and the numbers went round.
    pid = server_pids(shared)["postgres"]
    former = psutil.Process(pid)
    former._ident = (pid, 1.0)
    monkeypatch.setattr(psutil, "_pmap", {pid: former})

    assert server_pids(shared)["postgres"] == pid


def test_server_without_its_socket_is_replaced(shared: Path) -> None:
    before = server_pids(shared)
    where = services.endpoints(shared)
    assert where is not None
    for path in where.socket_dir.iterdir():
        path.unlink()
    assert services.status(shared).postgres == ServerState.SILENT

    assert services.start(shared).started == ("PostgreSQL", "Valkey")

    assert [pid for pid in before.values() if psutil.pid_exists(pid)] == []
    assert services.status(shared).running


def test_starts_at_the_same_time_start_each_server_once(new_home: Callable[[str], Path]) -> None:
    home = new_home("parallel")
    answers = [
        json.loads(process.communicate(timeout=60)[0]) for process in in_other_processes(home, 2)
    ]

    started = [name for answer in answers for name in answer["started"]]
    assert sorted(started) == ["PostgreSQL", "Valkey"]
    assert services.status(home).running
    assert (home / "services/pg").is_dir()  # whoever was first, the data lie in the home


def test_copied_home_is_refused_and_moved_home_accepted(new_home: Callable[[str], Path]) -> None:
    home, copy, moved = new_home("original"), new_home("copy"), new_home("moved")
    services.start(home)
    services.stop(home)
    subprocess.run(["cp", "-a", str(home), str(copy)], check=True)

    with pytest.raises(ServicesError, match=str(copy)) as refused:
        services.start(copy)
    assert "pg_dump" in str(refused.value)
    assert services.status(copy).postgres == ServerState.STOPPED

    home.rename(moved)
    assert services.start(moved).started == ("PostgreSQL", "Valkey")
    where = services.endpoints(moved)
    assert where is not None
    assert where.socket_dir.is_relative_to(moved)


def test_missing_or_foreign_data_are_refused_and_not_replaced(
    new_home: Callable[[str], Path],
) -> None:
    home = new_home("unmounted")
    services.start(home)
    services.stop(home)
    record = read_record(home)
    assert record is not None
    data = record.state_folder(home) / "pg"

    data.rename(data.with_name("elsewhere"))
    with pytest.raises(ServicesError, match="is missing"):
        services.start(home)
    data.with_name("elsewhere").rename(data)

    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(ServicesError, match="are of PostgreSQL 9, the programs of"):
        services.start(home)


def test_home_with_a_long_or_odd_name_gets_its_sockets_elsewhere(
    new_home: Callable[[str], Path],
) -> None:
    home = new_home("a quote ' and a comma, " + "long" * 25)
    services.start(home)

    where = services.endpoints(home)
    assert where is not None
    assert not where.socket_dir.is_relative_to(home)
    with connect(home) as app:
        assert app.execute("SELECT 1").fetchone() == (1,)


def test_socket_folder_of_a_long_path_is_random_private_and_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = Path(tempfile.mkdtemp(prefix="crm-test-"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short))
    long = tmp_path / ("long" * 25)
    try:
        first = manager._socket_folder(long, "")
        assert first.parent == short
        assert stat.S_IMODE(first.stat().st_mode) == 0o700
        assert manager._socket_folder(long, str(first)) == first

        first.chmod(0o755)  # somebody else may have put his own socket there
        assert manager._socket_folder(long, str(first)) != first
    finally:
        shutil.rmtree(short)


def test_path_that_fits_nowhere_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("long" * 25)
    long.mkdir()
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with pytest.raises(ServicesError, match="shorter CRM_HOME"):
        manager._socket_folder(long / "services/run", "")


def test_root_keeps_the_servers_of_a_closed_folder_outside(base: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root needs a service account")
    closed = base / "closed"
    closed.mkdir(mode=0o700)
    home = closed / "home"
    try:
        services.start(home)
        where = services.endpoints(home)
        assert where is not None
        assert where.socket_dir.is_relative_to(base / "machine")
        assert psutil.Process(server_pids(home)["postgres"]).username() == "crm-services"
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        with connect(home) as app:
            assert app.execute("SELECT 1").fetchone() == (1,)
    finally:
        services.stop(home)


def test_other_users_are_kept_out(shared: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    where = services.endpoints(shared)
    assert where is not None
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        with socket.socket(socket.AF_UNIX) as client:
            os._exit(client.connect_ex(str(where.socket_dir / ".s.PGSQL.5432")))
    _pid, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 13  # EACCES


def test_secrets_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: services.ensure_secrets(tmp_path), range(8)))
    folder = tmp_path / "secrets"
    first = {path.name: path.read_text() for path in folder.iterdir()}

    services.ensure_secrets(tmp_path)

    assert {path.name: path.read_text() for path in folder.iterdir()} == first
    assert set(first) == {"secret_key", "master_key.json"}
    assert len(first["secret_key"].strip()) >= 50
    keys = json.loads(first["master_key.json"])
    assert set(keys) == {"current", "keys", "index_key"}
    assert set(keys["keys"]) == {keys["current"]} == {"k1"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_file_in_the_place_of_the_home_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")

    with pytest.raises(services.ServicesError, match="home is not a folder|home 不是文件夹"):
        services.ensure_secrets(tmp_path / "home")


def test_home_without_servers_has_no_endpoints(tmp_path: Path) -> None:
    assert services.endpoints(tmp_path) is None
    assert services.status(tmp_path).running is False
    assert services.stop(tmp_path) == ()
    (tmp_path / "services.json").write_text("{")
    assert services.endpoints(tmp_path) is None
    with pytest.raises(ServicesError, match="damaged"):
        services.status(tmp_path)


@pytest.mark.parametrize(
    ("memory", "buffers"), [(256, 64), (2048, 256), (8192, 1024), (65536, 1024)]
)
def test_shared_buffers_follow_the_memory(memory: int, buffers: int) -> None:
    megabyte = 1 << 20
    assert postgres.shared_buffers(memory * megabyte) == buffers * megabyte


def test_command_says_one_sentence_and_exits_with_2(tmp_path: Path) -> None:
    (tmp_path / "services.json").write_text("{")
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "manage.py", "services", "start"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "CRM_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) == 1
    assert str(tmp_path / "services.json") in done.stderr
    assert time.monotonic() - began < 20

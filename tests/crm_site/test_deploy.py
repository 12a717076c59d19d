"""The files of deploy/: each is tried with the program that reads it, where that is installed."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import environ
import psycopg
import pytest
from django.conf import settings
from django.db import connection

from crm_site import services
from crm_site.management.commands import up
from crm_site.services.programs import installed_programs
from tests.crm_site.homes import manage, python

DEPLOY: Path = settings.BASE_DIR / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())


def lines(path: Path, key: str) -> list[str]:
    """The values of a key of a unit."""
    return re.findall(rf"^{key}=(.*)$", path.read_text("utf-8"), re.MULTILINE)


# --- systemd ------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_understands_every_unit(tmp_path):
    for unit in UNITS:
        text = unit.read_text("utf-8").replace("/opt/crm/.venv/bin/python", "/bin/true")
        (tmp_path / unit.name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if "crm-" in line]
    assert (done.returncode, complaints) == (0, [])


@pytest.mark.parametrize(
    "unit", [one for one in UNITS if one.suffix == ".service"], ids=lambda one: one.name
)
def test_every_service_is_hardened(unit):
    wanted = {
        "User": ["crm"],
        "NoNewPrivileges": ["yes"],
        "ProtectSystem": ["strict"],
        "ProtectHome": ["yes"],
        "PrivateTmp": ["yes"],
        "CapabilityBoundingSet": [""],
        "UMask": ["0077"],
    }
    assert {key: lines(unit, key) for key in wanted} == wanted


def test_only_the_backup_knows_the_owner_of_the_tables():
    knowing = [unit.name for unit in UNITS if "crm-owner.env" in unit.read_text("utf-8")]

    assert knowing == ["crm-backup.service"]
    assert "DATABASE_OWNER_URL" not in (DEPLOY / "crm.env").read_text("utf-8")


def test_the_units_start_what_the_terminal_starts():
    """An option added to `manage.py up` must reach the units, too."""
    own = {program.name: program.command for program in up.programs(8000)}
    units = {"web": "crm-web.service", "worker": "crm-worker@.service", "beat": "crm-beat.service"}
    for name, unit in units.items():
        (command,) = lines(DEPLOY / "systemd" / unit, "ExecStart")
        flags = set(re.findall(r"--[a-z-]+", command))
        missing = {part for part in own[name] if str(part).startswith("--")} - flags
        # Processes are counted by WEB_CONCURRENCY in the environment file.
        assert missing - {"--workers"} == set(), name


def test_variables_of_the_environment_files_exist():
    known = re.findall(
        r'env(?:\.\w+)?\(\s*"([A-Z_]+)"', (settings.BASE_DIR / "crm_site/settings.py").read_text()
    )
    for name in ("crm.env", "crm-owner.env"):
        used = re.findall(r"^([A-Z_]+)=", (DEPLOY / name).read_text("utf-8"), re.MULTILINE)
        assert set(used) - set(known) - {"WEB_CONCURRENCY"} == set()


def test_addresses_of_the_environment_files_can_be_read():
    url = re.search(r"DATABASE_URL=(\S+)", (DEPLOY / "crm.env").read_text("utf-8"))
    assert url is not None
    facts = environ.Env.db_url_config(url.group(1))

    assert facts["USER"] == "crm_app"
    assert facts["OPTIONS"] == {"sslmode": "verify-full", "sslrootcert": "/etc/crm/ca.pem"}


# --- nginx --------------------------------------------------------------------------------------


def write_certificate(folder: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "crm.example.cn")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(encoding))
    kind, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "privkey.pem").write_bytes(key.private_bytes(encoding, kind, none))


@pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx here")
def test_nginx_understands_its_file(tmp_path):
    write_certificate(tmp_path)
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    text = text.replace("/etc/crm/tls", str(tmp_path)).replace("/var/log/nginx", str(tmp_path))
    text = text.replace("/etc/nginx/crm_proxy.conf", str(DEPLOY / "crm_proxy.conf"))
    (tmp_path / "crm.conf").write_text(text)
    main = tmp_path / "nginx.conf"
    main.write_text(
        f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{ include {tmp_path}/crm.conf; }}\n"
    )
    done = subprocess.run(
        ["nginx", "-t", "-p", str(tmp_path), "-c", str(main)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


def test_the_proxy_takes_the_largest_import():
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    found = re.search(r"client_max_body_size (\d+)m;", text)

    assert found is not None
    assert int(found.group(1)) * 2**20 > settings.IMPORT_MAX_BYTES


def test_the_proxy_believes_no_visitor():
    text = (DEPLOY / "crm_proxy.conf").read_text("utf-8")

    assert "proxy_set_header X-Forwarded-For $remote_addr;" in text
    assert "$proxy_add_x_forwarded_for" not in re.sub(r"#.*", "", text)
    assert "proxy_set_header X-Request-Id $request_id;" in text


# --- PostgreSQL ---------------------------------------------------------------------------------


@pytest.fixture
def bare_server() -> Iterator[tuple[Path, Path]]:
    """A home whose PostgreSQL runs without our roles and database, and its sockets."""
    folder = Path(tempfile.mkdtemp(prefix="crm-dep-"))
    folder.chmod(0o755)
    home = folder / "home"
    try:
        sockets = services.start(home).endpoints.socket_dir
        with superuser(sockets) as admin:
            admin.execute("DROP DATABASE crm")
            admin.execute("DROP ROLE crm_owner")
            admin.execute("DROP ROLE crm_app")
        yield home, sockets
    finally:
        services.stop(home)
        shutil.rmtree(folder)


def superuser(sockets: Path) -> psycopg.Connection:
    return psycopg.connect(host=str(sockets), user="postgres", dbname="postgres", autocommit=True)


def run_sql(sockets: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            installed_programs().postgres_program("psql"),
            *("-X", "-q", "-h", str(sockets), "-U", "postgres"),
            *("-v", "owner_password='o'", "-v", "app_password='a'"),
            *("-f", str(DEPLOY / "postgresql.sql"), "postgres"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


def test_roles_and_database_on_a_server_of_ones_own(bare_server):
    home, sockets = bare_server
    for _twice in range(2):
        done = run_sql(sockets)
        assert (done.returncode, done.stderr) == (0, "")
    urls = {
        "DATABASE_URL": f"postgres://crm_app@/crm?host={sockets}",
        "DATABASE_OWNER_URL": f"postgres://crm_owner@/crm?host={sockets}",
    }
    manage(home, "migrate", "-v0", **urls)

    with superuser(sockets) as admin:
        rows = admin.execute(
            "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles"
            " WHERE rolname LIKE 'crm\\_%' ORDER BY 1"
        ).fetchall()
    assert [row[0] for row in rows] == ["crm_app", "crm_backup", "crm_owner"]
    assert {row[1:] for row in rows} == {(False, False, False, False)}
    with psycopg.connect(host=str(sockets), user="crm_app", dbname="crm") as app:
        assert app.execute("SELECT count(*) > 0 FROM accounts_role").fetchone() == (True,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("DROP TABLE accounts_role")


def test_postgresql_knows_every_setting(db):
    text = (DEPLOY / "postgresql.conf").read_text("utf-8")
    names = set(re.findall(r"^(\w+) = ", text, re.MULTILINE))
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_settings WHERE name = ANY(%s)", [list(names)])
        known = {row[0] for row in cursor.fetchall()}

    assert len(names) > 15
    # A server built without OpenSSL has no such settings.
    assert names - known <= {"ssl", "ssl_min_protocol_version"}


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({"PORT": "8123"}, "http://127.0.0.1:8123"),
        ({"PORT": "8123", "CRM_URL": "https://crm.example.cn/"}, "https://crm.example.cn"),
    ],
)
def test_links_in_mails_follow_the_port_unless_an_address_is_given(tmp_path, given, address):
    code = "from django.conf import settings; print(settings.CRM_URL)"
    assert python(tmp_path, code, **given).stdout.strip() == address

"""The database: version, text, roles, schema, indexes, clock, room."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.display import listed
from core.doctor import Finding, error, ok, register, warning

OLDEST = 170000  # server_version_num
MOST_SKEW = 2.0  # seconds; leases and due instants are compared across machines
BUSY = 0.8  # of the connections
LONG = 3600  # seconds a transaction may be open
OLD_ROWS = 1_500_000_000  # transactions; at two thousand million PostgreSQL stops writing
EXTENSIONS = ("btree_gin",)
SHOWN = 5


def ask(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows of a question to the database."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def names(rows: list[tuple[Any, ...]]) -> str:
    """The first names of the rows, as a sentence lists them."""
    shown = [str(row[0]) for row in rows[:SHOWN]]
    return listed([*shown, "…"] if len(rows) > SHOWN else shown)


@register("versions.postgresql", gettext_lazy("PostgreSQL"), needs_database=True)
def version() -> Iterator[Finding]:
    """The oldest PostgreSQL the statements are written for."""
    ((number, text),) = ask(
        "SELECT current_setting('server_version_num')::int, current_setting('server_version')"
    )
    text = text.split(" ")[0]
    if number < OLDEST:
        sentence = _("PostgreSQL {version} is too old.").format(version=text)
        yield error(sentence, _("Install PostgreSQL 17 or newer and restore a backup into it."))
    else:
        yield ok(_("PostgreSQL {version}.").format(version=text))


@register("database.text", gettext_lazy("Text of the database"), needs_database=True)
def text() -> Iterator[Finding]:
    """UTF-8, and an order of letters that does not change under existing indexes."""
    ((encoding, provider, locale, made, actual),) = ask(
        "SELECT pg_encoding_to_char(encoding), datlocprovider,"
        " coalesce(datlocale, datcollate), datcollversion,"
        " pg_database_collation_actual_version(oid)"
        " FROM pg_database WHERE datname = current_database()"
    )
    if encoding != "UTF8":
        advice = _("Create the database with ENCODING 'UTF8' and restore a backup into it.")
        yield error(_("Text is stored as {name}.").format(name=encoding), advice)
        return
    if made != actual:
        advice = _(
            "As its owner run REINDEX DATABASE, then ALTER DATABASE … REFRESH COLLATION VERSION."
        )
        yield error(_("The order of letters changed under the indexes."), advice)
        return
    stable = locale in {"C", "C.UTF-8", "C.utf8", "PG_UNICODE_FAST"} or provider == "b"
    if not stable:
        advice = _("It works; for a new database choose LOCALE 'C.UTF-8', which never changes.")
        sentence = _("Letters are ordered by {locale} of the system.").format(locale=locale)
        yield warning(sentence, advice)
        return
    yield ok(_("Text is UTF-8, ordered by {locale}.").format(locale=locale))


@register("database.extensions", gettext_lazy("Extensions"), needs_database=True)
def extensions() -> Iterator[Finding]:
    """What the search indexes are made with."""
    have = {row[0] for row in ask("SELECT extname FROM pg_extension")}
    missing = [name for name in EXTENSIONS if name not in have]
    if missing:
        advice = _("As its owner run: CREATE EXTENSION {name}").format(name=missing[0])
        sentence = _("The database lacks {names}.").format(names=listed(missing))
        yield error(sentence, advice)
    else:
        yield ok(_("The extensions are installed."))


@register("database.roles", gettext_lazy("Rights of the application"), needs_database=True)
def roles() -> Iterator[Finding]:
    """The application's role may read and write rows; it owns no table and changes none."""
    ((name, powerful, owned),) = ask(
        "SELECT current_user, (SELECT rolsuper OR rolbypassrls OR rolcreaterole"
        " FROM pg_roles WHERE rolname = current_user),"
        " (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        "  WHERE n.nspname = 'public' AND pg_get_userbyid(c.relowner) = current_user)"
    )
    if powerful:
        advice = _("Use the roles of deploy/postgresql.sql.")
        sentence = _("The role {name} may do anything in the database.").format(name=name)
        yield error(sentence, advice)
    elif owned:
        advice = _("Name a second role in DATABASE_OWNER_URL, see docs/deploy.md.")
        sentence = _("The role {name} owns the tables it works on, so a fault could drop them.")
        yield warning(sentence.format(name=name), advice)
    else:
        yield ok(_("The role {name} owns no table.").format(name=name))


@register("database.migrations", gettext_lazy("Schema"), needs_database=True)
def migrations() -> Iterator[Finding]:
    """The tables are those of this version of the product."""
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    applied = set(executor.loader.applied_migrations)
    unknown = [
        f"{app}.{name}"
        for app, name in sorted(applied - set(executor.loader.disk_migrations))
        if app in executor.loader.migrated_apps and not _replaced(executor, (app, name))
    ]
    if waiting:
        advice = _("Make a backup (manage.py backup), then run manage.py migrate.")
        sentence = _("Migrations that wait: {count}.").format(count=len(waiting))
        yield error(sentence, advice)
    elif unknown:
        advice = _("Start the newer version again, or restore the backup made before it.")
        sentence = _("The database is of a newer version: {names}.")
        yield error(sentence.format(names=listed(unknown[:SHOWN])), advice)
    else:
        yield ok(_("The schema is up to date."))


def _replaced(executor: MigrationExecutor, key: tuple[str, str]) -> bool:
    """Whether a squashed migration stands for this one."""
    return any(key in one.replaces for one in executor.loader.disk_migrations.values())


@register("database.indexes", gettext_lazy("Indexes"), needs_database=True)
def indexes() -> Iterator[Finding]:
    """None half built, none of ours missing: a list would be slow, a rule not held."""
    invalid = ask(
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE NOT (i.indisvalid AND i.indisready) AND n.nspname = 'public' ORDER BY 1"
    )
    if invalid:
        advice = _("As its owner run: REINDEX INDEX CONCURRENTLY {name}")
        sentence = _("Indexes that were not built to the end: {names}.")
        yield error(sentence.format(names=names(invalid)), advice.format(name=invalid[0][0]))
    missing = [(name,) for name in sorted(_wanted_indexes() - _existing_indexes())]
    if missing:
        advice = _("Somebody removed them by hand; restore them from the migrations.")
        sentence = _("Indexes that are missing: {names}.")
        yield error(sentence.format(names=names(missing)), advice)
    if not invalid and not missing:
        yield ok(_("All indexes are there and whole."))


def _wanted_indexes() -> set[str]:
    """Names of the indexes and constraints that our models declare."""
    wanted: set[str] = set()
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy:
            wanted |= {index.name for index in model._meta.indexes}
            wanted |= {constraint.name for constraint in model._meta.constraints}
    return wanted


def _existing_indexes() -> set[str]:
    return {
        row[0]
        for row in ask(
            "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'"
            " UNION SELECT conname FROM pg_constraint"
        )
    }


@register("database.clock", gettext_lazy("Clocks"), needs_database=True)
def clock() -> Iterator[Finding]:
    """The clocks of this machine and of the database agree."""
    before = timezone.now()
    ((there,),) = ask("SELECT clock_timestamp()")
    here = before + (timezone.now() - before) / 2
    skew = abs((there - here).total_seconds())
    if skew > MOST_SKEW:
        advice = _("Let both machines take their time from a server (chrony, NTP).")
        sentence = _("The clocks of this machine and of the database differ by {seconds} s.")
        yield error(sentence.format(seconds=f"{skew:.1f}"), advice)
    else:
        yield ok(_("The clocks of this machine and of the database agree."))


@register("database.connections", gettext_lazy("Connections"), needs_database=True)
def connections() -> Iterator[Finding]:
    """Enough connections are left, and nobody holds a transaction open for hours."""
    ((used, most),) = ask(
        "SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity"
        " WHERE backend_type = 'client backend'"
    )
    words = {"used": used, "most": most}
    if used > most * BUSY:
        advice = _("Raise max_connections, or run fewer web processes (WEB_CONCURRENCY).")
        yield warning(_("{used} of {most} connections are in use.").format(**words), advice)
    else:
        yield ok(_("{used} of {most} connections are in use.").format(**words))
    lasting = ask(
        "SELECT pid FROM pg_stat_activity WHERE xact_start < now() - make_interval(secs => %s)"
        " AND backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY xact_start",
        LONG,
    )
    if lasting:
        advice = _("Look who it is; SELECT pg_terminate_backend({pid}) ends it.")
        sentence = _("Transactions are open for more than an hour (processes {pids}).")
        pids = names(lasting)
        yield warning(sentence.format(pids=pids), advice.format(pid=lasting[0][0]))


@register("database.safety", gettext_lazy("Safety of the data"), needs_database=True)
def safety() -> Iterator[Finding]:
    """What is committed survives a crash, and damaged pages are noticed."""
    values = dict(ask("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", list(SAFE)))
    advice = _("Set it to on in postgresql.conf and restart the database.")
    off = [name for name in SAFE if values.get(name) != "on"]
    for name in off:
        if name == "data_checksums":
            sentence = _("Damaged pages of the database would not be noticed.")
            yield warning(sentence, _("Stop the database and run: pg_checksums --enable"))
        else:
            yield error(_("The database runs with {name} off.").format(name=name), advice)
    ((age,),) = ask("SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()")
    if age > OLD_ROWS:
        advice = _("As its owner run VACUUM, and look why autovacuum could not.")
        yield error(_("The database must be vacuumed, or it will stop writing."), advice)
    if not off and age <= OLD_ROWS:
        yield ok(_("What is committed survives a crash."))


SAFE = ("fsync", "full_page_writes", "autovacuum", "data_checksums")


@register("database.owner", gettext_lazy("Role that migrates"))
def owner() -> Iterator[Finding]:
    """A second role migrates, so that the application cannot change tables."""
    if settings.DATABASE_OWNER:
        yield ok(_("Another role than the application's migrates."))
    else:
        advice = _("Name a second role in DATABASE_OWNER_URL, see docs/deploy.md.")
        yield warning(_("The application itself migrates."), advice)

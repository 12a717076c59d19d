"""The self-check: what an operator must know, as sentences with what to do about each.

Every app may keep a module `doctor` with checks; it is found by itself. A check is a function
that yields findings. Whoever asks gets all of them, or only the quick ones (a page must not wait
for a walk through all files). A check that breaks is a finding itself: a doctor that falls silent
would look like health.

    from core.doctor import error, ok, register

    @register("database.encoding", _("Encoding of the database"), needs_database=True)
    def encoding() -> Iterator[Finding]:
        ...
        yield ok(_("Text is stored as UTF-8."))
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.db import DatabaseError, connection, transaction
from django.utils.functional import Promise
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

log = logging.getLogger(__name__)

Text = str | Promise


class Level(StrEnum):
    """How bad a finding is: nothing to do, to be done soon, the product is not safe or not well."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about the installation, and one that says what to do about it."""

    level: Level
    sentence: str
    advice: str = ""


Check = Callable[[], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Registered:
    """A check with its stable key ("area.thing") and its title."""

    key: str
    title: Text
    check: Check
    quick: bool
    needs_database: bool


@dataclass(frozen=True, slots=True)
class Examined:
    """A finding with the check it came from."""

    key: str
    title: str
    finding: Finding


CHECKS: dict[str, Registered] = {}

# Which check runs first, whatever the order of imports: areas as they build on each other.
AREAS = ("settings", "versions", "database", "broker", "work", "data", "files", "security")


def ok(sentence: str) -> Finding:
    """Nothing to do."""
    return Finding(Level.OK, sentence)


def warning(sentence: str, advice: str) -> Finding:
    """Works today; somebody should act soon."""
    return Finding(Level.WARNING, sentence, advice)


def error(sentence: str, advice: str) -> Finding:
    """Does not work, or is not safe."""
    return Finding(Level.ERROR, sentence, advice)


def register(
    key: str, title: Text, *, quick: bool = True, needs_database: bool = False
) -> Callable[[Check], Check]:
    """Register a check under a key that is used once. Raises LookupError for a second one."""

    def mark(check: Check) -> Check:
        known = CHECKS.get(key)
        if known is not None and known.check.__module__ != check.__module__:
            raise LookupError(f"{key!r} is registered twice")
        CHECKS[key] = Registered(key, title, check, quick, needs_database)
        return check

    return mark


def checks(*, quick: bool = False) -> list[Registered]:
    """The registered checks in the order in which they are shown."""
    autodiscover_modules("doctor")
    chosen = [one for one in CHECKS.values() if one.quick or not quick]
    return sorted(chosen, key=lambda one: (_area(one.key), one.key))


def _area(key: str) -> int:
    area = key.partition(".")[0]
    return AREAS.index(area) if area in AREAS else len(AREAS)


def examine(*, quick: bool = False) -> Iterator[Examined]:
    """Run the checks one after the other and yield what each finds.

    Where no database answers, one finding says so and the checks that need it are left out.
    """
    answers = _database_answers()
    if not answers:
        yield Examined("database.answers", str(TITLE_DATABASE), _no_database())
    for one in checks(quick=quick):
        if one.needs_database and not answers:
            continue
        for finding in _run(one):
            yield Examined(one.key, str(one.title), finding)


TITLE_DATABASE = gettext_lazy("Connection to the database")


def _no_database() -> Finding:
    sentence = _("The database does not answer; checks that need it were left out.")
    return error(sentence, _("Start it (manage.py services start), or mend DATABASE_URL."))


def _database_answers() -> bool:
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        connection.close()
        return False
    return True


def _run(one: Registered) -> list[Finding]:
    """What one check finds; its own failure is a finding, and leaves no broken transaction."""
    try:
        if one.needs_database:
            with transaction.atomic():
                return list(one.check())
        return list(one.check())
    except Exception as problem:
        # The edge of foreign checks: one that breaks must not hide what the others find.
        log.exception("the check %s broke", one.key)
        sentence = _("This check could not be made ({reason}).")
        advice = _("The log of this command says why; please report it.")
        return [error(sentence.format(reason=type(problem).__name__), advice)]


def worst(findings: Iterable[Finding]) -> Level:
    """The worst level among findings; OK when there are none."""
    order = list(Level)
    return max((one.level for one in findings), key=order.index, default=Level.OK)

"""The answer to a question, under the rights of whoever asks and within bounds.

Every query begins at `visible_to` of the reader and runs under a time limit of its own; rows and
groups are capped, and the answer says so when it was cut.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.db import OperationalError, connection, transaction
from django.db.models import (
    Aggregate,
    Avg,
    Count,
    DateField,
    F,
    FloatField,
    IntegerField,
    Q,
    QuerySet,
    Sum,
)
from django.db.models.functions import (
    Cast,
    TruncDay,
    TruncMonth,
    TruncQuarter,
    TruncWeek,
    TruncYear,
)
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg.errors import QueryCanceled

from core.errors import Refused
from core.keyset import Key, Order, Page
from core.paging import page_of
from core.scope import Branch
from regions.models import OrgUnit
from reports.builder.definitions import Definition, Filter, Grouping, Measure, days_of
from reports.builder.registry import Field, Kind
from satisfaction.disclosure import Cell, hidden_cells

PREVIEW: Final = 20
MOST_GROUPS: Final = 500
MOST_CELLS: Final = 20_000  # of subjects whose small groups are hidden, all must be known
MOST_ROWS: Final = 50_000
CHUNK: Final = 1000
MIDDLES: Final = frozenset({"mean", "median"})
PAGE_SECONDS: Final = 8
JOB_SECONDS: Final = 120
MOST_AT_ONCE: Final = 2  # pages of one person
LOCK: Final = 7_401_970  # and the one behind it
NEWEST: Final = Order("newest", "id", descending=True)
TRUNCATE: Final = {
    "day": TruncDay,
    "week": TruncWeek,
    "month": TruncMonth,
    "quarter": TruncQuarter,
    "year": TruncYear,
}


class Median(Aggregate):
    """The value in the middle, or the mean of the two there."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


class TooSlow(Refused):
    """The answer took longer than it may."""


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and how the cells below it are written; a percent is a part of 1."""

    label: str
    kind: Kind | str = "text"


@dataclass(slots=True)
class Table:
    """Rows under headings. `labels` first columns name a group, whose stored values are `marks`;
    `cut` tells that more exist."""

    columns: list[Column]
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    marks: list[tuple[Any, ...]] = field(default_factory=list)
    labels: int = 0
    cut: bool = False
    previous: str = ""
    next: str = ""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def cells(self) -> list[list[dict[str, Any]]]:
        """The rows as pages write them: each value with the kind of its column."""
        return [
            [
                {"value": value, "kind": column.kind if value is not HIDDEN else "text"}
                for value, column in zip(row, self.columns, strict=True)
            ]
            for row in self.rows
        ]


@contextmanager
def bounded(seconds: int, by: Any = None) -> Iterator[None]:
    """Let no statement inside run longer. Raises TooSlow; the limit before holds again after.

    Of the pages of one person `by` MOST_AT_ONCE are worked out at a time, so that nobody's many
    reports keep others from theirs: raises Refused for one more."""
    try:
        with transaction.atomic():
            _take_turn(by)
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_setting('statement_timeout')")
                before = cursor.fetchone()[0]
                cursor.execute(
                    "SELECT set_config('statement_timeout', %s, true)", [f"{seconds * 1000:d}ms"]
                )
            yield
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        sentence = _("This took longer than {count} seconds. Please narrow the report.")
        raise TooSlow(sentence.format(count=seconds)) from error


def _take_turn(by: Any) -> None:
    """Hold one of the places of a person until the transaction ends."""
    if by is None:
        return
    with connection.cursor() as cursor:
        for place in range(MOST_AT_ONCE):
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK + place, by.pk])
            if cursor.fetchone()[0]:
                return
    sentence = _("{count} of your reports are being worked out already. Please wait for them.")
    raise Refused(sentence.format(count=MOST_AT_ONCE))


# --- rows in reach --------------------------------------------------------------------------------


def check_right(asked: Definition, user: Any) -> None:
    """Raises Refused for a reader who may not see the subject at all."""
    if not user.has_perm(asked.subject.right):
        sentence = _("You may not see “{subject}”.")
        raise Refused(sentence.format(subject=asked.subject.label))


def _condition(asked: Definition, today: date) -> Q:
    """All conditions beside scope. Raises Refused for a unit that does not exist."""
    found = Q()
    for one in asked.filters:
        found &= _where(one, today)
    if asked.unit:
        unit = OrgUnit.objects.filter(code=asked.unit).first()
        if unit is None:
            raise Refused(_("There is no unit with the code {code}.").format(code=asked.unit))
        unit = unit.home()
        column = unit.scope_column()
        found &= Branch(column, unit.pk if column else None).q()
    return found


def _narrowed(asked: Definition, rows: QuerySet[Any], where: Q) -> QuerySet[Any]:
    """Rows under the conditions, with the made columns by which they are told."""
    return asked.subject.dressed(rows, [one.field for one in asked.filters]).filter(where)


def _where(one: Filter, today: date) -> Q:
    path, value = one.field.path, one.value
    if one.op == "in":
        return Q(**{f"{path}__in": value})
    if one.op == "is":
        return Q(**{path: value})
    if one.op == "contains":
        return Q(**{f"{path}__icontains": value})
    if one.op in ("min", "max"):
        return Q(**{f"{path}__{'gte' if one.op == 'min' else 'lte'}": value})
    first, last = days_of(value, today) if one.op == "span" else (value, value)
    found = Q()
    if one.op in ("span", "from"):
        found &= Q(**{f"{path}__gte": _begin(one.field, first)})
    if one.op in ("span", "to"):
        found &= Q(**{f"{path}__lt": _begin(one.field, last + timedelta(days=1))})
    return found


def _begin(one: Field, day: date) -> date:
    if one.kind == "date":
        return day
    return timezone.make_aware(datetime.combine(day, time.min))


# --- single rows ----------------------------------------------------------------------------------


def list_page(
    asked: Definition,
    user: Any,
    *,
    after: str = "",
    before: str = "",
    size: int = 25,
    seconds: int = PAGE_SECONDS,
    today: date | None = None,
) -> Table:
    """A page of rows, the newest first. Raises Refused."""
    check_right(asked, user)
    where = _condition(asked, today or timezone.localdate())
    with bounded(seconds, by=user if seconds <= PAGE_SECONDS else None):
        parts = [_narrowed(asked, part, where) for part in asked.subject.parts(user)]
        page: Page = page_of(
            parts, NEWEST, lambda keys: _rows(asked, keys), after=after, before=before, size=size
        )
    return Table(list_columns(asked), page.rows, previous=page.previous, next=page.next)


def list_columns(asked: Definition) -> list[Column]:
    """Headings of a list."""
    return [Column(str(one.label), _shown_kind(one)) for one in asked.columns]


def _shown_kind(one: Field) -> Kind:
    return "text" if one.words else one.kind


def _rows(asked: Definition, keys: list[Key]) -> list[tuple[Any, ...]]:
    wanted = [key.pk for key in keys]
    paths = [one.path for one in asked.columns]
    rows = asked.subject.model.objects.filter(pk__in=wanted)
    dressed = asked.subject.dressed(rows, asked.columns).values_list("pk", *paths)
    found = {row[0]: row[1:] for row in dressed}
    readers = [reader_of(one) for one in asked.columns]
    return [
        tuple(read(value) for read, value in zip(readers, found[pk], strict=True))
        for pk in wanted
        if pk in found
    ]


def reader_of(one: Field) -> Callable[[Any], Any]:
    """What turns a stored value of a field into the one people read."""
    if one.words:
        words = one.words()
        return lambda value: str(words.get(value, value)) if value not in (None, "") else None
    if one.kind == "datetime":
        return lambda value: timezone.localtime(value) if value else None
    if one.kind == "number":
        return lambda value: round(value, 2) if isinstance(value, float) else value
    return lambda value: value


def all_rows(asked: Definition, user: Any) -> Iterator[tuple[Any, ...]]:
    """Single rows one by one, up to MOST_ROWS; read in chunks, each under its own time limit."""
    after, count = "", 0
    while True:
        size = min(CHUNK, MOST_ROWS - count)
        page = list_page(asked, user, after=after, size=size, seconds=JOB_SECONDS)
        yield from page.rows
        count += len(page.rows)
        after = page.next
        if not after or count >= MOST_ROWS:
            return


def rows_in_all(asked: Definition, user: Any, *, seconds: int) -> int:
    """How many rows the whole answer has: its groups, or as many single rows as a file would hold.
    Raises Refused."""
    if asked.groups:
        return len(group_table(asked, user, seconds=seconds))
    check_right(asked, user)
    where = _condition(asked, timezone.localdate())
    with bounded(seconds):
        rows = _narrowed(asked, asked.subject.rows(user), where)
        return int(rows.order_by()[:MOST_ROWS].count())


# --- groups ---------------------------------------------------------------------------------------


def group_table(
    asked: Definition,
    user: Any,
    *,
    most: int = MOST_GROUPS,
    seconds: int = PAGE_SECONDS,
    today: date | None = None,
) -> Table:
    """Groups with their measures: times in order, others with the largest first. Raises Refused."""
    check_right(asked, user)
    where = _condition(asked, today or timezone.localdate())
    guarded = asked.subject.fewest is not None
    limit = MOST_CELLS if guarded else most
    with bounded(seconds, by=user if seconds <= PAGE_SECONDS else None):
        rows = _narrowed(asked, asked.subject.rows(user), where).order_by()
        found = list(_grouped(asked, rows)[: limit + 1])
        total = rows.count() if any(one.verb == "share" for one in asked.measures) else 0
    if guarded:
        if len(found) > limit:
            raise Refused(_("There are too many groups. Please group by fewer things."))
        _hide_few(asked, found)
    names = _names(asked, found[:most])
    table = Table(
        [Column(one.label) for one in asked.groups] + [_measured(one) for one in asked.measures],
        labels=len(asked.groups),
        cut=len(found) > most,
    )
    for row, named in zip(found[:most], names, strict=True):
        table.marks.append(tuple(row[f"g{place}"] for place in range(len(asked.groups))))
        table.rows.append((*named, *(_figure(one, row, total) for one in asked.measures)))
    return table


def _grouped(asked: Definition, rows: QuerySet[Any]) -> Any:
    used = [one.field for one in asked.groups]
    used += [one.field for one in asked.measures if one.field is not None]
    told = {one.field for one in asked.filters}
    rows = asked.subject.dressed(rows, [one for one in used if one not in told])
    keys = {f"g{place}": _group_by(one) for place, one in enumerate(asked.groups)}
    for place, grouping in enumerate(asked.groups):
        if grouping.field.apart:
            keys[f"a{place}"] = F(grouping.field.apart)
    sums: dict[str, Any] = {"n": Count("pk")}
    for one in asked.measures:
        if one.verb == "each" and asked.subject.each:
            sums["each"] = Count(asked.subject.each[0], distinct=True)
        elif one.field is not None:
            sums[f"{one.verb}_{one.field.key}"] = _told(one.verb, one.field.path)
            sums[f"known_{one.field.key}"] = Count(one.field.path)
    timely = any(one.step for one in asked.groups)
    order = [*keys] if timely or len(keys) > 1 else ["-n", *keys]
    return rows.values(**keys).annotate(**sums).order_by(*order)


def _told(verb: str, path: str) -> Aggregate:
    """What a measure tells of the values of a group; a share is the mean of ones and zeros."""
    if verb == "rate":
        return Avg(Cast(path, IntegerField()))
    return {"sum": Sum, "mean": Avg, "median": Median}[verb](path)


def _group_by(one: Grouping) -> Any:
    if one.step:
        return TRUNCATE[one.step](one.field.path, output_field=DateField())
    return F(one.field.path)


def _label_reader(one: Grouping) -> Callable[[Any], Any]:
    if one.step:
        return lambda day: time_label(day, one.step)
    read = reader_of(one.field)
    return lambda value: _("not stated") if value in (None, "") else str(read(value))


def _names(asked: Definition, found: list[dict[str, Any]]) -> list[list[str]]:
    """How each group is called. Where two of one name meet, what tells them apart stands behind."""
    columns = []
    for place, one in enumerate(asked.groups):
        read = _label_reader(one)
        names = [read(row[f"g{place}"]) for row in found]
        if one.field.apart:
            tells = [row[f"a{place}"] for row in found]
            met: dict[str, set[Any]] = defaultdict(set)
            for name, tell in zip(names, tells, strict=True):
                met[name].add(tell)
            names = [
                f"{name} {tell}" if len(met[name]) > 1 and tell else name
                for name, tell in zip(names, tells, strict=True)
            ]
        columns.append(names)
    return [list(row) for row in zip(*columns, strict=True)]


def time_label(day: date | None, step: str) -> str:
    """A step of time as people read it, by its first day."""
    if day is None:
        return _("not stated")
    if step == "quarter":
        return _("{year} Q{quarter}").format(year=day.year, quarter=(day.month + 2) // 3)
    if step == "week":
        return _("week of {day}").format(day=day.isoformat())
    return day.isoformat()[: {"day": 10, "month": 7, "year": 4}[step]]


def _measured(one: Measure) -> Column:
    if one.verb in ("share", "rate"):
        return Column(str(one.label), "percent")
    if one.verb in ("count", "each"):
        return Column(str(one.label), "integer")
    kind = one.field.kind if one.field else "number"
    return Column(str(one.label), "number" if one.verb in MIDDLES and kind == "integer" else kind)


def _figure(one: Measure, row: dict[str, Any], total: int) -> Any:
    if one.verb == "count":
        return row["n"]
    if one.verb == "each":
        return row["each"]
    if one.verb == "share":
        return row["n"] / total if total else None
    value = row[f"{one.verb}_{one.field.key}"] if one.field else None
    if value is None or value is HIDDEN:
        return value
    if one.verb == "rate":
        return float(value)
    if one.verb in MIDDLES or isinstance(value, float):
        return round(float(value), 2)
    return value


# --- small groups ---------------------------------------------------------------------------------

HIDDEN: Final = gettext_lazy("too few")


def _hide_few(asked: Definition, found: list[dict[str, Any]]) -> None:
    """Take away means of groups of too few answers, and of those by which they could be worked
    out: a reader knows the whole, and the sums of each of two ways of grouping (ADR 0029)."""
    fewest = asked.subject.fewest() if asked.subject.fewest else 0
    for one in asked.measures:
        if one.field is None:
            continue
        known = f"known_{one.field.key}"
        counts, families = _families([(_cell_of(asked, row), row[known]) for row in found])
        gone = hidden_cells(counts, families, dict.fromkeys((cell[0] for cell in counts), fewest))
        for place, row in enumerate(found):
            if (place + 1, "") in gone:
                row[f"{one.verb}_{one.field.key}"] = HIDDEN


def _cell_of(asked: Definition, row: dict[str, Any]) -> tuple[Any, ...]:
    """The group of a row; names that meet are groups of their own."""
    return tuple((row[f"g{place}"], row.get(f"a{place}")) for place in range(len(asked.groups)))


def _families(
    cells: Sequence[tuple[tuple[Any, ...], int]],
) -> tuple[dict[Cell, int], list[list[Cell]]]:
    """Counts of the cells (1, 2, …), of the whole (0) and of the margins of two ways of grouping
    (negative), and which of them add up."""
    counts: dict[Cell, int] = {(0, ""): sum(n for _cell, n in cells)}
    margins: dict[tuple[int, Any], list[Cell]] = {}
    for number, (cell, n) in enumerate(cells, 1):
        counts[number, ""] = n
        if len(cell) > 1:
            for way, value in enumerate(cell):
                margins.setdefault((way, value), []).append((number, ""))
    if not margins:
        return counts, [[(0, ""), *((number, "") for number in range(1, len(cells) + 1))]]
    families: list[list[Cell]] = []
    wholes: dict[int, list[Cell]] = {}
    for number, ((way, _value), parts) in enumerate(margins.items(), 1):
        counts[-number, ""] = sum(counts[part] for part in parts)
        families.append([(-number, ""), *parts])
        wholes.setdefault(way, []).append((-number, ""))
    return counts, families + [[(0, ""), *parts] for parts in wholes.values()]


def table_of(asked: Definition, user: Any, **more: Any) -> Table:
    """Groups, or the first rows of a list. Raises Refused."""
    if asked.groups:
        return group_table(asked, user, **more)
    size = more.pop("most", PREVIEW)
    table = list_page(asked, user, size=size, **more)
    table.cut = bool(table.next)
    return table

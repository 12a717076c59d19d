"""A question as data, checked against the registry each time it is read.

{"subject": "cases", "columns": ["number", "state"], "unit": "HD01", "filters":
 [{"field": "taken_in_at", "op": "span", "value": "last_month"}],
 "groups": ["region", "taken_in_at:month"], "measures": ["count", "mean:rating"],
 "chart": "stack", "charted": ["count"]}
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from core.errors import Refused
from reports.builder.chart_rules import CHARTS, MOST_CHARTED, check_chart
from reports.builder.registry import FIGURES, SUBJECTS, TIMES, Field, Subject, Text

MOST_COLUMNS: Final = 20
MOST_FILTERS: Final = 12
MOST_GROUPS: Final = 2
MOST_MEASURES: Final = 6
MOST_WORDS: Final = 100
LONGEST_TEXT: Final = 200
STEPS: Final = {
    "day": pgettext_lazy("step of time", "day"),
    "week": pgettext_lazy("step of time", "week"),
    "month": pgettext_lazy("step of time", "month"),
    "quarter": pgettext_lazy("step of time", "quarter"),
    "year": pgettext_lazy("step of time", "year"),
}
SPANS: Final = {
    "today": gettext_lazy("Today"),
    "yesterday": gettext_lazy("Yesterday"),
    "this_week": gettext_lazy("This week"),
    "last_week": gettext_lazy("Last week"),
    "this_month": gettext_lazy("This month"),
    "last_month": gettext_lazy("Last month"),
    "this_year": gettext_lazy("This year"),
    "last_year": gettext_lazy("Last year"),
    "last_30": gettext_lazy("The last 30 days"),
    "last_90": gettext_lazy("The last 90 days"),
    "next_30": gettext_lazy("The next 30 days"),
}
OPERATORS: Final = {
    "text": ("contains", "is"),
    "id": ("contains", "is"),
    "choice": ("in",),
    "bool": ("in",),
    "date": ("span", "from", "to"),
    "datetime": ("span", "from", "to"),
    "integer": ("min", "max"),
    "number": ("min", "max"),
    "money": ("min", "max"),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition; `value` is checked against the kind of its field."""

    field: Field
    op: str
    value: Any


@dataclass(frozen=True, slots=True)
class Grouping:
    """A field to group by, of times with a step."""

    field: Field
    step: str = ""

    @property
    def key(self) -> str:
        return f"{self.field.key}:{self.step}" if self.step else self.field.key

    @property
    def label(self) -> str:
        if not self.step:
            return str(self.field.label)
        return _("{field} ({step})").format(field=self.field.label, step=STEPS[self.step])


@dataclass(frozen=True, slots=True)
class Measure:
    """What is told of each group: `verb` is count, each, share, sum, mean, median or rate (of
    what is true of a row or is not, the share of which it is)."""

    verb: str
    field: Field | None = None
    label: Text = ""

    @property
    def key(self) -> str:
        return f"{self.verb}:{self.field.key}" if self.field else self.verb


@dataclass(frozen=True, slots=True)
class Definition:
    """A question that reads: everything in it is known to the registry."""

    subject: Subject
    columns: tuple[Field, ...] = ()
    filters: tuple[Filter, ...] = ()
    groups: tuple[Grouping, ...] = ()
    measures: tuple[Measure, ...] = ()
    chart: str = ""
    charted: tuple[Measure, ...] = ()
    unit: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)


def measures_of(subject: Subject) -> list[Measure]:
    """What can be told of groups of a subject."""
    found = [Measure("count", label=_("Rows"))]
    if subject.each:
        found.append(Measure("each", label=subject.each[1]))
    found.append(Measure("share", label=_("Share of all rows")))
    for one in subject.fields:
        if one.sums:
            label = _("Sum: {field}").format(field=one.label)
            found.append(Measure("sum", one, label))
        if one.means:
            label = _("Mean: {field}").format(field=one.label)
            found.append(Measure("mean", one, label))
            label = _("Median: {field}").format(field=one.label)
            found.append(Measure("median", one, label))
        if one.rates:
            label = _("Share: {field}").format(field=one.label)
            found.append(Measure("rate", one, label))
    return found


def groupings_of(subject: Subject) -> list[Grouping]:
    """By what rows of a subject can be grouped."""
    found: list[Grouping] = []
    for one in subject.fields:
        if one.groups and one.kind in TIMES:
            found += [Grouping(one, step) for step in STEPS]
        elif one.groups:
            found.append(Grouping(one))
    return found


def read(raw: Any) -> Definition:
    """The question that stored data ask. Raises Refused with one sentence for what does not read:
    a field that has vanished, and whatever else somebody may have put there."""
    if not isinstance(raw, dict):
        raise Refused(_("This report cannot be read any more. Please build it anew."))
    subject = SUBJECTS.get(raw["subject"]) if isinstance(raw.get("subject"), str) else None
    if subject is None:
        raise Refused(_("The subject of this report does not exist any more."))
    chart = raw.get("chart") or ""
    found = Definition(
        subject,
        tuple(_column(subject, key) for key in _texts(raw, "columns", MOST_COLUMNS)),
        tuple(_filter(subject, one) for one in _items(raw, "filters", MOST_FILTERS)),
        _chosen(subject, raw, "groups", MOST_GROUPS, groupings_of),
        _chosen(subject, raw, "measures", MOST_MEASURES, measures_of),
        chart if isinstance(chart, str) and chart in CHARTS else "",
        _chosen(subject, raw, "charted", MOST_CHARTED, measures_of),
        raw["unit"] if isinstance(raw.get("unit"), str) else "",
        raw,
    )
    _check(found)
    return found


def _check(asked: Definition) -> None:
    """What a subject asks of every question about it."""
    subject = asked.subject
    if not subject.lists and not asked.groups:
        raise Refused(_("Please choose by what to group; single rows are not shown here."))
    if not asked.groups and not asked.columns:
        raise Refused(_("Please choose at least one column, or by what to group."))
    if asked.groups and not asked.measures:
        raise Refused(_("Please choose what to tell of each group."))
    if asked.unit and not subject.has_units:
        raise Refused(_("This subject cannot be narrowed to a unit."))
    keys = [one.field.key for one in asked.filters if one.op == "is"]
    if subject.alone and keys != [subject.alone]:
        label = subject.by_key[subject.alone].label
        raise Refused(_("Please choose one value of “{field}”.").format(field=label))
    check_chart(asked)


def _items(raw: Mapping[str, Any], name: str, most: int) -> list[Any]:
    found = raw.get(name) or []
    if not isinstance(found, list) or len(found) > most:
        raise Refused(
            _("A report holds at most {count} of “{part}”.").format(count=most, part=name)
        )
    return found


def _texts(raw: Mapping[str, Any], name: str, most: int) -> list[str]:
    found = _items(raw, name, most)
    # Once each, in their order.
    return list(dict.fromkeys(str(one) for one in found))


def _gone(key: object) -> Refused:
    sentence = _("This report uses “{field}”, which does not exist any more. Please change it.")
    return Refused(sentence.format(field=str(key)[:60]))


def _column(subject: Subject, key: str) -> Field:
    one = subject.by_key.get(key)
    if one is None or not one.lists:
        raise _gone(key)
    return one


def _chosen(
    subject: Subject,
    raw: Mapping[str, Any],
    name: str,
    most: int,
    offered: Callable[[Subject], Iterable[Any]],
) -> tuple[Any, ...]:
    known = {one.key: one for one in offered(subject)}
    keys = _texts(raw, name, most)
    for key in keys:
        if key not in known:
            raise _gone(key)
    return tuple(known[key] for key in keys)


# --- conditions -----------------------------------------------------------------------------------


def _filter(subject: Subject, raw: Any) -> Filter:
    if not isinstance(raw, dict):
        raise Refused(_("This report cannot be read any more. Please build it anew."))
    key, op = raw.get("field"), raw.get("op")
    one = subject.by_key.get(key) if isinstance(key, str) else None
    if one is None or not (one.filters or key == subject.alone):
        raise _gone(key)
    if op not in OPERATORS[one.kind] or (key == subject.alone and op != "is"):
        raise _gone(f"{key} {op}")
    return Filter(one, str(op), _value(one, str(op), raw.get("value")))


def _value(one: Field, op: str, value: Any) -> Any:
    """The value of a condition in the type of its field. Raises Refused."""
    try:
        if op == "in":
            return _known_words(one, value)
        if op == "span":
            return SPANS[value] and value
        if op in ("from", "to"):
            return date.fromisoformat(value)
        if op in ("min", "max") and one.kind in FIGURES:
            number = Decimal(str(value))
            if number.is_finite():
                return number
        elif isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT and "\0" not in value:
            return value
    except (KeyError, TypeError, ValueError, InvalidOperation):
        pass
    raise Refused(_("The condition on “{field}” cannot be read.").format(field=one.label))


def _known_words(one: Field, value: Any) -> list[Any]:
    words = one.words() if one.words else {}
    if not isinstance(value, list) or not value or len(value) > MOST_WORDS:
        raise ValueError("not a list of words")
    if any(not isinstance(word, str | bool) or word not in words for word in value):
        raise ValueError("a word that the field does not have")
    return value


def days_of(span: str, today: date) -> tuple[date, date]:
    """First and last day of a span of `SPANS`, both included."""
    month = today.replace(day=1)
    monday = today - timedelta(days=today.weekday())
    before = (month - timedelta(days=1)).replace(day=1)
    day = timedelta(days=1)
    year = today.year
    return {
        "today": (today, today),
        "yesterday": (today - day, today - day),
        "this_week": (monday, monday + 6 * day),
        "last_week": (monday - 7 * day, monday - day),
        "this_month": (month, (month + 31 * day).replace(day=1) - day),
        "last_month": (before, month - day),
        "this_year": (date(year, 1, 1), date(year, 12, 31)),
        "last_year": (date(year - 1, 1, 1), date(year - 1, 12, 31)),
        "last_30": (today - 29 * day, today),
        "last_90": (today - 89 * day, today),
        "next_30": (today, today + 29 * day),
    }[span]

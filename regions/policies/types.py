"""Kinds of values a policy may have: how each is kept, bounded, written and asked for.

A value is a plain immutable Python object in code (int, Decimal, bool, str, tuple, `Span`), JSON in
the database, words on a page and fields in a form. A type knows the way between them, and its
bounds; it knows nothing of units and dates.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from core.display import listed, money, thousands

Words = str | Promise
Pairs = Sequence[tuple[str, Words]]


class Type(ABC):
    """A kind of value. `to_json(from_json(x)) == x` for whatever `check` lets pass."""

    @abstractmethod
    def check(self, value: Any) -> None:
        """Raise ValidationError with a sentence for a value of another kind or out of bounds."""

    @abstractmethod
    def words(self, value: Any) -> str:
        """The value as a reader sees it, with its unit."""

    @abstractmethod
    def field(self, **options: Any) -> forms.Field:
        """A form field that gives clean values of this type."""

    def bounds(self) -> str:
        """What is allowed, in words; empty where the form shows it by itself."""
        return ""

    def to_json(self, value: Any) -> Any:
        """The value as JSON."""
        return value

    def from_json(self, stored: Any) -> Any:
        """The value of JSON. Raises ValueError or TypeError for JSON of another kind."""
        return stored


def _between(value: Any, low: Any, high: Any, bounds: str) -> None:
    if not low <= value <= high:
        raise ValidationError(
            _("Please enter a value within these bounds: %(bounds)s."), params={"bounds": bounds}
        )


def _not_this_kind(value: Any) -> ValidationError:
    return ValidationError(
        _("“%(value)s” is not a value of this rule."), params={"value": str(value)[:80]}
    )


@dataclass(frozen=True)
class Whole(Type):
    """A whole number from `minimum` to `maximum`.

    `unit` is the word after it ("minutes"), `one` the word after a single one ("minute").
    """

    minimum: int
    maximum: int
    unit: Words = ""
    one: Words = ""

    def check(self, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise _not_this_kind(value)
        _between(value, self.minimum, self.maximum, self.bounds())

    def words(self, value: int) -> str:
        return _amount(thousands(value), self.one if value == 1 and self.one else self.unit)

    def bounds(self) -> str:
        return _from_to(thousands(self.minimum), thousands(self.maximum), self.unit)

    def field(self, **options: Any) -> forms.Field:
        return forms.IntegerField(min_value=self.minimum, max_value=self.maximum, **options)

    def from_json(self, stored: Any) -> int:
        if isinstance(stored, bool) or not isinstance(stored, int):
            raise TypeError(stored)
        return stored


@dataclass(frozen=True)
class Decimal_(Type):  # noqa: N801  `Decimal` is the class of its values
    """A decimal number with at most `places` places; kept as text, so that nothing is rounded."""

    minimum: Decimal | int | str
    maximum: Decimal | int | str
    places: int = 2
    unit: Words = ""

    def check(self, value: Any) -> None:
        if not isinstance(value, Decimal) or not value.is_finite():
            raise _not_this_kind(value)
        if value != round(value, self.places):
            raise ValidationError(
                _("Please enter at most %(places)s decimal places."),
                params={"places": self.places},
            )
        _between(value, Decimal(self.minimum), Decimal(self.maximum), self.bounds())

    def words(self, value: Decimal) -> str:
        return _amount(_plain(value), self.unit)

    def bounds(self) -> str:
        return _from_to(_plain(self.minimum), _plain(self.maximum), self.unit)

    def field(self, **options: Any) -> forms.Field:
        return forms.DecimalField(
            min_value=Decimal(self.minimum),
            max_value=Decimal(self.maximum),
            decimal_places=self.places,
            **options,
        )

    def to_json(self, value: Decimal) -> str:
        return _plain(value)

    def from_json(self, stored: Any) -> Decimal:
        try:
            return Decimal(stored)
        except InvalidOperation as error:
            raise ValueError(stored) from error


@dataclass(frozen=True)
class Money(Decimal_):
    """Yuan with two places."""

    minimum: Decimal | int | str = 0
    maximum: Decimal | int | str = 100_000_000

    def words(self, value: Decimal) -> str:
        return money(value)

    def bounds(self) -> str:
        return _from_to(money(Decimal(self.minimum)), money(Decimal(self.maximum)), "")

    def field(self, **options: Any) -> forms.Field:
        from core.widgets import MoneyInput

        return super().field(**({"widget": MoneyInput} | options))


@dataclass(frozen=True)
class Flag(Type):
    """Yes or no. `yes` and `no` are the words, where better ones exist."""

    yes: Words = gettext_lazy("Yes")
    no: Words = gettext_lazy("No")

    def check(self, value: Any) -> None:
        if not isinstance(value, bool):
            raise _not_this_kind(value)

    def words(self, value: bool) -> str:
        return str(self.yes if value else self.no)

    def field(self, **options: Any) -> forms.Field:
        pairs = [("true", self.yes), ("false", self.no)]
        return forms.TypedChoiceField(
            choices=pairs, coerce=lambda text: text == "true", empty_value=None,
            widget=FlagSelect, **options,
        )  # fmt: skip

    def from_json(self, stored: Any) -> bool:
        if not isinstance(stored, bool):
            raise TypeError(stored)
        return stored


class FlagSelect(forms.Select):
    """Writes True and False as the words of its choices' keys."""

    def format_value(self, value: Any) -> Any:
        return super().format_value({True: "true", False: "false"}.get(value, value))


@dataclass(frozen=True)
class Choice(Type):
    """One of several codes; `choices` are (code, words) or a function that gives them."""

    choices: Pairs | Callable[[], Pairs]

    def pairs(self) -> list[tuple[str, Words]]:
        """The codes with their words, as they are now."""
        return list(self.choices() if callable(self.choices) else self.choices)

    def check(self, value: Any) -> None:
        if not isinstance(value, str) or value not in dict(self.pairs()):
            raise _not_this_kind(value)

    def words(self, value: str) -> str:
        return str(dict(self.pairs()).get(value, value))

    def field(self, **options: Any) -> forms.Field:
        return forms.ChoiceField(choices=self.pairs, **options)

    def from_json(self, stored: Any) -> str:
        if not isinstance(stored, str):
            raise TypeError(stored)
        return stored


@dataclass(frozen=True)
class Choices(Choice):
    """A set of codes, kept in the order of the choices; may be empty unless `required`."""

    required: bool = False

    def check(self, value: Any) -> None:
        known = dict(self.pairs())
        if not isinstance(value, tuple) or any(code not in known for code in value):
            raise _not_this_kind(value)
        if self.required and not value:
            raise ValidationError(_("Please choose at least one."))

    def words(self, value: Iterable[str]) -> str:
        known = dict(self.pairs())
        return listed(known.get(code, code) for code in value) or str(_("None"))

    def field(self, **options: Any) -> forms.Field:
        return OrderedChoices(
            choices=self.pairs, widget=forms.CheckboxSelectMultiple,
            **(options | {"required": self.required}),
        )  # fmt: skip

    def to_json(self, value: Iterable[str]) -> list[str]:  # type: ignore[override]
        return list(value)

    def from_json(self, stored: Any) -> tuple[str, ...]:  # type: ignore[override]
        if not isinstance(stored, list) or not all(isinstance(code, str) for code in stored):
            raise TypeError(stored)
        return tuple(stored)


class OrderedChoices(forms.MultipleChoiceField):
    """What was ticked, as a tuple in the order of the choices."""

    def clean(self, value: Any) -> tuple[str, ...]:
        chosen = set(super().clean(value))
        pairs: list[tuple[str, Any]] = list(self.choices)  # type: ignore[arg-type]
        return tuple(code for code, _words in pairs if code in chosen)


UNITS: dict[str, Words] = {
    "minutes": gettext_lazy("minutes"),
    "hours": gettext_lazy("hours"),
    "days": gettext_lazy("days"),
    "working_minutes": gettext_lazy("working minutes"),
    "working_hours": gettext_lazy("working hours"),
    "working_days": gettext_lazy("working days"),
}
ONE: dict[str, Words] = {
    "minutes": gettext_lazy("minute"),
    "hours": gettext_lazy("hour"),
    "days": gettext_lazy("day"),
    "working_minutes": gettext_lazy("working minute"),
    "working_hours": gettext_lazy("working hour"),
    "working_days": gettext_lazy("working day"),
}
# As choices they stand without the measure word that Chinese puts after a number.
CHOICES: dict[str, Words] = {
    "minutes": pgettext_lazy("unit of time", "minutes"),
    "hours": pgettext_lazy("unit of time", "hours"),
    "days": pgettext_lazy("unit of time", "days"),
    "working_minutes": pgettext_lazy("unit of time", "working minutes"),
    "working_hours": pgettext_lazy("unit of time", "working hours"),
    "working_days": pgettext_lazy("unit of time", "working days"),
}
ALL_UNITS = tuple(UNITS)
MINUTES = {"minutes": 1, "hours": 60, "days": 24 * 60, "working_minutes": 1, "working_hours": 60}


@dataclass(frozen=True)
class Span:
    """A length of time: an amount and one of UNITS. Halves are allowed: half a working day."""

    amount: Decimal | int
    unit: str

    @property
    def working(self) -> bool:
        """Whether it is counted in working time."""
        return self.unit.startswith("working_")

    @property
    def minutes(self) -> int:
        """Whole minutes. Raises ValueError for working days, whose length the calendar knows."""
        if self.unit not in MINUTES:
            raise ValueError("the working calendar says how long a working day is")
        return int(self.amount * MINUTES[self.unit])

    def __str__(self) -> str:
        return _amount(_plain(self.amount), (ONE if self.amount == 1 else UNITS)[self.unit])


@dataclass(frozen=True)
class Duration(Type):
    """A `Span` in one of `units`, at most `maximum` of whichever unit is chosen."""

    units: Sequence[str] = ALL_UNITS
    maximum: int = 1000
    minimum: Decimal | int = Decimal("0.5")

    def check(self, value: Any) -> None:
        if not isinstance(value, Span) or value.unit not in self.units:
            raise _not_this_kind(value)
        if Decimal(value.amount) * 2 % 1:
            raise ValidationError(_("Please enter a whole number or a half."))
        _between(Decimal(value.amount), Decimal(self.minimum), self.maximum, self.bounds())

    def words(self, value: Span) -> str:
        return str(value)

    def bounds(self) -> str:
        return _from_to(_plain(self.minimum), thousands(self.maximum), _("of the unit chosen"))

    def field(self, **options: Any) -> forms.Field:
        from regions.policies.fields import SpanField

        return SpanField(units=self.units, minimum=self.minimum, maximum=self.maximum, **options)

    def to_json(self, value: Span) -> dict[str, str]:
        return {"amount": _plain(value.amount), "unit": value.unit}

    def from_json(self, stored: Any) -> Span:
        try:
            amount, unit = Decimal(stored["amount"]), str(stored["unit"])
        except (KeyError, InvalidOperation) as error:
            raise ValueError(stored) from error
        if unit not in UNITS:
            raise ValueError(stored)
        return Span(amount, unit)


@dataclass(frozen=True)
class Text(Type):
    """One line of text, at most `maximum` characters."""

    maximum: int = 200
    minimum: int = 0

    def check(self, value: Any) -> None:
        if not isinstance(value, str):
            raise _not_this_kind(value)
        if not self.minimum <= len(value) <= self.maximum:
            raise ValidationError(
                _("Please enter between %(minimum)s and %(maximum)s characters."),
                params={"minimum": self.minimum, "maximum": self.maximum},
            )

    def words(self, value: str) -> str:
        return value or str(_("None"))

    def field(self, **options: Any) -> forms.Field:
        return forms.CharField(
            **(options | {"required": self.minimum > 0, "max_length": self.maximum})
        )

    def from_json(self, stored: Any) -> str:
        if not isinstance(stored, str):
            raise TypeError(stored)
        return stored


@dataclass(frozen=True)
class Column:
    """A column of a table: its name in code, its head, the type of its cells."""

    name: str
    title: Words
    type: Type


Row = Mapping[str, Any]


@dataclass(frozen=True)
class Rows(Type):
    """A small table. A value is a tuple of rows, a row a read-only mapping of column names.

    `rule` looks at the whole table and returns the sentence that refuses it, or None (shares that
    must add up to 100).
    """

    columns: Sequence[Column]
    minimum: int = 1
    maximum: int = 20
    rule: Callable[[Sequence[Row]], Words | None] | None = None

    def check(self, value: Any) -> None:
        if not isinstance(value, tuple):
            raise _not_this_kind(value)
        _between(len(value), self.minimum, self.maximum, self.bounds())
        for row in value:
            if set(row) != {column.name for column in self.columns}:
                raise _not_this_kind(dict(row))
            for column in self.columns:
                column.type.check(row[column.name])
        problem = self.rule(value) if self.rule else None
        if problem:
            raise ValidationError(str(problem))

    def words(self, value: Sequence[Row]) -> str:
        return pgettext("between the rows of a table", "; ").join(
            " ".join(column.type.words(row[column.name]) for column in self.columns)
            for row in value
        ) or str(_("None"))

    def bounds(self) -> str:
        return _from_to(thousands(self.minimum), thousands(self.maximum), _("rows"))

    def field(self, **options: Any) -> forms.Field:
        from regions.policies.fields import RowsField

        return RowsField(columns=self.columns, maximum=self.maximum, **options)

    def to_json(self, value: Sequence[Row]) -> list[dict[str, Any]]:
        return [
            {column.name: column.type.to_json(row[column.name]) for column in self.columns}
            for row in value
        ]

    def from_json(self, stored: Any) -> tuple[Row, ...]:
        if not isinstance(stored, list):
            raise TypeError(stored)
        try:
            return rows(
                {column.name: column.type.from_json(row[column.name]) for column in self.columns}
                for row in stored
            )
        except KeyError as error:
            raise ValueError(stored) from error


def rows(each: Iterable[Mapping[str, Any]]) -> tuple[Row, ...]:
    """The value of a table from plain mappings, for defaults written in code."""
    return tuple(MappingProxyType(dict(row)) for row in each)


def _plain(value: Decimal | int | str) -> str:
    """A number without superfluous zeros: 0.5, 4, 1200."""
    number = Decimal(value)
    whole = number.to_integral_value()
    return str(int(whole)) if number == whole else str(number.normalize())


def _amount(number: str, unit: Words) -> str:
    return (
        pgettext("an amount with its unit", "%(number)s %(unit)s")
        % {"number": number, "unit": unit}
        if unit
        else number
    )


def _from_to(low: str, high: str, unit: Words) -> str:
    return _("%(low)s to %(high)s") % {"low": low, "high": _amount(high, unit)}

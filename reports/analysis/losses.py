"""Who was lost within a year: why, where to, of whom they consist (VAL-12)."""

# ruff: noqa: S608  conditions are compiled by Django, never pasted from people

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal

from customers.models import CustomerKind, CustomerUnit, Loss
from regions.models import OrgUnit
from reports.analysis.base import OTHER, Question, rows_of, share, sql_of

DAYS = 365
DIMENSIONS = ("level", "business_type", "unit")


@dataclass(frozen=True, slots=True)
class LossLine:
    """A customer whom a unit lost. `amount` is what he bought in the 365 days through the loss, in
    yuan; `back` whether he had been won back by the day looked at."""

    customer: int
    code: str
    name: str
    level: str
    business_type: str
    unit: int
    lost_on: dt.date
    cause: str
    within_control: bool
    direction: str
    competitor: str
    won_back_on: dt.date | None
    amount: Decimal
    part: int

    @property
    def back(self) -> bool:
        """Whether he came back."""
        return self.won_back_on is not None


@dataclass(frozen=True, slots=True)
class LossSum:
    """Losses of one word: how many, their share of all, what they had bought, how many came back.
    `whole` is how many customers of this word there are, None where that says nothing; `unit` the
    unit that a word is the name of, which another one may bear too."""

    word: str
    lost: int
    share: float | None
    amount: Decimal
    back: int
    whole: int | None = None
    within_control: bool | None = None
    unit: OrgUnit | None = None

    @property
    def key(self) -> str:
        """What tells it from the others: of a unit its code."""
        return self.unit.code if self.unit else self.word

    @property
    def rate(self) -> float | None:
        """Lost ones of all of this word, a part of 1."""
        return share(self.lost, self.whole) if self.whole else None


_LOSSES = """
    WITH lost AS ({losses})
    SELECT c.id, c.code, c.name, c.level,
           CASE WHEN c.kind = %s THEN coalesce(nullif(c.business_type, ''), %s) ELSE '' END,
           l.unit_id, l.lost_on, l.cause, l.within_control, l.direction, l.competitor,
           CASE WHEN l.won_back_on <= %s THEN l.won_back_on END,
           coalesce((SELECT sum(t.amount) FROM customers_transaction t
                     WHERE t.customer_id = l.customer_id AND t."on" <= l.lost_on
                       AND t."on" > l.lost_on - %s::int), 0),
           coalesce(l.{part}, l.unit_id)
    FROM lost l JOIN customers_customer c ON c.id = l.customer_id
    ORDER BY l.lost_on DESC, c.code COLLATE "C", l.unit_id"""


def losses(asked: Question) -> list[LossLine]:
    """The losses of the 365 days through the day, the latest first."""
    rows = asked.of(Loss.objects.visible_to(asked.scope)).filter(
        lost_on__gt=asked.as_of - dt.timedelta(days=DAYS), lost_on__lte=asked.as_of
    )
    columns = (
        *("customer_id", "unit_id", "region_id", "city_id", "project_id", "lost_on", "cause"),
        *("within_control", "direction", "competitor", "won_back_on"),
    )
    sql, params = sql_of(rows, *columns)
    found = rows_of(
        _LOSSES.format(losses=sql, part=asked.part),
        [*params, CustomerKind.ORGANISATION, OTHER, asked.as_of, DAYS],
    )
    return [LossLine(*row) for row in found]


def by_cause(lines: list[LossLine]) -> list[LossSum]:
    """The causes, the most frequent first."""
    return _sums([(x.cause, x) for x in lines], ours={x.cause: x.within_control for x in lines})


def by_direction(lines: list[LossLine]) -> list[LossSum]:
    """Where they went, the most frequent first."""
    return _sums([(x.direction, x) for x in lines])


def by_competitor(lines: list[LossLine]) -> list[LossSum]:
    """The competitors that were named, the most frequent first."""
    return _sums([(x.competitor, x) for x in lines if x.competitor])


def chosen(lines: list[LossLine], part: str) -> list[LossLine]:
    """The losses that are counted under a word, chosen as "by:word": cause, direction, competitor,
    level, business_type or unit (by its code)."""
    by, _colon, word = part.partition(":")
    if by == "unit":
        unit = chosen_unit(lines, part)
        return [x for x in lines if unit is not None and x.part == unit.pk]
    if by not in ("cause", "direction", "competitor", "level", "business_type"):
        return []
    return [x for x in lines if getattr(x, by) == word]


def chosen_unit(lines: list[LossLine], part: str) -> OrgUnit | None:
    """The unit of a choice "unit:code", if one of these losses is counted under it."""
    by, _colon, code = part.partition(":")
    if by != "unit":
        return None
    units = OrgUnit.objects.filter(pk__in={x.part for x in lines})
    return next((unit for unit in units if unit.code == code), None)


def composition(asked: Question, lines: list[LossLine]) -> dict[str, list[LossSum]]:
    """Of whom the lost ones consist, beside how many customers of the same kind there are now:
    a customer lost in two units counts in both, as he is a customer of both. Units are told apart
    by their codes: two may bear the same name."""
    units = OrgUnit.objects.in_bulk({x.part for x in lines})
    by_code = {unit.code: unit for unit in units.values()}
    words = {
        "level": [(x.level, x) for x in lines],
        "business_type": [(x.business_type, x) for x in lines if x.business_type],
        "unit": [(units[x.part].code, x) for x in lines],
    }
    whole = _whole(asked, units)
    found = {by: _sums(pairs, whole=whole[by]) for by, pairs in words.items()}
    found["unit"] = [_named(line, by_code[line.word]) for line in found["unit"]]
    return found


def _named(line: LossSum, unit: OrgUnit) -> LossSum:
    """The line of a part of the branch, which was counted by its code."""
    return replace(line, word=unit.name, unit=unit)


_WHOLE = """
    WITH place AS ({places})
    SELECT c.level, CASE WHEN c.kind = %s THEN coalesce(nullif(c.business_type, ''), %s) END,
           coalesce(p.{part}, p.unit_id), count(*)
    FROM place p JOIN customers_customer c ON c.id = p.customer_id GROUP BY 1, 2, 3"""


def _whole(asked: Question, units: dict[int, OrgUnit]) -> dict[str, dict[str, int]]:
    places = asked.of(CustomerUnit.objects.visible_to(asked.scope))
    columns = ("customer_id", "unit_id", "region_id", "city_id", "project_id")
    sql, params = sql_of(places, *columns)
    statement = _WHOLE.format(places=sql, part=asked.part)
    found: dict[str, dict[str, int]] = {by: defaultdict(int) for by in DIMENSIONS}
    for level, kind, part, count in rows_of(statement, [*params, CustomerKind.ORGANISATION, OTHER]):
        found["level"][level] += count
        if kind is not None:
            found["business_type"][kind] += count
        if part in units:
            found["unit"][units[part].code] += count
    return found


def _sums(
    pairs: list[tuple[str, LossLine]],
    whole: dict[str, int] | None = None,
    ours: dict[str, bool] | None = None,
) -> list[LossSum]:
    words: dict[str, list[LossLine]] = defaultdict(list)
    for word, line in pairs:
        words[word].append(line)
    found = [
        LossSum(
            word,
            len(mine),
            share(len(mine), len(pairs)),
            sum((x.amount for x in mine), Decimal(0)),
            sum(x.back for x in mine),
            None if whole is None else whole.get(word, 0),
            None if ours is None else ours[word],
        )
        for word, mine in words.items()
    ]
    return sorted(found, key=lambda x: (-x.lost, -x.amount, x.word))

"""The profile of buyers: persons of a branch by age, occupation and purpose, and how many belong to
the segments the company sells to (CUS-27).

Ages are those of the year looked at: the year of birth is known, not the day.
"""

# ruff: noqa: S608  conditions are compiled by Django, never pasted from people

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from customers.models import CustomerKind
from regions.policies import policy
from reports.analysis.base import Question, rows_of, share, sql_of
from reports.analysis.owners import places_asked

# The first year of each band of ages; the profile of the rule is 25 to 55.
BANDS = (0, 25, 35, 45, 56, 66)
UNKNOWN = ""
ANY = "any"


@dataclass(frozen=True, slots=True)
class ProfileLine:
    """A word of a dimension ("age" as its band's first year, "occupation", "purpose"), how many
    have it, and their share of those of whom it is known; the unknown have none."""

    by: str
    word: str
    customers: int
    share: float | None


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """A target segment: how many belong to it of so many of whom all it asks for is known."""

    name: str
    members: int
    known: int

    @property
    def share(self) -> float | None:
        """A part of 1; None where nobody is known."""
        return share(self.members, self.known)


@dataclass(frozen=True, slots=True)
class Buyer:
    """So many persons of an age (None unknown), occupation and purpose ("" unknown)."""

    age: int | None
    occupation: str
    purpose: str
    count: int


_BUYERS = """
    SELECT CASE WHEN c.birth_year IS NULL THEN NULL ELSE greatest(0, %s - c.birth_year) END,
           c.occupation, c.purpose, count(*)
    FROM (SELECT DISTINCT customer_id FROM ({places}) p) h
    JOIN customers_customer c ON c.id = h.customer_id WHERE c.kind = %s
    GROUP BY 1, 2, 3"""


def buyers(asked: Question) -> list[Buyer]:
    """The persons of a branch, counted by what makes their profile."""
    sql, params = sql_of(places_asked(asked), "customer_id")
    values = [asked.as_of.year, *params, CustomerKind.PERSON]
    return [Buyer(*row) for row in rows_of(_BUYERS.format(places=sql), values)]


def band(age: int | None) -> str:
    """The first year of the band of an age, as text; nothing where it is not known."""
    return UNKNOWN if age is None else str(max(low for low in BANDS if low <= age))


DIMENSIONS: dict[str, Callable[[Buyer], str]] = {
    "age": lambda x: band(x.age),
    "occupation": lambda x: x.occupation,
    "purpose": lambda x: x.purpose,
}


def profile(found: list[Buyer]) -> list[ProfileLine]:
    """The persons by age, occupation and purpose: bands in their order, else the most first, the
    unknown last."""
    lines = []
    for by, word_of in DIMENSIONS.items():
        counts: Counter[str] = Counter()
        for one in found:
            counts[word_of(one)] += one.count
        unknown = counts.pop(UNKNOWN, 0)
        known = counts.total()

        def place(item: tuple[str, int], by: str = by) -> Any:
            return int(item[0]) if by == "age" else (-item[1], item[0])

        lines += [
            ProfileLine(by, word, count, share(count, known))
            for word, count in sorted(counts.items(), key=place)
        ]
        if unknown:
            lines.append(ProfileLine(by, UNKNOWN, unknown, None))
    return lines


def segments(asked: Question, found: list[Buyer]) -> list[SegmentLine]:
    """The target segments of the company on the day, with how many of the persons belong to each;
    the last line, without a name, counts those who belong to any."""
    rows = policy("customers.target_segment", unit=asked.unit, on=asked.as_of)
    lines = [_counted(row["name"], [(_fits(row, one), one.count) for one in found]) for row in rows]
    fitting = [([_fits(row, one) for row in rows], one.count) for one in found]
    return [*lines, _counted("", [(_any_of(fits), count) for fits, count in fitting])]


def _counted(name: str, found: list[tuple[bool | None, int]]) -> SegmentLine:
    members = sum(count for fits, count in found if fits)
    return SegmentLine(name, members, sum(count for fits, count in found if fits is not None))


def _any_of(fits: list[bool | None]) -> bool | None:
    """Whether somebody belongs to any segment; None where that is not known."""
    if any(fits):
        return True
    return None if None in fits or not fits else False


def _fits(row: Mapping[str, Any], one: Buyer) -> bool | None:
    """Whether somebody belongs to a segment; None where something it asks for is not known."""
    words = _words(row)
    unknown = one.age is None or (row["purpose"] != ANY and not one.purpose)
    if unknown or (words and not one.occupation):
        return None
    if not row["youngest"] <= (one.age or 0) <= row["oldest"]:
        return False
    if row["purpose"] not in (ANY, one.purpose):
        return False
    return not words or any(word in one.occupation for word in words)


def segment_rows(asked: Question, word: str) -> list[Mapping[str, Any]]:
    """The target segments that a number from 1 on, or "any", chooses; none for other words."""
    rows = list(policy("customers.target_segment", unit=asked.unit, on=asked.as_of))
    if word == ANY:
        return rows
    return [row for number, row in enumerate(rows, 1) if word == str(number)]


_MEMBERS = """
    SELECT c.id, c.code, c.name, c.birth_year, c.occupation, c.purpose
    FROM (SELECT DISTINCT customer_id FROM ({places}) p) h
    JOIN customers_customer c ON c.id = h.customer_id
    WHERE c.kind = %s AND {condition}
    ORDER BY c.pinyin, c.id LIMIT %s"""


def members(asked: Question, limit: int | None) -> list[tuple[Any, ...]]:
    """Key, code, name, year of birth, occupation and purpose of the persons of the chosen word
    ("by:word"; of a target segment its number from 1 on, or "any"), by name."""
    by, _colon, word = asked.chosen.partition(":")
    if by == "segment":
        condition, values = _of_segment(asked, word)
    elif by == "age" and word in {*map(str, BANDS), UNKNOWN}:
        condition, values = _ages(asked, word)
    elif by in ("occupation", "purpose"):
        condition, values = f"c.{by} = %s", [word]
    else:
        return []
    sql, params = sql_of(places_asked(asked), "customer_id")
    statement = _MEMBERS.format(places=sql, condition=condition)
    return rows_of(statement, [*params, CustomerKind.PERSON, *values, limit])


def _of_segment(asked: Question, word: str) -> tuple[str, list[Any]]:
    """The condition that `_fits` says yes to one of the chosen segments."""
    texts, values = ["false"], []
    for row in segment_rows(asked, word):
        parts = [
            "c.birth_year IS NOT NULL",
            "greatest(0, %s - c.birth_year) BETWEEN %s AND %s",
        ]
        values += [asked.as_of.year, row["youngest"], row["oldest"]]
        if row["purpose"] != ANY:
            parts.append("c.purpose = %s")
            values.append(row["purpose"])
        if words := _words(row):
            parts.append(f"({' OR '.join(['strpos(c.occupation, %s) > 0'] * len(words))})")
            values += words
        texts.append(f"({' AND '.join(parts)})")
    return f"({' OR '.join(texts)})", values


def _words(row: Mapping[str, Any]) -> list[str]:
    """The words of a segment of which an occupation holds one."""
    return [word.strip() for word in row["occupations"].split("、") if word.strip()]


def _ages(asked: Question, word: str) -> tuple[str, list[Any]]:
    if word == UNKNOWN:
        return "c.birth_year IS NULL", []
    low = int(word)
    high = next((first - 1 for first in BANDS if first > low), 10_000)
    # greatest() passes over what is unknown.
    known = "c.birth_year IS NOT NULL AND greatest(0, %s - c.birth_year) BETWEEN %s AND %s"
    return known, [asked.as_of.year, low, high]

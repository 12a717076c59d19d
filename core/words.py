"""A search text cut into the pieces that a prose text must all contain.

Word indexes lose Chinese text, so pieces are looked for as substrings (core.bigrams): cutting only
loosens what was typed. Somebody who types a whole phrase finds texts that say it in other order,
and every text with the phrase itself is still found.
"""

from django.db.models import F, Q, QuerySet, TextField, Value
from django.db.models.functions import Greatest, Lower, StrIndex, Substr

from core.bigrams import Bigrams, containing
from core.chinese import has_han

MOST_PIECES = 6
SHORT = 4  # characters; what is no longer is taken as it was typed: names, words, idioms
BEFORE, AFTER = 24, 76  # characters shown around what was found


def pieces_of(text: str) -> list[str]:
    """The pieces of a text, each of two characters or more and once, in order; [] for none."""
    found: list[str] = []
    for part in text.split():
        found += _cut(part) if len(part) > SHORT and has_han(part) else [part]
    long = [piece for piece in dict.fromkeys(found) if len(piece) > 1]
    return long[:MOST_PIECES]


def _cut(part: str) -> list[str]:
    """The words of a long run; single characters (的, 了) say nothing. The run itself where nothing
    else is left."""
    import rjieba

    words = [word for word in rjieba.cut(part) if len(word) > 1]
    return words or [part]


def containing_all(rows: QuerySet, column: str, pieces: list[str]) -> QuerySet:
    """Rows whose column contains every piece, by the index of pairs."""
    for piece in pieces:
        rows = containing(rows, column, piece)
    return rows


def mentioning(rows: QuerySet, columns: tuple[str, ...], pieces: list[str]) -> QuerySet:
    """Rows that have every piece in one of the columns; each column needs its index of pairs."""
    for number, piece in enumerate(pieces):
        needle = Bigrams(Value(piece, output_field=TextField()))
        found = Q()
        for column in columns:
            name = f"_pairs_{number}_{column}"
            rows = rows.alias(**{name: Bigrams(F(column))})
            found |= Q(**{f"{name}__contains": needle, f"{column}__icontains": piece})
        rows = rows.filter(found)
    return rows


def around(column: str, piece: str) -> Substr:
    """The part of a column around the first place of a piece: long texts stay in the database."""
    place = StrIndex(Lower(column), Value(piece.lower()))
    return Substr(F(column), Greatest(place - BEFORE, Value(1)), BEFORE + AFTER)


def excerpt(text: str, pieces: list[str], before: int = BEFORE, after: int = AFTER) -> str:
    """One line of a text around the first piece that occurs in it."""
    line = " ".join(text.split())
    low = line.lower()
    places = [place for piece in pieces if (place := low.find(piece.lower())) >= 0]
    start = max(0, min(places, default=0) - before)
    part = line[start : start + before + after]
    head = "…" if start else ""
    return f"{head}{part}…" if start + before + after < len(line) else f"{head}{part}"

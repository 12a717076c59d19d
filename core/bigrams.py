"""Substring search of Chinese text: pairs of neighbouring characters in a GIN index.

A word index loses hits (names are not words) and trigrams do not serve two-character searches,
so `cn_bigrams(text)` (migrations core 0001 and 0009) lists the pairs, in small letters, and every
search rechecks by LIKE.
"""

from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Func, QuerySet, TextField, Value


class Bigrams(Func):
    """The pairs of neighbouring characters of a text."""

    function = "cn_bigrams"
    output_field = ArrayField(TextField())


def containing(rows: QuerySet, column: str, text: str) -> QuerySet:
    """Rows whose column contains the text, in letters of any size; at least two characters, else
    the index is useless."""
    if len(text) < 2:
        raise ValueError("a substring search needs two characters")
    return rows.alias(_pairs=Bigrams(F(column))).filter(
        _pairs__contains=Bigrams(Value(text, output_field=TextField())),
        **{f"{column}__icontains": text},
    )

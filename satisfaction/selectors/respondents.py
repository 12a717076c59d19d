"""The single answers of a wave as arrays, for the second pass over a run."""

from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from satisfaction.figures import Asked
from satisfaction.models import ScoringRun
from satisfaction.resampling import FINER, People
from satisfaction.scales import FULL

# Rows of fixed width, so that the answer of the database is read as an array: −1 stands for NULL.
RESPONSES = """
    SELECT id, unit_id::int, s.place::int, coalesce(overall, -1)::int,
        coalesce(both_score * %(finer)s::bigint
            / (nullif(both_importance, 0) * %(full)s::bigint), -1)
    FROM satisfaction_response
    JOIN unnest(%(stages)s::text[]) WITH ORDINALITY s (name, place) ON s.name = stage
    WHERE wave_id = %(wave)s AND id <= %(last)s AND voided_at IS NULL
    ORDER BY id
"""
RATINGS = """
    SELECT a.response_id, a.item_id, coalesce(a.score, -1)::int,
        coalesce(a.importance, -1)::int
    FROM satisfaction_rating a
    WHERE a.wave_id = %(wave)s AND a.response_id <= %(last)s AND a.item_id = ANY(%(items)s)
"""
HEADER, TRAILER = 19, 2  # bytes before and behind the rows of a binary COPY


def people_of(run: ScoringRun, asked: Asked, stages: list[str]) -> People:
    """All answers of a run that count, in the order of their keys; `stages` by their places."""
    facts = {
        "wave": run.wave_id,
        "last": run.inputs.get("last_response") or 0,
        "items": list(asked.keys),
        "stages": stages,
        "finer": FINER,
        "full": FULL,
    }
    people = _array(RESPONSES, facts, "i8 i4 i4 i4 i8")
    keys = people["f0"].astype(np.int64)
    scores = np.full((len(keys), len(asked.keys)), -1, np.int8)
    importances = scores.copy()
    ratings = _array(RATINGS, facts, "i8 i8 i4 i4")
    rows = np.searchsorted(keys, ratings["f0"])
    counted = (rows < len(keys)) & (keys[np.minimum(rows, len(keys) - 1)] == ratings["f0"])
    rows, ratings = rows[counted], ratings[counted]
    columns = np.searchsorted(np.array(asked.keys), ratings["f1"])
    scores[rows, columns], importances[rows, columns] = ratings["f2"], ratings["f3"]
    return People(
        people["f1"].astype(np.int64),
        people["f2"].astype(np.int64) - 1,
        people["f3"].astype(np.int64),
        people["f4"].astype(np.int64),
        scores,
        importances,
    )


def _array(sql: str, facts: dict[str, Any], types: str) -> NDArray[Any]:
    """The rows of a statement by binary COPY: a count of fields, then length and value of each."""
    fields: list[tuple[str, str]] = [("count", ">i2")]
    for place, type_ in enumerate(types.split()):
        fields += [(f"length{place}", ">i4"), (f"f{place}", f">{type_}")]
    statement = f"COPY ({sql}) TO STDOUT (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(statement, facts) as copy:
        found = b"".join(bytes(block) for block in copy)
    return np.frombuffer(found[HEADER:-TRAILER], np.dtype(fields))

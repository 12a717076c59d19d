"""The rows of a run: figures of all units, items and indicators, copied in by the column."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import numpy as np
from django.db import connection

from core.columns import copy_columns, same_decimal
from regions.policies import policy_values
from satisfaction.figures import Asked, Sums, indicators_of, item_figures, unit_figures
from satisfaction.indicators import Tree
from satisfaction.models import ScoringRun
from satisfaction.services.withholding import Withholding
from satisfaction.weighting import WeightedFigures

EVERYONE = ""  # all owner stages together
KEYS = frozenset({"run_id", "item_id", "indicator_id"})
TYPES = {"b": "bool", "f": "float8", "U": "text"}

Digest = Callable[[dict[str, Any]], None]


def write_scores(
    run: ScoringRun, sums: Sums, asked: Asked, tree: Tree, weighted: WeightedFigures
) -> str:
    """Copy the rows of all units, items and indicators in. Returns the checksum of figures."""
    minimum = policy_values("satisfaction.minimum_n")
    checksum = hashlib.sha256(json.dumps([sums.cells, asked.keys, tree.as_json()]).encode())

    def digest(figures: dict[str, Any]) -> None:
        for name in sorted(figures):
            checksum.update(name.encode())
            if figures[name] is not None:
                checksum.update(np.ascontiguousarray(figures[name]).tobytes())

    figures = unit_figures(sums, asked, tree)
    digest(figures)
    n = figures["n"].tolist()
    hiding = Withholding(sums.cells, n, minimum)
    shown, withheld = (np.array(marks, bool) for marks in hiding.of_units())
    whose = {
        "run_id": np.full(len(n), run.pk),
        "unit_id": np.array([unit for unit, _stage in sums.cells], np.int64),
        "stage": np.array([stage for _unit, stage in sums.cells], str),
    }
    facts = {"shown": shown, "withheld": withheld}
    _copy("satisfaction_unitscore", whose | facts | figures)
    # Single figures of a stage with too few answers are nobody's to see.
    kept = shown | (whose["stage"] == EVERYONE)
    _write_items(whose, kept, sums, asked, hiding, digest)
    _write_indicators(whose, kept, sums, asked, tree, digest)
    checksum.update(json.dumps(weighted.as_json(), sort_keys=True).encode())
    return checksum.hexdigest()


def _write_items(
    whose: dict[str, Any],
    kept: Any,
    sums: Sums,
    asked: Asked,
    hiding: Withholding,
    digest: Digest,
) -> None:
    items = item_figures(sums)
    digest(items)
    given = (sums.rating("n") > 0) | (sums.rating("importances") > 0)
    rows, places = np.nonzero(given & kept[:, None])
    if not len(rows):
        return
    marks = np.array([hiding.of_item(column) for column in sums.rating("n").T.tolist()], bool)
    marks = marks.reshape(-1, 2, len(sums.cells))  # item, shown and withheld, cell
    columns = {
        "item_id": np.array(asked.keys, np.int64)[places],
        "shown": marks[places, 0, rows],
        "withheld": marks[places, 1, rows],
        **{name: values[rows, places] for name, values in items.items()},
    }
    _copy("satisfaction_itemscore", _of(whose, rows) | columns)


def _write_indicators(
    whose: dict[str, Any], kept: Any, sums: Sums, asked: Asked, tree: Tree, digest: Digest
) -> None:
    for node, (n, index) in indicators_of(sums, asked, tree).items():
        digest({"n": n, "index": index})
        rows = np.nonzero((n > 0) & kept)[0]
        columns = {
            "indicator_id": np.full(len(rows), node),
            "weight": same_decimal(tree.weight_of(node)),
            "n": n[rows],
            "index": index[rows],
        }
        _copy("satisfaction_indicatorscore", _of(whose, rows) | columns)


def _of(whose: dict[str, Any], rows: Any) -> dict[str, Any]:
    return {name: values[rows] for name, values in whose.items()}


def _copy(table: str, columns: dict[str, Any]) -> None:
    """Copy rows in, a column an array; a column without values stays NULL."""
    typed = {
        name: (_type(name, values), values)
        for name, values in columns.items()
        if values is not None
    }
    with connection.cursor() as cursor:
        copy_columns(cursor, table, typed)


def _type(name: str, values: Any) -> str:
    if isinstance(values, bytes):
        return "same"
    return TYPES.get(values.dtype.kind) or ("int8" if name in KEYS else "int4")

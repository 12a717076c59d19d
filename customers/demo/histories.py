"""Forgetting former values of rows that a removal takes out, for every app's part."""

# ruff: noqa: S608  tables come from code, never from people

from typing import Any

from django.apps import apps
from django.db import models


def forget_history(cursor: Any, table: type[models.Model], keys: list[int]) -> None:
    """Former values of rows of a tracked table, and the notes on who changed them that no other
    record needs. The trigger that keeps histories must be silent (Part.histories)."""
    events = f"{table._meta.db_table}event"
    cursor.execute(
        f"DELETE FROM {events} WHERE pgh_obj_id = ANY(%s) RETURNING pgh_context_id", [keys]
    )
    forget_contexts(cursor, {row[0] for row in cursor.fetchall() if row[0]})


def forget_contexts(cursor: Any, contexts: set[Any]) -> None:
    """Those of the notes on who changed something and when that no history names any more."""
    if not contexts:
        return
    others = " ".join(
        f"AND NOT EXISTS (SELECT FROM {name} AS e WHERE e.pgh_context_id = c.id)"
        for name in _history_tables()
    )
    cursor.execute(
        f"DELETE FROM pghistory_context AS c WHERE c.id = ANY(%s) {others}", [list(contexts)]
    )


def _history_tables() -> list[str]:
    return [
        model._meta.db_table
        for model in apps.get_models()
        if any(one.name == "pgh_context" for one in model._meta.get_fields())
    ]

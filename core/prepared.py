"""Statements that a connection plans once and then only fills in.

For the few that thousands of strangers send at once: planning a statement that writes several
tables takes the database longer than running it. Django's counts and errors know them as any other.
"""

from typing import Any
from weakref import WeakSet

from django.db import connection


class Prepared:
    """A statement and the types of its parameters: `Prepared("name", "… %(a)s …", a="bigint")`.

    `name` is unique in the product. Behind a pooler that shares connections by transaction
    (DISABLE_SERVER_SIDE_CURSORS) nothing can be prepared; there it is sent in full each time.
    """

    def __init__(self, name: str, sql: str, **types: str) -> None:
        places = {key: f"${place}" for place, key in enumerate(types, start=1)}
        self._prepare = f"PREPARE {name} ({', '.join(types.values())}) AS {sql % places}"
        self._execute = f"EXECUTE {name} ({', '.join(f'%({key})s' for key in types)})"
        self._whole = sql % {key: f"%({key})s::{kind}" for key, kind in types.items()}
        self._ready: WeakSet[Any] = WeakSet()  # connections that have prepared it

    def row(self, **values: Any) -> tuple[Any, ...] | None:
        """Run it; the first row that it gives, or None."""
        with connection.cursor() as cursor:
            cursor.execute(self._statement(cursor), values)
            return cursor.fetchone()

    def _statement(self, cursor: Any) -> str:
        if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
            return self._whole
        session = connection.connection
        if session not in self._ready:
            cursor.execute(self._prepare)
            self._ready.add(session)
        return self._execute

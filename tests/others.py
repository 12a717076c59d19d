"""Somebody else who acts at the same moment, in a connection of his own."""

import threading
from collections.abc import Callable

from django.db import DatabaseError, connection

from core.errors import Refused


class Other(threading.Thread):
    """Does something and keeps how it ended: "running", "done" or the name of its problem."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.act, self.outcome = act, "running"
        self.start()

    def run(self) -> None:
        try:
            self.act()
            self.outcome = "done"
        except (Refused, DatabaseError) as problem:
            self.outcome = type(problem).__name__
        finally:
            connection.close()

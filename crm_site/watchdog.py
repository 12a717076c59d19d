"""A worker that lives but hears nothing ends itself, so that whoever keeps it alive starts it anew.

When the broker goes away while a task ends, the loss is swallowed by the failing acknowledgement
and the worker's head waits for ever on a connection that is gone (celery 5.7; the fault lab shows
it). A thread in the head looks every 20 seconds: messages wait, nobody works, and nothing was
taken for three looks on end. Jobs survive it, because their rows and leases do.
"""

import logging
import os
import threading
import time
from collections.abc import Iterable
from typing import Any

from celery.worker import state

from core.jobs import messages_waiting

log = logging.getLogger(__name__)

EVERY = 20.0  # seconds between two looks
DEAF_AFTER = 3  # looks
EXIT_STATUS = 70
NAME = "watchdog"


class Ear:
    """Remembers what the worker has taken, look by look."""

    def __init__(self, queues: Iterable[str]) -> None:
        self.queues = list(queues)
        self.taken = -1
        self.silent = 0

    def look(self) -> bool:
        """One look; True when the worker is deaf."""
        taken = sum(state.total_count.values())
        idle = not state.active_requests
        missed = idle and taken == self.taken and any(map(messages_waiting, self.queues))
        self.taken = taken
        self.silent = self.silent + 1 if missed else 0
        return self.silent >= DEAF_AFTER


def watch(sender: Any = None, **kwargs: object) -> None:
    """Start the thread; `sender` is the consumer that has just become ready, not the first time."""
    if any(thread.name == NAME for thread in threading.enumerate()):
        return
    queues = list(sender.app.amqp.queues.consume_from)
    threading.Thread(target=_watch, args=(Ear(queues),), daemon=True, name=NAME).start()


def _watch(ear: Ear) -> None:
    while True:
        time.sleep(EVERY)
        if ear.look():
            log.critical("messages wait and this worker does not hear them; it ends itself")
            logging.shutdown()
            os._exit(EXIT_STATUS)

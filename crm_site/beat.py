"""The scheduler: django-celery-beat's, with the truth in the ledger of core.periodic.

Of several schedulers one leads, the one that holds a lock of the database; the others idle and
take over when it dies. The lock saves work and nothing else: without it every run is still
asked for once, because its key is unique. While the database is away the scheduler waits.
"""

import logging
import time
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django_celery_beat.schedulers import DatabaseScheduler

from core import periodic
from core.jobs import KINDS, requeue_lost_jobs
from core.models import Queue
from crm_site.schedule import write_schedule

log = logging.getLogger(__name__)

LOCK = 4_020_017  # any number, the same for all schedulers of a database
HOUSE_EVERY = 5.0  # seconds between two looks for what is lost or missing
PULSE_EVERY = 30.0  # seconds between two signs of life


class LedgerScheduler(DatabaseScheduler):
    """Asks for runs through the ledger; sends only what administrators added by themselves."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._lock: BaseDatabaseWrapper | None = None
        self._house_due = self._pulse_due = 0.0
        self._written = False
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """Begin without reading anything: the database may not be there yet."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """One look at the schedule; seconds until the next."""
        try:
            if not self._leads():
                return HOUSE_EVERY
            self._keep_house()
            return min(super().tick(*args, **kwargs), HOUSE_EVERY)
        except (OperationalError, InterfaceError) as problem:
            log.warning("the scheduler waits: no database (%s)", type(problem).__name__)
            self._let_go()
            close_old_connections()
            return HOUSE_EVERY

    def apply_async(
        self, entry: Any, producer: Any = None, advance: bool = True, **kwargs: Any
    ) -> Any:
        """Ask for the run that is due; entries without a ledger are sent as Celery does."""
        if entry.task not in KINDS:
            return super().apply_async(entry, producer=producer, advance=advance, **kwargs)
        periodic.catch_up([entry.task])
        return None

    def close(self) -> None:
        """Write what is to be written and let another scheduler lead."""
        super().close()
        self._let_go()

    def _leads(self) -> bool:
        """Whether this scheduler holds the lock, which lives as long as its own connection."""
        if self._lock is None:
            lock = connections.create_connection("default")
            lock.settings_dict = lock.settings_dict | {"CONN_MAX_AGE": None}
            self._lock = lock
        with self._lock.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' "
                "AND objid = %s AND pid = pg_backend_pid()) OR pg_try_advisory_lock(%s)",
                [LOCK, LOCK],
            )
            return bool(cursor.fetchone()[0])

    def _let_go(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _keep_house(self) -> None:
        """Ring for lost work, ask for missed periods, leave signs of life."""
        now = time.monotonic()
        if now < self._house_due:
            return
        self._house_due = now + HOUSE_EVERY
        if not self._written:
            write_schedule()
            self._written = True
        requeue_lost_jobs()
        periodic.catch_up()
        if now >= self._pulse_due:
            self._pulse_due = now + PULSE_EVERY
            periodic.beat_pulse("beat")
            self._ask_for_pulses()

    def _ask_for_pulses(self) -> None:
        """Ask every queue for a sign of life, by the way that work goes."""
        from kombu.exceptions import OperationalError as BrokerError

        from core.tasks import pulse

        for queue in Queue.values:
            try:
                pulse.apply_async((queue,), queue=queue, expires=PULSE_EVERY)
            except BrokerError:
                log.warning("no sign of life is asked for: the broker does not answer")
                return

"""The outbox: what leaves the house is a row first, written with what caused it.

A sender reserves due rows (`claim`, SKIP LOCKED, so that several senders share the work), commits
`sending` before the first byte of each, and writes how it ended. A sender that dies lets its
lease run out: rows it had only reserved are free again; the one on the wire becomes *in doubt*
for mail, which cannot be repeated unseen, and waits again for channels whose receivers know a
repetition by its number.
"""

import logging
import random
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from time import monotonic
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core import leaving
from core.deeds import record
from core.display import masked_email
from core.errors import Refused
from core.models import OutboxMessage, OutboxState, OutboxTry, WebhookTarget
from core.notices.channels import CHANNELS, channel_named
from core.notices.channels.base import Channel, Down, InDoubt, NotNow, Rejected, Send
from core.notices.render import Words, one_line

log = logging.getLogger(__name__)

BATCH = 20
LEASE = timedelta(minutes=3)  # longer than any single hand-over may take
PAUSES = (60, 300, 1800, 7200, 14400, 28800, 86400)  # seconds after the first, second … failure
JITTER = 0.2
DOWN_PAUSE = timedelta(minutes=1)
PATIENCE = timedelta(days=3)  # due for longer, mails are stale news and fail: no flood of them
ANSWER_LENGTH = 300
RESENDABLE = (OutboxState.FAILED, OutboxState.DOUBT, OutboxState.CANCELLED)
CANCELLABLE = (OutboxState.WAITING, OutboxState.FAILED, OutboxState.DOUBT)


# --- writing ------------------------------------------------------------------------------------


def mail(
    *,
    to: str,
    words: Words,
    key: str,
    kind: str,
    user: int | None,
    at: datetime | None = None,
    files: Sequence[Mapping[str, str]] = (),
) -> OutboxMessage:
    """An unsaved mail for `post`. Raises ValueError when an address would end the header line."""
    if one_line(to) != to:
        raise ValueError("an address of a mail must be one line")
    due = at or timezone.now()
    return OutboxMessage(
        channel="mail",
        dedupe_key=f"mail:{key}",
        kind=kind,
        user_id=user,
        to=to,
        subject=one_line(words.subject),
        text=words.text,
        html=words.html,
        payload={"files": [dict(one) for one in files]} if files else {},
        due_at=due,
        next_try_at=due,
    )


def post(messages: Iterable[OutboxMessage]) -> None:
    """Put messages into the outbox in the caller's transaction; one with a known key is not
    written again. After commit the senders are rung."""
    rest = iter(messages)
    due = False
    while batch := list(islice(rest, 1000)):
        OutboxMessage.objects.bulk_create(batch, ignore_conflicts=True)
        due = due or any(one.next_try_at <= timezone.now() for one in batch)
    if due:
        transaction.on_commit(ring, robust=True)


def ring() -> None:
    """Wake a sender; without a broker the periodic job finds the rows within half a minute."""
    from kombu.exceptions import OperationalError

    from core.tasks import empty_outbox

    try:
        empty_outbox.delay()
    except OperationalError:
        log.warning("outgoing messages wait: the broker does not answer")


# --- sending ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Delivered:
    """What one run of a sender did: state → how many."""

    counts: Counter = field(default_factory=Counter)

    def as_json(self) -> dict[str, int]:
        return {state: self.counts[state] for state in ("sent", "waiting", "failed", "doubt")}


def deliver(*, seconds: float = 240, after_batch: Callable[[int], None] | None = None) -> Delivered:
    """Send what is due until nothing is, `seconds` have passed or the worker is shut down.

    Safe to run many at once. `after_batch` hears between batches how many were handled; it may
    raise to end the work.
    """
    recover()
    give_up_stale()
    done, end, holder = Delivered(), monotonic() + seconds, uuid.uuid4()

    def may_go_on() -> bool:
        return monotonic() < end and not leaving.is_announced()

    while may_go_on() and (batch := claim(holder)):
        _send_batch(batch, holder, done, may_go_on)
        if after_batch is not None:
            after_batch(done.counts.total())
    return done


def claim(holder: uuid.UUID, size: int = BATCH) -> list[OutboxMessage]:
    """Reserve due messages for a sender; others skip them until the lease ends."""
    now = timezone.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    with transaction.atomic():
        due = (
            OutboxMessage.objects.select_for_update(skip_locked=True)
            .filter(
                free, state=OutboxState.WAITING, next_try_at__lte=now, channel__in=open_channels()
            )
            .order_by("next_try_at", "pk")
        )
        pks = list(due.values_list("pk", flat=True)[:size])
        OutboxMessage.objects.filter(pk__in=pks).update(holder=holder, lease_until=now + LEASE)
    rows = OutboxMessage.objects.filter(pk__in=pks).select_related("target")
    return sorted(rows, key=lambda row: (row.channel, row.next_try_at, row.pk))


def open_channels() -> list[str]:
    """Channels that can send at all."""
    return [name for name, channel in CHANNELS.items() if channel.is_open()]


def _send_batch(
    batch: list[OutboxMessage], holder: uuid.UUID, done: Delivered, may_go_on: Callable[[], bool]
) -> None:
    """Send a batch channel by channel, each over one connection as long as that holds.

    What is not begun when the time is over is given back for another sender.
    """
    for name in dict.fromkeys(row.channel for row in batch):
        rows = [row for row in batch if row.channel == name]
        if not may_go_on():
            _release(rows, holder)
            continue
        channel = channel_named(name)
        with ExitStack() as stack:
            try:
                send = stack.enter_context(channel.session())
            except Down as trouble:
                later = timezone.now() + DOWN_PAUSE
                _release(rows, holder, next_try_at=later, last_error=_short(trouble))
                done.counts["waiting"] += len(rows)
                continue
            for place, row in enumerate(rows):
                if not may_go_on():
                    _release(rows[place:], holder)
                    break
                _send_one(channel, send, row, holder, done)


def _release(rows: list[OutboxMessage], holder: uuid.UUID, **more: Any) -> None:
    """Give back reserved rows that were not begun: whatever hinders is no failure of theirs."""
    OutboxMessage.objects.filter(
        pk__in=[row.pk for row in rows], holder=holder, state=OutboxState.WAITING
    ).update(holder=None, lease_until=None, **more)


def _send_one(
    channel: Channel, send: Send, row: OutboxMessage, holder: uuid.UUID, done: Delivered
) -> None:
    """Mark, hand over, write the outcome: each committed before the next begins."""
    now = timezone.now()
    taken = OutboxMessage.objects.filter(
        pk=row.pk, holder=holder, state=OutboxState.WAITING
    ).update(state=OutboxState.SENDING, attempts=F("attempts") + 1, lease_until=now + LEASE)
    if not taken:
        return  # cancelled meanwhile, or the reservation ran out
    row.attempts += 1
    begun = monotonic()
    state, answer = _hand_over(channel, send, row)
    milliseconds = int((monotonic() - begun) * 1000)
    with transaction.atomic():
        finish(row, state, answer, holder=holder)
        OutboxTry.objects.create(
            message_id=row.pk, at=now, state=state, answer=answer, milliseconds=milliseconds
        )
        if row.target_id is not None:
            _note_target(row.target_id, now, went=state == OutboxState.SENT)
    done.counts[str(state)] += 1


def _note_target(target: int, now: datetime, *, went: bool) -> None:
    """Since when a target has taken nothing: the first failure after a success."""
    rows = WebhookTarget.objects.filter(pk=target)
    if went:
        rows.exclude(failing_since=None).update(failing_since=None)
    else:
        rows.filter(failing_since=None, is_active=True).update(failing_since=now)


def _hand_over(channel: Channel, send: Send, row: OutboxMessage) -> tuple[OutboxState, str]:
    """Send one message; whatever goes wrong concerns it alone."""
    try:
        return OutboxState.SENT, _short(send(row))
    except Rejected as refusal:
        return OutboxState.FAILED, _short(refusal)
    except InDoubt as doubt:
        return OutboxState.WAITING if channel.idempotent else OutboxState.DOUBT, _short(doubt)
    except NotNow as trouble:
        return OutboxState.WAITING, _short(trouble)
    except Exception as bug:
        # One poisonous message must not stop the others; the log keeps the traceback.
        log.exception("message %s could not be sent", row.pk)
        return OutboxState.WAITING, _short(f"{type(bug).__name__}: {bug}")


def finish(row: OutboxMessage, state: OutboxState, answer: str, *, holder: uuid.UUID) -> None:
    """Write how an attempt ended, also when the lease ran out meanwhile: the truth counts."""
    now = timezone.now()
    values: dict[str, Any] = {"state": state, "last_error": answer, "lease_until": None}
    if state == OutboxState.SENT:
        # What the other side has need not be kept: a mail may hold a link that opens something.
        values |= {"sent_at": now, "last_error": "", "text": "", "html": "", "payload": {}}
        if row.user_id is None and row.target_id is None:
            # The address of somebody outside the house, which nobody needs any more.
            values["to"] = masked_email(row.to)
    elif state == OutboxState.WAITING:
        if row.attempts > len(PAUSES):
            values["state"] = OutboxState.FAILED
        else:
            values |= {"next_try_at": now + pause_after(row.attempts), "holder": None}
    OutboxMessage.objects.filter(
        pk=row.pk, holder=holder, state__in=(OutboxState.SENDING, OutboxState.DOUBT)
    ).update(**values)


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many failed tries; scattered, so that a crowd does not return
    at one instant."""
    seconds = PAUSES[min(attempts, len(PAUSES)) - 1]
    return timedelta(seconds=seconds * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311


def _short(what: object) -> str:
    return one_line(str(what))[:ANSWER_LENGTH]


# --- after faults -------------------------------------------------------------------------------


def recover() -> int:
    """Settle what dead senders left on the wire. Returns how many rows."""
    lost = OutboxMessage.objects.filter(state=OutboxState.SENDING, lease_until__lt=timezone.now())
    count = 0
    for name in set(lost.order_by().values_list("channel", flat=True)):
        rows = lost.filter(channel=name)
        if channel_named(name).idempotent:
            count += rows.update(state=OutboxState.WAITING, holder=None, lease_until=None)
        else:
            count += rows.update(
                state=OutboxState.DOUBT, lease_until=None, last_error="the sender stopped midway"
            )
    return count


def give_up_stale() -> int:
    """Let mails fail that waited too long for a server: nobody wants last week's news in a heap.

    The wait counts from when a mail was due, so one held back over a holiday is still tried.
    """
    stale = OutboxMessage.objects.filter(
        state=OutboxState.WAITING, channel="mail", attempts=0, next_try_at__lt=timezone.now()
    ).filter(due_at__lt=timezone.now() - PATIENCE, holder__isnull=True)
    return stale.update(
        state=OutboxState.FAILED, last_error="no mail server took it within three days"
    )


# --- by an administrator ------------------------------------------------------------------------


def resend(rows: QuerySet[OutboxMessage], *, by: Any) -> int:
    """Let failed, doubtful or cancelled messages wait for a sender again. Returns how many.

    Raises Refused when none of them can be: what was sent is not sent twice.
    """
    with transaction.atomic():
        return _change(
            rows.filter(state__in=RESENDABLE),
            by=by,
            act="outbox.resent",
            state=OutboxState.WAITING,
            attempts=0,
            due_at=timezone.now(),
            next_try_at=timezone.now(),
            holder=None,
            lease_until=None,
            last_error="",
        )


def confirm(rows: QuerySet[OutboxMessage], *, by: Any) -> int:
    """Record that doubtful mails did arrive. Returns how many; raises Refused for none."""
    with transaction.atomic():
        return _change(
            rows.filter(state=OutboxState.DOUBT),
            by=by,
            act="outbox.confirmed",
            state=OutboxState.SENT,
            sent_at=timezone.now(),
            last_error="",
            text="",
            html="",
            payload={},
        )


def cancel(rows: QuerySet[OutboxMessage], *, by: Any) -> int:
    """Keep messages that were not sent from ever being sent. Returns how many, or Refused."""
    with transaction.atomic():
        return _change(
            rows.filter(state__in=CANCELLABLE),
            by=by,
            act="outbox.cancelled",
            state=OutboxState.CANCELLED,
            holder=None,
            lease_until=None,
        )


def _change(rows: QuerySet[OutboxMessage], *, by: Any, act: str, **values: Any) -> int:
    count = rows.update(**values)
    if not count:
        raise Refused(_("This message has moved on meanwhile. Please look at its state again."))
    record(act, by=by, count=count)
    if values["state"] == OutboxState.WAITING:
        transaction.on_commit(partial(ring), robust=True)
    return count


def counts() -> dict[str, int]:
    """State → how many messages, for the page, the command and the self-check."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT state, count(*) FROM core_outboxmessage GROUP BY state")
        return dict(cursor.fetchall())


def tries_of(message: OutboxMessage) -> Iterator[OutboxTry]:
    """Attempts of one message, the first one first."""
    return message.tries.order_by("pk").iterator()

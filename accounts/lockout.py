"""Guessing passwords is slowed down, without giving anybody the power to lock others out.

The log-in book in PostgreSQL is the counter, so that neither a restart nor an emptied cache
forgives anything. Three limits hold:

1. five failures within 15 minutes for one account from one address: 15 minutes of rest;
2. twenty failures within 24 hours for one account: rest until an administrator ends the lock or
   the person uses a one-time link (these numbers are policies of the group, within bounds);
3. a hundred failures within an hour from one address, whatever the accounts; offices whose people
   share an address (`CRM_OFFICE_NETWORKS`) are given twenty times as many.

A browser that has logged this account in before is a known device. It has the limits 1 and 2 for
itself and is exempt from 3: whoever guesses elsewhere cannot shut its owner out. Attempts during
a lock are written down as refused and count for nothing, so a lock never prolongs itself.

Every answer costs the same: one hash and the same queries for unknown, wrong, frozen and locked.
"""

from datetime import datetime, timedelta

from django.contrib.auth import authenticate
from django.db import connection, transaction
from django.db.models import F, Max, QuerySet, Window
from django.db.models.functions import Lag
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import LoginKind, LoginRecord, User
from accounts.signals import remember_login
from accounts.visitors import address_of, device_of, from_office
from regions.policies import policy

ADDRESS_HOURLY = 100
OFFICE_FACTOR = 20
NOBODY = 0  # stands for the key of an unknown account, so that it costs the same queries


@transaction.atomic(durable=True)
def check_password(request: HttpRequest, employee_no: str, password: str) -> User | None:
    """The active person whose number and password these are, or None; failures are recorded.

    Commits by itself (RuntimeError inside another transaction): an error further on must not
    take the record of a failure back.
    """
    number = employee_no.strip().upper()[:30]
    _queue_up(number)
    known = User.objects.filter(employee_no=number).first()
    user_id = known.pk if known else NOBODY
    device = _known_device(request, user_id)
    locked = is_locked(number, user_id, address=address_of(request), device=device)
    person = authenticate(request, username=number, password=password)
    if person is not None and not locked:
        return person
    kind = LoginKind.REFUSED if locked else LoginKind.FAILED
    remember_login(kind, request=request, user=known, employee_no=number, device=device)
    return None


def is_locked(number: str, user_id: int, *, address: str | None, device: str) -> bool:
    """Whether an attempt must be refused. `device` is a known device's id, else empty."""
    now = timezone.now()
    most, rest = policy("accounts.lock_failures"), _rest()
    series = _series(number, user_id, address=address, device=device)
    resting = len(series) == most and series[0] - series[-1] <= rest and now - series[0] < rest
    too_many = _too_many_a_day(_failures(number, user_id, device=device))
    crowded = not device and _failures_from(address, since=now - timedelta(hours=1)) >= (
        ADDRESS_HOURLY * (OFFICE_FACTOR if from_office(address) else 1)
    )
    return resting or too_many or crowded


def needs_unlocking(user: User) -> bool:
    """Whether limit 2 shuts the person out of every device that he has not used before."""
    return _too_many_a_day(_failures(user.employee_no, user.pk, device=""))


def end_lock(user: User) -> None:
    """Forget all failures of an account so far."""
    remember_login(LoginKind.UNLOCKED, request=None, user=user)


def _rest() -> timedelta:
    """How long a series of failures may take to count, and how long the rest after it lasts."""
    return timedelta(minutes=policy("accounts.lock_minutes"))


def _queue_up(number: str) -> None:
    """Attempts on one account wait for each other; a burst of them cannot outrun the counter."""
    wait = "SELECT pg_advisory_xact_lock(hashtext('accounts.lockout'), hashtext(%s))"
    with connection.cursor() as cursor:
        cursor.execute(wait, [number])


def _known_device(request: HttpRequest, user_id: int) -> str:
    device = device_of(request)
    used = LoginRecord.objects.filter(user_id=user_id, kind=LoginKind.LOGIN, device=device)
    return device if device and used.exists() else ""


def _latest(user_id: int, **where: object) -> int:
    """The key of a person's latest record of some kind; attempts queue up, so keys are in order."""
    return LoginRecord.objects.filter(user_id=user_id, **where).aggregate(key=Max("pk"))["key"] or 0


def _failures(number: str, user_id: int, *, device: str) -> QuerySet[LoginRecord]:
    """Failures that still count: on one known device, or on all others together."""
    return LoginRecord.objects.filter(
        kind=LoginKind.FAILED,
        employee_no=number,
        device=device,
        pk__gt=_latest(user_id, kind=LoginKind.UNLOCKED),
    )


def _series(number: str, user_id: int, *, address: str | None, device: str) -> list[datetime]:
    """The last failures since the last success at the same place, newest first."""
    place = {"device": device} if device else {"ip": address}
    success = _latest(user_id, kind=LoginKind.LOGIN, **place)
    failures = _failures(number, user_id, device=device).filter(pk__gt=success, **place)
    most = policy("accounts.lock_failures")
    return list(failures.order_by("-at").values_list("at", flat=True)[:most])


def _too_many_a_day(failures: QuerySet[LoginRecord]) -> bool:
    """Whether any 24 hours saw the daily number; a day later is too late to begin anew."""
    most = policy("accounts.lock_failures_a_day")
    spans = failures.annotate(first=Window(Lag("at", most - 1), order_by="at"))
    return spans.filter(first__gt=F("at") - timedelta(days=1)).exists()


def _failures_from(address: str | None, *, since: datetime) -> int:
    return LoginRecord.objects.filter(kind=LoginKind.FAILED, ip=address, at__gt=since).count()
